package story

import (
	"fmt"
	"net/http"
	"slices"
)

// Books is what every side knows at the end of a story in which each message
// has one recipient: the callers, the relay, the log and the ledger.
type Books struct {
	Calls    []*Call
	Copies   []Copy
	Messages map[string]*Message // by id
	Spent    int64               // credits
}

// Answers counts the calls by the status they were answered with.
func (b *Books) Answers() map[int]int {
	n := map[int]int{}
	for _, c := range b.Calls {
		if len(c.Answers) > 0 {
			n[c.Answers[0].Status]++
		}
	}
	return n
}

// Objections is what does not add up, in sentences.
func (b *Books) Objections() []string {
	w := &auditor{copies: map[string]int{}, to: map[string]int{}, owner: map[string]*Call{}}
	for _, c := range b.Copies {
		w.copies[c.MessageID]++
		for _, to := range c.To {
			w.to[to]++
		}
	}
	var spent int64
	for _, c := range b.Calls {
		w.call(c, b)
	}
	for id, m := range b.Messages {
		spent += m.Charged
		delete(w.copies, m.SMTPMessageID)
		if w.owner[id] == nil {
			w.object("message %s belongs to no call", id)
		}
	}
	for id, n := range w.copies {
		w.object("the relay has %d copies of %s, which no call has made", n, id)
	}
	if spent != b.Spent {
		w.object("the account has spent %d credits, and its messages cost %d", b.Spent, spent)
	}
	slices.Sort(w.found)
	return w.found
}

type auditor struct {
	copies map[string]int   // by Message-ID
	to     map[string]int   // copies by recipient
	owner  map[string]*Call // by message
	found  []string
}

func (w *auditor) object(format string, args ...any) {
	w.found = append(w.found, fmt.Sprintf(format, args...))
}

// call compares what one caller was told with what the others know.
func (w *auditor) call(c *Call, b *Books) {
	if len(c.Answers) == 0 {
		// What was not acknowledged and is not asked for again is nowhere.
		if n := w.to[c.To]; n > 0 {
			w.object("%s has no answer, and the relay has %d copies", c.Key, n)
		}
		return
	}
	first := c.Answers[0]
	for _, again := range c.Answers[1:] {
		if again.Status != first.Status || again.Body != first.Body || !again.Replayed {
			w.object("%s was answered %d %s and then %d %s", c.Key, first.Status, first.Body, again.Status, again.Body)
		}
	}
	m := b.Messages[c.message()]
	if m == nil {
		w.object("%s was answered %d, and its message %q is not there", c.Key, first.Status, c.message())
		return
	}
	if other := w.owner[m.ID]; other != nil {
		w.object("%s and %s have made the same message %s", other.Key, c.Key, m.ID)
	}
	w.owner[m.ID] = c
	w.message(c, m, first.Status)
}

// message compares a message's end with its first answer. Each silence and
// each attempt that is on record as unknown may have left one copy more.
func (w *auditor) message(c *Call, m *Message, status int) {
	copies, doubts := w.copies[m.SMTPMessageID], c.Silences
	for _, a := range m.Attempts {
		if a.Outcome == "unknown" {
			doubts++
		}
	}
	allowed := map[int][]string{
		http.StatusOK:         {"sent"},
		http.StatusAccepted:   {"sent", "queued", "unknown"},
		http.StatusBadGateway: {"failed"},
	}
	if !slices.Contains(allowed[status], m.Status) {
		w.object("%s was answered %d, and its message is %s", c.Key, status, m.Status)
	}
	least, most, price := 0, 1+doubts, int64(1)
	switch m.Status {
	case "sent":
		least = 1
	case "queued", "unknown":
		if m.LastError == "" {
			w.object("%s is %s, and nothing is on record that would say why", c.Key, m.Status)
		}
	case "failed":
		most, price = 0, 0
	}
	if copies < least || copies > most {
		w.object("%s is %s, and the relay has %d copies, not %d to %d", c.Key, m.Status, copies, least, most)
	}
	if m.Charged != price {
		w.object("%s is %s and costs %d credits, not %d", c.Key, m.Status, m.Charged, price)
	}
}
