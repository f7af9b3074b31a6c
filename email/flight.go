package email

import (
	"sync/atomic"
	"time"

	"aviso/account"
	"aviso/transport"
)

// recipient is one recipient of a message in flight.
type recipient struct {
	Recipient
	state    RecipientState
	unknowns int // attempts that broke after the final dot
	code     int
	enhanced string
	reply    string
}

// flight is one message under this node's lease: from admission or claim to
// settlement.
type flight struct {
	id            string
	account       string
	smtpMessageID string
	date          time.Time
	attempt       int64   // which lease
	row           message // as it was when the lease was given
	sender        sender
	recipients    []recipient
	composed      Composed

	relay       *Relay   // nil: none can take it now
	others      []*Relay // which may take over when it cannot be reached
	reason      string   // why there is none
	day         int64    // the day it was placed on, since 1970, UTC
	reservedDay int64    // day, if its caps hold a reservation; else 0

	claim  *account.Claim
	encode func(*Outcome) (int, []byte)

	request string // the id of the call that made it; empty in later attempts

	// lease is when the lease ends on this process's monotonic clock, in
	// nanoseconds since the service began.
	lease atomic.Int64
	phase atomic.Int32
}

// The phases of a flight decide who records that the relay may have the
// message: the promise, or the attempt before its last bytes.
const (
	phaseOpen     int32 = iota // not promised, the dot is not out
	phasePromised              // promised: the dot waits for its record
	phaseDot                   // the dot may be out
)

// waiting returns the indexes of the recipients that still wait.
func (f *flight) waiting() []int {
	list := make([]int, 0, len(f.recipients))
	for i := range f.recipients {
		if f.recipients[i].state == RecipientWaiting {
			list = append(list, i)
		}
	}
	return list
}

// outcome says how the call stands with these recipients, if it is answered now.
func (f *flight) outcome(m *message, recipients []recipient, hint string) *Outcome {
	o := &Outcome{MessageID: f.id, SMTPMessageID: f.smtpMessageID, From: f.sender.address, Charged: m.charged - m.refunded}
	waiting := 0
	for i := range recipients {
		switch r := &recipients[i]; r.state {
		case RecipientRefused:
			o.Rejected = append(o.Rejected, Rejection{r.Address, r.code, r.reply})
		case RecipientWaiting:
			waiting++
			o.Recipients++
		default:
			o.Recipients++
		}
	}
	switch {
	case waiting > 0:
		o.Status, o.RetryHint = Queued, hint
	case o.Recipients > 0:
		o.Status = Sent
	default:
		o.Status = Failed
	}
	return o
}

// try is one attempt as the log shows it.
type try struct {
	relay    string
	started  int64
	duration time.Duration
	verdict  transport.Verdict // the one that stands for all: the worst, if they differ
}
