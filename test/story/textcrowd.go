package story

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// TextCall is one Idempotency-Key and all that its callers have heard.
type TextCall struct {
	Key     string
	Text    Text // to a number that nobody else writes to
	Answers []*TextAnswer
	// Silences counts the times that it ended without an answer.
	Silences int
	Era      int // of the Centre, in which the first answer came
}

// id is the id of the text that the call has made.
func (c *TextCall) id() string {
	if a := c.Answers[0]; a.ID == "" {
		return a.MessageID // an error has it there
	}
	return c.Answers[0].ID
}

// TextCrowd is sixteen callers of one account who send texts without a pause,
// and people who write to its shortcode, with a Centre behind Aviso and a Hook
// before it. All of them write everything down.
type TextCrowd struct {
	*Installation
	watch
	Centre *Centre
	Hook   *Hook
	Owner  *TextAccount

	calls    []*TextCall
	answered int
	brought  []*Bring
	torn     []error
	odd      []string
}

// TextCrowd makes an installation on the database of that URL, and its callers.
func (b *Binary) TextCrowd(t testing.TB, database string, binds int) *TextCrowd {
	t.Helper()
	c := &TextCrowd{Centre: NewCentre(t), Hook: NewHook(t)}
	c.Installation = b.Install(t, database, Settings{Relay: "sandbox:", SyncTimeout: 2 * time.Second, Gateway: c.Centre.URL(), Binds: binds})
	c.Owner = c.TextAccount(1_000_000)
	c.Owner.Shortcode("order", c.Hook)
	return c
}

// textOf is what call n sends: mostly what is taken, now and then in two parts.
func textOf(n int) Text {
	fate := TextTaken
	switch {
	case n%12 == 4:
		fate = TextRefused
	case n%12 == 8:
		fate = TextRejected
	case n%4 == 1:
		fate = TextDelivered
	}
	content := fmt.Sprintf("Text %d.", n)
	if n%5 == 0 {
		content += strings.Repeat(" and more", 20)
	}
	return Text{fate.Number(n), content}
}

// Load has every caller call until a call is not answered for good, or stop is
// called, which waits for them.
func (c *TextCrowd) Load(n *Node) (stop func()) {
	var callers sync.WaitGroup
	enough := make(chan struct{})
	for range people {
		by := n.Texter(c.Owner.Token)
		callers.Go(func() {
			for c.ask(c.begin(), by) {
				select {
				case <-enough:
					return
				default:
				}
			}
		})
	}
	return func() {
		close(enough)
		callers.Wait()
	}
}

// Write has people write to the shortcode, a hundred a second, until stop is
// called.
func (c *TextCrowd) Write() (stop func()) {
	var writing sync.WaitGroup
	enough := make(chan struct{})
	writing.Go(func() {
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				n := len(c.brought)
				one := NewText(fmt.Sprintf("+44770090%04d", n%50), "Order "+nameOfText(n))
				c.brought = append(c.brought, one)
				c.Centre.Bring(one)
			case <-enough:
				return
			}
		}
	})
	return func() {
		close(enough)
		writing.Wait()
	}
}

func nameOfText(n int) string { return fmt.Sprintf("in-%d", n) }

func (c *TextCrowd) begin() (call *TextCall) {
	c.change(func() {
		n := len(c.calls)
		call = &TextCall{Key: fmt.Sprintf("text-%d", n), Text: textOf(n)}
		c.calls = append(c.calls, call)
	})
	return call
}

// ask makes a call and writes down what came of it. It reports whether that is
// the end of it.
func (c *TextCrowd) ask(call *TextCall, by *Texter) (done bool) {
	a, err := by.Send(call.Text, call.Key)
	era := c.Centre.Era()
	c.change(func() {
		var silence *Silence
		switch {
		case errors.As(err, &silence):
			call.Silences++
			if silence.Torn {
				c.torn = append(c.torn, silence)
			}
		case err != nil:
			c.odd = append(c.odd, err.Error())
		case a.Final():
			if len(call.Answers) == 0 {
				c.answered++
				call.Era = era
			}
			call.Answers = append(call.Answers, a)
			done = true
		case a.Code == "UNAVAILABLE" || a.Code == "IDEMPOTENCY_IN_PROGRESS":
		default:
			c.odd = append(c.odd, fmt.Sprintf("%s was answered %d: %s", call.Key, a.Status, a.Body))
		}
	})
	if err == nil && !done {
		pause(a.RetryAfter)
	}
	return done
}

// AwaitMore waits until n more calls were answered for good.
func (c *TextCrowd) AwaitMore(n int) {
	c.t.Helper()
	want := 0
	c.look(func() { want = c.answered + n })
	if !c.await(func() bool { return c.answered >= want }) {
		c.t.Fatalf("%d calls were answered, not %d: %v", c.answered, want, c.odd)
	}
}

// Unanswered returns the calls without an answer; nobody may be calling any more.
func (c *TextCrowd) Unanswered() (calls []*TextCall) {
	for _, call := range c.calls {
		if len(call.Answers) == 0 {
			calls = append(calls, call)
		}
	}
	return calls
}

// Answered returns the others; nobody may be calling any more.
func (c *TextCrowd) Answered() (calls []*TextCall) {
	for _, call := range c.calls {
		if len(call.Answers) > 0 {
			calls = append(calls, call)
		}
	}
	return calls
}

// Torn returns the answers that broke off in their middle, and Odd what no
// caller and no webhook should have heard.
func (c *TextCrowd) Torn() []error { return c.torn }

// Odd is explained at Torn.
func (c *TextCrowd) Odd() []string { return append(c.odd, c.Hook.Odd()...) }

// AskAgain makes each of those calls once more, until it is answered for good.
// Whatever is submitted from now on is told apart from what was before.
func (c *TextCrowd) AskAgain(n *Node, calls []*TextCall) {
	c.t.Helper()
	c.Centre.NextEra()
	late := time.Now().Add(Patience)
	c.each(n, calls, func(by *Texter, call *TextCall) {
		for !c.ask(call, by) && time.Now().Before(late) {
		}
	})
}

// Close waits until nothing moves any more, and returns what every side knows.
func (c *TextCrowd) Close(n *Node) *TextBooks {
	c.t.Helper()
	c.Centre.AwaitBrought()
	b := &TextBooks{Calls: c.calls, Submits: c.Centre.Submits(), Messages: map[string]*SentText{}, Pushed: map[string][]int{}}
	// A text whose submitting node died is settled a minute later, which may be
	// between one look and the other.
	for spent := int64(-1); spent != b.Spent; {
		spent = c.Owner.Granted - c.Owner.Balance()
		c.collect(n, b)
		b.Spent = c.Owner.Granted - c.Owner.Balance()
	}
	for i, one := range c.brought {
		if c.Centre.Acknowledged(one) {
			b.Acknowledged = append(b.Acknowledged, nameOfText(i))
		}
	}
	c.awaitPushes()
	// The Hook last: what was answered meanwhile is no objection.
	b.Records, b.Listed = c.Pushes(), n.Texter(c.Owner.Token).Received()
	b.Pushed = c.Hook.Pushes()
	return b
}

// collect asks for every text that a caller knows of, once it does not move.
func (c *TextCrowd) collect(n *Node, b *TextBooks) {
	c.t.Helper()
	ends := b.ends()
	c.each(n, c.Answered(), func(by *Texter, call *TextCall) {
		m, err := by.Becomes(call.id(), func(status string) bool { return ends.is(call, status) })
		c.change(func() {
			if err != nil {
				c.odd = append(c.odd, err.Error())
				return
			}
			b.Messages[m.ID] = m
		})
	})
}

// awaitPushes waits until every push was begun. Not until its end: of one whose
// node was killed nothing more is heard within a minute.
func (c *TextCrowd) awaitPushes() {
	c.t.Helper()
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	late := time.NewTimer(Patience)
	defer late.Stop()
	waits := func(r PushRecord) bool { return !r.Started && !r.Over }
	for slices.ContainsFunc(c.Pushes(), waits) {
		select {
		case <-tick.C:
		case <-late.C:
			return
		}
	}
}

// each shares calls out to the callers of a crowd.
func (c *TextCrowd) each(n *Node, all []*TextCall, do func(*Texter, *TextCall)) {
	var callers sync.WaitGroup
	next := make(chan *TextCall)
	for range people {
		by := n.Texter(c.Owner.Token)
		callers.Go(func() {
			for call := range next {
				do(by, call)
			}
		})
	}
	for _, call := range all {
		next <- call
	}
	close(next)
	callers.Wait()
}
