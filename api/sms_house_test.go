package api_test

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"aviso/account"
	"aviso/api"
	"aviso/credit"
	"aviso/db"
	"aviso/sms"
	"aviso/transport"
	"aviso/transport/httpsms"
	"aviso/transport/webhook"
)

// texting is what a house has for texts: the service, carriers over real HTTP,
// and the door of the SMS base URL.
type texting struct {
	sms      *sms.Service
	carriers []*carrier
	hooks    map[string]api.Hook
	gateways []*httpsms.Gateway
	textDoor *httptest.Server
}

// everywhere lets texts go wherever the contract lets them by default.
var everywhere = sms.Limits{Countries: []string{"*"}}

const (
	oursNumber  = "+2899682626"
	carrierKey  = "carrier-secret"
	smsURL      = "https://sms.test" // which callbacks are signed for, whatever host they come to
	helpAnswer  = "Write to help@sms.test."
	signingName = "X-Twilio-Signature"
)

// inbound passes on what the carriers bring to the service made after them.
type inbound struct{ transport.Inbound }

func (h *house) makeTexts(t testing.TB) {
	t.Helper()
	in := &inbound{}
	var gateways []*sms.Gateway
	h.hooks, h.gateways = map[string]api.Hook{}, nil
	for _, c := range h.carriers {
		g, err := httpsms.NewTwilio(httpsms.Config{Name: c.name, URL: c.URL, Username: "AC1", Password: carrierKey,
			Callback: smsURL + "/hooks/sms/" + c.name, Inbound: in, Log: h.logger()})
		if err != nil {
			t.Fatal(err)
		}
		h.gateways = append(h.gateways, g)
		h.hooks[c.name] = api.Hook{Inbound: g.Inbound(), Status: g.Status()}
		// The first is tried first; the others are reserves.
		gateways = append(gateways, &sms.Gateway{Name: c.name, Kind: "twilio", Host: "carrier.test", Texter: g, Weight: when01(len(gateways) == 0), Whole: true, Places: 16, Health: g.Health})
	}
	pushes := webhook.New(webhook.Config{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	h.sms = sms.New(h.db, sms.Config{Gateways: gateways, Sender: oursNumber, SyncTimeout: cmp.Or(h.options.syncTimeout, 10*time.Second), Lease: h.options.lease,
		Inbound: sms.Receiving{RepliesPerHour: 60, HelpText: helpAnswer, FreeShortcodes: 1, PrimeShortcodes: 5, PrimeGrace: 72 * time.Hour, StarterCredits: 10,
			Limits: everywhere, Vault: glass{}, CheckURL: pushes.CheckURL, Pusher: pushes},
		Random: func() float64 { return 0 }, Now: h.now, Log: h.logger(), Metrics: sms.NewMetrics(prometheus.NewRegistry())})
	in.Inbound = h.sms
}

func when01(c bool) int {
	if c {
		return 1
	}
	return 0
}

// openTexts opens the door of the SMS base URL and returns what closes it.
func (h *house) openTexts(t testing.TB) (closing func(context.Context)) {
	t.Helper()
	if err := h.sms.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	door, service, gateways := httptest.NewServer(h.api.Texts()), h.sms, h.gateways
	door.Client().CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	h.textDoor = door
	return func(ctx context.Context) {
		door.Close()
		service.Close(ctx)
		for _, g := range gateways {
			g.Close()
		}
	}
}

// glass is a vault that anybody can look into.
type glass struct{}

func (glass) Seal(purpose string, plain []byte) []byte { return append([]byte(purpose+"|"), plain...) }

func (glass) Open(purpose string, sealed []byte) ([]byte, error) {
	plain, ok := strings.CutPrefix(string(sealed), purpose+"|")
	if !ok {
		return nil, fmt.Errorf("this was sealed for something else than %s", purpose)
	}
	return []byte(plain), nil
}

// carrier is a network behind an HTTP API, which takes every text unless it was
// told what else to say.
type carrier struct {
	*httptest.Server
	name string

	mu    sync.Mutex
	taken []url.Values
	say   func(sid string) (status int, body string)
	more  chan struct{} // closed and replaced at each text
}

func startCarrier(t testing.TB, name string) *carrier {
	c := &carrier{name: name, more: make(chan struct{})}
	c.Server = httptest.NewServer(http.HandlerFunc(c.take))
	t.Cleanup(c.Close)
	return c
}

func (c *carrier) take(w http.ResponseWriter, r *http.Request) {
	if user, password, ok := r.BasicAuth(); !ok || user != "AC1" || password != carrierKey || r.ParseForm() != nil {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	c.mu.Lock()
	c.taken = append(c.taken, r.PostForm)
	sid, say := fmt.Sprintf("SM%s%d", c.name, len(c.taken)), c.say
	close(c.more)
	c.more = make(chan struct{})
	c.mu.Unlock()
	status, body := http.StatusCreated, fmt.Sprintf(`{"sid":%q,"status":"queued"}`, sid)
	if say != nil {
		status, body = say(sid)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

// says changes what it answers; nil is yes.
func (c *carrier) says(say func(sid string) (int, string)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.say = say
}

func (c *carrier) answers(status int, body string) {
	c.says(func(string) (int, string) { return status, body })
}

// silent makes it take texts and say nothing until speak is called; then it
// says yes.
func (c *carrier) silent(t *testing.T) (speak func()) {
	quiet := make(chan struct{})
	speak = sync.OnceFunc(func() { close(quiet) })
	t.Cleanup(speak) // before the server is closed, which would wait
	c.says(func(sid string) (int, string) {
		<-quiet
		return http.StatusCreated, fmt.Sprintf(`{"sid":%q}`, sid)
	})
	return speak
}

// texts returns "TO BODY" of each text it was handed.
func (c *carrier) texts() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := []string{}
	for _, f := range c.taken {
		list = append(list, f.Get("To")+" "+f.Get("Body"))
	}
	return list
}

// await blocks until it was handed n texts.
func (c *carrier) await(t *testing.T, n int) {
	t.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		c.mu.Lock()
		got, more := len(c.taken), c.more
		c.mu.Unlock()
		if got >= n {
			return
		}
		select {
		case <-more:
		case <-late.C:
			t.Fatalf("%s was handed %d texts, not %d", c.name, got, n)
		}
	}
}

// sign is what a carrier signs a call back with: URL, then each field and value
// in the order of their names.
func sign(at string, form url.Values) string {
	mac := hmac.New(sha1.New, []byte(carrierKey))
	io.WriteString(mac, smsURL+at)
	var names []string
	for name := range form {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		io.WriteString(mac, name+form.Get(name))
	}
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// calls is a carrier's call back. Headers replace the usual ones.
func (h *house) calls(t *testing.T, at string, form url.Values, with headers) *answer {
	t.Helper()
	q := request{method: "POST", path: at, texts: true, body: []byte(form.Encode()),
		header: headers{"Content-Type": "application/x-www-form-urlencoded", signingName: sign(at, form)}}
	for k, v := range with {
		q.header[k] = v
	}
	return h.exchange(t, q)
}

// brings makes a text come in through the first carrier.
func (h *house) brings(t *testing.T, sid, from, text string) {
	t.Helper()
	a := h.calls(t, "/hooks/sms/"+h.carriers[0].name+"/inbound", url.Values{"MessageSid": {sid}, "From": {from}, "To": {oursNumber}, "Body": {text}}, nil)
	if a.status != http.StatusOK || !strings.Contains(string(a.raw), "<Response></Response>") {
		t.Fatalf("%d %s", a.status, a.raw)
	}
}

// texter is an account that may send texts, with its token and 10 credits.
type texter struct {
	*house
	account account.Account
	token   string
}

// stranger is an account with a token that was not approved.
func (h *house) stranger(t *testing.T) *texter {
	t.Helper()
	c := &texter{house: h}
	h.write(t, func(tx *db.Tx) (err error) {
		if c.account, err = account.Create(tx, "test", account.New{Email: db.NewID() + "@example.com"}); err != nil {
			return err
		}
		c.token, err = account.RotateSMSToken(tx, "test", c.account)
		return err
	})
	return c
}

func (h *house) texter(t *testing.T) *texter {
	t.Helper()
	c := h.stranger(t)
	if _, err := h.sms.ApproveAccount(t.Context(), "test", c.account.ID); err != nil {
		t.Fatal(err)
	}
	return c
}

// shortcode gives the account one, with a webhook unless it is empty.
func (c *texter) shortcode(t *testing.T, code, hook string) {
	t.Helper()
	n := sms.NewShortcode{Code: code}
	if hook != "" {
		secret := "secret of " + code
		n.WebhookURL, n.Secret = &hook, &secret
	}
	if _, _, err := c.sms.CreateShortcode(t.Context(), "test", c.account.ID, n); err != nil {
		t.Fatal(err)
	}
}

// call makes a request at the SMS base URL with the account's token.
func (c *texter) call(t *testing.T, q request) *answer {
	t.Helper()
	q.texts = true
	all := headers{"Authorization": c.token}
	for k, v := range q.header {
		all[k] = v
	}
	q.header = all
	return c.exchange(t, q)
}

const (
	formType = "application/x-www-form-urlencoded"
	jsonType = "application/json"
)

// text calls POST /api/messages with a form.
func (c *texter) text(t *testing.T, form string, with ...headers) *answer {
	t.Helper()
	h := headers{"Content-Type": formType}
	for _, more := range with {
		for k, v := range more {
			h[k] = v
		}
	}
	return c.call(t, request{method: "POST", path: "/api/messages", header: h, body: []byte(form)})
}

// look calls GET /api/messages/{id}.
func (c *texter) look(t *testing.T, id string) *answer {
	t.Helper()
	return c.call(t, request{method: "GET", path: "/api/messages/" + id})
}

// ledger returns the deltas of the account's entries, oldest first.
func (c *texter) ledger(t *testing.T) string {
	t.Helper()
	deltas := []int64{}
	err := c.db.Read(t.Context(), func(tx *db.Tx) error {
		entries, err := credit.History(tx, c.account.ID, credit.SMS, 0, 1000)
		for _, e := range slices.Backward(entries) {
			deltas = append(deltas, e.Delta)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return asJSON(deltas)
}

// handed returns "CARRIER TO BODY" of every text that left.
func (h *house) handed() []string {
	list := []string{}
	for _, c := range h.carriers {
		for _, text := range c.texts() {
			list = append(list, c.name+" "+text)
		}
	}
	return list
}
