package api_test

import (
	"bufio"
	"net/http"
	"testing"
	"time"

	"aviso/account"
	"aviso/db"
)

// feed is what one open page hears: its lines that are not empty, until the
// stream ends.
type feed struct {
	lines  chan string
	status int
	header http.Header
	hangUp func()
}

// listen opens GET /api/v1/events and waits until it is open.
func (b *browser) listen(t *testing.T) *feed {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "GET", b.door.URL+"/api/v1/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Cookie", b.cookie)
	res, err := b.door.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	f := &feed{lines: make(chan string, 10_000), status: res.StatusCode, header: res.Header, hangUp: func() { res.Body.Close() }}
	t.Cleanup(f.hangUp)
	go func() {
		defer close(f.lines)
		for s := bufio.NewScanner(res.Body); s.Scan(); {
			if s.Text() != "" {
				f.lines <- s.Text()
			}
		}
	}()
	if f.status == 200 {
		f.hears(t, ":")
	}
	return f
}

// hears waits for the next line.
func (f *feed) hears(t *testing.T, want string) {
	t.Helper()
	select {
	case got, ok := <-f.lines:
		if got != want {
			t.Errorf("heard %q (open: %t), not %q", got, ok, want)
		}
	case <-time.After(patience):
		t.Errorf("heard nothing, not %q", want)
	}
}

// ends waits until the stream does, whatever it says before.
func (f *feed) ends(t *testing.T) {
	t.Helper()
	late := time.After(patience)
	for {
		select {
		case _, ok := <-f.lines:
			if !ok {
				return
			}
		case <-late:
			t.Error("the stream does not end")
			return
		}
	}
}

// A hint reaches every page of its account, and operators; nobody else.
func TestHints(t *testing.T) {
	each(t, options{noRelay: true}, func(t *testing.T, h *house) {
		c, stranger := h.customer(t, 0), h.customer(t, 0)
		b := c.page(t)
		feeds := []*feed{b.listen(t), b.listen(t), c.page(t).listen(t), h.operator(t).listen(t)}
		other := stranger.page(t).listen(t)
		if got := other.header.Get("Content-Type"); got != "text/event-stream" || other.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%v", other.header)
		}
		h.events.Publish(c.account.ID, "email", `1"`+"\n")
		h.events.Publish(stranger.account.ID, "key", "2")
		for _, f := range feeds {
			f.hears(t, `data: {"kind":"email","id":"1\"\n"}`)
		}
		other.hears(t, `data: {"kind":"key","id":"2"}`)
		feeds[3].hears(t, `data: {"kind":"key","id":"2"}`)
		h.browser().do(t, "GET", "/api/v1/events", nil).is(t, 401, "UNAUTHENTICATED", "")
	})
}

// A stream ends at once with the session that opened it, by whatever ended it,
// and no other does.
func TestStreamsEndWithTheirSession(t *testing.T) {
	each(t, options{noRelay: true, heartbeat: time.Hour}, func(t *testing.T, h *house) {
		c := h.customer(t, 0)
		stays := c.page(t)
		kept := stays.listen(t)
		for name, end := range map[string]func(*browser){
			"signed out": func(b *browser) { b.do(t, "POST", "/api/v1/auth/logout", nil) },
			"ended elsewhere": func(b *browser) {
				for _, s := range b.get(t, "/api/v1/auth/sessions").items() {
					if id, _ := s["id"].(string); s["current"] == true {
						stays.do(t, "DELETE", "/api/v1/auth/sessions/"+id, nil)
					}
				}
			},
		} {
			t.Log(name)
			b := c.page(t)
			f := b.listen(t)
			end(b)
			f.ends(t)
		}
		h.events.Publish(c.account.ID, "key", "1")
		for line := range kept.lines {
			if line == ":" {
				continue // it was asked whether its session still holds
			}
			if line != `data: {"kind":"key","id":"1"}` {
				t.Errorf("%q", line)
			}
			break
		}
	})
}

// What another node has ended is noticed by the next heartbeat; and a page that
// is only open does not keep its session alive.
func TestStreamsNoticeWhatOthersEnd(t *testing.T) {
	each(t, options{noRelay: true, heartbeat: 5 * time.Millisecond}, func(t *testing.T, h *house) {
		c := h.customer(t, 0)
		f := c.page(t).listen(t)
		f.hears(t, ":")
		h.write(t, func(tx *db.Tx) error { return account.SetPassword(tx, "test", c.account, "hash", false) })
		f.ends(t)
		f = c.page(t).listen(t)
		for range 4 {
			f.hears(t, ":")
			h.advance(account.SessionIdle / 4)
		}
		f.ends(t)
	})
}

// The server's patience with a request does not end a stream; its shutdown
// does.
func TestStreamsOutliveTimeouts(t *testing.T) {
	const timeout = 200 * time.Millisecond
	each(t, options{noRelay: true, heartbeat: timeout / 4, httpTimeout: timeout}, func(t *testing.T, h *house) {
		f := h.customer(t, 0).page(t).listen(t)
		for range 12 {
			f.hears(t, ":")
		}
		h.api.Drain()
		f.ends(t)
	})
}

// Pages that do not listen harm nobody, and an account has only so many.
func TestStreamsAreBounded(t *testing.T) {
	each(t, options{noRelay: true}, func(t *testing.T, h *house) {
		c := h.customer(t, 0)
		b := c.page(t)
		var feeds []*feed
		for range 32 {
			feeds = append(feeds, b.listen(t))
		}
		b.get(t, "/api/v1/events").is(t, 429, "RATE_LIMITED", "")
		h.customer(t, 0).page(t).listen(t)
		for range 10_000 {
			h.events.Publish(c.account.ID, "email", "1")
		}
		feeds[0].hears(t, `data: {"kind":"email","id":"1"}`)
		feeds[0].hangUp()
		feeds[0].ends(t)
		late := time.After(patience)
		for {
			f := b.listen(t)
			if f.status == 200 {
				return
			}
			select {
			case <-late:
				t.Fatal("a page that has gone still counts")
			default:
			}
		}
	})
}
