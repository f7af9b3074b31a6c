package smtprelay_test

import (
	"bytes"
	"context"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"

	"aviso/transport"
	"aviso/transport/smtprelay/smtptest"
)

// wire notes what each write held.
type wire struct {
	net.Conn
	mu     *sync.Mutex
	writes *[]string
}

func (w wire) Write(p []byte) (int, error) {
	w.mu.Lock()
	*w.writes = append(*w.writes, string(p))
	w.mu.Unlock()
	return w.Conn.Write(p)
}

func TestWrites(t *testing.T) {
	const greeting, envelope = "EHLO localhost\r\n", "MAIL FROM:<from@x.test> SIZE=28\r\nRCPT TO:<a@x.test>\r\nRCPT TO:<b@x.test>\r\nDATA\r\n"
	const body = "Subject: hello\r\n\r\n..\r\nhello\r\n"
	nothing := func(context.Context) error { return nil }
	yes, no := func() bool { return true }, func() bool { return false }
	for _, c := range []struct {
		name       string
		extensions []string
		beforeDot  func(context.Context) error
		dotFree    func() bool
		want       []string
	}{
		{"pipelining", []string{"PIPELINING", "SIZE"}, nil, nil, []string{greeting, envelope, body + ".\r\n"}},
		{"recorded before the dot", []string{"PIPELINING", "SIZE 0"}, nothing, nil, []string{greeting, envelope, body, ".\r\n"}},
		{"not to be recorded after all", []string{"PIPELINING", "SIZE"}, nothing, yes, []string{greeting, envelope, body + ".\r\n"}},
		{"to be recorded", []string{"PIPELINING", "SIZE"}, nothing, no, []string{greeting, envelope, body, ".\r\n"}},
		{"command by command", []string{"SIZE 28"}, nil, nil, append(slices.Insert(strings.SplitAfter(envelope, "\n"), 0, greeting)[:5], body+".\r\n")},
	} {
		t.Run(c.name, func(t *testing.T) {
			srv := smtptest.Start(t, smtptest.Options{Extensions: c.extensions})
			var mu sync.Mutex
			var writes []string
			cfg := config(srv)
			dial := dialTo(srv.Host, srv.Port)
			cfg.Dial = func(ctx context.Context, network, addr string) (net.Conn, error) {
				conn, err := dial(ctx, network, addr)
				return wire{conn, &mu, &writes}, err
			}
			m := mail("a@x.test", "b@x.test")
			m.BeforeDot, m.DotFree = c.beforeDot, c.dotFree
			if v := open(t, cfg).Send(t.Context(), m).Verdicts; v[0].Outcome != taken {
				t.Errorf("%+v", v)
			}
			if !slices.Equal(writes, c.want) {
				t.Errorf("wrote\n%q, not\n%q", writes, c.want)
			}
		})
	}
}

func TestExtensions(t *testing.T) {
	for _, c := range []struct {
		name       string
		extensions []string
		change     func(*transport.Mail)
		mail       string // MAIL's argument; "": refused
		enhanced   string
	}{
		{"nothing offered, nothing asked", []string{}, func(*transport.Mail) {}, "FROM:<from@x.test>", ""},
		{"all offered, nothing asked", []string{"SIZE 99", "8BITMIME", "SMTPUTF8"}, func(*transport.Mail) {}, "FROM:<from@x.test> SIZE=28", ""},
		{"an empty sender", []string{}, func(m *transport.Mail) { m.From = "" }, "FROM:<>", ""},
		{"8-bit", []string{"8bitmime"}, func(m *transport.Mail) { m.EightBit = true }, "FROM:<from@x.test> BODY=8BITMIME", ""},
		{"8-bit, not offered", []string{"SMTPUTF8"}, func(m *transport.Mail) { m.EightBit = true }, "", "5.6.3"},
		{"UTF-8", []string{"8BITMIME", "SMTPUTF8"}, func(m *transport.Mail) {
			m.From, m.EightBit, m.UTF8 = "früh@x.test", true, true
		}, "FROM:<früh@x.test> BODY=8BITMIME SMTPUTF8", ""},
		{"UTF-8, not offered", []string{"8BITMIME"}, func(m *transport.Mail) { m.UTF8 = true }, "", "5.6.7"},
		{"as large as may be", []string{"SIZE 28"}, func(*transport.Mail) {}, "FROM:<from@x.test> SIZE=28", ""},
		{"too large", []string{"SIZE 27"}, func(*transport.Mail) {}, "", "5.3.4"},
		{"no limit", []string{"SIZE 0"}, func(*transport.Mail) {}, "FROM:<from@x.test> SIZE=28", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			srv := smtptest.Start(t, smtptest.Options{Extensions: c.extensions})
			m := mail("a@x.test")
			c.change(m)
			report := open(t, config(srv)).Send(t.Context(), m)
			v := report.Verdicts[0]
			if !report.Reached || v.Outcome == refused != (c.mail == "") || c.mail == "" && (v.Enhanced != c.enhanced || v.Code != 0) {
				t.Errorf("%+v", report)
			}
			sent := srv.Messages()
			if c.mail == "" && srv.Count("MAIL") != 0 || c.mail != "" && (len(sent) != 1 || sent[0].Mail != c.mail) {
				t.Errorf("%+v", sent)
			}
		})
	}
}

// Nothing that would be a command, or another recipient, is ever written.
func TestInjection(t *testing.T) {
	srv := smtptest.Start(t, smtptest.Options{})
	r := open(t, config(srv))
	for _, bad := range []string{
		"a@x.test\r\nRCPT TO:<evil@x.test", "a@x.test\n", "a\r@x.test", "a\x00@x.test", "a@x.test> NOTIFY=NEVER", "a b@x.test",
		"a@x.test>", "<evil@x.test", "a\x7f@x.test", "a\t@x.test", "", "évil@x.test",
	} {
		before := len(srv.Messages())
		report := r.Send(t.Context(), mail("a@x.test", bad, "b@x.test"))
		if v := report.Verdicts[1]; v.Outcome != refused || v.Enhanced != "5.1.3" || report.Verdicts[0].Outcome != taken || report.Verdicts[2].Outcome != taken {
			t.Errorf("%q: %+v", bad, report)
		}
		check(t, r.Send(t.Context(), mail(bad)), true, report.Verdicts[1])
		if bad != "" {
			m := mail("a@x.test")
			m.From = bad
			if v := r.Send(t.Context(), m).Verdicts[0]; v.Outcome != refused || v.Enhanced != "5.1.7" {
				t.Errorf("from %q: %+v", bad, v)
			}
		}
		if sent := srv.Messages()[before:]; len(sent) != 1 || !slices.Equal(sent[0].To, []string{"a@x.test", "b@x.test"}) {
			t.Errorf("%q: %+v", bad, sent)
		}
	}
	for _, data := range []string{"", "a", "a\nb\r\n", "a\r\n.\nMAIL FROM:<>\r\n", "a\rb\r\n", "a\r\n.\rb\r\n"} {
		m := mail("a@x.test")
		m.Data = []byte(data)
		if v := r.Send(t.Context(), m).Verdicts[0]; v.Outcome != refused || v.Enhanced != "5.6.0" {
			t.Errorf("%q: %+v", data, v)
		}
	}
	if strings.Contains(srv.Raw(1), "evil") {
		t.Error("something was injected")
	}
}

// Every body arrives as it was, whatever dots it holds and however long it is.
func TestBodiesArrive(t *testing.T) {
	bothWays(t, func(t *testing.T, extensions []string) {
		srv := smtptest.Start(t, smtptest.Options{Extensions: extensions})
		r := open(t, config(srv))
		random := rand.New(rand.NewPCG(3, 4))
		for n := range 60 {
			var body bytes.Buffer
			size := random.IntN(2000)
			if n%10 == 0 {
				size = 60<<10 + random.IntN(80<<10) // around the size of a write
			}
			for body.Len() < size {
				body.WriteString([]string{".", "..", "", "a", ".a", "\xe9\x00", strings.Repeat("x", random.IntN(900))}[random.IntN(7)])
				if random.IntN(3) > 0 {
					body.WriteString("\r\n")
				}
			}
			body.WriteString("\r\n")
			m := mail("a@x.test")
			m.Data, m.EightBit = body.Bytes(), true
			if n%3 == 0 {
				m.BeforeDot = func(context.Context) error { return nil }
			}
			if v := r.Send(t.Context(), m).Verdicts[0]; v.Outcome != taken {
				t.Fatalf("%+v", v)
			}
			if sent := srv.Messages(); len(sent) != n+1 || !bytes.Equal(sent[n].Data, m.Data) {
				t.Fatalf("body %d did not arrive as it was", n)
			}
		}
	})
}
