package account_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"aviso/account"
	"aviso/db"
	"aviso/db/dbtest"
	"aviso/fault"
)

// An account that has to confirm its address sends nothing until it has, on
// any node, and at once afterwards.
func TestVerify(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := receive(t, d, func(c *account.ReceptionConfig) { c.Live = true })
		_, a, err := r.register("ada@mail.test")
		if err != nil {
			t.Fatal(err)
		}
		var token string
		r.customer.write(func(tx *db.Tx) (err error) {
			_, token, err = account.CreateKey(tx, "test", a, account.Email, "key")
			return err
		})
		n := startNode(t, d, 10, r.customer.now)
		caller := r.customer.identify(token)
		expectFault(t, "before", n.call(caller), "EMAIL_NOT_VERIFIED")
		expectFault(t, "another account", n.call(r.customer.identify(r.customer.token)), "")
		link := r.deliver()[0].link()

		for _, wrong := range []string{"", "x", link[1:], strings.ToUpper(link)} {
			_, err := r.Verify(t.Context(), wrong)
			expectCode(t, wrong, err, "TOKEN_INVALID")
		}
		_, err = r.ConfirmReset(t.Context(), link, goodPassword)
		expectCode(t, "as a reset", err, "TOKEN_INVALID")
		proven, err := r.Verify(t.Context(), link)
		if err != nil || proven.ID != a.ID || proven.VerifiedAt != r.customer.clock.Load() || !proven.MaySend() {
			t.Errorf("%+v, %v", proven, err)
		}
		expectFault(t, "afterwards", n.call(caller), "")
		_, err = r.Verify(t.Context(), link)
		expectCode(t, "again", err, "TOKEN_INVALID")
		if n := r.customer.count(`SELECT COUNT(*) FROM audit_entries WHERE action = 'account.verify' AND subject = $1`, a.ID); n != 1 {
			t.Errorf("%d audit entries", n)
		}
	})
}

// Links last three days and an hour; three an hour are mailed to an account.
func TestLinksOfLetters(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := receive(t, d, func(c *account.ReceptionConfig) { c.Live = true })
		_, a, err := r.register("ada@mail.test")
		if err != nil {
			t.Fatal(err)
		}
		for range 4 {
			if err := r.ResendVerification(a); err != nil {
				t.Error(err)
			}
		}
		mails := r.deliver()
		if len(mails) != 3 {
			t.Errorf("%d mails", len(mails))
		}
		r.customer.pass(3 * 24 * time.Hour)
		_, err = r.Verify(t.Context(), mails[0].link())
		expectCode(t, "after three days", err, "TOKEN_INVALID")
		if _, err := r.login("ada@mail.test", goodPassword); err != nil {
			t.Error(err)
		}
		mails = r.deliver() // signing in mails another
		if len(mails) != 1 {
			t.Fatalf("%d mails", len(mails))
		}
		r.customer.pass(3*24*time.Hour - time.Millisecond)
		if _, err := r.Verify(t.Context(), mails[0].link()); err != nil {
			t.Error(err)
		}
		if _, err := r.login("ada@mail.test", goodPassword); err != nil || len(r.deliver()) != 0 {
			t.Errorf("a proven address is mailed to, %v", err)
		}
	})
}

// Asking for a reset says nothing; confirming it ends every session, forgives
// the tries, and proves the address.
func TestReset(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := receive(t, d)
		token := r.customer.open(t)
		for range 6 {
			r.login("owner@mail.test", "wrong")
		}
		hashes := r.passwords.Computed()
		for _, email := range []string{"nobody@mail.test", "Owner@mail.test"} {
			if err := r.RequestReset(email); err != nil {
				t.Error(err)
			}
		}
		expectCode(t, "no address", r.RequestReset("x"), "INVALID_ADDRESS")
		mails := r.deliver()
		if len(mails) != 1 || mails[0].to != "owner@mail.test" || !strings.Contains(mails[0].text, "https://aviso.test/reset#token=") {
			t.Fatalf("%v", mails)
		}
		for _, wrong := range []string{"", "x", mails[0].link() + "A"} {
			_, err := r.ConfirmReset(t.Context(), wrong, "another good one")
			expectCode(t, wrong, err, "TOKEN_INVALID")
		}
		_, err := r.ConfirmReset(t.Context(), mails[0].link(), "short")
		expectCode(t, "a short password", err, "INVALID_REQUEST")
		if r.passwords.Computed() != hashes || !r.signedIn(token) {
			t.Error("something was done for a wrong token")
		}
		a, err := r.ConfirmReset(t.Context(), mails[0].link(), "another good one")
		if err != nil || a.ID != r.customer.account.ID || a.VerifiedAt == 0 {
			t.Errorf("%+v, %v", a, err)
		}
		if r.signedIn(token) {
			t.Error("a session outlives the reset")
		}
		_, err = r.ConfirmReset(t.Context(), mails[0].link(), "another good one")
		expectCode(t, "again", err, "TOKEN_INVALID")
		if _, err := r.login("owner@mail.test", "another good one"); err != nil {
			t.Error(err)
		}
		_, err = r.login("owner@mail.test", goodPassword)
		expectCode(t, "the old password", err, "LOGIN_FAILED")
	})
}

// A link is good for an hour, and not once the password is another.
func TestResetLinksEnd(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := receive(t, d)
		ask := func() string {
			if err := r.RequestReset("owner@mail.test"); err != nil {
				t.Fatal(err)
			}
			return r.deliver()[0].link()
		}
		confirm := func(link string) error {
			_, err := r.ConfirmReset(t.Context(), link, "another good one")
			return err
		}
		link := ask()
		r.customer.pass(time.Hour)
		expectCode(t, "after an hour", confirm(link), "TOKEN_INVALID")
		link = ask()
		if err := r.ChangePassword(t.Context(), r.customer.account, "", goodPassword, "a newer one still"); err != nil {
			t.Fatal(err)
		}
		expectCode(t, "after a change", confirm(link), "TOKEN_INVALID")
		first, second := ask(), ask()
		r.customer.pass(time.Hour - time.Millisecond)
		expectCode(t, "just in time", confirm(second), "")
		expectCode(t, "the other one", confirm(first), "TOKEN_INVALID")
	})
}

// Who floods is told so, whatever address is asked for; without mail there is
// nothing to flood.
func TestLettersAreBounded(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := receive(t, d)
		for range 64 {
			if err := r.RequestReset("nobody@mail.test"); err != nil {
				t.Fatal(err)
			}
		}
		for _, email := range []string{"nobody@mail.test", "owner@mail.test"} {
			if f := fault.Of(r.RequestReset(email)); f.Kind != fault.Unavailable {
				t.Errorf("%v", f)
			}
		}
		if mails := r.deliver(); len(mails) != 0 || r.customer.count(`SELECT COUNT(*) FROM account_tokens`) != 0 {
			t.Errorf("%v", mails)
		}
		silent := account.NewReception(d, account.ReceptionConfig{})
		for range 100 {
			if err := silent.RequestReset("owner@mail.test"); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestChangePassword(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := receive(t, d)
		r.customer.write(func(tx *db.Tx) error {
			_, err := tx.Exec(`UPDATE accounts SET must_change_password = TRUE`)
			return err
		})
		mine, others := r.customer.open(t), r.customer.open(t)
		v, err := r.sessions.Look(t.Context(), mine)
		if err != nil {
			t.Fatal(err)
		}
		change := func(current, next string) error {
			return r.ChangePassword(t.Context(), v.Account, v.Session.ID, current, next)
		}
		expectCode(t, "the same", change(goodPassword, goodPassword), "INVALID_REQUEST")
		expectCode(t, "a short one", change(goodPassword, "short"), "INVALID_REQUEST")
		expectCode(t, "the wrong one", change("wrong", "another good one"), "WRONG_PASSWORD")
		if !r.signedIn(others) {
			t.Error("a refused change has ended a session")
		}
		if err := change(goodPassword, "another good one"); err != nil {
			t.Error(err)
		}
		if !r.signedIn(mine) || r.signedIn(others) {
			t.Error("the wrong sessions are left")
		}
		if v, err := r.sessions.Look(t.Context(), mine); err != nil || v.Account.MustChangePassword {
			t.Errorf("%+v, %v", v.Account, err)
		}
		for range 5 {
			expectCode(t, "guessing", change("wrong", "a third good one"), "WRONG_PASSWORD")
		}
		expectCode(t, "guessing on", change("another good one", "a third good one"), "RATE_LIMITED")
	})
}

// Of many that bring one link at once, one gets through; and so with a password
// that several change.
func TestLinksAtOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := receive(t, d)
		if _, _, err := r.register("ada@mail.test"); err != nil {
			t.Fatal(err)
		}
		link := r.deliver()[0].link()
		codes := r.atOnce(func() error { _, err := r.Verify(t.Context(), link); return err })
		if codes[""] != 1 || codes["TOKEN_INVALID"] != 3 {
			t.Errorf("verified: %v", codes)
		}
		if err := r.RequestReset("owner@mail.test"); err != nil {
			t.Fatal(err)
		}
		link = r.deliver()[0].link()
		codes = r.atOnce(func() error { _, err := r.ConfirmReset(t.Context(), link, "another good one"); return err })
		if codes[""] != 1 || codes["TOKEN_INVALID"] != 3 {
			t.Errorf("reset: %v", codes)
		}
		codes = r.atOnce(func() error {
			return r.ChangePassword(t.Context(), r.customer.account, "", "another good one", "a newer one still")
		})
		if codes[""] != 1 || codes["WRONG_PASSWORD"] != 3 {
			t.Errorf("changed: %v", codes)
		}
	})
}

// atOnce does something four times at once and counts the codes.
func (r *front) atOnce(do func() error) map[string]int {
	var all sync.WaitGroup
	var mu sync.Mutex
	codes := map[string]int{}
	for range 4 {
		all.Go(func() {
			err := do()
			mu.Lock()
			defer mu.Unlock()
			codes[code(err)]++
		})
	}
	all.Wait()
	return codes
}
