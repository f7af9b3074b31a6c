package api_test

import (
	"cmp"
	"encoding/json"
	"hash/fnv"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"aviso/account"
	"aviso/billing"
	"aviso/credit"
	"aviso/db"
	"aviso/transport/smtprelay/smtptest"
)

// usualCalls is how many calls each operation gets: enough for each to take one.
const usualCalls = 20

// fromEnv is how many calls an operation gets, or which ones, when not as usual.
func fromEnv(t *testing.T, name string, usual int) int {
	t.Helper()
	n, err := strconv.Atoi(cmp.Or(os.Getenv(name), strconv.Itoa(usual)))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// Whatever a caller sends, to any operation: the answer is one that openapi.yaml
// has, never a fault of ours, and the books are right afterwards.
//
// AVISO_TEST_HOSTILE_CALLS is how many calls each operation gets, and
// AVISO_TEST_HOSTILE_SEED which ones.
func TestHostileCalls(t *testing.T) {
	count, seed := fromEnv(t, "AVISO_TEST_HOSTILE_CALLS", usualCalls), fromEnv(t, "AVISO_TEST_HOSTILE_SEED", 1)
	each(t, hostileHouse, func(t *testing.T, h *house) {
		siege := besiege(t, h)
		for _, o := range operations(t) {
			name := fnv.New64a()
			name.Write([]byte(o.route))
			siege.chaos = chaos{rand.New(rand.NewPCG(uint64(seed), name.Sum64()))}
			siege.attack(t, o, count)
		}
		siege.end(t, count >= usualCalls)
	})
}

// hostileHouse has everything that can be called.
var hostileHouse = options{rateLimit: -1, carriers: []string{"air"}, provider: billing.Sandbox{}, registration: "open", proxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}

// siege is a house, and those who call at it.
type siege struct {
	*house
	chaos
	root       *browser // an operator
	own, other *owner
	page       *browser // of own
	spent      bool     // they may not be let in any more
	names      [2]string
	known      []string        // names of things that are there
	finished   map[string]bool // operations that have taken a call
}

func besiege(t *testing.T, h *house) *siege {
	t.Helper()
	// What examples send waits, and all else is taken.
	h.relays[0].says(smtptest.Script{"RCPT ada@example.com": says("451 busy")})
	return &siege{house: h, root: h.operator(t), spent: true, finished: map[string]bool{}}
}

// attack makes calls of one operation, with new people after any that may have
// ended somebody's session, or account.
func (s *siege) attack(t *testing.T, o operation, count int) {
	t.Helper()
	if s.spent {
		s.renew(t)
	}
	s.names, s.spent = [2]string{}, o.method != http.MethodGet
	if hashes(o) {
		count = max(count/4, 1)
	}
	for range count {
		s.call(t, o)
		if t.Failed() {
			t.Fatalf("%s was one too many", o.route)
		}
	}
	if o.forOperators() && o.method != http.MethodGet {
		s.root.do(t, "POST", "/api/v1/operator/queue/release", mail{})
		s.root.do(t, "POST", "/api/v1/operator/relays/primary/resume", nil)
		s.root.do(t, "POST", "/api/v1/operator/gateways/air/resume", nil)
	}
}

// renew brings new people.
func (s *siege) renew(t *testing.T) {
	t.Helper()
	s.own, s.other, s.names = s.rich(t), s.rich(t), [2]string{}
	s.page, s.root = s.own.page(t), s.signIn(t, s.root.account)
	s.known = []string{s.own.account.ID, s.other.account.ID, s.own.account.Email, s.own.key.ID, s.root.account.ID, db.NewID(), "primary", "air"}
}

// hashes says whether a call is slow on purpose.
func hashes(o operation) bool {
	return slices.Contains([]string{"/api/v1/auth/login", "/api/v1/auth/register", "/api/v1/auth/password"}, o.pattern)
}

// rich is an owner who can afford it.
func (s *siege) rich(t *testing.T) *owner {
	t.Helper()
	o := s.house.owner(t)
	s.write(t, func(tx *db.Tx) error {
		if _, err := credit.Grant(tx, "test", o.account.ID, credit.SMS, 10_000, "test"); err != nil {
			return err
		}
		return account.SetPrime(tx, "test", o.account, s.database.Load()+1_000_000)
	})
	return o
}

// call makes one up, and holds the answer to what may be.
func (s *siege) call(t *testing.T, o operation) {
	t.Helper()
	s.prepare(t, o)
	own := s.name(t, o)
	body, kind := s.body(o, s.known)
	q := request{method: o.method, path: s.path(o, own, s.known) + s.query(o, s.known), header: s.headers(o, kind), body: body, hostile: true,
		texts: o.pattern == "/" || strings.HasPrefix(o.pattern, "/hooks/") && s.chance(50), chunked: s.chance(5)}
	nobody := !s.authorize(t, o, q.header)
	if o.pattern == "/api/v1/events" && !nobody {
		return // a stream has no end
	}
	a := s.exchange(t, q)
	s.judge(t, o, q, a, nobody)
	if a.status == http.StatusUnauthorized && !nobody { // what came before has ended the session
		s.page, s.root = s.own.page(t), s.signIn(t, s.root.account)
	}
	good := a.status < 300
	s.finished[o.route] = s.finished[o.route] || good
	if good && o.method != http.MethodGet {
		s.names[0] = "" // it may be gone
	}
}

// judge says what must not have been answered.
func (s *siege) judge(t *testing.T, o operation, q request, a *answer, nobody bool) {
	t.Helper()
	where, _, _ := strings.Cut(q.path, "?")
	foreign := s.names[1] != "" && strings.Contains(where, s.names[1]) && !strings.HasPrefix(o.pattern, "/hooks/")
	what := unfit(o, a)
	if a.status < 300 && (foreign && !o.forOperators() || nobody && (o.secured("session") || o.secured("emailKey") || o.secured("smsToken"))) {
		what = "to somebody whose it is not"
	}
	if what != "" || t.Failed() { // also for what exchange has found
		t.Errorf("%s %s, %q\n%.2000q\nis answered %d: %s\n%s", q.method, q.path, q.header, q.body, a.status, what, a.raw)
	}
}

// prepare does what a call needs to have happened before it.
func (s *siege) prepare(t *testing.T, o operation) {
	t.Helper()
	switch o.route {
	case "POST /api/v1/operator/queue/release":
		s.root.do(t, "POST", "/api/v1/operator/queue/hold", mail{})
	case "POST /api/v1/sms/apply":
		s.page = s.house.customer(t, 0).page(t)
	}
}

// name is what a good path names: mostly the caller's own, else a stranger's.
func (s *siege) name(t *testing.T, o operation) string {
	t.Helper()
	e, whose := o.example(), s.IntN(5)/4
	if e.name == nil {
		return ""
	}
	if s.names[whose] == "" {
		s.names[whose] = e.name(t, []*owner{s.own, s.other}[whose])
		s.known = append(s.known, s.names[whose])
	}
	return s.names[whose]
}

// authorize puts into the headers who calls, and says whether it is somebody.
func (s *siege) authorize(t *testing.T, o operation, h headers) bool {
	t.Helper()
	if s.chance(6) {
		h["Authorization"] = s.credential()
		h["Cookie"] = s.cookieName() + "=" + s.credential()
		return false
	}
	s.identify(t, o, h)
	if o.forOperators() && s.chance(10) {
		h["Cookie"] = s.page.cookie
	}
	return true
}

// identify puts into the headers somebody whom the operation is for.
func (s *siege) identify(t *testing.T, o operation, h headers) {
	t.Helper()
	switch {
	case o.secured("emailKey"):
		h["Authorization"] = "Bearer " + s.own.token
	case o.secured("smsToken"):
		h["Authorization"] = s.own.phone.token
	case o.forOperators():
		h["Cookie"] = s.root.cookie
	default:
		h["Cookie"] = s.page.cookie
	}
}

// credential is none.
func (s *siege) credential() string {
	return pick(s.chaos, []string{"", "Bearer", "Bearer ", "\xff", "Basic \xff", "Bearer hyd-mail-" + strings.Repeat("a", 40), strings.Repeat("a", 43), "\"a", "%00", strings.Repeat("k", 5_000)})
}

// inside is what only a cause would say.
var inside = regexp.MustCompile(`SQLSTATE|(?i:sqlite)|constraint|\.go:\d|goroutine \d|json: |runtime error|reflect\.|0x[0-9a-f]{8}`)

// unfit says what is wrong with an answer, beside what openapi.yaml says of it.
func unfit(o operation, a *answer) string {
	code, _ := a.body["code"].(string)
	switch {
	case code == "INTERNAL", a.status == 500 && o.route != "POST /api/messages":
		return "a fault of ours"
	case a.status == http.StatusServiceUnavailable && (o.pattern == "/api/v1/auth/verify/resend" || o.pattern == "/api/v1/auth/reset"):
		return "" // only so many mails wait to be written
	case a.status > 500 && code != "BILLING_DISABLED" && code != "SMTP_FAILURE":
		return "not what a call can bring about"
	case a.header.Get("Content-Type") == "application/json" && (!json.Valid(a.raw) || !utf8.Valid(a.raw)):
		return "no JSON"
	case a.status >= 400 && inside.Match(a.raw):
		return "it tells its cause"
	}
	return ""
}

// sound says whether the log has nothing that only a fault of ours puts there.
func (h *house) sound(t *testing.T, secrets ...string) {
	t.Helper()
	for _, text := range append(secrets, "panic", "SQLSTATE", "goroutine ") {
		if h.mentions(text) {
			t.Errorf("the log mentions %q", text)
		}
	}
}

// beyond are the operations that no single call brings to a good end: they need
// a password, a link from a mail, a signature, or a text whose fate is unknown.
var beyond = []string{
	"GET /api/v1/events",
	"POST /api/v1/auth/login",
	"POST /api/v1/auth/password",
	"POST /api/v1/auth/reset/confirm",
	"POST /api/v1/auth/verify",
	"POST /api/v1/billing/stripe/webhook",
	"POST /api/v1/operator/queue/{id}/settle",
	"POST /api/v1/prime/portal",
	"POST /hooks/sms/{name}/inbound",
	"POST /hooks/sms/{name}/status",
}

// end looks at what all of it has left behind. After enough calls an operation
// that only ever refused was not tried.
func (s *siege) end(t *testing.T, enough bool) {
	t.Helper()
	s.sound(t, s.own.token, s.own.phone.token, s.page.cookie)
	if v, err := credit.Verify(t.Context(), s.db, func(p credit.Problem) { t.Errorf("the ledger: %+v", p) }); err != nil || v.Entries == 0 {
		t.Errorf("%+v, %v", v, err)
	}
	for _, o := range operations(t) {
		if enough && !s.finished[o.route] && !slices.Contains(beyond, o.route) {
			t.Errorf("%s has taken none of the calls", o.route)
		}
	}
}
