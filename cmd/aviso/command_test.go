package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/prometheus/client_golang/prometheus"

	"aviso/account"
	"aviso/db"
	"aviso/db/dbtest"
	"aviso/email"
	"aviso/inbox"
	"aviso/transport/sandbox"
)

// installation is a configuration with a database, and what commands answered.
type installation struct {
	t    *testing.T
	file string
	url  string
	said map[string]string // what earlier answers are remembered as
}

func install(t *testing.T, url string) *installation {
	t.Helper()
	folder := t.TempDir()
	i := &installation{t: t, file: filepath.Join(folder, "aviso.toml"), url: url, said: map[string]string{}}
	writeFile(t, filepath.Join(folder, "secret.key"), strings.Repeat("0f", secretKeyBytes))
	writeFile(t, i.file, fmt.Sprintf(`
[database]
url = %q
[secrets]
key_path = "secret.key"
[email]
domain = "mail.test"
[[email.relay]]
name = "primary"
url = "sandbox:"
[[email.relay]]
name = "second"
url = "smtp://relay.test:587"
username = "aviso"
password = "hunter2"
daily_cap = 100
[sms_http]
public_url = "https://sms.test"
[sms]
webhook_allow = ["127.0.0.0/8"]
[[sms.gateway]]
name = "box"
kind = "sandbox"
[[sms.gateway]]
name = "twilio"
kind = "twilio"
username = "AC1"
password = "hunter2"
`, url))
	return i
}

// run types a command and returns how it ended and what it wrote.
func (i *installation) run(args ...string) (code int, out, errs string) {
	var o, e bytes.Buffer
	code = run(context.Background(), append([]string{"--config", i.file}, args...), world{nil, &o, &e})
	return code, o.String(), e.String()
}

// ok types a command that has to succeed without a word on stderr.
func (i *installation) ok(args ...string) string {
	i.t.Helper()
	code, out, errs := i.run(args...)
	if code != exitOK || errs != "" {
		i.t.Fatalf("%s: exit %d\n%s%s", strings.Join(args, " "), code, out, errs)
	}
	return out
}

// open opens the database beside the commands.
func (i *installation) open() *db.DB {
	i.t.Helper()
	d, err := db.Open(context.Background(), db.Options{URL: i.url})
	if err != nil {
		i.t.Fatal(err)
	}
	i.t.Cleanup(func() { d.Close() })
	return d
}

func (i *installation) exec(query string, args ...any) {
	i.t.Helper()
	d := i.open()
	defer d.Close()
	err := d.Write(context.Background(), func(tx *db.Tx) error { _, err := tx.Exec(query, args...); return err })
	if err != nil {
		i.t.Fatal(err)
	}
}

// serve runs the email service on the database, with a sandbox as its relay.
func (i *installation) serve() *email.Service {
	i.t.Helper()
	d := i.open()
	box := sandbox.New("primary", inbox.NewStore(d, 100).Keep)
	s := email.New(d, email.Config{Domain: "mail.test", Relays: []*email.Relay{{Name: "primary", Mailer: box, Places: 4}},
		SyncTimeout: 10 * time.Second, RetryInitial: time.Hour, RetryMax: time.Hour, RetryFor: 24 * time.Hour, Random: func() float64 { return 0 },
		Now: time.Now, Log: slog.New(slog.DiscardHandler), Metrics: email.NewMetrics(prometheus.NewRegistry())})
	if err := s.Prepare(context.Background()); err != nil {
		i.t.Fatal(err)
	}
	if err := s.Start(context.Background()); err != nil {
		i.t.Fatal(err)
	}
	i.t.Cleanup(func() { s.Close(context.Background()) })
	return s
}

// send makes a call with a token and returns the message's id.
func (i *installation) send(s *email.Service, token string, to ...string) string {
	i.t.Helper()
	caller, err := account.NewCallers(i.open(), account.Email).Identify(context.Background(), token)
	if err != nil {
		i.t.Fatal(err)
	}
	draft, f := email.NewDraft(&email.Request{To: to, Text: "t"}, email.Limits{BodyBytes: 100, Recipients: 10})
	if f != nil {
		i.t.Fatal(f)
	}
	a, err := s.Send(&email.Call{Caller: caller, Channel: email.HTTP, Draft: draft, Arrived: time.Now(), Encode: func(*email.Outcome) (int, []byte) { return 0, nil }})
	if err != nil {
		i.t.Fatal(err)
	}
	return a.Outcome.MessageID
}

func TestEveryCommand(t *testing.T) {
	covered := map[string]bool{}
	dbtest.EachURL(t, func(t *testing.T, url string) {
		i := install(t, url)
		files := t.TempDir()
		for _, s := range slices.Concat(emailStory(), smsStory(), closingStory(files)) {
			if s.before != nil {
				s.before(i)
			}
			i.step(s)
			covered[strings.Join(leafOf(s.typed), " ")] = true
		}
		other := install(t, "sqlite:"+filepath.Join(files, "restored.db"))
		other.said = i.said
		other.step(step{typed: "restore " + filepath.Join(files, "b.gz"), shape: "file held madeAt note rows", has: map[string]string{"rows": "{rows}", "held": "true"}})
		covered["restore"] = true
	})
	parser := kong.Must(&commands{})
	for _, leaf := range parser.Model.Leaves(true) {
		if path := leaf.Path(); !covered[path] && path != "serve" {
			t.Errorf("no story types %q", path)
		}
	}
}

// leafOf is the words of a command that are its name.
func leafOf(typed string) []string {
	words := strings.Fields(typed)
	single := []string{"version", "migrate", "backup", "restore"}
	switch {
	case slices.Contains(single, words[0]):
		return words[:1]
	case words[1] == "unknown":
		return words[:3]
	}
	return words[:2]
}

func (i *installation) step(s step) {
	i.t.Helper()
	fill := func(text string) string {
		for name, value := range i.said {
			text = strings.ReplaceAll(text, "{"+name+"}", value)
		}
		return text
	}
	args := strings.Fields(fill(s.typed))
	answer := i.ok(append(args, "--json")...)
	var object map[string]any
	var list []map[string]any
	shape := s.shape
	if strings.HasPrefix(shape, "[") {
		if err := json.Unmarshal([]byte(answer), &list); err != nil {
			i.t.Fatalf("%s: %v in %s", s.typed, err, answer)
		}
		shape = strings.Trim(shape, "[]")
		if len(list) > 0 {
			object = list[0]
		}
	} else if err := json.Unmarshal([]byte(answer), &object); err != nil {
		i.t.Fatalf("%s: %v in %s", s.typed, err, answer)
	}
	want := strings.Fields(shape)
	slices.Sort(want)
	if got := slices.Sorted(maps.Keys(object)); !slices.Equal(got, want) {
		i.t.Fatalf("%s answered with %v, want %v:\n%s", s.typed, got, want, answer)
	}
	for key, value := range s.has {
		if got := fmt.Sprint(object[key]); got != fill(value) {
			i.t.Errorf("%s: %s is %s, want %s", s.typed, key, got, fill(value))
		}
	}
	for key, name := range s.remember {
		i.said[name] = fmt.Sprint(object[key])
	}
	if s.text == "" {
		return
	}
	if said := i.ok(args...); !strings.Contains(said, s.text) || strings.HasPrefix(said, "{") {
		i.t.Errorf("%s said %q, want %q", s.typed, said, s.text)
	}
}

// What goes wrong is said on stderr alone, in a sentence that helps.
func TestCommandsRefuse(t *testing.T) {
	i := install(t, "sqlite:"+filepath.Join(t.TempDir(), "aviso.db"))
	i.ok("account", "create", "--email", "ada@x.test")
	i.ok("sender", "add", "hello@x.test")
	for _, c := range []struct {
		typed string
		code  int
		says  string
	}{
		{"", exitUsage, "--help"},
		{"nonsense", exitUsage, "nonsense"},
		{"account", exitUsage, "create"},
		{"key rotate", exitUsage, "<id>"},
		{"credit grant --account ada@x.test --product post --amount 1 --reason r", exitUsage, "post"},
		{"queue settle x --outcome maybe", exitUsage, "maybe"},
		{"queue list --state sent", exitUsage, "sent"},
		{"account create --email ada@x.test", exitFailed, "exists already"},
		{"account create --email ada", exitFailed, "must look like name@example.com"},
		{"account create --email bob@x.test --password short", exitFailed, "10 to 200 characters"},
		{"account suspend --email bob@x.test", exitFailed, "There is no account bob@x.test."},
		{"account unsuspend --email bob@x.test", exitFailed, "There is no account bob@x.test."},
		{"account password --email bob@x.test", exitFailed, "There is no account bob@x.test."},
		{"account prime --email ada@x.test --until soon", exitFailed, "2027-01-31"},
		{"credit grant --account bob@x.test --product email --amount 1 --reason r", exitFailed, "There is no account"},
		{"credit grant --account ada@x.test --product email --amount=-1 --reason r", exitFailed, "fewer credits"},
		{"key create --account bob@x.test --name k", exitFailed, "There is no account"},
		{"key list --account bob@x.test", exitFailed, "There is no account"},
		{"key delete k", exitFailed, "There is no key k."},
		{"key rotate k", exitFailed, "There is no key k."},
		{"key disable k", exitFailed, "There is no key k."},
		{"sender add hello@X.test", exitFailed, "hello@x.test is a sender already."},
		{"sender add b@x.test --relay third", exitFailed, `There is no relay "third"; there are: primary, second.`},
		{"sender assign b@x.test --account ada@x.test", exitFailed, "There is no sender b@x.test"},
		{"sender assign hello@x.test --account bob@x.test", exitFailed, "There is no account"},
		{"relay pause third", exitFailed, "there are: primary, second"},
		{"relay resume third", exitFailed, "there are: primary, second"},
		{"relay test third --to a@b.c", exitFailed, "there are: primary, second"},
		{"relay test primary --to a@b.c --wait 1ms", exitFailed, "No server took the test up within 1ms"},
		{"queue list --relay third", exitFailed, "there are: primary, second"},
		{"queue retry m", exitFailed, "There is no message m."},
		{"queue cancel m", exitFailed, "There is no message m."},
		{"queue settle m --outcome sent", exitFailed, "There is no message m."},
		{"queue release", exitFailed, "Sending is not on hold."},
		{"sms approve --account bob@x.test", exitFailed, "There is no account"},
		{"sms rotate --account bob@x.test", exitFailed, "There is no account"},
		{"sms unknown settle x --outcome maybe", exitUsage, "maybe"},
		{"sms inject --from +14155551212 --text t --gateway twilio", exitFailed, "There is no sandbox gateway"},
		{"shortcode add stop --account ada@x.test", exitFailed, "reserved word"},
		{"shortcode add Order --account ada@x.test", exitFailed, "in lower case"},
		{"shortcode add order --account bob@x.test", exitFailed, "There is no account"},
		{"shortcode add order --account ada@x.test --webhook http://10.0.0.1/", exitFailed, "The webhook's URL cannot be used: the address of its host is not public."},
		{"shortcode add order --account ada@x.test --webhook http://127.0.0.1:8080/", exitFailed, "this server's own"},
		{"shortcode delete order", exitFailed, "There is no shortcode order."},
		{"shortcode list --account bob@x.test", exitFailed, "There is no account"},
		{"gateway pause third", exitFailed, "there are: box, twilio"},
		{"gateway resume third", exitFailed, "there are: box, twilio"},
		{"gateway test third --to +14155551212", exitFailed, "there are: box, twilio"},
		{"gateway test box --to nobody", exitFailed, "must begin with +"},
		{"gateway test box --to +14155551212 --wait 1ms", exitFailed, "No server took the test up within 1ms"},
		{"gateway setup third", exitFailed, "There is no gateway"},
		{"inbox show m", exitFailed, "no message m"},
		{"restore /does/not/exist", exitFailed, "no such file"},
	} {
		code, out, errs := i.run(strings.Fields(c.typed)...)
		if code != c.code || out != "" || !strings.HasPrefix(errs, "aviso: ") || !strings.Contains(errs, c.says) {
			t.Errorf("%s: exit %d, said %q, and on stderr %q", c.typed, code, out, errs)
		}
	}
}

func TestLedgerVerifyExitsWithOne(t *testing.T) {
	i := install(t, "sqlite:"+filepath.Join(t.TempDir(), "aviso.db"))
	i.ok("account", "create", "--email", "ada@x.test")
	i.ok("credit", "grant", "--account", "ada@x.test", "--product", "sms", "--amount", "5", "--reason", "r")
	i.exec(`UPDATE credit_balances SET balance = 6`)
	code, out, errs := i.run("ledger", "verify", "--json")
	var v ledgerView
	if err := json.Unmarshal([]byte(out), &v); err != nil || code != exitFailed || errs != "" {
		t.Fatalf("exit %d, %s%s", code, out, errs)
	}
	if v.OK || v.Wrong != 1 || len(v.Problems) != 1 || v.Problems[0].Row != "balance" || v.Problems[0].Product != "sms" {
		t.Errorf("%+v", v)
	}
	code, out, errs = i.run("ledger", "verify")
	if code != exitFailed || errs != "" || !strings.Contains(out, "its entries come to 5") || !strings.Contains(out, "wrong     1\n") {
		t.Errorf("exit %d, %s%s", code, out, errs)
	}
}

// One text that cannot be settled does not keep the others from it.
func TestSettleExitsWithOne(t *testing.T) {
	i := install(t, "sqlite:"+filepath.Join(t.TempDir(), "aviso.db"))
	i.ok("account", "create", "--email", "ada@x.test")
	code, out, errs := i.run("sms", "unknown", "settle", "nothing", "--outcome", "sent", "--json")
	if code != exitFailed || errs != "" || !strings.Contains(out, `"error":"There is no such text."`) {
		t.Errorf("exit %d, %s%s", code, out, errs)
	}
}

// Commands about a demo's database know its sandbox, which no file names; once
// something else has served it they do not.
func TestCommandsJoinADemo(t *testing.T) {
	i := install(t, "sqlite:"+filepath.Join(t.TempDir(), "aviso.db"))
	i.ok("account", "create", "--email", "ada@x.test")
	for _, demo := range []bool{true, true, false, false} {
		if err := markDemo(context.Background(), i.open(), demo); err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(i.ok("gateway", "list"), "twilio"); got == demo {
			t.Errorf("demo %t: twilio is listed: %t", demo, got)
		}
	}
}

// A command in the wrong folder must not leave an installation there.
func TestCommandsMakeNoDatabaseByThemselves(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, typed := range []string{"account list", "migrate", "backup b.gz", "queue list"} {
		var out, errs bytes.Buffer
		code := run(context.Background(), strings.Fields(typed), world{nil, &out, &errs})
		if code != exitFailed || !strings.Contains(errs.String(), "there is no database yet") {
			t.Errorf("%s: exit %d, %s", typed, code, errs.String())
		}
	}
	if left, err := filepath.Glob("*"); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// What judges the configuration, or does without, runs also when it is wrong.
func TestCommandsWithAWrongConfiguration(t *testing.T) {
	file := configFile(t, "[http]\nlisten = 7\nnonsense = 1\n")
	typed := func(args ...string) (int, string, string) {
		var out, errs bytes.Buffer
		code := run(context.Background(), append(args, "--config", file), world{nil, &out, &errs})
		return code, out.String(), errs.String()
	}
	if code, out, _ := typed("version"); code != exitOK || out != "dev\n" {
		t.Errorf("version: %d %s", code, out)
	}
	code, out, errs := typed("config", "check")
	if code != exitFailed || out != "" || !strings.Contains(errs, "aviso.toml:2: http.listen") || !strings.Contains(errs, "aviso.toml:3") {
		t.Errorf("check: %d %s%s", code, out, errs)
	}
	code, out, errs = typed("config", "check", "--json")
	var v checkView
	if err := json.Unmarshal([]byte(out), &v); err != nil || code != exitFailed || errs != "" || v.OK || len(v.Errors) != 2 {
		t.Errorf("check: %d %s%s", code, out, errs)
	}
	for _, args := range [][]string{{"account", "list"}, {"config", "print"}} {
		if code, out, errs := typed(args...); code != exitFailed || out != "" || !strings.Contains(errs, "http.listen") {
			t.Errorf("%v: %d %s%s", args, code, out, errs)
		}
	}
}
