package story

import (
	"fmt"
	"net/http"
	"slices"
)

// TextBooks is what every side knows at the end of a story about texts: the
// callers, the Centre, the log and the ledger of those that went out; the
// Centre, the list, the Hook and the record of pushes of those that came in.
type TextBooks struct {
	Calls    []*TextCall
	Submits  []*Submit
	Messages map[string]*SentText // by id
	Spent    int64                // credits

	Acknowledged []string // what each text says behind its shortcode
	Listed       []ReceivedText
	Pushed       map[string][]int // what the Hook answered, by content
	Records      []PushRecord
}

// Answers counts the calls by the status they were answered with.
func (b *TextBooks) Answers() map[int]int {
	n := map[int]int{}
	for _, c := range b.Calls {
		if len(c.Answers) > 0 {
			n[c.Answers[0].Status]++
		}
	}
	return n
}

// Objections is what does not add up, in sentences.
func (b *TextBooks) Objections() []string {
	w := &textAuditor{textEnds: b.ends(), owner: map[string]*TextCall{}, numbers: map[string]bool{}}
	var spent int64
	for _, c := range b.Calls {
		w.numbers[c.Text.Recipient] = true
		w.call(c, b)
	}
	for id, m := range b.Messages {
		spent += m.Cost
		if w.owner[id] == nil {
			w.object("text %s belongs to no call", id)
		}
	}
	for _, s := range b.Submits {
		if !w.numbers[s.To] {
			w.object("%s was written to, which no call has asked for", s.To)
		}
	}
	if spent != b.Spent {
		w.object("the account has spent %d credits, and its texts cost %d", b.Spent, spent)
	}
	w.inbound(b)
	slices.Sort(w.found)
	return w.found
}

// textEnds knows how each text has to end, from what the Centre has of it.
type textEnds struct {
	parts map[submitKey]int // how often each was submitted
	taken map[submitKey]bool
}

type submitKey struct {
	to        string
	era, part int
}

func (b *TextBooks) ends() textEnds {
	e := textEnds{parts: map[submitKey]int{}, taken: map[submitKey]bool{}}
	for _, s := range b.Submits {
		at := submitKey{s.To, s.Era, s.Part}
		e.parts[at]++
		e.taken[at] = e.taken[at] || s.Taken()
	}
	return e
}

// era is the one in which the text was submitted that the call was answered
// about: a replay is about what was there before.
func (c *TextCall) era() int {
	if c.Answers[0].Replayed {
		return 0
	}
	return c.Era
}

// whole says whether the Centre has taken every part of a call's text.
func (e textEnds) whole(c *TextCall) bool {
	for part := range max(1, c.Answers[0].Segments) {
		if !e.taken[submitKey{c.Text.Recipient, c.era(), part + 1}] {
			return false
		}
	}
	return true
}

// is says whether a status is an end of that call's text. One that is in doubt
// has no other end than a receipt.
func (e textEnds) is(c *TextCall, status string) bool {
	first := c.Answers[0]
	doubt := first.State == "unknown"
	if first.refused() {
		return status == "failed"
	}
	if !e.whole(c) {
		return doubt && (status == "unknown" || status == "sending" || status == "failed")
	}
	if doubt && status == "sending" {
		return true // the node that submitted it is gone, and another waits for its word
	}
	switch textFateOf(c.Text.Recipient) {
	case TextDelivered:
		return status == "delivered"
	case TextRejected:
		return status == "failed"
	}
	return status == "sent" || doubt && status == "unknown"
}

// refused says that the answer left nothing behind at the Centre.
func (a *TextAnswer) refused() bool { return a.Status != http.StatusOK }

type textAuditor struct {
	textEnds
	owner   map[string]*TextCall // by text
	numbers map[string]bool
	found   []string
}

func (w *textAuditor) object(format string, args ...any) {
	w.found = append(w.found, fmt.Sprintf(format, args...))
}

// call compares what one caller was told with what the others know.
func (w *textAuditor) call(c *TextCall, b *TextBooks) {
	submits := map[int]int{} // by era
	for at, n := range w.parts {
		if at.to == c.Text.Recipient {
			submits[at.era] += n
			if n > 1 {
				w.object("%s: part %d was submitted %d times", c.Key, at.part, n)
			}
		}
	}
	if len(c.Answers) == 0 {
		// What was not acknowledged and is not asked for again is nowhere.
		if len(submits) > 0 {
			w.object("%s has no answer, and was submitted", c.Key)
		}
		return
	}
	first := c.Answers[0]
	for _, again := range c.Answers[1:] {
		if again.Status != first.Status || again.Body != first.Body || !again.Replayed {
			w.object("%s was answered %d %s and then %d %s", c.Key, first.Status, first.Body, again.Status, again.Body)
		}
	}
	for era, n := range submits {
		// A call that was cut off may have left one behind, before it was made again.
		if era != c.era() && n > 0 && (era > c.era() || c.Silences == 0) {
			w.object("%s was submitted again", c.Key)
		}
	}
	m := b.Messages[c.id()]
	if m == nil {
		w.object("%s was answered %d, and its text %q is not there", c.Key, first.Status, c.id())
		return
	}
	if other := w.owner[m.ID]; other != nil {
		w.object("%s and %s have made the same text %s", other.Key, c.Key, m.ID)
	}
	w.owner[m.ID] = c
	w.text(c, m)
}

// text compares a text's end with its first answer and with the Centre.
func (w *textAuditor) text(c *TextCall, m *SentText) {
	first := c.Answers[0]
	switch {
	case first.State == "sent" && !w.whole(c):
		w.object("%s was answered sent, and the message centre has not all of it", c.Key)
	case first.refused() && w.taken[submitKey{c.Text.Recipient, c.era(), 1}]:
		w.object("%s was answered %d, and the message centre has it", c.Key, first.Status)
	case !w.is(c, m.Status):
		w.object("%s was answered %d %s, and its text is %s", c.Key, first.Status, first.State, m.Status)
	}
	price := c.Text.Price()
	if m.Status == "failed" {
		price = 0
	}
	if m.Cost != price {
		w.object("%s is %s and costs %d credits, not %d", c.Key, m.Status, m.Cost, price)
	}
}

// inbound compares what was acknowledged with what is listed, and that with what
// the Hook was told.
func (w *textAuditor) inbound(b *TextBooks) {
	listed, records := map[string]int{}, map[string]int{}
	for _, r := range b.Listed {
		listed[r.Content]++
	}
	acknowledged := map[string]bool{}
	for _, content := range b.Acknowledged {
		acknowledged[content] = true
		if listed[content] != 1 {
			w.object("%s was acknowledged, and is listed %d times", content, listed[content])
		}
	}
	for _, r := range b.Records {
		records[r.Content]++
		w.push(r, b.Pushed[r.Content])
	}
	for _, r := range b.Listed {
		if !acknowledged[r.Content] {
			w.object("%s is listed, and was not acknowledged", r.Content)
		}
		if records[r.Content] != 1 {
			w.object("%s has %d pushes on record", r.Content, records[r.Content])
		}
		if answers := b.Pushed[r.Content]; r.WebhookStatus != 0 && !slices.Contains(answers, r.WebhookStatus) {
			w.object("%s is listed as pushed, %d, and the webhook answered %v", r.Content, r.WebhookStatus, answers)
		}
	}
	for content, answers := range b.Pushed {
		if records[content] == 0 {
			w.object("%s was pushed, and nothing is on record", content)
		}
		if len(answers) > 1 {
			w.object("%s was pushed %d times", content, len(answers))
		}
	}
}

// push compares one record with what the Hook answered. Only a push that was
// marked and cut off leaves nothing at the Hook, or no status on record.
func (w *textAuditor) push(r PushRecord, answers []int) {
	switch {
	case !r.Started && !r.Over:
		w.object("%s was never pushed, and nothing says why", r.Content)
	case len(answers) > 0 && !r.Started:
		w.object("%s was pushed before it was marked", r.Content)
	case r.Status != 0 && !slices.Contains(answers, r.Status):
		w.object("%s is on record as answered %d, and the webhook answered %v", r.Content, r.Status, answers)
	}
}
