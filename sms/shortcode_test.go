package sms_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"aviso/account"
	"aviso/db"
	"aviso/db/dbtest"
	"aviso/sms"
)

func (st *station) create(owner, word string) error {
	_, _, err := st.service.CreateShortcode(context.Background(), "test", owner, sms.NewShortcode{Code: word})
	return err
}

// another makes one more account.
func (st *station) another(address string) string {
	st.t.Helper()
	var a account.Account
	st.write(func(tx *db.Tx) (err error) {
		a, err = account.Create(tx, "test", account.New{Email: address})
		return err
	})
	return a.ID
}

func TestShortcodeForms(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		st := openStation(t, d, func(c *sms.Config) { c.Inbound.FreeShortcodes = 100 })
		for word, want := range map[string]string{
			"ab": "", "a1": "", "1a": "", "two-for_1": "", strings.Repeat("a", 20): "",
			"": "INVALID_REQUEST", "a": "INVALID_REQUEST", strings.Repeat("a", 21): "INVALID_REQUEST", "Order": "INVALID_REQUEST", "-a": "INVALID_REQUEST",
			"a_": "INVALID_REQUEST", "a b": "INVALID_REQUEST", "é1": "INVALID_REQUEST", "ab\n": "INVALID_REQUEST",
			"stop": "SHORTCODE_RESERVED", "yes": "SHORTCODE_RESERVED", "info": "SHORTCODE_RESERVED",
		} {
			if got := code(st.create(st.account.ID, word)); got != want {
				t.Errorf("%q: %q instead of %q", word, got, want)
			}
		}
	})
}

func TestShortcodesAreUniqueAndReserved(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		st := openStation(t, d)
		st.setClock()
		other := st.another("other@mail.test")
		c := st.shortcode("order", "")
		expect := func(why, owner, want string) {
			t.Helper()
			if got := code(st.create(owner, "order")); got != want {
				t.Errorf("%s: %q instead of %q", why, got, want)
			}
		}
		expect("somebody has it", other, "SHORTCODE_TAKEN")
		ctx := context.Background()
		if err := st.service.DeleteShortcode(ctx, "test", other, c.ID); code(err) != "NOT_FOUND" {
			t.Error(err)
		}
		if err := st.service.DeleteShortcode(ctx, "test", st.account.ID, c.ID); err != nil {
			t.Fatal(err)
		}
		st.receive("order x")
		if len(st.inbound()) != 0 {
			t.Error("a text came by a shortcode that is deleted")
		}
		expect("it is kept for its account", other, "SHORTCODE_TAKEN")
		expect("which may have it back", st.account.ID, "")
		c, err := st.service.ShortcodeByCode(ctx, "order")
		if err != nil {
			t.Fatal(err)
		}
		if err := st.service.DeleteShortcode(ctx, "test", st.account.ID, c.ID); err != nil {
			t.Fatal(err)
		}
		st.advance(90*24*time.Hour - time.Millisecond)
		expect("90 days are not over", other, "SHORTCODE_TAKEN")
		st.advance(2 * time.Millisecond)
		expect("90 days are over", other, "")
		// Whose it is is asked anew, whatever is remembered.
		st.receive("order x")
		if list, err := st.service.Inbound(ctx, other, "", 10); err != nil || len(list) != 1 {
			t.Errorf("%+v, %v", list, err)
		}
	})
}

func TestShortcodeLimit(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		st := openStation(t, d)
		st.setClock()
		hook := listen(t, nil)
		words := []string{"aa", "bb", "cc", "dd", "ee"}
		st.prime(st.now.Load() + 1000)
		for _, w := range words {
			st.shortcode(w, hook.URL)
			st.advance(time.Millisecond)
		}
		if got := code(st.create(st.account.ID, "ff")); got != "SHORTCODE_LIMIT" {
			t.Error(got)
		}
		active := func() (n int) {
			list, err := st.service.Shortcodes(context.Background(), st.account.ID)
			if err != nil || len(list) != 5 {
				t.Fatal(list, err)
			}
			for i, c := range list {
				if c.Active {
					n++
				}
				if c.Code != words[i] {
					t.Errorf("%+v", list)
				}
			}
			return n
		}
		if n := active(); n != 5 {
			t.Errorf("%d are active", n)
		}
		st.advance(time.Second + 24*time.Hour - 6*time.Millisecond)
		if n := active(); n != 5 {
			t.Errorf("within the grace %d are active", n)
		}
		st.advance(time.Second)
		if n := active(); n != 1 {
			t.Errorf("after the grace %d are active", n)
		}
		st.receive("bb x")
		st.receive("aa x")
		if n := st.number(`SELECT COUNT(*) FROM sms_pushes`); n != 1 {
			t.Errorf("%d pushes", n)
		}
		if got := st.inbound(); len(got) != 2 || got[1].Shortcode != "bb" {
			t.Errorf("%+v", got)
		}
		// What came meanwhile stays as it is when Prime is back.
		st.prime(st.now.Load() + 1_000_000)
		if n := active(); n != 5 {
			t.Errorf("%d are active", n)
		}
		if n := st.number(`SELECT COUNT(*) FROM sms_pushes`); n != 1 {
			t.Errorf("%d pushes", n)
		}
	})
}

// Who asks for many at once gets as many as are allowed, and two who ask for
// one word do not both get it.
func TestShortcodesAtOnce(t *testing.T) {
	dbtest.EachURL(t, func(t *testing.T, url string) {
		st := openStation(t, openURL(t, url))
		nodes := []*sms.Service{st.service, st.second(url)}
		owners := []string{st.account.ID, st.another("b@mail.test"), st.another("c@mail.test")}
		var all sync.WaitGroup
		for i := range 12 {
			all.Go(func() {
				word := []string{"same", "aa", "bb", "cc"}[i%4]
				_, _, err := nodes[i%2].CreateShortcode(context.Background(), "test", owners[i%3], sms.NewShortcode{Code: word})
				if c := code(err); err != nil && c != "SHORTCODE_LIMIT" && c != "SHORTCODE_TAKEN" {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if n := st.number(`SELECT COUNT(*) FROM (SELECT account_id FROM sms_shortcodes GROUP BY account_id HAVING COUNT(*) > 1) AS more`); n != 0 {
			t.Errorf("%d accounts have more than they may", n)
		}
		if n := st.number(`SELECT COUNT(*) FROM sms_shortcodes`); n != 3 {
			t.Errorf("%d shortcodes", n)
		}
	})
}

func TestChangeShortcode(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		st := openStation(t, d, func(c *sms.Config) {
			c.Inbound.CheckURL = func(url string) error {
				if strings.Contains(url, "127.0.0.1") {
					return errors.New("this address is not public")
				}
				return nil
			}
		})
		text := func(s string) sms.Edit { return sms.Edit{Given: true, Value: &s} }
		null := sms.Edit{Given: true}
		c := st.shortcode("order", "https://shop.test/a")
		for _, e := range []struct {
			change      sms.ShortcodeChange
			url, secret string // secret: "" for none, "new" for one that was made
			code        string
		}{
			{sms.ShortcodeChange{}, "https://shop.test/a", "", ""},
			{sms.ShortcodeChange{WebhookURL: text("http://shop.test:8080/b?x=1")}, "http://shop.test:8080/b?x=1", "", ""},
			{sms.ShortcodeChange{Secret: text("mine")}, "http://shop.test:8080/b?x=1", "mine", ""},
			{sms.ShortcodeChange{Secret: null}, "http://shop.test:8080/b?x=1", "new", ""},
			{sms.ShortcodeChange{WebhookURL: null}, "", "", ""},
			{sms.ShortcodeChange{WebhookURL: text("")}, "", "", "INVALID_REQUEST"},
			{sms.ShortcodeChange{Secret: text("")}, "", "", "INVALID_REQUEST"},
			{sms.ShortcodeChange{WebhookURL: text("ftp://shop.test/")}, "", "", "INVALID_REQUEST"},
			{sms.ShortcodeChange{WebhookURL: text("https:///x")}, "", "", "INVALID_REQUEST"},
			{sms.ShortcodeChange{WebhookURL: text("https://a:b@shop.test/")}, "", "", "INVALID_REQUEST"},
			{sms.ShortcodeChange{WebhookURL: text("http://127.0.0.1/")}, "", "", "INVALID_REQUEST"},
			{sms.ShortcodeChange{Secret: text(strings.Repeat("a", 201))}, "", "", "INVALID_REQUEST"},
		} {
			got, secret, err := st.service.ChangeShortcode(t.Context(), "test", st.account.ID, c.ID, e.change)
			if code(err) != e.code {
				t.Errorf("%+v: %v", e.change, err)
			}
			if err != nil {
				continue
			}
			if got.WebhookURL != e.url || secret != e.secret && (e.secret != "new" || len(secret) < 20) {
				t.Errorf("%+v: %+v, %q", e.change, got, secret)
			}
		}
		if _, _, err := st.service.ChangeShortcode(t.Context(), "test", "another", c.ID, sms.ShortcodeChange{}); code(err) != "NOT_FOUND" {
			t.Error(err)
		}
	})
}
