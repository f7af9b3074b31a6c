package story

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
)

// Call is one Idempotency-Key and all that its callers have heard.
type Call struct {
	Key     string // the Idempotency-Key
	To      string // the only recipient
	Answers []*Answer
	// Silences counts the times that it ended without an answer, so that
	// nobody but the log can say whether the relay has the message.
	Silences int
}

// message is the id of the message that the call has made.
func (c *Call) message() string {
	if a := c.Answers[0]; a.Data.MessageID == "" {
		return a.MessageID // an error has it at its top
	}
	return c.Answers[0].Data.MessageID
}

// final says whether an answer is one that stays: sent, queued or refused.
func (a *Answer) final() bool {
	return a.Status == http.StatusOK || a.Status == http.StatusAccepted || a.Status == http.StatusBadGateway
}

// Journal is what all callers have asked and heard.
type Journal struct {
	watch
	calls        []*Call
	acknowledged int // calls with an answer
	torn         []error
	odd          []string
}

// fate is what call n meets. Slow ones are few, or every caller would stand
// in front of the relay whenever something happens to Aviso.
func fate(n int) Fate {
	switch {
	case n%40 == 7:
		return Slow
	case n%6 == 1:
		return Later
	case n%12 == 4:
		return Refused
	}
	return Taken
}

// begin writes a new call down.
func (j *Journal) begin() (c *Call) {
	j.change(func() {
		n := len(j.calls)
		c = &Call{Key: fmt.Sprintf("key-%d", n), To: fate(n).Address(n)}
		j.calls = append(j.calls, c)
	})
	return c
}

// ask makes a call and writes down what came of it. It reports whether that is
// the end of it.
func (j *Journal) ask(c *Call, by *Caller) (done bool) {
	a, err := by.Send(Mail{To: []string{c.To}, Subject: c.Key, Text: "To " + c.To}, c.Key)
	j.change(func() {
		var silence *Silence
		switch {
		case errors.As(err, &silence):
			c.Silences++
			if silence.Torn {
				j.torn = append(j.torn, silence)
			}
		case err != nil:
			j.odd = append(j.odd, err.Error())
		case a.final():
			if len(c.Answers) == 0 {
				j.acknowledged++
			}
			c.Answers = append(c.Answers, a)
			done = true
		case a.Status == http.StatusServiceUnavailable || a.Status == http.StatusConflict && a.Code == "IDEMPOTENCY_IN_PROGRESS":
		default:
			j.odd = append(j.odd, fmt.Sprintf("%s was answered %d: %s", c.Key, a.Status, a.Body))
		}
	})
	if err == nil && !done {
		pause(a.RetryAfter)
	}
	return done
}

// Acknowledged counts the calls that were answered for good.
func (j *Journal) Acknowledged() (n int) {
	j.look(func() { n = j.acknowledged })
	return n
}

// AwaitMore waits until n more calls were answered for good.
func (j *Journal) AwaitMore(t testing.TB, n int) {
	t.Helper()
	want := j.Acknowledged() + n
	if !j.await(func() bool { return j.acknowledged >= want }) {
		t.Fatalf("%d calls were answered, not %d: %v", j.acknowledged, want, j.odd)
	}
}

// Calls returns all calls; nobody may be calling any more.
func (j *Journal) Calls() []*Call { return j.calls }

// Answered returns the calls that were answered for good; nobody may be
// calling any more.
func (j *Journal) Answered() (calls []*Call) {
	for _, c := range j.calls {
		if len(c.Answers) > 0 {
			calls = append(calls, c)
		}
	}
	return calls
}

// Unanswered returns the others; nobody may be calling any more.
func (j *Journal) Unanswered() (calls []*Call) {
	for _, c := range j.calls {
		if len(c.Answers) == 0 {
			calls = append(calls, c)
		}
	}
	return calls
}

// Torn returns the answers that broke off in their middle.
func (j *Journal) Torn() []error { return j.torn }

// Odd returns what no caller should have heard.
func (j *Journal) Odd() []string { return j.odd }
