package main

import (
	"encoding/json"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"aviso/db/dbtest"
	"aviso/email"
	"aviso/sms"
)

// scrape returns the values of Aviso's own metrics, by name and labels.
func (s *served) scrape(t *testing.T) map[string]float64 {
	t.Helper()
	status, said := s.ask(t, "GET", "http://"+s.metrics+"/metrics", "", nil)
	if status != 200 {
		t.Fatalf("%d %s", status, said)
	}
	values := map[string]float64{}
	for line := range strings.Lines(said) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		if !strings.HasPrefix(name, "aviso_") {
			continue
		}
		n, err := strconv.ParseFloat(value, 64)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		values[name] = n
	}
	return values
}

// family is a metric's name as the documentation has it.
func family(name string) string {
	name, _, _ = strings.Cut(name, "{")
	for _, part := range []string{"_bucket", "_sum", "_count"} {
		name = strings.TrimSuffix(name, part)
	}
	return name
}

// live serves, and has of everything that is counted something happen. It returns
// the codes that a stranger's sender and a blocked number were refused with.
func (i *installation) live() (s *served, stranger, blocked string) {
	t := i.t
	t.Helper()
	i.listenAnywhere()
	pushed := make(chan struct{}, 1)
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNoContent)
		pushed <- struct{}{}
	}))
	t.Cleanup(hook.Close)
	var key struct{ Token string }
	var approved smsTokenView
	i.ok("account", "create", "--email", "ada@x.test")
	for _, c := range []struct {
		into any
		line string
	}{
		{&key, "key create --account ada@x.test --name web --json"},
		{&approved, "sms approve --account ada@x.test --json"},
	} {
		if err := json.Unmarshal([]byte(i.ok(strings.Fields(c.line)...)), c.into); err != nil {
			t.Fatal(err)
		}
	}
	i.ok("credit", "grant", "--account", "ada@x.test", "--product", "email", "--amount", "10", "--reason", "test")
	i.ok("shortcode", "add", "order", "--account", "ada@x.test", "--webhook", hook.URL)
	i.ok("gateway", "pause", "twilio")
	s = i.start()

	bearer := map[string]string{"Authorization": "Bearer " + key.Token, "Content-Type": "application/json"}
	mail := func(body string) (answer struct {
		Data struct{ MessageID string }
		Code string
	}) {
		_, said := s.ask(t, "POST", s.url+"/api/v1/email/send", body, bearer)
		if err := json.Unmarshal([]byte(said), &answer); err != nil {
			t.Fatal(err)
		}
		return answer
	}
	mail(`{"to":"a@x.test","text":"t"}`)
	mail(`{"to":"refused@x.test","text":"t"}`)
	mail(`{"to":"later@x.test","text":"t"}`)
	cancelled := mail(`{"to":"later@x.test","text":"t"}`).Data.MessageID
	if status, said := s.ask(t, "POST", s.url+"/api/v1/email/messages/"+cancelled+"/cancel", "", bearer); status != 200 {
		t.Fatalf("%d %s", status, said)
	}
	stranger = mail(`{"to":"a@x.test","text":"t","from":"ceo@bank.test"}`).Code
	token := map[string]string{"Authorization": approved.Token}
	text := func(to string) (answer struct{ Code string }) {
		_, said := s.post(t, s.url+"/api/messages", url.Values{"recipient": {to}, "content": {"hello"}}, token)
		if err := json.Unmarshal([]byte(said), &answer); err != nil {
			t.Fatal(err)
		}
		return answer
	}
	text("+447700900123")
	text("+15005550001") // is refused
	text("+15005550009") // of which nothing is heard
	s.incoming(t, url.Values{"MessageSid": {"SM1"}, "From": {"+14155551212"}, "To": {"+2899682626"}, "Body": {"order one"}})
	s.incoming(t, url.Values{"MessageSid": {"SM2"}, "From": {"+14155551212"}, "To": {"+2899682626"}, "Body": {"stop"}})
	blocked = text("+14155551212").Code
	<-pushed
	s.log.line(t, `"msg":"text pushed"`)
	s.log.line(t, `"state":"delivered"`)
	return s, stranger, blocked
}

// What monitoring sees is what has happened, and docs/operations.md names all of
// it.
func TestMetrics(t *testing.T) {
	dbtest.EachURL(t, func(t *testing.T, database string) {
		i := install(t, database)
		s, stranger, blocked := i.live()
		got := s.scrape(t)
		want := map[string]float64{
			`aviso_email_accepted_total{channel="http"}`:                    4,
			`aviso_email_refused_total{code="` + stranger + `"}`:            1,
			`aviso_email_settled_total{status="sent"}`:                      1,
			`aviso_email_settled_total{status="failed"}`:                    1,
			`aviso_email_settled_total{status="queued"}`:                    2,
			`aviso_email_settled_total{status="cancelled"}`:                 1,
			`aviso_email_recipients_total{outcome="taken",relay="primary"}`: 1,
			`aviso_email_credits_total{direction="charged"}`:                4,
			`aviso_email_credits_total{direction="refunded"}`:               2,
			`aviso_email_stage_seconds_count{stage="admit"}`:                4,
			`aviso_email_stage_seconds_count{stage="settle"}`:               4,
			`aviso_email_relay_up{relay="primary"}`:                         1,
			`aviso_email_queued`:                                            1,
			`aviso_email_unknown`:                                           0,
			`aviso_sms_accepted_total`:                                      3,
			`aviso_sms_refused_total{code="` + blocked + `"}`:               1,
			`aviso_sms_settled_total{status="sent"}`:                        1,
			`aviso_sms_settled_total{status="failed"}`:                      1,
			`aviso_sms_settled_total{status="delivered"}`:                   1,
			`aviso_sms_segments_total{gateway="box",outcome="taken"}`:       1,
			`aviso_sms_credits_total{direction="refunded"}`:                 1,
			`aviso_sms_stage_seconds_count{stage="admit"}`:                  3,
			`aviso_sms_stage_seconds_count{stage="settle"}`:                 3,
			`aviso_sms_stage_seconds_count{stage="receive"}`:                2,
			`aviso_sms_received_total{gateway="twilio",kind="text"}`:        2,
			`aviso_sms_receipts_total{gateway="box",match="text"}`:          1,
			`aviso_sms_pushes_total{answer="2xx"}`:                          1,
			`aviso_sms_push_seconds_count`:                                  1,
			`aviso_sms_pushes_waiting`:                                      0,
			`aviso_sms_push_age_seconds`:                                    0,
			`aviso_sms_unknown`:                                             1,
			`aviso_sms_gateway_up{gateway="box"}`:                           1,
		}
		for _, name := range slices.Sorted(maps.Keys(want)) {
			if value, there := got[name]; !there || value != want[name] {
				t.Errorf("%s: %v, want %v (there: %v)", name, value, want[name], there)
			}
		}
		if age := got["aviso_email_queue_age_seconds"]; age <= 0 || age > 600 {
			t.Errorf("the oldest message in the queue is %v s old", age)
		}
		expectDocumented(t, got)
	})
}

// expectDocumented holds what is exposed against docs/operations.md.
func expectDocumented(t *testing.T, got map[string]float64) {
	t.Helper()
	operations, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	documented, exposed := map[string]bool{}, map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^\\| `(aviso_[a-z_]+)").FindAllStringSubmatch(string(operations), -1) {
		documented[m[1]] = true
	}
	for name := range got {
		exposed[family(name)] = true
	}
	if !maps.Equal(documented, exposed) {
		t.Errorf("documented are\n%s\nand there are\n%s", slices.Sorted(maps.Keys(documented)), slices.Sorted(maps.Keys(exposed)))
	}
}

// Monitoring goes on while the database is away: only what is asked of it is
// missing.
func TestMetricsWithoutADatabase(t *testing.T) {
	i := install(t, "sqlite:"+t.TempDir()+"/aviso.db")
	i.ok("account", "create", "--email", "ada@x.test")
	d := i.open()
	r := prometheus.NewRegistry()
	r.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "aviso_other"}, func() float64 { return 1 }))
	random := func() float64 { return 0 }
	r.MustRegister(&waiting{email: email.New(d, email.Config{Random: random}), texts: sms.New(d, sms.Config{Random: random}), now: time.Now})
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	exposition(r, slog.New(slog.DiscardHandler)).ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if said := w.Body.String(); w.Code != 200 || !strings.Contains(said, "aviso_other 1") || strings.Contains(said, "aviso_email_queued") {
		t.Errorf("%d %s", w.Code, said)
	}
}
