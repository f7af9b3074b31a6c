package billing

import (
	"errors"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/stripe/stripe-go/v85"
	"github.com/stripe/stripe-go/v85/webhook"

	"aviso/fault"
)

var (
	errSignature = fault.New(fault.Invalid, "SIGNATURE_INVALID", "The signature is not right, or more than five minutes old.")
	errBody      = fault.New(fault.Invalid, "INVALID_REQUEST", "The body is signed, but is not an event that can be read.")
)

// Read implements Provider. An endpoint that was made on Stripe's page sends
// events of the version that the operator's account is pinned to, so that only
// what every version has is read, from both of its places where it has moved.
func (s *Stripe) Read(body []byte, signature string) (Event, error) {
	if s.secret == "" {
		return Event{}, errSignature // an empty key signs for everybody
	}
	raw, err := webhook.ConstructEventWithOptions(body, signature, s.secret, webhook.ConstructEventOptions{Tolerance: webhook.DefaultTolerance, IgnoreAPIVersionMismatch: true})
	for _, bad := range []error{webhook.ErrNotSigned, webhook.ErrInvalidHeader, webhook.ErrNoValidSignature, webhook.ErrTooOld} {
		if errors.Is(err, bad) {
			return Event{}, errSignature
		}
	}
	if err != nil || raw.Data == nil || !isID(raw.ID) || !isID(string(raw.Type)) || !isMoment(raw.Created) {
		return Event{}, errBody
	}
	e := Event{ID: raw.ID, Kind: string(raw.Type), At: raw.Created * 1000}
	read := reader(raw.Type)
	if read == nil {
		return e, nil
	}
	if e.Fact, err = read(e, raw.Data.Raw); err != nil {
		return Event{}, errBody
	}
	return e, nil
}

// isMoment says whether a time in seconds can be one.
func isMoment(seconds int64) bool { return seconds >= 0 && seconds < 1<<40 }

var errShape = errors.New("not as Stripe writes it")

// reader returns what reads the object of an event; nil if it is of no interest.
func reader(kind stripe.EventType) func(Event, []byte) (Fact, error) {
	switch kind {
	case "checkout.session.completed", "checkout.session.async_payment_succeeded", "checkout.session.async_payment_failed", "checkout.session.expired":
		return readSession
	case "charge.refunded":
		return readCharge
	case "refund.created", "refund.updated", "refund.failed", "charge.refund.updated":
		return readRefund
	case "invoice.paid", "invoice.payment_succeeded", "invoice.payment_failed":
		return readInvoice
	}
	switch {
	case strings.HasPrefix(string(kind), "charge.dispute."):
		return readDispute
	case strings.HasPrefix(string(kind), "customer.subscription."):
		return readSubscription
	}
	return nil
}

// reference is an object that stands in another: its id, itself, or null.
type reference string

// UnmarshalJSON implements json.Unmarshaler.
func (r *reference) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '{' {
		var object struct {
			ID string `json:"id"`
		}
		err := json.Unmarshal(b, &object)
		*r = reference(object.ID)
		return err
	}
	return json.Unmarshal(b, (*string)(r))
}

// valid says whether each of them can be kept; those that may be absent are
// empty.
func valid(ids ...reference) bool {
	for _, id := range ids {
		if id != "" && !isID(string(id)) {
			return false
		}
	}
	return true
}

type metadata struct {
	Checkout string `json:"checkout"`
}

// minimumMonth is what a month of a subscription has at least. The session does
// not say when the period ends; the subscription's own events do.
const minimumMonth = 28 * 24 * time.Hour

func readSession(e Event, raw []byte) (Fact, error) {
	var o struct {
		ID            reference `json:"id"`
		Reference     string    `json:"client_reference_id"`
		PaymentStatus string    `json:"payment_status"`
		Mode          string    `json:"mode"`
		Payment       reference `json:"payment_intent"`
		Subscription  reference `json:"subscription"`
		Customer      reference `json:"customer"`
		Metadata      metadata  `json:"metadata"`
	}
	if err := json.Unmarshal(raw, &o); err != nil || o.ID == "" || !valid(o.ID, o.Payment, o.Subscription, o.Customer) {
		return nil, errShape
	}
	f := SessionFact{Session: string(o.ID), Checkout: o.Reference, Payment: string(o.Payment), Subscription: string(o.Subscription), Customer: string(o.Customer), Outcome: Open}
	if f.Checkout == "" {
		f.Checkout = o.Metadata.Checkout
	}
	// A subscription that begins with nothing to pay is bought all the same.
	paid := o.PaymentStatus == "paid" || o.PaymentStatus == "no_payment_required" && o.Mode == "subscription"
	switch {
	case paid && e.Kind != "checkout.session.expired":
		f.Outcome = Paid
		if f.Subscription != "" {
			f.PaidUntil = e.At + minimumMonth.Milliseconds()
		}
	case e.Kind == "checkout.session.expired":
		f.Outcome = Expired
	case e.Kind == "checkout.session.async_payment_failed":
		f.Outcome = Cancelled
	}
	return f, nil
}

func readCharge(_ Event, raw []byte) (Fact, error) {
	var o struct {
		Payment  reference `json:"payment_intent"`
		Refunded int64     `json:"amount_refunded"`
	}
	if err := json.Unmarshal(raw, &o); err != nil || !valid(o.Payment) || !isAmount(o.Refunded) {
		return nil, errShape
	}
	if o.Payment == "" {
		return nil, nil // not from a checkout
	}
	return RefundFact{string(o.Payment), o.Refunded}, nil
}

func readRefund(_ Event, raw []byte) (Fact, error) {
	stage := func(status string) Stage {
		if status == "failed" || status == "canceled" {
			return Undone
		}
		return Taken
	}
	return readReversal(raw, false, stage)
}

func readDispute(_ Event, raw []byte) (Fact, error) {
	return readReversal(raw, true, func(status string) Stage {
		switch {
		case status == "won":
			return Undone
		case status == "lost":
			return Lost
		case strings.HasPrefix(status, "warning_") || status == "prevented":
			return Asked // an inquiry takes no money
		}
		return Taken
	})
}

// readReversal reads what a refund and a dispute have alike.
func readReversal(raw []byte, dispute bool, stage func(status string) Stage) (Fact, error) {
	var o struct {
		ID      reference `json:"id"`
		Payment reference `json:"payment_intent"`
		Amount  int64     `json:"amount"`
		Status  string    `json:"status"`
	}
	if err := json.Unmarshal(raw, &o); err != nil || o.ID == "" || !valid(o.ID, o.Payment) || !isAmount(o.Amount) {
		return nil, errShape
	}
	if o.Payment == "" {
		return nil, nil
	}
	return ReversalFact{ID: string(o.ID), Payment: string(o.Payment), Dispute: dispute, Amount: o.Amount, Stage: stage(o.Status)}, nil
}

// isAmount says whether a number can be an amount of money: Stripe takes twelve
// digits at most.
func isAmount(n int64) bool { return n >= 0 && n < 1_000_000_000_000 }

// period is a span of time as Stripe writes it, in seconds.
type period struct {
	Start int64 `json:"start"`
	End   int64 `json:"end"`
}

func readSubscription(e Event, raw []byte) (Fact, error) {
	type span struct {
		Start int64 `json:"current_period_start"`
		End   int64 `json:"current_period_end"`
	}
	var o struct {
		span               // until the version of 2025-03-31
		ID       reference `json:"id"`
		Customer reference `json:"customer"`
		Status   string    `json:"status"`
		EndedAt  int64     `json:"ended_at"`
		Metadata metadata  `json:"metadata"`
		Items    struct {
			Data []span `json:"data"`
		} `json:"items"`
	}
	if err := json.Unmarshal(raw, &o); err != nil || o.ID == "" || !valid(o.ID, o.Customer) || !isID(o.Status) {
		return nil, errShape
	}
	for _, item := range o.Items.Data {
		o.Start, o.End = max(o.Start, item.Start), max(o.End, item.End)
	}
	if e.Kind == "customer.subscription.deleted" {
		o.Status = "canceled"
	}
	if o.Status == "canceled" {
		if o.EndedAt == 0 {
			o.EndedAt = e.At / 1000
		}
		o.End = o.EndedAt
	}
	if !isMoment(o.Start) || !isMoment(o.End) {
		return nil, errShape
	}
	return SubscriptionFact{ID: string(o.ID), Checkout: o.Metadata.Checkout, Customer: string(o.Customer), Status: o.Status,
		Starts: o.Start * 1000, Ends: o.End * 1000, Turn: turn(e.Kind, o.Status)}, nil
}

// turn orders what happened to a subscription within one second, which is all
// that an event's time says.
func turn(kind, status string) int64 {
	n := map[string]int64{"incomplete": 0, "trialing": 1, "past_due": 2, "unpaid": 3, "paused": 4, "active": 5, "incomplete_expired": 6, "canceled": 7}[status]
	switch kind {
	case "customer.subscription.created":
		return n
	case "customer.subscription.deleted":
		return 20 + n
	}
	return 10 + n
}

func readInvoice(e Event, raw []byte) (Fact, error) {
	type details struct {
		Subscription reference `json:"subscription"`
		Metadata     metadata  `json:"metadata"`
	}
	var o struct {
		Subscription reference `json:"subscription"` // until the version of 2025-03-31
		Parent       struct {
			Details details `json:"subscription_details"`
		} `json:"parent"`
		Old   details `json:"subscription_details"` // likewise
		Lines struct {
			Data []struct {
				Period period `json:"period"`
			} `json:"data"`
		} `json:"lines"`
	}
	if err := json.Unmarshal(raw, &o); err != nil || !valid(o.Subscription, o.Parent.Details.Subscription) {
		return nil, errShape
	}
	f := InvoiceFact{Subscription: string(o.Subscription), Checkout: o.Old.Metadata.Checkout, Paid: e.Kind != "invoice.payment_failed"}
	if d := o.Parent.Details; d.Subscription != "" {
		f.Subscription, f.Checkout = string(d.Subscription), d.Metadata.Checkout
	}
	for _, line := range o.Lines.Data {
		if !isMoment(line.Period.End) {
			return nil, errShape
		}
		f.Until = max(f.Until, line.Period.End*1000)
	}
	if f.Subscription == "" || f.Until == 0 {
		return nil, nil
	}
	return f, nil
}
