package test

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net"
	"net/smtp"
	"strings"
	"testing"

	"aviso/test/story"
	"aviso/transport/smtprelay/smtptest"
)

// submissionAddr is where a node that is ready takes mail.
func submissionAddr(t *testing.T, n *story.Node) string {
	t.Helper()
	for line := range strings.Lines(n.Stderr()) {
		var said struct{ Msg, Address string }
		if json.Unmarshal([]byte(line), &said) == nil && said.Msg == "smtp submission" {
			return said.Address
		}
	}
	t.Fatal("aviso serve did not say where it takes mail")
	return ""
}

// submitter is a client with a key that writes what it is told, byte for byte.
type submitter struct {
	*smtp.Client
	t *testing.T
}

func submit(t *testing.T, addr string, key story.Key) *submitter {
	t.Helper()
	c, err := smtp.Dial(addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.StartTLS(&tls.Config{InsecureSkipVerify: true}); err != nil {
		t.Fatal(err)
	}
	if err := c.Auth(smtp.PlainAuth("", "anybody", key.Token, "127.0.0.1")); err != nil {
		t.Fatal(err)
	}
	return &submitter{c, t}
}

// send sends data, which ends as it ends, and returns the reply to it.
func (s *submitter) send(to, data string) (code int, text string) {
	s.t.Helper()
	for _, command := range []struct {
		say  string
		hear int
	}{{"MAIL FROM:<>", 250}, {"RCPT TO:<" + to + ">", 250}, {"DATA", 354}} {
		if err := s.Text.PrintfLine("%s", command.say); err != nil {
			s.t.Fatal(err)
		}
		if _, _, err := s.Text.ReadResponse(command.hear); err != nil {
			s.t.Fatalf("%s: %v", command.say, err)
		}
	}
	if _, err := s.Text.W.WriteString(data); err != nil {
		s.t.Fatal(err)
	}
	if err := s.Text.W.Flush(); err != nil {
		s.t.Fatal(err)
	}
	code, text, err := s.Text.ReadResponse(0)
	if err != nil {
		s.t.Fatal(err)
	}
	return code, text
}

// No message that comes in is two where it goes out. The judge is a Postfix that
// can be fooled, which counts what it takes.
func TestNothingIsSmuggledThrough(t *testing.T) {
	sink := smtptest.Start(t, smtptest.Options{})
	postfix := story.StartPostfix(t, sink.Host, sink.Port)
	house := aviso.Install(t, "sqlite:"+t.TempDir()+"/aviso.db", story.Settings{Relay: postfix.URL()})
	key := house.Account(10_000).Key()
	node := house.Serve()
	s := submit(t, submissionAddr(t, node), key)

	lineEnds := []string{"\r\n", "\n", "\r", "\r\r\n", "\n\r", "\r\n\x00", "\x00\r\n", "\n\n", "\x0b", "\u0085"}
	cases, taken := 0, 0
	for _, before := range lineEnds {
		for _, after := range lineEnds {
			end := before + "." + after
			if strings.Contains(end, "\r\n.\r\n") {
				continue
			}
			for _, text := range []string{"Subject: cover\r\n\r\ncover" + end + smuggled, "Subject: cover" + end + smuggled} {
				cases++
				code, said := s.send(fmt.Sprintf("case-%d@example.com", cases), text) // smuggled ends it
				switch {
				case code == 250:
					taken++
				case code != 554 || !strings.HasPrefix(said, "5.6.0 "):
					t.Errorf("%q is answered %d %s", text, code, said)
				}
				if err := s.Noop(); err != nil {
					t.Fatalf("%q: the conversation is out of step: %v", text, err)
				}
			}
		}
	}
	if cases < 100 || taken == 0 {
		t.Errorf("%d cases, %d taken", cases, taken)
	}
	if err := s.Quit(); err != nil {
		t.Error(err)
	}
	node.Terminate()
	if code := node.Exit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if accepted, arrived := postfix.Accepted(t, taken), sink.Messages(); accepted != taken || len(arrived) != taken {
		t.Errorf("%d messages were taken; Postfix counts %d and handed on %d", taken, accepted, len(arrived))
	}
	for _, m := range sink.Messages() {
		if len(m.To) != 1 || !strings.HasPrefix(m.To[0], "case-") {
			t.Errorf("a message arrived for %s", m.To)
		}
	}
}

// Whoever has decided to trust the certificate need not do it again.
func TestCertificateIsKept(t *testing.T) {
	house := aviso.Install(t, "sqlite:"+t.TempDir()+"/aviso.db", story.Settings{Relay: "sandbox:"})
	var seen [][]byte
	for range 2 {
		node := house.Serve()
		c, err := smtp.Dial(submissionAddr(t, node))
		if err != nil {
			t.Fatal(err)
		}
		if err := c.StartTLS(&tls.Config{InsecureSkipVerify: true}); err != nil {
			t.Fatal(err)
		}
		state, _ := c.TLSConnectionState()
		seen = append(seen, state.PeerCertificates[0].Raw)
		if err := state.PeerCertificates[0].VerifyHostname("127.0.0.1"); err != nil {
			t.Error(err)
		}
		node.Terminate() // with the client there, who is told and not waited for
		if code := node.Exit(); code != 0 {
			t.Errorf("exit code %d", code)
		}
		if _, _, err := c.Text.ReadResponse(421); err != nil {
			t.Error(err)
		}
	}
	if !bytes.Equal(seen[0], seen[1]) {
		t.Error("another start has another certificate")
	}
}

// portOf is the port of an address of the loopback.
func portOf(t *testing.T, addr string) string {
	t.Helper()
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	return port
}
