package smtprelay_test

import (
	"bufio"
	"context"
	"encoding/base64"
	"io"
	"net"
	"strings"
	"testing"

	"aviso/transport/smtprelay"
	"aviso/transport/smtprelay/smtptest"
)

// secure is a relay with the way of TLS that srv was started with.
func secure(srv *smtptest.Server, mode smtprelay.TLSMode) smtprelay.Config {
	cfg := config(srv)
	cfg.TLS, cfg.RootCAs = mode, srv.Roots
	return cfg
}

// Trouble before MAIL is the relay's: later for everybody, with its words.
func TestNotReached(t *testing.T) {
	for _, step := range []string{"CONNECT", "EHLO", "STARTTLS", "AUTH"} {
		for name, answer := range map[string]smtptest.Answer{
			"4yz": say("454 4.7.0 not now"), "5yz": say("535 5.7.8 no"), "421": {Say: "421 4.3.2 bye", Then: smtptest.Drop},
			"3yz": say("399 what"), "hang": {Then: smtptest.Hang}, "drop": {Then: smtptest.Drop},
			"garbage": say("hello"), "endless": say(strings.Repeat("250-x\r\n", 200)),
		} {
			t.Run(step+" "+name, func(t *testing.T) {
				srv := smtptest.Start(t, smtptest.Options{
					TLS: smtptest.StartTLS, Mechanisms: "PLAIN", Username: "user", Password: "hush",
					Answer: smtptest.Script{step: answer}.Answer,
				})
				cfg := secure(srv, smtprelay.StartTLS)
				cfg.Username, cfg.Password = "user", "hush"
				if name == "hang" {
					cfg.Timeouts = impatient(step)
				}
				r := open(t, cfg)
				report := r.Send(t.Context(), mail("a@x.test", "b@x.test"))
				want := said(later, answer.Say)
				if name == "hang" || name == "drop" || name == "garbage" || name == "endless" {
					want = report.Verdicts[0]
					if want.Outcome != later || want.Code != 0 || want.Text == "" {
						t.Errorf("%+v", want)
					}
				}
				check(t, report, false, want, want)
				if srv.Count("MAIL") != 0 {
					t.Error("MAIL was sent")
				}
				if h := r.Health(); !h.Up || h.Open != 0 {
					t.Errorf("%+v", h)
				}
			})
		}
	}
}

func TestNoConnection(t *testing.T) {
	srv := smtptest.Start(t, smtptest.Options{})
	srv.Refuse()
	r := open(t, config(srv))
	report := r.Send(t.Context(), mail("a@x.test"))
	want := said(later, "")
	want.Text = "no connection to the relay could be made"
	check(t, report, false, want)
	err := r.Probe(t.Context())
	if err == nil || !strings.Contains(err.Error(), "relay test: connecting: dial tcp 127.0.0.1") {
		t.Errorf("the operator is told %v", err)
	}
}

func TestTLS(t *testing.T) {
	for _, c := range []struct {
		name   string
		server smtptest.TLS
		client smtprelay.TLSMode
		change func(*smtprelay.Config)
		why    string // "": it works
	}{
		{"STARTTLS", smtptest.StartTLS, smtprelay.StartTLS, nil, ""},
		{"implicit", smtptest.Implicit, smtprelay.Implicit, nil, ""},
		{"not offered", smtptest.NoTLS, smtprelay.StartTLS, nil, "set tls=none to allow clear text"},
		{"clear text to TLS", smtptest.Implicit, smtprelay.None, func(c *smtprelay.Config) { c.Timeouts = impatient("CONNECT") }, "the greeting"},
		{"TLS to clear text", smtptest.NoTLS, smtprelay.Implicit, nil, "TLS could not be agreed"},
		{"a stranger's certificate", smtptest.StartTLS, smtprelay.StartTLS, func(c *smtprelay.Config) { c.RootCAs = nil }, "TLS could not be agreed"},
		{"another's name", smtptest.Implicit, smtprelay.Implicit, func(c *smtprelay.Config) {
			c.Dial = dialTo(c.Host, c.Port)
			c.Host = "relay.test"
		}, "TLS could not be agreed"},
		{"a stranger's, unchecked", smtptest.StartTLS, smtprelay.StartTLS, func(c *smtprelay.Config) {
			c.RootCAs, c.InsecureSkipVerify = nil, true
		}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			srv := smtptest.Start(t, smtptest.Options{TLS: c.server})
			cfg := secure(srv, c.client)
			if c.change != nil {
				c.change(&cfg)
			}
			report := open(t, cfg).Send(t.Context(), mail("a@x.test"))
			if c.why == "" {
				check(t, report, true, said(taken, "250 2.0.0 queued as 1"))
				if sent := srv.Messages(); len(sent) != 1 || !sent[0].Encrypted {
					t.Error("the message was not encrypted")
				}
				return
			}
			if v := report.Verdicts[0]; report.Reached || v.Outcome != later || !strings.Contains(v.Text, c.why) {
				t.Errorf("%+v", report)
			}
			if srv.Count("MAIL") != 0 {
				t.Error("MAIL was sent")
			}
		})
	}
}

func dialTo(host string, port int) func(context.Context, string, string) (net.Conn, error) {
	return func(context.Context, string, string) (net.Conn, error) {
		return net.DialTCP("tcp", nil, &net.TCPAddr{IP: net.ParseIP(host), Port: port})
	}
}

// What is sent before TLS must not be taken for what the relay says inside it.
func TestStartTLSInjection(t *testing.T) {
	srv := smtptest.Start(t, smtptest.Options{TLS: smtptest.StartTLS, Answer: smtptest.Script{
		"STARTTLS": say("220 go ahead\r\n250-evil\r\n250 AUTH PLAIN"),
	}.Answer})
	report := open(t, secure(srv, smtprelay.StartTLS)).Send(t.Context(), mail("a@x.test"))
	if v := report.Verdicts[0]; report.Reached || v.Outcome != later || !strings.Contains(v.Text, "between its reply to STARTTLS and TLS") {
		t.Errorf("%+v", report)
	}
	srv.Await(t, "GONE", 1)
	if got := srv.Verbs(1); got != "CONNECT EHLO STARTTLS GONE" {
		t.Error(got)
	}
}

// Extensions from before TLS are forgotten.
func TestStartTLSForgets(t *testing.T) {
	hellos := 0
	srv := smtptest.Start(t, smtptest.Options{TLS: smtptest.StartTLS, Answer: func(step smtptest.Step) smtptest.Answer {
		if step.Verb != "EHLO" {
			return smtptest.Answer{}
		}
		if hellos++; hellos == 1 {
			return say("250-x\r\n250-STARTTLS\r\n250-SIZE 1\r\n250-PIPELINING\r\n250 AUTH LOGIN")
		}
		return say("250 x")
	}})
	report := open(t, secure(srv, smtprelay.StartTLS)).Send(t.Context(), mail("a@x.test"))
	check(t, report, true, said(taken, "250 2.0.0 queued as 1"))
	if m := srv.Messages(); m[0].Mail != "FROM:<from@x.test>" {
		t.Error(m[0].Mail)
	}
}

func TestAuth(t *testing.T) {
	const plain = "AUTH PLAIN AHVzZXIAaHVzaA==\r\n"
	const login = "AUTH LOGIN\r\ndXNlcg==\r\naHVzaA==\r\n"
	for _, c := range []struct {
		name, mechanisms string
		tls              smtptest.TLS
		allow            bool
		sent, why        string
	}{
		{"PLAIN is preferred", "LOGIN PLAIN CRAM-MD5", smtptest.StartTLS, false, plain, ""},
		{"LOGIN", "LOGIN", smtptest.StartTLS, false, login, ""},
		{"neither", "CRAM-MD5", smtptest.StartTLS, false, "", "neither AUTH PLAIN nor AUTH LOGIN"},
		{"not at all", "", smtptest.StartTLS, false, "", "neither AUTH PLAIN nor AUTH LOGIN"},
		{"in clear", "PLAIN LOGIN", smtptest.NoTLS, false, "", "not sent without TLS"},
		{"in clear, allowed", "PLAIN LOGIN", smtptest.NoTLS, true, plain, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			srv := smtptest.Start(t, smtptest.Options{TLS: c.tls, Mechanisms: c.mechanisms, Username: "user", Password: "hush"})
			cfg := secure(srv, smtprelay.StartTLS)
			if c.tls == smtptest.NoTLS {
				cfg.TLS = smtprelay.None
			}
			cfg.Username, cfg.Password, cfg.PlainAuthAllowed = "user", "hush", c.allow
			r := open(t, cfg)
			report := r.Send(t.Context(), mail("a@x.test"))
			if ok := report.Verdicts[0].Outcome == taken; ok != (c.why == "") || !strings.Contains(report.Verdicts[0].Text, c.why) {
				t.Errorf("%+v", report)
			}
			if report.Reached != (c.why == "") {
				t.Errorf("reached is %t", report.Reached)
			}
			if !strings.Contains(srv.Raw(1), c.sent) || c.sent == "" && strings.Contains(srv.Raw(1), "AUTH") {
				t.Errorf("sent: %q", srv.Raw(1))
			}
			if err := r.Probe(t.Context()); (err == nil) != (c.why == "") {
				t.Errorf("Probe: %v", err)
			}
		})
	}
}

// Some servers quote what they did not understand.
func TestSecretsAreNotRepeated(t *testing.T) {
	for _, mechanism := range []string{"PLAIN", "LOGIN"} {
		srv := smtptest.Start(t, smtptest.Options{TLS: smtptest.Implicit, Mechanisms: mechanism, Answer: func(step smtptest.Step) smtptest.Answer {
			if step.Verb == "AUTH" && step.Arg != "LOGIN" {
				return say("501 5.5.2 cannot decode " + step.Arg)
			}
			return smtptest.Answer{}
		}})
		cfg := secure(srv, smtprelay.Implicit)
		cfg.Username, cfg.Password = "hush", "hush"
		r := open(t, cfg)
		secret := base64.StdEncoding.EncodeToString([]byte("hush"))
		for range 5 {
			if v := r.Send(t.Context(), mail("a@x.test")).Verdicts[0]; v.Code != 501 || strings.Contains(v.Text, "c2g") || strings.Contains(v.Text, secret) {
				t.Errorf("%s: %+v", mechanism, v)
			}
		}
		if why := r.Health().LastError; why == "" || strings.Contains(why, secret) || strings.Contains(why, "hush") {
			t.Errorf("%s: %s", mechanism, why)
		}
	}
}

// A session that MAIL is refused to for lack of AUTH is the relay's trouble.
func TestLockedOut(t *testing.T) {
	srv := smtptest.Start(t, smtptest.Options{Answer: smtptest.Script{"MAIL": say("530 5.7.0 authentication required")}.Answer})
	report := open(t, config(srv)).Send(t.Context(), mail("a@x.test"))
	check(t, report, false, said(later, "530 5.7.0 authentication required"))
}

func TestBadHeloName(t *testing.T) {
	srv := smtptest.Start(t, smtptest.Options{})
	cfg := config(srv)
	cfg.HeloName = "x\r\nMAIL FROM:<>"
	if report := open(t, cfg).Send(t.Context(), mail("a@x.test")); report.Reached || report.Verdicts[0].Outcome != later {
		t.Errorf("%+v", report)
	}
}

func TestProbe(t *testing.T) {
	srv := smtptest.Start(t, smtptest.Options{TLS: smtptest.StartTLS})
	r := open(t, secure(srv, smtprelay.StartTLS))
	if err := r.Probe(t.Context()); err != nil {
		t.Fatal(err)
	}
	srv.Await(t, "GONE", 1)
	if got := srv.Verbs(1); got != "CONNECT EHLO STARTTLS EHLO QUIT GONE" {
		t.Error(got)
	}
}

// A caller who leaves while the session is being made does not wait for it.
func TestCancelledWhileOpening(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	ctx, cancel := context.WithCancel(t.Context())
	gone := make(chan error, 1)
	go func() {
		c, err := listener.Accept()
		if err == nil {
			cancel()
			_, err = bufio.NewReader(c).ReadByte()
		}
		gone <- err
	}()
	address := listener.Addr().(*net.TCPAddr)
	cfg := smtprelay.Config{Endpoint: smtprelay.Endpoint{Host: "127.0.0.1", Port: address.Port, TLS: smtprelay.None}}
	if report := open(t, cfg).Send(ctx, mail("a@x.test")); report.Reached || report.Verdicts[0].Outcome != later {
		t.Errorf("%+v", report)
	}
	if err := <-gone; err != io.EOF {
		t.Errorf("the connection was not closed: %v", err)
	}
}
