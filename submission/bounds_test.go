package submission_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"aviso/account"
	"aviso/db"
	"aviso/submission"
	"aviso/transport/smtprelay/smtptest"
)

// gone expects that the server ends the connection with these words.
func (c *client) gone(want string) {
	c.t.Helper()
	if rest, err := io.ReadAll(c.r); err != nil || !strings.HasPrefix(string(rest), want) {
		c.t.Errorf("got %q, %v, want %q", rest, err, want)
	}
}

// A thousand connections that do nothing, from one address or from many, keep
// nobody from sending.
func TestSlowConnections(t *testing.T) {
	each(t, options{}, func(t *testing.T, h *house) {
		c := h.customer(t, 10)
		slow := make([]*client, 1000)
		for i := range slow {
			slow[i] = h.dialFrom(t, fmt.Sprintf("127.0.0.%d", 1+i%25))
			slow[i].expect("220 ")
			slow[i].write("EHL")
		}
		s := c.login(t)
		s.expectSent(ada)
		slow[0].gone("421 4.7.0 Too many connections; this one has not authenticated in time.") // the oldest of its address
		for range 100 {
			h.dial(t).expect("220 ")
		}
		s.expectSent(ada)
	})
}

// Who has shown a key keeps the place, and who comes after is told.
func TestFull(t *testing.T) {
	for name, bounds := range map[string]submission.Bounds{"in all": {Connections: 3}, "per address": {PerAddress: 3}} {
		t.Run(name, func(t *testing.T) {
			each(t, options{bounds: bounds}, func(t *testing.T, h *house) {
				c := h.customer(t, 10)
				var kept []*client
				for range 3 {
					kept = append(kept, c.login(t))
				}
				h.dial(t).gone("421 4.7.0 Too many connections. Try again later.")
				other := h.dialFrom(t, "127.0.0.2")
				if name == "in all" {
					other.gone("421 4.7.0 Too many connections. Try again later.")
				} else {
					other.expect("220 ")
				}
				for _, s := range kept {
					s.expectSent(ada)
				}
				kept[0].do("QUIT", "221 ")
				kept[0].closed()
				h.dial(t).expect("220 ")
			})
		})
	}
}

// An address that tries passwords is not listened to any more, but for a key it
// has shown before; another address is.
func TestGuessing(t *testing.T) {
	each(t, options{bounds: submission.Bounds{Failures: 5}}, func(t *testing.T, h *house) {
		known, late := h.customer(t, 10), h.customer(t, 10)
		known.login(t)
		for range 5 {
			h.encrypted(t).do("AUTH PLAIN "+plain(account.NewToken(account.Email)), "535 5.7.8")
			known.login(t) // takes nothing back
		}
		for _, password := range []string{account.NewToken(account.Email), late.token} {
			s := h.encrypted(t)
			s.do("AUTH PLAIN "+plain(password), "421 4.7.0 Too many wrong passwords from this address.")
			s.closed()
		}
		known.login(t).expectSent(ada)
		h.write(t, func(tx *db.Tx) error { return account.EnableKey(tx, "test", known.key, false) })
		for _, want := range []string{"535 5.7.8", "421 4.7.0"} { // and no more than that
			h.encrypted(t).do("AUTH PLAIN "+plain(known.token), want)
		}
		other := h.dialFrom(t, "127.0.0.2")
		other.expect("220 ")
		other.do("STARTTLS", "220 ")
		other.encrypt()
		other.do("EHLO client.test", "250 ")
		other.do("AUTH PLAIN "+plain(late.token), "235 ")
	})
}

// Silence ends a session, a stranger's sooner, and so does talk without end.
func TestTime(t *testing.T) {
	each(t, options{bounds: submission.Bounds{Stranger: 200 * time.Millisecond}}, func(t *testing.T, h *house) {
		s := h.dial(t)
		s.expect("220 ")
		s.gone("421 4.4.2 Nothing came for too long.")
		h.customer(t, 10).login(t).expectSent(ada)

		silent, err := net.Dial("tcp", h.implicit) // and no handshake
		if err != nil {
			t.Fatal(err)
		}
		c := h.client(t, silent)
		c.closed()
	})
	each(t, options{bounds: submission.Bounds{Idle: 200 * time.Millisecond}}, func(t *testing.T, h *house) {
		s := h.customer(t, 10).login(t)
		s.do("MAIL FROM:<>", "250 ")
		s.do("RCPT TO:<a@x.test>", "250 ")
		s.do("DATA", "354 ")
		s.write("half a mess")
		s.gone("421 4.4.2 Nothing came for too long.")
		if n := h.relay.Count("MAIL"); n != 0 {
			t.Errorf("half a message was sent")
		}
	})
	each(t, options{bounds: submission.Bounds{Session: 300 * time.Millisecond}}, func(t *testing.T, h *house) {
		s := h.customer(t, 10).login(t)
		for {
			if got := s.do("NOOP", ""); got == "421 4.4.2 Nothing came for too long." {
				break
			}
		}
		s.closed()
	})
}

// A message that there is no memory for is refused for now, and the place of
// each is free again, however it ended.
func TestMemory(t *testing.T) {
	each(t, options{bounds: submission.Bounds{Memory: 256 << 10}}, func(t *testing.T, h *house) {
		s := h.customer(t, 10).login(t)
		line := strings.Repeat("a", 998) + "\r\n"
		for _, sent := range []struct {
			lines int
			want  string
		}{{200, "250 2.0.0"}, {200, "250 2.0.0"}, {300, "451 4.3.0 Too many large messages come in at the moment."}, {11_000, "451 4.3.0"}, {200, "250 2.0.0"}} {
			s.envelope("", ada...)
			s.write("\r\n" + strings.Repeat(line, sent.lines) + ".\r\n")
			s.expect(sent.want)
		}
	})
}

// A server that shuts down tells who waits, and lets what is handed over have
// its answer.
func TestShutdown(t *testing.T) {
	spoken := make(chan struct{})
	slow := func(s smtptest.Step) smtptest.Answer {
		if s.Verb == "RCPT" {
			<-spoken
		}
		return smtptest.Answer{}
	}
	each(t, options{answer: slow}, func(t *testing.T, h *house) {
		c := h.customer(t, 10)
		stranger, idle, uploading, sending, hasty := h.dial(t), c.login(t), c.login(t), c.login(t), c.login(t)
		stranger.expect("220 ")
		uploading.envelope("", ada...)
		uploading.write("half a mess")
		sending.envelope("", ada...)
		sending.write("\r\n.\r\n")
		hasty.envelope("", ada...)
		hasty.write("\r\n.\r\nMAIL FROM:<>\r\nRCPT TO:<late@x.test>\r\nDATA\r\n\r\n.\r\n") // read, but too late
		h.relay.Await(t, "RCPT", 2)
		down := make(chan error)
		go func() { down <- h.server.Shutdown(context.Background()) }()
		for _, s := range []*client{stranger, idle, uploading} {
			s.gone("421 4.3.2 The server is shutting down.")
		}
		spoken <- struct{}{}
		spoken <- struct{}{}
		sending.expect("250 2.0.0 Sent as ")
		sending.gone("421 4.3.2 The server is shutting down.")
		hasty.expect("250 2.0.0 Sent as ")
		hasty.expect("250 2.1.0")
		hasty.expect("250 2.1.5")
		hasty.expect("354 ")
		hasty.gone("421 4.3.2 The server is shutting down.")
		if err := <-down; err != nil {
			t.Error(err)
		}
		if _, err := net.Dial("tcp", h.starttls); err == nil {
			t.Error("the door is open")
		}
		if n := len(c.logged(t)); n != 2 {
			t.Errorf("%d messages", n)
		}
	})
}

// What is not over in time is cut off.
func TestShutdownInTime(t *testing.T) {
	spoken := make(chan struct{})
	slow := func(s smtptest.Step) smtptest.Answer {
		if s.Verb == "RCPT" {
			<-spoken
		}
		return smtptest.Answer{}
	}
	each(t, options{answer: slow, syncTimeout: time.Second}, func(t *testing.T, h *house) {
		s := h.customer(t, 10).login(t)
		s.envelope("", ada...)
		s.write("\r\n.\r\n")
		h.relay.Await(t, "RCPT", 1)
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if err := h.server.Shutdown(ctx); err != context.Canceled {
			t.Errorf("got %v", err)
		}
		spoken <- struct{}{}
	})
}
