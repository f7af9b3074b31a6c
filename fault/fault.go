// Package fault is the kinds of error that may cross from a rule to a door.
//
// A rule says what is wrong once, in the contract's words; each door (HTTP,
// SMTP) has one table that turns the kind into its own status. Strangers see
// the sentence and the code, operators the cause beside the request's id.
//
// It never knows HTTP or SMTP, and it never logs.
package fault

import (
	"errors"
	"time"
)

// Kind is what a door needs to know about an error to choose its status.
type Kind uint8

// The kinds, each with the HTTP status the contract gives it.
const (
	Internal         Kind = iota // 500: ours, nothing the caller can do
	Invalid                      // 400: the caller's input
	Unauthorized                 // 401: no key, or one nobody has
	Forbidden                    // 403: known, but not allowed
	NotFound                     // 404: not there, or not the caller's
	MethodNotAllowed             // 405
	Conflict                     // 409: the same idempotency key, or a state that has moved on
	TooLarge                     // 413
	Unsupported                  // 415: a body that is not of the type asked for
	PaymentRequired              // 402: credits
	RateLimited                  // 429, with RetryAfter
	Refused                      // 502: the provider refused it for good
	Unavailable                  // 503: later, with RetryAfter
)

// Error is a fault with everything a door may show and the cause it may not.
type Error struct {
	Kind    Kind
	Code    string // UPPER_SNAKE, from the contract's list
	Message string // a sentence a person can act on
	Field   string // which input is wrong, such as "to[3]"; empty if none
	// RetryAfter is when the same call may do better; 0 if waiting does not mend it.
	RetryAfter time.Duration
	// MessageID is the message the call has already made; empty if none.
	MessageID string
	// Cause is for the operator's log only.
	Cause error
}

// New returns a fault without a cause.
func New(kind Kind, code, message string) *Error {
	return &Error{Kind: kind, Code: code, Message: message}
}

// Field returns a fault about one input of the caller.
func Field(code, field, message string) *Error {
	return &Error{Kind: Invalid, Code: code, Field: field, Message: message}
}

// Hide wraps an unexpected error: the stranger learns only that it is ours.
func Hide(cause error) *Error {
	return &Error{Kind: Internal, Code: "INTERNAL", Message: "Something failed on our side; the request id identifies it.", Cause: cause}
}

// Later wraps an error that waiting may mend.
func Later(message string, after time.Duration, cause error) *Error {
	return &Error{Kind: Unavailable, Code: "UNAVAILABLE", Message: message, RetryAfter: after, Cause: cause}
}

func (e *Error) Error() string {
	if e.Cause != nil {
		return e.Code + ": " + e.Message + " (" + e.Cause.Error() + ")"
	}
	return e.Code + ": " + e.Message
}

func (e *Error) Unwrap() error { return e.Cause }

// Of returns err as a fault. An error that is none is hidden; one that calls
// itself unavailable (the database's) is worth another try.
func Of(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	var away interface{ Unavailable() bool }
	if errors.As(err, &away) && away.Unavailable() {
		return Later("The database does not answer. Nothing was changed.", 2*time.Second, err)
	}
	return Hide(err)
}
