package smtprelay_test

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"aviso/transport"
	"aviso/transport/smtprelay"
	"aviso/transport/smtprelay/smtptest"
)

const (
	later   = transport.Later
	taken   = transport.Taken
	refused = transport.Refused
	unknown = transport.Unknown
)

func mail(to ...string) *transport.Mail {
	return &transport.Mail{
		ID:   "m1",
		From: "from@x.test",
		To:   to,
		Data: []byte("Subject: hello\r\n\r\n.\r\nhello\r\n"),
	}
}

// impatient are timeouts that are short for one step, the one that hangs.
func impatient(step string) (t smtprelay.Timeouts) {
	d := map[string]*time.Duration{
		"CONNECT": &t.Greeting, "EHLO": &t.Hello, "STARTTLS": &t.Hello, "AUTH": &t.Hello,
		"MAIL": &t.Mail, "RCPT": &t.Rcpt, "RCPT b@x.test": &t.Rcpt, "DATA": &t.Data, "DOT": &t.Final,
	}
	*d[step] = 30 * time.Millisecond
	return t
}

func check(t *testing.T, report transport.Report, reached bool, want ...transport.Verdict) {
	t.Helper()
	if !slices.Equal(report.Verdicts, want) {
		t.Errorf("verdicts\n%+v, not\n%+v", report.Verdicts, want)
	}
	if report.Reached != reached {
		t.Errorf("reached is %t", report.Reached)
	}
}

func say(words string) smtptest.Answer { return smtptest.Answer{Say: words} }

// bothWays runs a story with and without PIPELINING.
func bothWays(t *testing.T, story func(t *testing.T, extensions []string)) {
	t.Run("pipelining", func(t *testing.T) { story(t, []string{"PIPELINING", "8BITMIME"}) })
	t.Run("command by command", func(t *testing.T) { story(t, []string{"8BITMIME"}) })
}

// said is the verdict that words mean, such as "550 5.1.1 nobody".
func said(o transport.Outcome, words string) transport.Verdict {
	code, text, _ := strings.Cut(words, " ")
	v := transport.Verdict{Outcome: o, Text: text}
	v.Code, _ = strconv.Atoi(code)
	if first, rest, _ := strings.Cut(text, " "); strings.Count(first, ".") == 2 {
		v.Enhanced, v.Text = first, rest
	}
	return v
}

// Two recipients, a and b; the server says words at one step and closes the
// connection after a 421. The next message must then be taken, over the same
// connection if there is one.
func TestVerdicts(t *testing.T) {
	const b = "RCPT b@x.test"
	for _, c := range []struct {
		step, words string
		a, b        transport.Outcome
	}{
		{"MAIL", "451 4.3.0 busy", later, later},
		{"MAIL", "550 5.7.1 not you", refused, refused},
		{"MAIL", "421 4.3.2 closing", later, later},
		{"RCPT", "450 4.2.1 not now", later, later},
		{"RCPT", "550 5.1.1 nobody", refused, refused},
		{b, "251 2.1.5 will forward", taken, taken},
		{b, "252 2.1.5 will try", taken, taken},
		{b, "450 4.2.1 not now", taken, later},
		{b, "452 4.5.3 too many", taken, later},
		{b, "552 too many recipients", taken, later},
		{b, "552 5.2.2 mailbox full", taken, refused},
		{b, "550 5.1.1 nobody", taken, refused},
		{b, "421 4.7.0 bye", later, later},
		{"DATA", "451 4.3.0 busy", later, later},
		{"DATA", "554 5.3.0 no", refused, refused},
		{"DATA", "421 bye", later, later},
		{"DOT", "452 4.3.1 disk full", later, later},
		{"DOT", "554 5.6.0 spam", refused, refused},
		{"DOT", "552 5.3.4 too large", refused, refused},
		{"DOT", "421 bye", later, later},
	} {
		t.Run(c.step+" "+c.words, func(t *testing.T) {
			bothWays(t, func(t *testing.T, extensions []string) {
				answer, conns := say(c.words), 1
				if strings.HasPrefix(c.words, "421") {
					answer.Then, conns = smtptest.Drop, 2
				}
				var calm atomic.Bool
				srv := smtptest.Start(t, smtptest.Options{Extensions: extensions, Answer: func(step smtptest.Step) smtptest.Answer {
					if calm.Load() {
						return smtptest.Answer{}
					}
					return smtptest.Script{c.step: answer}.Answer(step)
				}})
				var want []transport.Verdict
				for _, o := range []transport.Outcome{c.a, c.b} {
					if o == taken {
						want = append(want, said(taken, "250 2.0.0 queued as 1"))
					} else {
						want = append(want, said(o, c.words))
					}
				}
				r := open(t, config(srv))
				check(t, r.Send(t.Context(), mail("a@x.test", "b@x.test")), true, want...)
				calm.Store(true)
				if next := r.Send(t.Context(), mail("c@x.test")); next.Verdicts[0].Outcome != taken {
					t.Errorf("the next message: %+v", next)
				}
				if n := srv.Count("CONNECT"); n != conns {
					t.Errorf("%d connections, not %d: %s", n, conns, srv.Verbs(1))
				}
			})
		})
	}
}

// The relay hangs, drops the connection or talks nonsense at each step.
func TestBreaks(t *testing.T) {
	for _, c := range []struct {
		step string
		want transport.Outcome
	}{
		{"MAIL", later}, {"RCPT", later}, {"RCPT b@x.test", later}, {"DATA", later}, {"LINE", later}, {"DOT", unknown},
	} {
		for name, answer := range map[string]smtptest.Answer{
			"hang": {Then: smtptest.Hang}, "drop": {Then: smtptest.Drop},
			"garbage": say("hello"), "half a reply": {Say: "250-ok", Then: smtptest.Drop}, "an endless line": say("250 " + strings.Repeat("x", 5000)),
		} {
			if c.step == "LINE" && name != "drop" {
				continue // nobody listens then
			}
			t.Run(c.step+" "+name, func(t *testing.T) {
				bothWays(t, func(t *testing.T, extensions []string) {
					srv := smtptest.Start(t, smtptest.Options{Extensions: extensions, Answer: smtptest.Script{c.step: answer}.Answer})
					cfg := config(srv)
					if name == "hang" {
						cfg.Timeouts = impatient(c.step)
					}
					m := mail("a@x.test", "b@x.test")
					if c.step == "LINE" {
						m.BeforeDot = func(context.Context) error { srv.Await(t, "GONE", 1); return nil }
					}
					r := open(t, cfg)
					report := r.Send(t.Context(), m)
					for _, v := range report.Verdicts {
						if v.Outcome != c.want && !(c.step == "LINE" && v.Outcome == unknown) || v.Text == "" || v.Code != 0 || strings.Contains(v.Text, "127.0.0.1") {
							t.Errorf("%+v", v)
						}
					}
					if !report.Reached {
						t.Error("not reached")
					}
					if open := r.Health().Open; open != 0 {
						t.Errorf("%d connections are kept", open)
					}
				})
			})
		}
	}
}

func TestRefusedRecipientsKeepTheirVerdict(t *testing.T) {
	for step, want := range map[string]transport.Outcome{"DATA": later, "DOT": unknown} {
		srv := smtptest.Start(t, smtptest.Options{Answer: smtptest.Script{
			"RCPT a@x.test": say("550 5.1.1 nobody"), step: {Then: smtptest.Drop},
		}.Answer})
		report := open(t, config(srv)).Send(t.Context(), mail("a@x.test", "b@x.test"))
		if report.Verdicts[0].Outcome != refused || report.Verdicts[1].Outcome != want {
			t.Errorf("%s: %+v", step, report.Verdicts)
		}
	}
}

// RFC 2920, 3.1: a relay may say 354 although it has accepted nobody.
func TestLoneDot(t *testing.T) {
	srv := smtptest.Start(t, smtptest.Options{Answer: smtptest.Script{
		"RCPT a@x.test": say("550 5.1.1 nobody"), "DATA": say("354 go on"),
	}.Answer})
	r := open(t, config(srv))
	m := mail("a@x.test")
	m.BeforeDot = func(context.Context) error { t.Error("BeforeDot was called"); return nil }
	check(t, r.Send(t.Context(), m), true, said(refused, "550 5.1.1 nobody"))
	if sent := srv.Messages(); len(sent) != 1 || len(sent[0].Raw) != 0 {
		t.Errorf("not a lone dot: %+v", sent)
	}
	r.Send(t.Context(), mail("b@x.test"))
	if got := srv.Verbs(1); got != "CONNECT EHLO MAIL RCPT DATA DOT MAIL RCPT DATA DOT" {
		t.Error(got)
	}
}

func TestNoDataForNobody(t *testing.T) {
	srv := smtptest.Start(t, smtptest.Options{Extensions: []string{}, Answer: smtptest.Script{"RCPT a@x.test": say("550 no")}.Answer})
	r := open(t, config(srv))
	r.Send(t.Context(), mail("a@x.test"))
	r.Send(t.Context(), mail("b@x.test"))
	if got := srv.Verbs(1); got != "CONNECT EHLO MAIL RCPT RSET MAIL RCPT DATA DOT" {
		t.Error(got)
	}
}

func TestManyRecipients(t *testing.T) {
	var to []string
	for i := range 1000 {
		to = append(to, strings.Repeat("n", 1+i%50)+"@x.test")
	}
	srv := smtptest.Start(t, smtptest.Options{Answer: func(step smtptest.Step) smtptest.Answer {
		if step.Verb == "RCPT" && strings.HasPrefix(step.Arg, "nnn@") {
			return say("550 5.1.1 " + strings.Repeat("no ", 400))
		}
		return smtptest.Answer{}
	}})
	report := open(t, config(srv)).Send(t.Context(), mail(to...))
	for i, v := range report.Verdicts {
		if want := i%50 == 2; (v.Outcome == refused) != want || (v.Outcome == taken) == want {
			t.Fatalf("%d: %+v", i, v)
		}
	}
}

func TestBeforeDotSeesAllButTheDot(t *testing.T) {
	srv := smtptest.Start(t, smtptest.Options{})
	r := open(t, config(srv))
	m := mail("a@x.test")
	m.BeforeDot = func(context.Context) error {
		srv.Await(t, "LINE", 4)
		if srv.Count("DOT") != 0 || !strings.HasSuffix(srv.Raw(1), "\r\nhello\r\n") {
			t.Errorf("sent so far: %q", srv.Raw(1))
		}
		return nil
	}
	if report := r.Send(t.Context(), m); report.Verdicts[0].Outcome != taken {
		t.Errorf("%+v", report)
	}
	m.BeforeDot = func(context.Context) error { return errors.New("no database") }
	if report := r.Send(t.Context(), m); report.Verdicts[0].Outcome != later {
		t.Errorf("%+v", report)
	}
	srv.Await(t, "GONE", 1)
	if srv.Count("DOT") != 1 {
		t.Error("the dot was written although nothing was recorded")
	}
}

func TestMayStartIsAskedOnTheSession(t *testing.T) {
	srv := smtptest.Start(t, smtptest.Options{})
	r := open(t, config(srv))
	m := mail("a@x.test")
	m.MayStart = func() bool { srv.Await(t, "EHLO", 1); return false }
	check(t, r.Send(t.Context(), m), true, transport.Verdict{Outcome: later, Text: "the lease was too short to begin"})
	m.MayStart = nil
	r.Send(t.Context(), m)
	if got := srv.Verbs(1); got != "CONNECT EHLO MAIL RCPT DATA DOT" {
		t.Error(got)
	}
}

// A deadline of the caller ends what is before the dot, and nothing after it.
func TestDeadlineHoldsUpToTheDot(t *testing.T) {
	expired := make(chan struct{})
	srv := smtptest.Start(t, smtptest.Options{Answer: func(step smtptest.Step) smtptest.Answer {
		if step.Verb == "DOT" {
			<-expired
		}
		return smtptest.Answer{}
	}})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	context.AfterFunc(ctx, func() { close(expired) })
	if report := open(t, config(srv)).Send(ctx, mail("a@x.test")); report.Verdicts[0].Outcome != taken {
		t.Errorf("%+v", report)
	}
	srv = smtptest.Start(t, smtptest.Options{Answer: smtptest.Script{"MAIL": {Then: smtptest.Hang}}.Answer})
	ctx, cancel = context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if report := open(t, config(srv)).Send(ctx, mail("a@x.test")); report.Verdicts[0].Outcome != later {
		t.Errorf("%+v", report)
	}
}
