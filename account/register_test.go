package account_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"aviso/account"
	"aviso/db"
	"aviso/db/dbtest"
)

func (r *front) register(email string, change ...func(*account.Registration)) (string, account.Account, error) {
	n := account.Registration{Email: email, Password: goodPassword, Name: "Ada"}
	for _, f := range change {
		f(&n)
	}
	return r.Register(r.t.Context(), n, account.Visitor{})
}

func invited(token string) func(*account.Registration) {
	return func(n *account.Registration) { n.Invite = token }
}

func TestRegister(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var opened []string
		r := receive(t, d, func(c *account.ReceptionConfig) {
			c.Opened = func(tx *db.Tx, a account.Account) error { opened = append(opened, a.ID); return nil }
		})
		token, a, err := r.register(" Ada@Mail.test")
		if err != nil || a.Email != "ada@mail.test" || a.Admin || a.MustVerify || len(opened) != 1 || opened[0] != a.ID {
			t.Fatalf("%+v, %v, %v", a, err, opened)
		}
		v, err := r.sessions.Use(t.Context(), token, "")
		if err != nil || v.Account != a {
			t.Errorf("%+v, %v", v.Account, err)
		}
		if token, err := r.login("ada@mail.test", goodPassword); err != nil || !r.signedIn(token) {
			t.Error(err)
		}
	})
}

// What is refused opens no account, no session, and writes no mail.
func TestRegistrationsThatAreRefused(t *testing.T) {
	set := func(f func(*account.Registration)) func(*account.Registration) { return f }
	rows := []struct {
		name, registration, email, code string
		change                          func(*account.Registration)
	}{
		{"closed", "closed", "ada@mail.test", "REGISTRATION_CLOSED", invited("x")},
		{"an unknown policy", "", "ada@mail.test", "REGISTRATION_CLOSED", invited("x")},
		{"no invite", "invite", "ada@mail.test", "INVITE_INVALID", invited("")},
		{"an invented invite", "invite", "ada@mail.test", "INVITE_INVALID", invited("x")},
		{"an invented invite that is not needed", "open", "ada@mail.test", "INVITE_INVALID", invited("x")},
		{"taken", "open", "Owner@mail.test", "EMAIL_TAKEN", invited("")},
		{"no address", "open", "ada", "INVALID_ADDRESS", invited("")},
		{"no name", "open", "ada@mail.test", "INVALID_REQUEST", set(func(n *account.Registration) { n.Name = " " })},
		{"a short password", "open", "ada@mail.test", "INVALID_REQUEST", set(func(n *account.Registration) { n.Password = "123456789" })},
		{"what others do at once fails", "open", "unlucky@mail.test", "no fault: the grant failed", invited("")},
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for i, row := range rows {
			if i > 0 {
				d = another(t, d)
			}
			r := receive(t, d, func(c *account.ReceptionConfig) {
				c.Registration = row.registration
				c.Opened = func(_ *db.Tx, a account.Account) error {
					if a.Email == "unlucky@mail.test" {
						return errors.New("the grant failed")
					}
					return nil
				}
			})
			token, _, err := r.register(row.email, row.change)
			expectCode(t, row.name, err, row.code)
			if mails := r.deliver(); token != "" || len(mails) != 0 || r.customer.count(`SELECT COUNT(*) FROM accounts`) != 1 || r.customer.count(`SELECT COUNT(*) FROM sessions`) != 0 {
				t.Errorf("%s: something is left", row.name)
			}
		}
	})
}

// another empties a database of accounts, so that a row does not meet the one
// before.
func another(t *testing.T, d *db.DB) *db.DB {
	t.Helper()
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		for _, table := range []string{"sessions", "account_tokens", "key_windows", "api_keys", "accounts"} {
			if _, err := tx.Exec(`DELETE FROM ` + table); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// An invite is good once, for who it is for, and for a time.
func TestInvites(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := receive(t, d, func(c *account.ReceptionConfig) { c.Registration = "invite" })
		invite := func(email string) (v account.Invite, token string) {
			r.customer.write(func(tx *db.Tx) (err error) {
				v, token, err = account.CreateInvite(tx, r.customer.account.ID, email)
				return err
			})
			return v, token
		}
		first, token := invite("")
		if url := r.InviteURL(token); url != "https://aviso.test/register#invite="+token {
			t.Error(url)
		}
		var all sync.WaitGroup
		var mu sync.Mutex
		codes := map[string]int{}
		for i := range 4 {
			all.Go(func() {
				_, _, err := r.register(string(rune('a'+i))+"@mail.test", invited(token))
				mu.Lock()
				defer mu.Unlock()
				codes[code(err)]++
			})
		}
		all.Wait()
		if codes[""] != 1 || codes["INVITE_INVALID"] != 3 || r.customer.count(`SELECT COUNT(*) FROM accounts`) != 2 {
			t.Errorf("%v", codes)
		}
		_, token = invite(" Grace@mail.test")
		_, _, err := r.register("eve@mail.test", invited(token))
		expectCode(t, "somebody else's", err, "INVALID_REQUEST")
		if _, _, err := r.register("grace@mail.test", invited(token)); err != nil {
			t.Error(err)
		}
		last, token := invite("")
		r.customer.pass(14 * 24 * time.Hour)
		_, _, err = r.register("late@mail.test", invited(token))
		expectCode(t, "too old", err, "INVITE_INVALID")

		store := account.NewStore(d)
		list, total, err := store.Invites(t.Context(), 2, 0, "")
		if err != nil || total != 3 || len(list) != 2 || list[0] != last || list[1].UsedBy != "grace@mail.test" || list[1].Email != "grace@mail.test" {
			t.Errorf("%+v, %d, %v", list, total, err)
		}
		list, _, err = store.Invites(t.Context(), 2, 0, list[1].ID)
		if err != nil || len(list) != 1 || list[0].ID != first.ID || list[0].UsedAt == 0 || !strings.HasSuffix(list[0].UsedBy, "@mail.test") {
			t.Errorf("%+v, %v", list, err)
		}
	})
}

// Only accounts of an open registration wait to be confirmed, and only where
// mail leaves the house.
func TestWhoMustVerify(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for i, row := range []struct {
			registration string
			live, must   bool
		}{{"open", true, true}, {"open", false, false}, {"invite", true, false}} {
			r := receive(t, another(t, d), func(c *account.ReceptionConfig) { c.Registration, c.Live = row.registration, row.live })
			var token string
			if row.registration == "invite" {
				r.customer.write(func(tx *db.Tx) (err error) { _, token, err = account.CreateInvite(tx, "test", ""); return err })
			}
			_, a, err := r.register("ada@mail.test", invited(token))
			if err != nil || a.MustVerify != row.must || a.MaySend() == row.must {
				t.Errorf("%d: %+v, %v", i, a, err)
			}
			if mails := r.deliver(); len(mails) != 1 || mails[0].to != "ada@mail.test" || !strings.Contains(mails[0].text, "https://aviso.test/verify#token=") {
				t.Errorf("%d: %v", i, mails)
			}
			r.customer.write(func(tx *db.Tx) error { _, err := tx.Exec(`DELETE FROM invites`); return err })
		}
	})
}
