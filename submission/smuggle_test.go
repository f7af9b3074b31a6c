package submission_test

import (
	"slices"
	"strings"
	"testing"
)

// almostEnds returns what ends a message for some server, but is not
// CRLF.CRLF: every dot between two things that somebody takes for a line end.
func almostEnds() []string {
	ends := []string{"\r\n", "\n", "\r", "\r\r\n", "\n\r", "\r\n\x00", "\x00\r\n", "\n\n", "\r\r", "\x0b", "\x0c", "\u0085", "\u2028"}
	var all []string
	for _, before := range ends {
		for _, dot := range []string{".", ". ", ".\x00"} {
			for _, after := range ends {
				if s := before + dot + after; !strings.Contains(s, "\r\n.\r\n") {
					all = append(all, s)
				}
			}
		}
	}
	return all
}

// smuggled is a message that must never be one of its own.
const smuggled = "MAIL FROM:<noreply@mail.test>\r\nRCPT TO:<victim@x.test>\r\nDATA\r\nSubject: smuggled\r\n\r\nsmuggled\r\n"

// Whatever looks like the end of a message, it is one message or a refusal, and
// the conversation stays in step.
func TestSmuggling(t *testing.T) {
	each(t, options{}, func(t *testing.T, h *house) {
		corpus := almostEnds()
		if len(corpus) < 100 {
			t.Fatalf("%d sequences", len(corpus))
		}
		c := h.customer(t, int64(len(corpus)))
		s := c.login(t)
		taken := 0
		for _, end := range corpus {
			s.envelope("", ada...)
			s.write("Subject: cover\r\n\r\ncover" + end + smuggled + ".\r\n")
			switch got := s.reply(); {
			case strings.HasPrefix(got, "250 2.0.0 Sent as "):
				taken++
			case !strings.HasPrefix(got, "554 5.6.0 "):
				t.Errorf("%q: got %q", end, got)
			}
			s.do("NOOP", "250 2.0.0 OK") // and no other reply before it
		}
		sent := h.relay.Messages()
		if len(sent) != taken || len(c.logged(t)) != taken {
			t.Errorf("%d messages were taken, %d sent", taken, len(sent))
		}
		for _, m := range sent {
			if slices.Contains(m.To, "victim@x.test") || !strings.HasPrefix(string(m.Data), "Date: ") || !strings.Contains(string(m.Raw), "\r\nsmuggled\r\n") {
				t.Errorf("the relay got %q for %v", m.Raw, m.To)
			}
		}
	})
}

// The same, wherever the network cuts it.
func TestSmugglingInPieces(t *testing.T) {
	each(t, options{}, func(t *testing.T, h *house) {
		s := h.customer(t, 100).login(t)
		for _, end := range []string{"\n.\n", "\n.\r\n", "\r\n.\n", "\r\n.\r\r\n", "\r\n.\r"} {
			text := "Subject: cover\r\n\r\ncover" + end + smuggled + ".\r\n"
			from := strings.Index(text, "cover"+end)
			for cut := from; cut < from+len("cover"+end)+4; cut++ {
				s.envelope("", ada...)
				s.write(text[:cut]) // each is a record of TLS of its own
				s.write(text[cut:])
				s.expect("554 5.6.0 ")
			}
		}
		s.do("NOOP", "250 ")
		if n := h.relay.Count("MAIL"); n != 0 {
			t.Errorf("%d messages were sent", n)
		}
	})
}

// A message that ends where it should, right before, on and after the edge of
// every buffer there is.
func TestEndsAtEdges(t *testing.T) {
	each(t, options{}, func(t *testing.T, h *house) {
		s := h.customer(t, 1000).login(t)
		for _, edge := range []int{4096, 8192, 16384} {
			for size := edge - 6; size <= edge+6; size++ {
				body := "\r\n" + strings.Repeat(strings.Repeat("a", 62)+"\r\n", 1+size/64)
				body = body[:size-2] + "\r\n"
				if strings.HasSuffix(body, "\r\r\n") {
					body = body[:size-3] + "b\r\n"
				}
				s.envelope("", ada...)
				s.write(body + ".\r\nNOOP\r\n")
				s.expect("250 2.0.0 Sent as ")
				s.expect("250 2.0.0 OK")
				sent := h.relay.Messages()
				if got := sent[len(sent)-1].Data; !strings.HasSuffix(string(got), body) {
					t.Fatalf("%d bytes arrive as %d", size, len(got))
				}
			}
		}
	})
}
