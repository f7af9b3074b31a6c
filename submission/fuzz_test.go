package submission_test

import (
	"context"
	"crypto/tls"
	"io"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"aviso/db"
	"aviso/submission"
)

// line is one line of a reply as RFC 5321 has it, section 4.2.
var line = regexp.MustCompile(`^[2345]\d\d[ -][ -~]{0,506}$`)

// FuzzSession says anything to a session that has shown a key, or to one that
// has not. Whatever it is, the replies are replies, no message is sent that was
// not ended as it has to be, none without a key, and nothing panics.
func FuzzSession(f *testing.F) {
	d, err := db.Open(context.Background(), db.Options{URL: "sqlite:" + filepath.Join(f.TempDir(), "aviso.db"), Create: true})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { d.Close() })
	if err := d.Migrate(context.Background()); err != nil {
		f.Fatal(err)
	}
	h := open(f, d, options{bounds: submission.Bounds{Failures: 1 << 30}})
	c := h.customer(f, 1_000_000_000)
	envelope := "MAIL FROM:<>\r\nRCPT TO:<a@x.test>\r\nDATA\r\n"
	for _, s := range []string{
		"NOOP\r\nRSET\r\nVRFY x\r\nQUIT\r\n",
		envelope + "From: noreply@mail.test\r\n\r\nx\r\n.\r\n" + envelope + "\r\n.\r\n",
		envelope + "x\n.\n" + envelope + "x\r\n.\r\n",
		"EHLO a\r\nAUTH LOGIN\r\nYQ==\r\nYQ==\r\nAUTH PLAIN =\r\nSTARTTLS\r\nx",
		"MAIL FROM:<a@b.test> SIZE=1 BODY=8BITMIME SMTPUTF8\r\nRCPT TO:b@c.test\r\nRCPT TO:<\xff@x>\r\nDATA\r\nBcc: a\r\n b\r\nDate : x\r\n\r\n..\r\n.\r\n",
	} {
		f.Add(s, true)
		f.Add(s, false)
	}
	f.Fuzz(func(t *testing.T, say string, known bool) {
		var s *client
		if known {
			s = c.login(t)
		} else {
			s = h.encrypted(t)
		}
		before := len(h.relay.Messages())
		// It may hang up before it has heard everything.
		_, _ = io.WriteString(s.conn, say)
		_ = s.conn.(*tls.Conn).CloseWrite()
		said, _ := io.ReadAll(s.r)
		sent := 0
		for reply := range strings.Lines(string(said)) {
			text, ended := strings.CutSuffix(reply, "\r\n")
			if !ended || !line.MatchString(text) {
				t.Fatalf("%q is answered %q", say, said)
			}
			if strings.HasPrefix(text, "250 2.0.0 Sent as ") {
				sent++
			}
		}
		if got := len(h.relay.Messages()) - before; got < sent || got > strings.Count(say, ".\r\n") || got > 0 && !known || strings.Contains(string(said), "451 ") {
			t.Fatalf("%q is answered %q, and %d messages are sent", say, said, got)
		}
	})
}
