package email

import (
	"time"

	"aviso/account"
	"aviso/fault"
)

// Channel is the door a message came in by.
type Channel string

// The channels.
const (
	HTTP Channel = "http"
	SMTP Channel = "smtp"
)

// Call is one call to send, however it came.
type Call struct {
	Caller  account.Caller
	Channel Channel
	// Draft is what is asked for; nil when Fault says why it is not one. A
	// call with a fault is counted and refused in its place in the order.
	Draft *Draft
	Fault *fault.Error
	// Claim is the call's Idempotency-Key; nil when it has none.
	Claim *account.Claim
	// Encode writes an outcome as the door answers it. What it returns is
	// stored with the claim and given again byte for byte. It must be pure.
	Encode func(*Outcome) (status int, body []byte)
	// Arrived is when the call began, on this process's clock: sync_timeout
	// runs from then.
	Arrived time.Time
	// RequestID names the call in every log line about it.
	RequestID string
}

// Outcome is what a call is answered.
type Outcome struct {
	// Status is Sent (200), Queued (202) or Failed (502).
	Status        Status
	MessageID     string
	SMTPMessageID string // the Message-ID header, with brackets
	From          string
	Recipients    int   // taken and waiting
	Charged       int64 // credits the call has cost so far
	RetryHint     string
	Rejected      []Rejection
}

// Rejection is a recipient refused for good; its credits are refunded.
type Rejection struct {
	Address string
	Code    int // SMTP reply code; 0 when it was refused before the relay was asked
	Message string
}

// Answer is an outcome as its door wrote it.
type Answer struct {
	Status   int
	Body     []byte
	Outcome  *Outcome // nil when Replayed
	Replayed bool
}

// The hints of a 202 (contract, parts 1 and 2).
const (
	hintCapped      = "Daily provider cap reached; will retry within 24h."
	hintUnavailable = "Provider temporarily unavailable; will retry within 24h."
	hintHold        = "Sending is on hold."
)
