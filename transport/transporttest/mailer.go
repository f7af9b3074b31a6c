// Package transporttest is the story that every transport must pass: what a
// caller may rely on whichever of them carries the message.
//
// It never speaks a transport's own protocol; what is special to one is told
// in that one's package.
package transporttest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode"

	"aviso/transport"
)

// Hop is a Mailer and what its next hop does with some addresses. An address
// that is empty belongs to something the next hop cannot do, and the parts of
// the story about it are left out.
type Hop struct {
	Mailer transport.Mailer
	// Taken makes an address that is taken, a different one for each n.
	Taken   func(n int) string
	Refused string // refused for good
	Later   string // not taken now
	// SilentEarly is never answered before the final dot, SilentLate never
	// after it. Silent is sent to when that silence has begun.
	SilentEarly, SilentLate string
	Silent                  <-chan struct{}
}

// Run tells the story, each part with a Hop of its own.
func Run(t *testing.T, open func(t *testing.T) Hop) {
	tell(t, open, []chapter[Hop]{
		{"one verdict for each recipient, in order", inOrder},
		{"nobody is taken", nobody},
		{"the mail is left as it was", untouched},
		{"BeforeDot comes once, and not for nobody", beforeDot},
		{"an error of BeforeDot keeps the message back", keptBack},
		{"DotFree spares BeforeDot", dotFree},
		{"MayStart can say no", mayNotStart},
		{"a context that has ended", endedBefore},
		{"a context that ends before the final dot", endsEarly},
		{"a context that is cancelled after the final dot", endsLate},
		{"many at a time", together},
	})
}

// chapter is a part of a story about hops.
type chapter[H any] struct {
	name string
	tell func(*testing.T, H)
}

func tell[H any](t *testing.T, open func(*testing.T) H, chapters []chapter[H]) {
	for _, c := range chapters {
		t.Run(c.name, func(t *testing.T) { c.tell(t, open(t)) })
	}
}

// untilSilent is a context that is cancelled once silent is sent to. End waits
// for whoever does that.
func untilSilent(t *testing.T, silent <-chan struct{}) (ctx context.Context, end func()) {
	ctx, cancel := context.WithCancel(t.Context())
	var watching sync.WaitGroup
	watching.Go(func() {
		select {
		case <-silent:
			cancel()
		case <-ctx.Done():
		}
	})
	return ctx, func() {
		cancel()
		watching.Wait()
	}
}

func letter(to ...string) *transport.Mail {
	return &transport.Mail{
		ID:   "story",
		From: "sender@story.test",
		To:   to,
		Data: []byte("Subject: a story\r\n\r\nOnce.\r\n.\r\n..upon a time\r\n"),
	}
}

// send sends m and checks what holds for every report.
func send(ctx context.Context, t *testing.T, h Hop, m *transport.Mail) transport.Report {
	t.Helper()
	report := h.Mailer.Send(ctx, m)
	if len(report.Verdicts) != len(m.To) {
		t.Fatalf("%d verdicts for %d recipients", len(report.Verdicts), len(m.To))
	}
	for i, v := range report.Verdicts {
		if len(v.Text) > 500 || strings.ContainsFunc(v.Text, unicode.IsControl) {
			t.Errorf("the text for %s is not one line of at most 500 bytes: %q", m.To[i], v.Text)
		}
		if v.Outcome != transport.Taken && v.Text == "" && v.Code == 0 {
			t.Errorf("%s is %s without a reason", m.To[i], v.Outcome)
		}
	}
	return report
}

// expect compares outcomes in order.
func expect(t *testing.T, report transport.Report, want ...transport.Outcome) {
	t.Helper()
	var got []transport.Outcome
	for _, v := range report.Verdicts {
		got = append(got, v.Outcome)
	}
	if !slices.Equal(got, want) {
		t.Errorf("outcomes %v, not %v; verdicts %+v", got, want, report.Verdicts)
	}
}

// cast is every address the hop knows an answer to, with the answers.
func (h Hop) cast() (to []string, want []transport.Outcome) {
	add := func(address string, outcome transport.Outcome) {
		if address != "" {
			to, want = append(to, address), append(want, outcome)
		}
	}
	add(h.Taken(1), transport.Taken)
	add(h.Refused, transport.Refused)
	add(h.Taken(2), transport.Taken)
	add(h.Later, transport.Later)
	add(h.Taken(3), transport.Taken)
	return to, want
}

func inOrder(t *testing.T, h Hop) {
	to, want := h.cast()
	for range 3 {
		report := send(t.Context(), t, h, letter(to...))
		expect(t, report, want...)
		if !report.Reached {
			t.Error("a hop that answered counts as not reached")
		}
	}
	slices.Reverse(to)
	slices.Reverse(want)
	expect(t, send(t.Context(), t, h, letter(to...)), want...)
}

func nobody(t *testing.T, h Hop) {
	if h.Refused != "" {
		expect(t, send(t.Context(), t, h, letter(h.Refused)), transport.Refused)
	}
	if h.Later != "" {
		expect(t, send(t.Context(), t, h, letter(h.Later)), transport.Later)
	}
	expect(t, send(t.Context(), t, h, letter(h.Taken(1))), transport.Taken)
}

func untouched(t *testing.T, h Hop) {
	to, _ := h.cast()
	m := letter(slices.Clone(to)...)
	data := bytes.Clone(m.Data)
	send(t.Context(), t, h, m)
	if !bytes.Equal(m.Data, data) || !slices.Equal(m.To, to) {
		t.Error("Send changed the mail")
	}
}

func beforeDot(t *testing.T, h Hop) {
	calls := 0
	m := letter(h.Taken(1), h.Taken(2))
	m.BeforeDot = func(context.Context) error { calls++; return nil }
	expect(t, send(t.Context(), t, h, m), transport.Taken, transport.Taken)
	if calls != 1 {
		t.Errorf("BeforeDot was called %d times", calls)
	}
	if h.Refused == "" {
		return
	}
	m.To = []string{h.Refused}
	expect(t, send(t.Context(), t, h, m), transport.Refused)
	if calls != 1 {
		t.Error("BeforeDot was called although nobody was accepted")
	}
}

func keptBack(t *testing.T, h Hop) {
	for _, err := range []error{transport.ErrNotMine, errors.New("secret of the database")} {
		m := letter(h.Taken(1), h.Taken(2))
		m.BeforeDot = func(context.Context) error { return err }
		report := send(t.Context(), t, h, m)
		expect(t, report, transport.Later, transport.Later)
		if strings.Contains(report.Verdicts[0].Text, "secret") {
			t.Errorf("the verdict tells the error of BeforeDot: %q", report.Verdicts[0].Text)
		}
	}
	expect(t, send(t.Context(), t, h, letter(h.Taken(1))), transport.Taken)
}

func dotFree(t *testing.T, h Hop) {
	for _, free := range []bool{true, false} {
		asked, recorded := 0, 0
		m := letter(h.Taken(1), h.Taken(2))
		m.DotFree = func() bool { asked++; return free }
		m.BeforeDot = func(context.Context) error { recorded++; return nil }
		expect(t, send(t.Context(), t, h, m), transport.Taken, transport.Taken)
		if asked != 1 || recorded == 1 == free {
			t.Errorf("DotFree says %t: asked %d times, BeforeDot called %d times", free, asked, recorded)
		}
		if h.Refused == "" {
			continue
		}
		m.To = []string{h.Refused}
		expect(t, send(t.Context(), t, h, m), transport.Refused)
		if asked != 1 {
			t.Error("DotFree was asked although nobody was accepted")
		}
	}
}

func mayNotStart(t *testing.T, h Hop) {
	m := letter(h.Taken(1), h.Taken(2))
	m.MayStart = func() bool { return false }
	m.BeforeDot = func(context.Context) error { t.Error("BeforeDot was called"); return nil }
	expect(t, send(t.Context(), t, h, m), transport.Later, transport.Later)
}

func endedBefore(t *testing.T, h Hop) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	m := letter(h.Taken(1), h.Taken(2))
	m.BeforeDot = func(context.Context) error { t.Error("BeforeDot was called"); return nil }
	expect(t, send(ctx, t, h, m), transport.Later, transport.Later)
	expect(t, send(t.Context(), t, h, letter(h.Taken(1))), transport.Taken)
}

// interrupt sends m and cancels its context once the hop has fallen silent.
func interrupt(t *testing.T, h Hop, m *transport.Mail) transport.Report {
	t.Helper()
	ctx, end := untilSilent(t, h.Silent)
	defer end()
	return send(ctx, t, h, m)
}

func endsEarly(t *testing.T, h Hop) {
	if h.SilentEarly == "" {
		return
	}
	m := letter(h.Taken(1), h.SilentEarly)
	m.BeforeDot = func(context.Context) error { t.Error("BeforeDot was called"); return nil }
	expect(t, interrupt(t, h, m), transport.Later, transport.Later)
	expect(t, send(t.Context(), t, h, letter(h.Taken(1))), transport.Taken)
}

func endsLate(t *testing.T, h Hop) {
	if h.SilentLate == "" {
		return
	}
	expect(t, interrupt(t, h, letter(h.Taken(1), h.SilentLate)), transport.Unknown, transport.Unknown)
	if h.Refused != "" {
		expect(t, interrupt(t, h, letter(h.Refused, h.SilentLate)), transport.Refused, transport.Unknown)
	}
	expect(t, send(t.Context(), t, h, letter(h.Taken(1))), transport.Taken)
}

func together(t *testing.T, h Hop) {
	const callers, each = 16, 8
	var all sync.WaitGroup
	for c := range callers {
		all.Go(func() {
			for i := range each {
				to, want := h.cast()
				to[0] = h.Taken(100 + c*each + i)
				m := letter(to...)
				m.ID = fmt.Sprintf("story %d of %d", i, c)
				report := h.Mailer.Send(t.Context(), m)
				if len(report.Verdicts) != len(want) {
					t.Errorf("%s: %d verdicts", m.ID, len(report.Verdicts))
					return
				}
				expect(t, report, want...)
			}
		})
	}
	all.Wait()
}
