package sms

// Status is where a text stands. docs/states.md draws the transitions.
type Status string

// The statuses of a text that goes out.
const (
	Sending     Status = "sending"     // a node holds its lease and submits it
	Sent        Status = "sent"        // every segment was taken
	Unknown     Status = "unknown"     // a segment may have been taken
	Failed      Status = "failed"      // it never left; refunded
	Interrupted Status = "interrupted" // never answered; refunded, and never sent again
	Delivered   Status = "delivered"   // receipts say that all segments arrived
	Undelivered Status = "undelivered" // a receipt says that one did not
)

// Received is the status of a text that came in.
const Received Status = "received"

// next lists the statuses that may follow each status.
var next = map[Status][]Status{
	Sending: {Sent, Failed, Unknown, Interrupted},
	Unknown: {Sent, Failed, Delivered, Undelivered},
	Sent:    {Delivered, Undelivered, Failed},
}

// canBecome says whether a text may go from one status to the other.
func canBecome(from, to Status) bool {
	for _, s := range next[from] {
		if s == to {
			return true
		}
	}
	return false
}

// Final says whether nothing changes the status any more.
func (s Status) Final() bool { return len(next[s]) == 0 }

// Direction is which way a text went.
type Direction string

// The directions, as the account sees them.
const (
	Out Direction = "out"
	In  Direction = "in"
)

// SegmentState is what is known of one segment's submission.
type SegmentState string

// The states of a segment.
const (
	SegmentWaiting SegmentState = "waiting" // not submitted
	SegmentTaken   SegmentState = "taken"
	SegmentRefused SegmentState = "refused"
	SegmentUnknown SegmentState = "unknown" // submitted, no answer
)
