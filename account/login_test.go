package account_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"aviso/account"
	"aviso/db"
	"aviso/db/dbtest"
	"aviso/fault"
)

const goodPassword = "correct horse battery"

// goodHash is the hash of goodPassword, computed once.
var goodHash = sync.OnceValue(func() string {
	hash, err := account.NewPasswords(1).Hash(context.Background(), goodPassword)
	if err != nil {
		panic(err)
	}
	return hash
})

// front is a reception with the mail that it has sent.
type front struct {
	*account.Reception
	t         *testing.T
	db        *db.DB
	customer  *customer
	passwords *account.Passwords
	sessions  *account.Sessions
	mails     chan sentMail
}

type sentMail struct{ to, subject, text string }

// link is the token in a mail.
func (m sentMail) link() string {
	_, token, _ := strings.Cut(m.text, "#token=")
	token, _, _ = strings.Cut(token, "\n")
	return token
}

// receive opens a reception over d, whose customer owner@mail.test has a
// password.
func receive(t *testing.T, d *db.DB, change ...func(*account.ReceptionConfig)) *front {
	t.Helper()
	r := &front{t: t, db: d, customer: register(t, d), passwords: account.NewPasswords(2), sessions: account.NewSessions(d), mails: make(chan sentMail, 100)}
	r.customer.write(func(tx *db.Tx) error { return account.SetPassword(tx, "test", r.customer.account, goodHash(), false) })
	c := account.ReceptionConfig{Passwords: r.passwords, Registration: "open", PublicURL: "https://aviso.test", Log: slog.New(slog.DiscardHandler),
		Mail: func(_ context.Context, to, subject, text string) error {
			r.mails <- sentMail{to, subject, text}
			return nil
		}}
	for _, f := range change {
		f(&c)
	}
	r.Reception = account.NewReception(d, c)
	return r
}

// deliver writes all letters that wait, and returns the mails.
func (r *front) deliver() (list []sentMail) {
	r.t.Helper()
	ended, cancel := context.WithCancel(r.t.Context())
	cancel()
	r.Run(ended)
	for len(r.mails) > 0 {
		list = append(list, <-r.mails)
	}
	return list
}

func (r *front) login(email, password string) (string, error) {
	token, _, err := r.Login(r.t.Context(), email, password, account.Visitor{})
	return token, err
}

func (r *front) signedIn(token string) bool {
	_, err := r.sessions.Use(r.t.Context(), token, "")
	if err != nil && code(err) != "UNAUTHENTICATED" {
		r.t.Error(err)
	}
	return err == nil
}

// Whatever is wrong, the answer is one, and so is the work: one try counted,
// one hash compared.
func TestLoginTellsNobodyApart(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := receive(t, d)
		r.customer.write(func(tx *db.Tx) error {
			_, err := account.Create(tx, "test", account.New{Email: "mute@mail.test"}) // without a password
			return err
		})
		var answers []string
		for _, try := range [][2]string{
			{"owner@mail.test", "a wrong password"},
			{"owner@mail.test", ""},
			{"nobody@mail.test", goodPassword},
			{"mute@mail.test", ""},
			{"", goodPassword},
			{"no address \x00 at all", goodPassword},
			{strings.Repeat("x", 5000) + "@mail.test", strings.Repeat("y", 5000)},
		} {
			hashes := r.passwords.Computed()
			_, err := r.login(try[0], try[1])
			expectCode(t, try[0], err, "LOGIN_FAILED")
			answers = append(answers, fmt.Sprint(err))
			if n := r.passwords.Computed() - hashes; n != 1 {
				t.Errorf("%.20q: %d hashes", try[0], n)
			}
		}
		for _, a := range answers {
			if a != answers[0] {
				t.Errorf("%q and %q", a, answers[0])
			}
		}
		if n := r.customer.count(`SELECT COUNT(*) FROM login_attempts`); n != 6 {
			t.Errorf("%d addresses were counted", n)
		}
		if n := r.customer.count(`SELECT COUNT(*) FROM sessions`); n != 0 {
			t.Errorf("%d sessions", n)
		}
		if token, err := r.login(" Owner@Mail.test ", goodPassword); err != nil || !r.signedIn(token) {
			t.Errorf("the right one: %v", err)
		}
	})
}

// An address is slowed more and more, whether it is known or not, over all
// nodes and for the right password too; and let go after a success.
func TestLoginIsSlowed(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := receive(t, d)
		other := &front{Reception: account.NewReception(d, account.ReceptionConfig{Passwords: r.passwords}), t: t} // another node
		waits := map[string][]time.Duration{"nobody@mail.test": {1, 2}, "owner@mail.test": {1, 2, 4, 8, 16, 32, 60, 60}}
		for _, email := range []string{"nobody@mail.test", "owner@mail.test"} {
			for range 3 {
				_, err := r.login(email, "wrong")
				expectCode(t, email, err, "LOGIN_FAILED")
			}
			for range 2 {
				_, err := other.login(email, "wrong")
				expectCode(t, email, err, "LOGIN_FAILED")
			}
			for _, wait := range waits[email] {
				hashes := r.passwords.Computed()
				_, err := other.login(strings.ToUpper(email), goodPassword)
				if f := fault.Of(err); f.Code != "RATE_LIMITED" || f.RetryAfter != wait*time.Second || r.passwords.Computed() != hashes {
					t.Fatalf("%s, before %d s: %v, %v", email, wait, err, f.RetryAfter)
				}
				r.customer.pass(wait*time.Second - time.Millisecond)
				_, err = r.login(email, goodPassword)
				expectCode(t, "a millisecond before", err, "RATE_LIMITED")
				r.customer.pass(time.Millisecond)
				_, err = r.login(email, "wrong")
				expectCode(t, "afterwards", err, "LOGIN_FAILED")
			}
		}
		r.customer.pass(time.Minute)
		for range 7 {
			if _, err := r.login("owner@mail.test", goodPassword); err != nil {
				t.Error(err)
			}
		}
		if n := r.customer.count(`SELECT COUNT(*) FROM login_attempts`); n != 1 {
			t.Errorf("%d addresses are counted", n)
		}
		r.customer.pass(time.Hour)
		if err := r.sessions.Sweep(t.Context()); err != nil || r.customer.count(`SELECT COUNT(*) FROM login_attempts`) != 0 {
			t.Errorf("after an hour of quiet the count is not forgotten, %v", err)
		}
	})
}

// Many at once are no way around.
func TestLoginsAtOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := receive(t, d)
		var all sync.WaitGroup
		var mu sync.Mutex
		codes := map[string]int{}
		for range 20 {
			all.Go(func() {
				_, err := r.login("owner@mail.test", "wrong")
				mu.Lock()
				defer mu.Unlock()
				codes[code(err)]++
			})
		}
		all.Wait()
		if codes["LOGIN_FAILED"] != 5 || codes["RATE_LIMITED"] != 15 {
			t.Errorf("%v", codes)
		}
	})
}

// A hash made with other parameters is made anew by the next login; others
// stay as they are.
func TestRehash(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := receive(t, d)
		stored := func() (hash string) {
			r.customer.read(func(tx *db.Tx) error {
				return tx.Row(`SELECT password_hash FROM accounts WHERE id = $1`, []any{r.customer.account.ID}, &hash)
			})
			return hash
		}
		before := stored()
		if _, err := r.login("owner@mail.test", goodPassword); err != nil || stored() != before {
			t.Errorf("a hash of today was renewed, %v", err)
		}
		weak := weakHash(t, goodPassword)
		r.customer.write(func(tx *db.Tx) error { return account.SetPassword(tx, "test", r.customer.account, weak, false) })
		if _, err := r.login("owner@mail.test", "wrong"); code(err) != "LOGIN_FAILED" || stored() != weak {
			t.Errorf("a wrong password renewed the hash, %v", err)
		}
		if _, err := r.login("owner@mail.test", goodPassword); err != nil || stored() == weak || !strings.HasPrefix(stored(), "$argon2id$v=19$m=65536,t=1,p=4$") {
			t.Errorf("%s, %v", stored(), err)
		}
		if _, err := r.login("owner@mail.test", goodPassword); err != nil {
			t.Error(err)
		}
	})
}
