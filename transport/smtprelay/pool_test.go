package smtprelay_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"aviso/transport"
	"aviso/transport/smtprelay"
	"aviso/transport/smtprelay/smtptest"
)

func mustTake(t *testing.T, r *smtprelay.Relay, to string) {
	t.Helper()
	if report := r.Send(t.Context(), mail(to)); !report.Reached || report.Verdicts[0].Outcome != taken {
		t.Errorf("%s: %+v", to, report)
	}
}

func TestConnectionsAreReused(t *testing.T) {
	srv := smtptest.Start(t, smtptest.Options{})
	r := open(t, config(srv))
	for range 50 {
		mustTake(t, r, "a@x.test")
	}
	if n := srv.Count("CONNECT"); n != 1 {
		t.Errorf("%d connections", n)
	}
	if h := r.Health(); !h.Up || h.Open != 1 || h.InUse != 0 {
		t.Errorf("%+v", h)
	}
	if strings.Contains(srv.Verbs(1), "NOOP") || strings.Contains(srv.Verbs(1), "RSET") {
		t.Error("a kept connection is asked whether it is alive")
	}
}

func TestMaxMessages(t *testing.T) {
	srv := smtptest.Start(t, smtptest.Options{})
	cfg := config(srv)
	cfg.MaxMessages = 2
	r := open(t, cfg)
	for range 5 {
		mustTake(t, r, "a@x.test")
	}
	srv.Await(t, "GONE", 2)
	if got := srv.Verbs(1); srv.Count("CONNECT") != 3 || got != "CONNECT EHLO MAIL RCPT DATA DOT MAIL RCPT DATA DOT QUIT GONE" {
		t.Errorf("%d connections; %s", srv.Count("CONNECT"), got)
	}
}

// A kept connection that the relay has closed is not a failure: the message
// goes over a new one, once.
func TestStaleConnection(t *testing.T) {
	for name, words := range map[string]string{"closed": "", "421 while idle": "421 4.4.2 idle for too long"} {
		t.Run(name, func(t *testing.T) {
			bothWays(t, func(t *testing.T, extensions []string) {
				srv := smtptest.Start(t, smtptest.Options{Extensions: extensions})
				r := open(t, config(srv))
				mustTake(t, r, "a@x.test")
				srv.HangUp(words)
				srv.Await(t, "GONE", 1)
				asked := 0
				m := mail("b@x.test")
				m.MayStart = func() bool { asked++; return true }
				check(t, r.Send(t.Context(), m), true, said(taken, "250 2.0.0 queued as 2"))
				if asked != 2 || srv.Count("CONNECT") != 2 || len(srv.Messages()) != 2 {
					t.Errorf("%d connections, MayStart asked %d times", srv.Count("CONNECT"), asked)
				}
				if h := r.Health(); h.Open != 1 {
					t.Errorf("%+v", h)
				}
			})
		})
	}
}

// Only what the relay has not answered is tried again.
func TestNoSecondTry(t *testing.T) {
	for step, connects := range map[string]int{
		"MAIL": 2, // on the kept connection, then on a new one
		"RCPT": 1, "DATA": 1, "DOT": 1,
	} {
		t.Run(step, func(t *testing.T) {
			srv := smtptest.Start(t, smtptest.Options{Answer: func(s smtptest.Step) smtptest.Answer {
				if s.Verb == step && second(s) {
					return smtptest.Answer{Then: smtptest.Drop}
				}
				return smtptest.Answer{}
			}})
			r := open(t, config(srv))
			mustTake(t, r, "a@x.test")
			m := mail("b@x.test")
			m.From = "second@x.test"
			if v := r.Send(t.Context(), m).Verdicts[0]; v.Outcome == taken || v.Outcome == refused {
				t.Errorf("%+v", v)
			}
			if n := srv.Count("CONNECT"); n != connects {
				t.Errorf("%d connections", n)
			}
		})
	}
}

// A relay that lets the time pass would do so again.
func TestNoSecondTryAfterWaiting(t *testing.T) {
	srv := smtptest.Start(t, smtptest.Options{Answer: smtptest.Script{"MAIL second@x.test": {Then: smtptest.Hang}}.Answer})
	cfg := config(srv)
	cfg.Timeouts.Mail = 500 * time.Millisecond
	r := open(t, cfg)
	mustTake(t, r, "a@x.test")
	m := mail("b@x.test")
	m.From = "second@x.test"
	if v := r.Send(t.Context(), m).Verdicts[0]; v.Outcome != later || srv.Count("CONNECT") != 1 {
		t.Errorf("%+v over %d connections", v, srv.Count("CONNECT"))
	}
}

// A reply nobody asked for must not become the reply to the next MAIL.
func TestStrayReply(t *testing.T) {
	srv := smtptest.Start(t, smtptest.Options{Answer: smtptest.Script{"DOT": say("250 2.0.0 ok\r\n250 2.0.0 stray")}.Answer})
	r := open(t, config(srv))
	mustTake(t, r, "a@x.test")
	mustTake(t, r, "b@x.test")
	srv.Await(t, "GONE", 1)
	if got := srv.Verbs(1); got != "CONNECT EHLO MAIL RCPT DATA DOT GONE" || srv.Count("CONNECT") != 2 {
		t.Error(got)
	}
}

// second reports whether a step belongs to the message from or to b.
func second(s smtptest.Step) bool {
	return strings.HasPrefix(s.Arg, "second@") || strings.HasPrefix(s.Arg, "b@") || len(s.To) > 0 && s.To[0] == "b@x.test"
}

// held is a server whose answer to DOT waits for a token, and a relay to it.
func held(t *testing.T, maxConnections int) (*smtptest.Server, *smtprelay.Relay, chan struct{}) {
	tokens := make(chan struct{})
	srv := smtptest.Start(t, smtptest.Options{Answer: func(step smtptest.Step) smtptest.Answer {
		if step.Verb == "DOT" {
			<-tokens
		}
		return smtptest.Answer{}
	}})
	cfg := config(srv)
	cfg.MaxConnections = maxConnections
	return srv, open(t, cfg), tokens
}

func TestPoolIsBounded(t *testing.T) {
	const callers, places = 12, 3
	srv, r, tokens := held(t, places)
	var all sync.WaitGroup
	for range callers {
		all.Go(func() { mustTake(t, r, "a@x.test") })
	}
	srv.Await(t, "DOT", places)
	if h := r.Health(); h.Open != places || h.InUse != places {
		t.Errorf("%+v", h)
	}
	for range callers {
		tokens <- struct{}{}
	}
	all.Wait()
	if n := srv.Count("CONNECT"); n != places {
		t.Errorf("%d connections", n)
	}
	if h := r.Health(); h.Open != places || h.InUse != 0 {
		t.Errorf("%+v", h)
	}
}

func TestWaitingEndsWithTheContext(t *testing.T) {
	srv, r, tokens := held(t, 1)
	var first, second sync.WaitGroup
	first.Go(func() { mustTake(t, r, "a@x.test") })
	srv.Await(t, "DOT", 1)
	ctx, cancel := context.WithCancel(t.Context())
	second.Go(func() {
		if report := r.Send(ctx, mail("b@x.test")); report.Reached || report.Verdicts[0].Outcome != later {
			t.Errorf("%+v", report)
		}
	})
	cancel()
	second.Wait()
	close(tokens)
	first.Wait()
	mustTake(t, r, "c@x.test")
	if h := r.Health(); h.Open != 1 || h.InUse != 0 || !h.Up || len(srv.Messages()) != 2 {
		t.Errorf("%+v", h)
	}
}

func TestIdleConnectionsAreClosed(t *testing.T) {
	srv := smtptest.Start(t, smtptest.Options{})
	cfg := config(srv)
	cfg.IdleTimeout = 20 * time.Millisecond
	r := open(t, cfg)
	for n := 1; n <= 2; n++ {
		mustTake(t, r, "a@x.test")
		srv.Await(t, "GONE", n)
		if got := srv.Verbs(n); !strings.HasSuffix(got, "DOT QUIT GONE") {
			t.Error(got)
		}
		if h := r.Health(); h.Open != 0 {
			t.Errorf("%+v", h)
		}
	}
}

func TestClose(t *testing.T) {
	srv, r, tokens := held(t, 2)
	var running, waiting sync.WaitGroup
	running.Go(func() { mustTake(t, r, "a@x.test") })
	srv.Await(t, "DOT", 1)
	running.Go(func() { tokens <- struct{}{} })
	running.Wait()
	for n := range 2 {
		running.Go(func() { mustTake(t, r, "a@x.test") })
		srv.Await(t, "DOT", 2+n)
	}
	report := make(chan transport.Report, 1)
	waiting.Go(func() { report <- r.Send(t.Context(), mail("b@x.test")) })
	r.Close()
	want := said(later, "")
	want.Text = "sending through this relay has been shut down"
	check(t, <-report, false, want)
	check(t, r.Send(t.Context(), mail("c@x.test")), false, want)
	close(tokens)
	running.Wait()
	waiting.Wait()
	srv.Await(t, "QUIT", 2)
	if h := r.Health(); h.Open != 0 || len(srv.Messages()) != 3 {
		t.Errorf("%+v", h)
	}
	r.Close()
}

func TestCloseSaysQuit(t *testing.T) {
	srv := smtptest.Start(t, smtptest.Options{TLS: smtptest.Implicit})
	r := open(t, secure(srv, smtprelay.Implicit))
	mustTake(t, r, "a@x.test")
	r.Close()
	srv.Await(t, "GONE", 1)
	if got := srv.Verbs(1); got != "CONNECT EHLO MAIL RCPT DATA DOT QUIT GONE" {
		t.Error(got)
	}
}
