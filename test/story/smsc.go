package story

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"aviso/transport/smpp/smpptest"
)

// TextFate is what becomes of a text at the Centre: the digit behind +447.
type TextFate int

// The fates.
const (
	TextTaken     TextFate = iota // at once; nothing is heard of it after that
	TextDelivered                 // after a moment, and a receipt says that it has arrived
	TextRefused                   // ESME_RINVDSTADR
	TextRejected                  // taken, and a receipt says that it never left
	TextSilent                    // taken, and never answered
)

// Number is a recipient with a fate; n tells it from the others.
func (f TextFate) Number(n int) string { return fmt.Sprintf("+447%d%07d", f, n) }

func textFateOf(number string) TextFate {
	digits, _ := strings.CutPrefix(number, "+447")
	return TextFate(digits[0] - '0')
}

// slowAnswer is long enough for a kill to find a submit under way.
const slowAnswer = 150 * time.Millisecond

const (
	refusedNumber = 0x0b // ESME_RINVDSTADR
)

// Submit is one submit_sm that the Centre has read.
type Submit struct {
	To        string // with its plus
	From      string
	Part      int // from 1
	Parts     int
	Reference int // user_message_reference
	Era       int
	ID        string // the Centre's; empty when it was refused
	session   int
	sequence  int
}

// Taken says that the Centre has made itself responsible for it.
func (s *Submit) Taken() bool { return s.ID != "" }

// Centre is the message centre behind Aviso. What it has taken survives every
// kill of Aviso, and what Aviso has not acknowledged it brings again.
type Centre struct {
	watch
	t        testing.TB
	process  *smpptest.Centre
	port     int
	live     map[int]bool // sessions with a bind
	binds    int          // there have ever been
	unbinds  int          // that were said before the link was closed
	era      int
	submits  []*Submit
	settled  int // orders of the test that the process has carried out
	bringing bringing
}

// NewCentre starts a message centre that t's end stops.
func NewCentre(t testing.TB) *Centre {
	t.Helper()
	c := &Centre{t: t, live: map[int]bool{}, bringing: bringing{underway: map[[2]int]*Bring{}}}
	c.process = smpptest.Start(t, c.happened)
	// Every answer is told by the story, which has written the submit down first.
	c.order("policy", map[string]any{"policy": map[string]any{"submit": nil}})
	c.process.Tell("listen", nil)
	if !c.await(func() bool { return c.port != 0 }) {
		t.Fatal("the message centre does not listen")
	}
	return c
}

// order tells the process something and waits until it was done: whatever it
// has read before is written down then.
func (c *Centre) order(do string, order map[string]any) {
	c.t.Helper()
	want := 0
	c.look(func() { want = c.settled + 1 })
	c.process.Tell(do, order)
	if !c.await(func() bool { return c.settled >= want }) {
		c.t.Fatalf("the message centre does not do as it is told: %s", do)
	}
}

// URL is what a configuration calls it.
func (c *Centre) URL() string { return fmt.Sprintf("smpp://127.0.0.1:%d", c.port) }

// NextEra begins another count: what comes from now on is told apart.
func (c *Centre) NextEra() {
	c.t.Helper()
	c.order("policy", map[string]any{"policy": map[string]any{}})
	c.change(func() { c.era++ })
}

// Era is the present one, from 0.
func (c *Centre) Era() (n int) {
	c.look(func() { n = c.era })
	return n
}

// Submits returns what was submitted; everything that a link has carried to its
// end is among it.
func (c *Centre) Submits() (list []*Submit) {
	c.t.Helper()
	c.order("policy", map[string]any{"policy": map[string]any{}})
	c.look(func() { list = append(list, c.submits...) })
	return list
}

// AwaitSubmits waits until n parts of texts with a fate were submitted.
func (c *Centre) AwaitSubmits(fate TextFate, n int) {
	c.t.Helper()
	got := 0
	if !c.await(func() bool {
		got = 0
		for _, s := range c.submits {
			if textFateOf(s.To) == fate {
				got++
			}
		}
		return got >= n
	}) {
		c.t.Fatalf("the message centre got %d submits of that fate, not %d", got, n)
	}
}

// AwaitLinks waits until that many links are bound.
func (c *Centre) AwaitLinks(n int) {
	c.t.Helper()
	if !c.await(func() bool { return len(c.live) == n }) {
		c.t.Fatalf("the message centre has %d links, not %d", len(c.live), n)
	}
}

// Drop cuts every link.
func (c *Centre) Drop() {
	c.t.Helper()
	var cut []int
	c.look(func() {
		for session := range c.live {
			cut = append(cut, session)
		}
	})
	for _, session := range cut {
		c.process.Tell("drop", map[string]any{"session": session})
	}
	if !c.await(func() bool {
		for _, session := range cut {
			if c.live[session] {
				return false
			}
		}
		return true
	}) {
		c.t.Fatal("the links do not break")
	}
}

// Binds is how many links were bound so far, and Unbinds how many were ended in
// order.
func (c *Centre) Binds() (binds, unbinds int) {
	c.look(func() { binds, unbinds = c.binds, c.unbinds })
	return binds, unbinds
}

// happened writes down what the process tells.
func (c *Centre) happened(e smpptest.Event) {
	c.change(func() {
		switch e.Event {
		case "listening":
			c.port = e.Port
		case "policy":
			c.settled++
		case "bind_transceiver":
			c.live[e.Session] = true
			c.binds++
		case "unbind":
			c.unbinds++
		case "close":
			delete(c.live, e.Session)
			c.bringing.lost(e.Session)
		case "submit_sm":
			c.submitted(e)
		case "deliver_sm_resp":
			if late := c.bringing.answered(e.Session, e.PDU.Sequence, e.PDU.Status); late != nil {
				c.later(func() { c.bringing.waiting = append(c.bringing.waiting, late) })
			}
		}
		c.bring()
	})
}

// submitted writes a submit down and answers it as its fate is.
func (c *Centre) submitted(e smpptest.Event) {
	part, parts := partOf(e.PDU.Short.UDH)
	s := &Submit{To: "+" + e.PDU.Dest, From: e.PDU.Source, Part: part, Parts: parts, Reference: e.PDU.Reference, Era: c.era,
		session: e.Session, sequence: e.PDU.Sequence}
	fate := textFateOf(s.To)
	c.submits = append(c.submits, s)
	if fate == TextRefused {
		c.answer(s, refusedNumber)
		return
	}
	s.ID = strconv.Itoa(4_000_000_000 + len(c.submits))
	switch fate {
	case TextSilent:
	case TextDelivered:
		c.later(func() {
			c.answer(s, 0)
			c.bringing.waiting = append(c.bringing.waiting, s.Receipt("DELIVRD"))
		})
	default:
		c.answer(s, 0)
	}
	if fate == TextRejected {
		c.bringing.waiting = append(c.bringing.waiting, s.Receipt("REJECTD"))
	}
}

// partOf is which part of how many a text with that header is, from 1.
func partOf(header []string) (number, total int) {
	for _, element := range header {
		var reference int
		if n, _ := fmt.Sscanf(element, "0003%02x%02x%02x", &reference, &total, &number); n == 3 {
			return number, total
		}
	}
	return 1, 1
}

func (c *Centre) answer(s *Submit, status int) {
	c.process.Tell("answer", map[string]any{"session": s.session, "sequence": s.sequence, "status": status, "id": s.ID})
}

// later runs f under the lock after a moment.
func (c *Centre) later(f func()) {
	c.bringing.pauses++
	time.AfterFunc(slowAnswer, func() {
		c.change(func() {
			c.bringing.pauses--
			f()
			c.bring()
		})
	})
}
