package email

// Status is where a message stands. docs/states.md draws the transitions.
type Status string

// The statuses of a message.
const (
	Sending     Status = "sending"     // a node holds its lease and carries it
	Queued      Status = "queued"      // it is due at some time
	Sent        Status = "sent"        // nobody waits, at least one recipient was taken
	Failed      Status = "failed"      // every recipient was refused; refunded
	Unknown     Status = "unknown"     // nobody waits, none was taken, at least one may have been
	Interrupted Status = "interrupted" // never answered; refunded; its Idempotency-Key resumes it
	Cancelled   Status = "cancelled"   // taken out of the queue; refunded
)

// next lists the statuses that may follow each status.
var next = map[Status][]Status{
	Sending:     {Sent, Queued, Failed, Interrupted, Unknown},
	Queued:      {Sending, Cancelled},
	Interrupted: {Sending},
	Unknown:     {Sent, Failed},
}

// canBecome says whether a message may go from one status to the other.
func canBecome(from, to Status) bool {
	for _, s := range next[from] {
		if s == to {
			return true
		}
	}
	return false
}

// Final says whether nothing more will happen by itself.
func (s Status) Final() bool { return s != Sending && s != Queued }

// RecipientState is where one recipient of a message stands.
type RecipientState string

// The states of a recipient. Nobody waits when a message is sent: its waiting
// rows are of those who were taken.
const (
	RecipientWaiting RecipientState = "waiting"
	RecipientTaken   RecipientState = "taken"
	RecipientRefused RecipientState = "refused"
	RecipientUnknown RecipientState = "unknown"
)
