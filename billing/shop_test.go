package billing_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v85/webhook"

	"aviso/account"
	"aviso/billing"
	"aviso/credit"
	"aviso/db"
	"aviso/db/dbtest"
)

const (
	day    = 24 * 60 * 60 * 1000
	begin  = 1_800_000_000_000 // the shop's clock, milliseconds UTC
	secret = "whsec_test"
)

// catalog is what the shop sells.
var catalog = billing.Config{
	Email:     []billing.Bundle{{ID: "10k", Credits: 10_000, Price: billing.Price{Amount: 500, Currency: "usd"}}},
	SMS:       []billing.Bundle{{ID: "1k", Credits: 1_000, Price: billing.Price{Amount: 999, Currency: "eur"}}},
	Unlimited: billing.Price{Amount: 1500, Currency: "usd"},
	Prime:     billing.Price{Amount: 500, Currency: "usd"},
	Grace:     72 * time.Hour,
	PublicURL: "https://aviso.test",
}

// till is Stripe's side of a checkout: it makes sessions and remembers what it
// was asked for.
type till struct {
	*httptest.Server
	mu       sync.Mutex
	asked    []url.Values
	keys     []string
	refuse   func(url.Values) (status int, body string) // nil takes all
	overtake func(session string, asked url.Values)     // called before the session's answer
}

func openTill(t *testing.T) *till {
	k := &till{}
	k.Server = httptest.NewServer(http.HandlerFunc(k.serve))
	t.Cleanup(k.Close)
	return k
}

func (k *till) serve(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	k.mu.Lock()
	k.asked, k.keys = append(k.asked, r.PostForm), append(k.keys, r.Header.Get("Idempotency-Key"))
	k.mu.Unlock()
	if k.refuse != nil {
		if status, body := k.refuse(r.PostForm); status != 0 {
			w.WriteHeader(status)
			io.WriteString(w, body)
			return
		}
	}
	id := "cs_" + db.NewID()
	if k.overtake != nil {
		k.overtake(id, r.PostForm)
	}
	fmt.Fprintf(w, `{"id": %q, "object": "checkout.session", "url": "https://stripe.test/%s"}`, id, id)
}

// last is what the till was asked for at last.
func (k *till) last() url.Values {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.asked[len(k.asked)-1]
}

// shop is the service over a database, with a till.
type shop struct {
	*billing.Service
	t    *testing.T
	db   *db.DB
	till *till
}

func each(t *testing.T, f func(*testing.T, *shop)) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		t.Parallel()
		d.SetClock(func() int64 { return begin })
		f(t, newShop(t, d, openTill(t)))
	})
}

// openShop opens a shop's database by its URL: two with the same one are two
// nodes.
func openShop(t *testing.T, url string, k *till) *shop {
	t.Helper()
	d, err := db.Open(t.Context(), db.Options{URL: url, Create: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	if err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	d.SetClock(func() int64 { return begin })
	return newShop(t, d, k)
}

func newShop(t *testing.T, d *db.DB, k *till) *shop {
	c := catalog
	c.Provider = billing.NewStripe(billing.StripeConfig{SecretKey: "sk_test_1", WebhookSecret: secret, APIBase: k.URL})
	return &shop{billing.New(d, c), t, d, k}
}

func (s *shop) write(f func(*db.Tx) error) {
	s.t.Helper()
	if err := s.db.Write(context.Background(), f); err != nil {
		s.t.Fatal(err)
	}
}

// customer makes an account and returns its id.
func (s *shop) customer() (id string) {
	s.t.Helper()
	s.write(func(tx *db.Tx) error {
		a, err := account.Create(tx, "test", account.New{Email: db.NewID() + "@example.com"})
		id = a.ID
		return err
	})
	return id
}

// order opens a checkout and returns its session.
func (s *shop) order(buy func(context.Context) (billing.Session, error)) string {
	s.t.Helper()
	made, err := buy(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	return made.ID
}

func (s *shop) orderEmail(account string) string {
	return s.order(func(ctx context.Context) (billing.Session, error) { return s.BuyEmail(ctx, account, "10k") })
}

func (s *shop) orderSMS(account string) string {
	return s.order(func(ctx context.Context) (billing.Session, error) { return s.BuySMS(ctx, account, "1k") })
}

func (s *shop) orderUnlimited(account string) string {
	return s.order(func(ctx context.Context) (billing.Session, error) { return s.BuyUnlimited(ctx, account) })
}

func (s *shop) orderPrime(account string) string {
	return s.order(func(ctx context.Context) (billing.Session, error) { return s.BuyPrime(ctx, account) })
}

// object is JSON.
type object map[string]any

// event is one of Stripe's, with a number that makes its id. A version other
// than the library's is what an endpoint made by hand has.
func event(id, kind string, at int64, about object) []byte {
	body, err := json.Marshal(object{"id": "evt_" + id, "object": "event", "type": kind, "created": at / 1000, "api_version": "2020-08-27", "data": object{"object": about}})
	if err != nil {
		panic(err)
	}
	return body
}

func sign(body []byte, key string, at time.Time) string {
	return webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: body, Secret: key, Timestamp: at}).Header
}

// hear delivers an event as Stripe does.
func (s *shop) hear(body []byte) {
	s.t.Helper()
	if err := s.TakeEvent(context.Background(), body, sign(body, secret, time.Now())); err != nil {
		s.t.Errorf("%v\n%s", err, body) // not Fatal: events also come beside the test
	}
}

// tell is hear with an id of its own.
func (s *shop) tell(kind string, about object) {
	s.t.Helper()
	s.hear(event(db.NewID(), kind, begin, about))
}

// pay tells that a session is paid.
func (s *shop) pay(session string) {
	s.t.Helper()
	s.tell("checkout.session.completed", object{"id": session, "payment_status": "paid", "payment_intent": "pi_" + session})
}

// standing is all that money decides about an account.
type standing struct {
	Email, SMS         int64 // credits
	OwedEmail, OwedSMS int64
	Unlimited          int64 // days from begin
	OwedUnlimited      int64 // days
	Prime              int64 // days from begin; 0 for none
}

func (s *shop) standing(id string) (have standing) {
	s.t.Helper()
	err := s.db.Read(context.Background(), func(tx *db.Tx) error {
		e, err := credit.Read(tx, id, credit.Email)
		if err != nil {
			return err
		}
		m, err := credit.Read(tx, id, credit.SMS)
		if err != nil {
			return err
		}
		owed, err := credit.Owed(tx, id, credit.Email)
		if err != nil {
			return err
		}
		owedSMS, err := credit.Owed(tx, id, credit.SMS)
		if err != nil {
			return err
		}
		a, err := account.Find(tx, id)
		have = standing{Email: e.Credits, SMS: m.Credits, OwedEmail: owed.Credits, OwedSMS: owedSMS.Credits, Unlimited: days(e.UnlimitedUntil),
			OwedUnlimited: owed.Unlimited / day, Prime: days(a.PrimeUntil)}
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return have
}

func days(until int64) int64 {
	if until == 0 {
		return 0
	}
	return (until - begin) / day
}

// is holds an account to what it should have, and the ledger to itself.
func (s *shop) is(id string, want standing) {
	s.t.Helper()
	if have := s.standing(id); have != want {
		s.t.Errorf("%+v\nnot %+v", have, want)
	}
	s.verify()
}

func (s *shop) verify() {
	s.t.Helper()
	_, err := credit.Verify(context.Background(), s.db, func(p credit.Problem) { s.t.Errorf("the ledger: %+v", p) })
	if err != nil {
		s.t.Error(err)
	}
}

// state is how a purchase stands.
func (s *shop) state(account, session string) billing.State {
	s.t.Helper()
	c, err := s.Checkout(context.Background(), account, session)
	if err != nil {
		s.t.Fatal(err)
	}
	return c.State
}

// count counts rows.
func (s *shop) count(query string, args ...any) (n int64) {
	s.t.Helper()
	if err := s.db.Read(context.Background(), func(tx *db.Tx) error { return tx.Row(query, args, &n) }); err != nil {
		s.t.Fatal(err)
	}
	return n
}

// spend charges email credits.
func (s *shop) spend(account string, n int64) {
	s.t.Helper()
	s.write(func(tx *db.Tx) error {
		_, err := credit.Post(tx, account, credit.Email, credit.Entry{Ref: "charge/" + db.NewID(), Delta: -n, Reason: credit.Charged})
		return err
	})
}
