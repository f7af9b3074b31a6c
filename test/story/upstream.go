package story

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"aviso/transport/smtprelay/smtptest"
)

// Fate is what becomes of a message at the Upstream. It is the part of the
// first recipient's address before the first dash.
type Fate string

// The fates.
const (
	Taken   Fate = "taken"   // at once, or nearly
	Slow    Fate = "slow"    // the answer to the final dot comes after 2.5 seconds
	Later   Fate = "later"   // 451 after the dot the first time, taken after that
	Refused Fate = "refused" // 550 at RCPT
	Hanging Fate = "hanging" // the first time RCPT gets no answer, taken after that
)

// Address is a recipient with a fate; n tells it from the others.
func (f Fate) Address(n int) string { return fmt.Sprintf("%s-%d@upstream.test", f, n) }

func fateOf(address string) Fate {
	fate, _, _ := strings.Cut(address, "-")
	return Fate(fate)
}

// slowness is longer than the shortest sync_timeout there is: a slow message
// is promised while the relay may have it already.
const slowness = 2500 * time.Millisecond

// Copy is one message that the Upstream has taken responsibility for.
type Copy struct {
	MessageID string // with its brackets
	To        []string
}

// Upstream is the relay behind Aviso. It lives in the tests' process, so that
// what it has taken survives every kill of Aviso.
type Upstream struct {
	*smtptest.Server
	watch
	sending map[int]string // the Message-ID that a connection is about to send
	copies  []Copy
	tries   map[string]int // steps that decide a fate, by verb and address
}

// NewUpstream starts a relay that t's end stops.
func NewUpstream(t testing.TB) *Upstream {
	u := &Upstream{sending: map[int]string{}, tries: map[string]int{}}
	u.Server = smtptest.Start(t, smtptest.Options{Answer: u.answer})
	return u
}

// URL is what a configuration calls it.
func (u *Upstream) URL() string { return fmt.Sprintf("smtp://%s:%d?tls=none", u.Host, u.Port) }

// Copies returns what was taken.
func (u *Upstream) Copies() (copies []Copy) {
	u.look(func() { copies = append(copies, u.copies...) })
	return copies
}

// CopiesTo counts what was taken for an address.
func (u *Upstream) CopiesTo(address string) (n int) {
	u.look(func() { n = u.copiesTo(address) })
	return n
}

func (u *Upstream) copiesTo(address string) (n int) {
	for _, c := range u.copies {
		for _, to := range c.To {
			if to == address {
				n++
			}
		}
	}
	return n
}

// AwaitCopy waits until a message to address was taken.
func (u *Upstream) AwaitCopy(t testing.TB, address string) {
	t.Helper()
	if !u.await(func() bool { return u.copiesTo(address) > 0 }) {
		t.Fatalf("the upstream got nothing for %s", address)
	}
}

// AwaitNamed waits until address was named by RCPT.
func (u *Upstream) AwaitNamed(t testing.TB, address string) {
	t.Helper()
	if !u.await(func() bool { return u.tries["RCPT "+address] > 0 }) {
		t.Fatalf("nobody named %s to the upstream", address)
	}
}

func (u *Upstream) answer(s smtptest.Step) (answer smtptest.Answer) {
	switch s.Verb {
	case "RCPT":
		return u.named(s.Arg)
	case "LINE":
		if id, ok := strings.CutPrefix(s.Arg, "Message-ID: "); ok {
			u.change(func() { u.sending[s.Conn] = id })
		}
	case "DOT":
		return u.dot(s)
	}
	return answer
}

func (u *Upstream) named(address string) (answer smtptest.Answer) {
	first := false
	u.change(func() {
		u.tries["RCPT "+address]++
		first = u.tries["RCPT "+address] == 1
	})
	switch fate := fateOf(address); {
	case fate == Refused:
		answer.Say = "550 5.1.1 nobody of that name"
	case fate == Hanging && first:
		answer.Then = smtptest.Hang
	}
	return answer
}

// dot takes a message or puts it off. What is taken is on record before the
// relay says so, as RFC 5321, section 6.1 asks; the rest is delay.
func (u *Upstream) dot(s smtptest.Step) (answer smtptest.Answer) {
	first, fate := s.To[0], fateOf(s.To[0])
	u.change(func() {
		u.tries["DOT "+first]++
		if fate == Later && u.tries["DOT "+first] == 1 {
			answer.Say = "451 4.3.0 come again"
			return
		}
		u.copies = append(u.copies, Copy{u.sending[s.Conn], s.To})
	})
	if fate == Slow {
		pause(slowness)
	} else {
		pause(rand.N(10 * time.Millisecond))
	}
	return answer
}
