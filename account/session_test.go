package account_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/alexedwards/argon2id"

	"aviso/account"
	"aviso/db"
	"aviso/db/dbtest"
)

func weakHash(t *testing.T, password string) string {
	t.Helper()
	hash, err := argon2id.CreateHash(password, &argon2id.Params{Memory: 1024, Iterations: 1, Parallelism: 1, SaltLength: 16, KeyLength: 32})
	if err != nil {
		t.Fatal(err)
	}
	return hash
}

// open signs the customer in without a password.
func (c *customer) open(t *testing.T) string {
	t.Helper()
	var token string
	c.write(func(tx *db.Tx) (err error) {
		token, err = account.OpenSession(tx, c.account.ID, account.Place{IP: "192.0.2.7", UserAgent: "Lynx\x00\xff\t " + strings.Repeat("é", 300)})
		return err
	})
	return token
}

// A session lasts while it is used, and never longer than its life.
func TestSessionsEnd(t *testing.T) {
	rows := []struct {
		name  string
		steps []time.Duration // a use after each
		alive bool            // after the last
	}{
		{"at once", []time.Duration{0}, true},
		{"just before it is idle too long", []time.Duration{account.SessionIdle - time.Millisecond}, true},
		{"idle too long", []time.Duration{account.SessionIdle}, false},
		{"used in between", []time.Duration{account.SessionIdle / 2, account.SessionIdle - time.Millisecond}, true},
		{"used in between, and idle", []time.Duration{account.SessionIdle / 2, account.SessionIdle}, false},
		{"a use within a minute is not noted", []time.Duration{time.Minute - time.Millisecond, account.SessionIdle - time.Minute + time.Millisecond}, false},
		{"used all its life", append(repeat(account.SessionLife/10, 9), account.SessionLife/10-time.Millisecond), true},
		{"used longer than that", repeat(account.SessionLife/10, 10), false},
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := register(t, d)
		sessions := account.NewSessions(d)
		for _, r := range rows {
			token := c.open(t)
			var err error
			for _, step := range r.steps {
				c.pass(step)
				_, err = sessions.Use(t.Context(), token, "192.0.2.8")
			}
			if alive := err == nil; alive != r.alive {
				t.Errorf("%s: %v", r.name, err)
			}
			list, err := sessions.List(t.Context(), c.account.ID)
			if err != nil || len(list) > 0 != r.alive {
				t.Errorf("%s: listed are %v, %v", r.name, list, err)
			}
			c.pass(account.SessionLife)
			if err := sessions.Sweep(t.Context()); err != nil || c.count(`SELECT COUNT(*) FROM sessions`) != 0 {
				t.Errorf("%s: it is never removed, %v", r.name, err)
			}
		}
	})
}

func repeat(d time.Duration, n int) []time.Duration {
	list := make([]time.Duration, n)
	for i := range list {
		list[i] = d
	}
	return list
}

// What a page asks for by itself is answered, and keeps no session alive.
func TestLookLeavesNoTrace(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := register(t, d)
		sessions := account.NewSessions(d)
		token := c.open(t)
		c.pass(time.Hour)
		v, err := sessions.Look(t.Context(), token)
		if err != nil || v.Account != c.account || v.Session.SeenAt != v.Now-time.Hour.Milliseconds() {
			t.Errorf("%+v, %v", v, err)
		}
		c.pass(account.SessionIdle - time.Hour)
		_, err = sessions.Look(t.Context(), token)
		expectCode(t, "idle too long", err, "UNAUTHENTICATED")
	})
}

// Only the hash is stored, nothing else is a token, and what a browser says of
// itself is kept as far as it can be.
func TestSessionTokens(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := register(t, d)
		sessions := account.NewSessions(d)
		token := c.open(t)
		if len(token) != 43 || c.open(t) == token {
			t.Errorf("%q", token)
		}
		if n := c.count(`SELECT COUNT(*) FROM sessions WHERE id = $1 OR user_agent LIKE $2`, token, "%"+token+"%"); n != 0 {
			t.Error("the token is stored")
		}
		for _, wrong := range []string{"", token[1:], token + "A", strings.ToUpper(token), strings.Repeat("A", 43), strings.Repeat("\x00", 43), strings.Repeat("\xff", 43)} {
			_, err := sessions.Use(t.Context(), wrong, "")
			expectCode(t, fmt.Sprintf("%q", wrong), err, "UNAUTHENTICATED")
		}
		v, err := sessions.Use(t.Context(), token, "192.0.2.7")
		if err != nil || !strings.HasPrefix(v.Session.UserAgent, "Lynx é") || len(v.Session.UserAgent) > 300 || strings.HasSuffix(v.Session.UserAgent, "\xc3") {
			t.Errorf("%q, %v", v.Session.UserAgent, err)
		}
	})
}

// An account has so many sessions; the one unused the longest goes.
func TestSessionsAreBounded(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := register(t, d)
		sessions := account.NewSessions(d)
		first, second := c.open(t), c.open(t)
		c.pass(time.Hour)
		if _, err := sessions.Use(t.Context(), first, ""); err != nil {
			t.Fatal(err)
		}
		for range 49 {
			c.open(t)
		}
		_, err := sessions.Use(t.Context(), second, "")
		expectCode(t, "the one unused", err, "UNAUTHENTICATED")
		if _, err := sessions.Use(t.Context(), first, ""); err != nil {
			t.Errorf("the one used: %v", err)
		}
		if list, err := sessions.List(t.Context(), c.account.ID); err != nil || len(list) != 50 {
			t.Errorf("%d, %v", len(list), err)
		}
	})
}

// An operator's new password puts everybody out; suspension puts nobody out.
func TestWhatEndsSessions(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := register(t, d)
		sessions := account.NewSessions(d)
		token := c.open(t)
		c.write(func(tx *db.Tx) error { return account.Suspend(tx, "test", c.account) })
		if v, err := sessions.Use(t.Context(), token, ""); err != nil || v.Account.SuspendedAt == 0 {
			t.Errorf("suspended: %+v, %v", v.Account, err)
		}
		c.write(func(tx *db.Tx) error { return account.SetPassword(tx, "test", c.account, "hash", true) })
		_, err := sessions.Use(t.Context(), token, "")
		expectCode(t, "after a new password", err, "UNAUTHENTICATED")
	})
}

// Two nodes on one database: what one ends, the other does not know.
func TestSessionsOverNodes(t *testing.T) {
	dbtest.EachURL(t, func(t *testing.T, url string) {
		c, databases := registerOnTwo(t, url)
		var nodes []*account.Sessions
		for _, d := range databases {
			nodes = append(nodes, account.NewSessions(d))
		}
		token := c.open(t)
		v, err := nodes[1].Use(t.Context(), token, "")
		if err != nil {
			t.Fatal(err)
		}
		if err := nodes[0].End(t.Context(), c.account.ID, v.Session.ID); err != nil {
			t.Error(err)
		}
		_, err = nodes[1].Use(t.Context(), token, "")
		expectCode(t, "at the other node", err, "UNAUTHENTICATED")
	})
}
