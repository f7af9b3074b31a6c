package sms

import (
	"time"

	"aviso/account"
	"aviso/fault"
	"aviso/transport"
)

// Route is the scope of an Idempotency-Key on this API.
const Route = "sms/messages"

// Call is one call to send.
type Call struct {
	Caller account.Caller
	// Draft is what is asked for; nil when Fault says why it is not one. A
	// call with a fault is refused in its place in the order.
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
	// Status is Sent or Unknown (200), or Failed, and then Fault says why.
	Status      Status
	MessageID   string
	From        string // the sender it went out from
	To          string
	Content     string
	Owner       string // the account
	Country     Country
	Charged     int64 // credits it has cost so far
	Encoding    transport.Encoding
	Segments    int
	Provider    string   // the gateway
	ProviderIDs []string // its ids of the segments, in their order, as far as known
	// Fault is the answer of a failed one: RECIPIENT_REFUSED is of the kind
	// Invalid (400), PROVIDER_FAILURE of the kind Refused (500 on this API).
	// Everything is refunded.
	Fault *fault.Error
}

// Answer is an outcome as its door wrote it.
type Answer struct {
	Status   int
	Body     []byte
	Outcome  *Outcome // nil when Replayed
	Replayed bool
}
