package email

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"aviso/credit"
	"aviso/transport"
)

// Event is one step of a message's life.
type Event struct {
	At      int64 // milliseconds UTC
	Kind    EventKind
	Text    string // the step in one sentence
	Attempt int    // of an attempt, its place in Message.Attempts; else -1
	Credits int64  // what the step cost, negative when it gave back; 0 if nothing
}

// EventKind says what kind of step an Event is.
type EventKind string

// The kinds of events. What a message has ended as is called by its Status.
const (
	EventAccepted EventKind = "accepted"
	EventCharged  EventKind = "charged"
	EventAttempt  EventKind = "attempt"
	EventRefunded EventKind = "refunded"
)

// tallyStates counts a message's recipients by where they stand.
func (d *Detail) tallyStates() map[RecipientState]int {
	n := map[RecipientState]int{}
	for _, r := range d.Recipients {
		n[r.State]++
	}
	return n
}

// standing says where a message stands, and what happens next by itself.
func (d *Detail) standing() (now, next string) {
	n := d.tallyStates()
	switch d.Status {
	case Sending:
		return "Being handed to " + relayName(d.relay) + " now.", "The relay's answer decides."
	case Queued:
		return "Queued: " + d.obstacle() + ".", d.retry()
	case Sent:
		return d.sent(n), ""
	case Failed:
		return "Failed: " + d.refusal() + " The credits were refunded.", ""
	case Unknown:
		return "Unknown: the connection broke after the whole message was sent, so " + relayName(d.relay) + " may have it.",
			"The operator finds out and settles it; until then it stays charged."
	case Interrupted:
		return "Interrupted: the server stopped before the call was answered; the relay may have it. The credits were refunded.",
			"Calling again with the same Idempotency-Key and body resumes it."
	case Cancelled:
		if taken := n[RecipientTaken]; taken > 0 {
			return fmt.Sprintf("Cancelled: %s had it before; the others get nothing and were refunded.", people(taken)), ""
		}
		return "Cancelled: nobody got it, and the credits were refunded.", ""
	}
	return string(d.Status), ""
}

// obstacle is what a queued message waits for.
func (d *Detail) obstacle() string {
	kind, name, _ := strings.Cut(d.waitsFor, "/")
	switch {
	case d.held:
		return "all sending is on hold"
	case d.suspended:
		return "the account is suspended"
	case kind != "":
		return kind + " " + name + " reached its daily cap"
	case len(d.Attempts) == 0:
		return cmp.Or(d.LastError, "it waits for its first attempt")
	}
	return relayName(d.relay) + " could not take it for everybody: " + cmp.Or(strings.TrimRight(d.LastError, ". "), "it is busy or away")
}

func (d *Detail) retry() string {
	switch {
	case d.held:
		return "It goes on when the operator releases sending; its 24 hours stand still until then."
	case d.suspended:
		return "It goes on when the account may send again; its 24 hours stand still until then."
	case d.waitsFor != "":
		return "It is sent by itself when the cap's day ends."
	}
	return "It is tried again by itself; who still waits when its 24 hours are over fails and is refunded."
}

// refusal is why a message failed.
func (d *Detail) refusal() string {
	if n := len(d.Attempts); n > 0 && d.Attempts[n-1].Outcome == transport.Refused.String() {
		return relayName(d.relay) + " refused every recipient: " + sentence(cmp.Or(d.LastError, "it said nothing"))
	}
	return "nobody took it in time; the last word was: " + sentence(cmp.Or(d.LastError, "none"))
}

func (d *Detail) sent(n map[RecipientState]int) string {
	text := "Sent: " + relayName(d.relay) + " took it for " + people(n[RecipientTaken])
	if refused := n[RecipientRefused]; refused > 0 {
		text += fmt.Sprintf("; %s refused, and refunded", were(refused))
	}
	if unknown := n[RecipientUnknown]; unknown > 0 {
		text += fmt.Sprintf("; of %s nobody knows", people(unknown))
	}
	return text + "."
}

func were(n int) string {
	if n == 1 {
		return "1 was"
	}
	return fmt.Sprintf("%d were", n)
}

func people(n int) string {
	if n == 1 {
		return "1 recipient"
	}
	return fmt.Sprintf("%d recipients", n)
}

func relayName(name string) string {
	if name == "" {
		return "the relay"
	}
	return "relay " + name
}

// sentence ends a text that came from elsewhere with a full stop.
func sentence(s string) string { return strings.TrimRight(s, ". ") + "." }

// timeline tells a message's life from what is stored about it, oldest first.
func (d *Detail) timeline() []Event {
	list := []Event{{At: d.CreatedAt, Kind: EventAccepted, Text: "Accepted over " + strings.ToUpper(string(d.Channel)) + " for " + people(len(d.Recipients)) + ".", Attempt: -1}}
	for _, e := range d.Credits {
		v := Event{At: e.CreatedAt, Kind: EventCharged, Text: fmt.Sprintf("%s charged.", credits(-e.Delta)), Attempt: -1, Credits: -e.Delta}
		if e.Reason == credit.Refunded {
			v.Kind, v.Text = EventRefunded, fmt.Sprintf("%s refunded.", credits(e.Delta))
		}
		list = append(list, v)
	}
	for i, a := range d.Attempts {
		list = append(list, Event{At: a.StartedAt, Kind: EventAttempt, Text: a.said(len(d.Recipients)), Attempt: i})
	}
	// In one millisecond much can happen, always in this order.
	order := map[EventKind]int{EventAccepted: 0, EventCharged: 1, EventAttempt: 2, EventRefunded: 3}
	slices.SortStableFunc(list, func(x, y Event) int {
		return cmp.Or(cmp.Compare(x.At, y.At), cmp.Compare(order[x.Kind], order[y.Kind]))
	})
	if d.Status.Final() {
		last := Event{At: cmp.Or(d.SentAt, list[len(list)-1].At), Kind: EventKind(d.Status), Text: d.Standing, Attempt: -1}
		list = append(list, last)
	}
	return list
}

// said is an attempt in one sentence. Its outcome is the worst that any
// recipient had.
func (a *LoggedAttempt) said(recipients int) string {
	reply := sentence(cmp.Or(a.Reply, "it said nothing"))
	whom := "it"
	if recipients > 1 {
		whom = "it for one recipient or more"
	}
	switch a.Outcome {
	case transport.Taken.String():
		return "Relay " + a.Relay + " took it: " + reply
	case transport.Refused.String():
		return "Relay " + a.Relay + " refused " + whom + ", for good: " + reply
	case transport.Unknown.String():
		return "The connection to relay " + a.Relay + " broke after the whole message was sent: " + reply
	}
	return "Relay " + a.Relay + " did not take " + whom + ": " + reply
}

func credits(n int64) string {
	if n == 1 {
		return "1 credit"
	}
	return fmt.Sprintf("%d credits", n)
}
