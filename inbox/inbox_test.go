package inbox_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"aviso/db"
	"aviso/db/dbtest"
	"aviso/inbox"
	"aviso/transport"
)

func keep(t *testing.T, s *inbox.Store, id, data string, to ...string) {
	t.Helper()
	if err := s.Keep(t.Context(), "primary", &transport.Mail{ID: id, From: "noreply@mail.test", Data: []byte(data)}, to); err != nil {
		t.Fatal(err)
	}
}

func list(t *testing.T, s *inbox.Store, before string, limit int64) []inbox.Mail {
	t.Helper()
	mails, err := s.List(t.Context(), before, limit)
	if err != nil {
		t.Fatal(err)
	}
	return mails
}

func ids(mails []inbox.Mail) (list []string) {
	for _, m := range mails {
		list = append(list, m.MessageID)
	}
	return list
}

func TestKeepAndList(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		d.SetClock(func() int64 { return 1234 })
		s := inbox.NewStore(d, 100)
		if mails := list(t, s, "", 10); mails == nil || len(mails) != 0 {
			t.Errorf("%+v", mails)
		}
		keep(t, s, "1", "Subject: one\r\n\r\nbody\r\n", "ada@x.test", "eve@x.test")
		m := list(t, s, "", 10)[0]
		want := inbox.Mail{ID: m.ID, Relay: "primary", MessageID: "1", From: "noreply@mail.test", To: []string{"ada@x.test", "eve@x.test"}, Subject: "one", ReceivedAt: 1234}
		if fmt.Sprint(m) != fmt.Sprint(want) || m.ID == "" {
			t.Errorf("%+v", m)
		}
		for i := range 4 {
			keep(t, s, fmt.Sprint(i+2), "\r\n", "ada@x.test")
		}
		page := list(t, s, "", 2)
		if got := ids(page); !slices.Equal(got, []string{"5", "4"}) {
			t.Errorf("the first page is %v", got)
		}
		if got := ids(list(t, s, page[1].ID, 2)); !slices.Equal(got, []string{"3", "2"}) {
			t.Errorf("the second page is %v", got)
		}
		if got := ids(list(t, s, m.ID, 2)); len(got) != 0 {
			t.Errorf("the last page is %v", got)
		}
	})
}

// A message is found by its own id or by its sender's, byte for byte; of two
// attempts at one message the later.
func TestData(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := inbox.NewStore(d, 100)
		const first, second = "Subject: 1\r\n\r\n\x00\xff.\r\n", "Subject: 2\r\n\r\n"
		keep(t, s, "message", first, "ada@x.test")
		keep(t, s, "message", second, "ada@x.test")
		keep(t, s, "another", "\r\n", "ada@x.test")
		mails := list(t, s, "", 10)
		for id, want := range map[string]string{"message": second, mails[2].ID: first, mails[1].ID: second} {
			if data, err := s.Data(t.Context(), id); err != nil || string(data) != want {
				t.Errorf("%s: %q, %v", id, data, err)
			}
		}
		for _, id := range []string{"", "nothing", "%"} {
			if data, err := s.Data(t.Context(), id); err != nil || data != nil {
				t.Errorf("%q: %q, %v", id, data, err)
			}
		}
	})
}

// A subject is shown as its reader would see it, and whatever stands there,
// the message is kept.
func TestSubjects(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := inbox.NewStore(d, 100)
		for _, c := range []struct{ name, data, want string }{
			{"plain", "Subject: hello\r\n\r\n", "hello"},
			{"encoded", "Subject: =?utf-8?q?gr=C3=BC=C3=9Fe?= =?iso-8859-1?q?_=E9?=\r\n\r\n", "grüße é"},
			{"folded", "Subject: one\r\n two\r\n\r\n", "one two"},
			{"UTF-8", "Subject: grüße\r\n\r\n", "grüße"},
			{"none", "From: a@b.test\r\n\r\n", ""},
			{"no header at all", "hello", ""},
			{"another alphabet", "Subject: =?koi8-r?q?=C1?=\r\n\r\n", "=?koi8-r?q?=C1?="},
			{"8 bit of old", "Subject: gr\xfc\xdfe\r\n\r\n", "gr\uFFFDe"},
			{"NUL, encoded", "Subject: =?utf-8?q?a=00b?=\r\n\r\n", "ab"},
			{"bytes that are no UTF-8, encoded", "Subject: =?utf-8?q?a=FFb?=\r\n\r\n", "a\uFFFDb"},
		} {
			mail := &transport.Mail{ID: c.name, Data: []byte(c.data)}
			if err := s.Keep(t.Context(), "primary", mail, []string{"ada@x.test"}); err != nil {
				t.Errorf("%s: %v", c.name, err)
			} else if got := list(t, s, "", 1)[0]; got.MessageID != c.name || got.Subject != c.want {
				t.Errorf("%s: %q", c.name, got.Subject)
			}
		}
	})
}

// slack is how many messages more than the limit there may be for a moment.
const slack = 64

// The latest messages are there, and never many more, although many are kept
// at once.
func TestBound(t *testing.T) {
	const limit, senders, each = 20, 8, 30
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := inbox.NewStore(d, limit)
		var all sync.WaitGroup
		for c := range senders {
			all.Go(func() {
				for i := range each {
					id := fmt.Sprintf("%d of sender %d", i, c)
					if err := s.Keep(t.Context(), "primary", &transport.Mail{ID: id, Data: []byte("\r\n")}, []string{"a@x.test"}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		keep(t, s, "the last", "\r\n", "a@x.test")
		got := ids(list(t, s, "", 1000))
		if len(got) < limit || len(got) > limit+slack || got[0] != "the last" {
			t.Errorf("%d messages: %s", len(got), strings.Join(got, ", "))
		}
	})
}

// A process that is started again and again, as one is that somebody works on,
// keeps to the bound as well.
func TestBoundOverRestarts(t *testing.T) {
	const limit = 20
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for range 8 {
			s := inbox.NewStore(d, limit)
			for range 30 {
				keep(t, s, "message", "\r\n", "a@x.test")
			}
		}
		if n := len(list(t, inbox.NewStore(d, limit), "", 1000)); n < limit || n > limit+slack {
			t.Errorf("%d messages", n)
		}
	})
}
