package sms

import (
	"fmt"

	"aviso/account"
	"aviso/credit"
	"aviso/fault"
)

// ErrUnauthorized is the answer to a token that nobody has.
var ErrUnauthorized = fault.New(fault.Unauthorized, "UNAUTHORIZED", "The token is not known. Send it as `Authorization: hyd-sms-...`; it is made in the dashboard.")

var errNotEnabled = fault.New(fault.Forbidden, "SMS_NOT_ENABLED", "SMS is not enabled for this account. Apply in the dashboard, and wait for the operator's approval.")

// NotEnabled is the answer to a token that is known and may not be used now, for
// the reason that f gives.
func NotEnabled(f *fault.Error) *fault.Error {
	return fault.New(fault.Forbidden, errNotEnabled.Code, f.Message)
}

// admission decides over one call in the contract's order of answers: token,
// approval, the draft's fault, idempotency, opt-out, credits. It either writes
// everything that an accepted text is, or leaves nothing.
type admission struct {
	s    *Service
	call *Call
	id   string // of the text, if there will be one

	draws []float64 // one for each gateway, which decide their order

	// The outcome of the latest run.
	fault  *fault.Error
	replay *Answer
	flight *flight
}

// Want implements db.Work.
func (a *admission) Want() {
	s, c := a.s, a.call
	s.keys.Want(c.Caller)
	s.accounts.want(c.Caller.AccountID)
	if c.Draft == nil {
		return
	}
	if c.Claim != nil {
		s.claims.Want(c.Claim)
	}
	s.in.optouts.want(c.Draft.Recipient)
	s.balances.Want(c.Caller.AccountID, credit.SMS)
	s.holds.Want()
}

// Decide implements db.Work.
func (a *admission) Decide(now int64) {
	a.fault, a.replay, a.flight = nil, nil, nil
	s, c := a.s, a.call
	if a.fault = a.mayCall(); a.fault != nil {
		return
	}
	if a.fault = c.Fault; a.fault != nil {
		return
	}
	if c.Claim != nil && !a.claim(now) {
		return
	}
	if s.in.optouts.blocked(c.Draft.Recipient) {
		a.fault = fault.New(fault.Forbidden, "RECIPIENT_OPTED_OUT", c.Draft.Recipient+" has asked for no more texts. Nothing was charged.")
		return
	}
	line := s.balances.Line(c.Caller.AccountID, credit.SMS)
	if line.Credits < c.Draft.Price {
		a.fault = fault.New(fault.Forbidden, "INSUFFICIENT_CREDITS", fmt.Sprintf(
			"This text costs %d credits and the account has %d. Buy credits in the dashboard.", c.Draft.Price, line.Credits))
		return
	}
	gateways, f := s.choose(a.draws)
	if a.fault = f; f != nil {
		return
	}
	a.accept(line, gateways, now)
}

// mayCall is the beginning of the order of answers: 401, then 403.
func (a *admission) mayCall() *fault.Error {
	s, c := a.s, a.call
	switch f := s.keys.Check(c.Caller); {
	case f == nil:
	case f.Kind == fault.Unauthorized:
		return ErrUnauthorized
	case f.Code == "ACCOUNT_SUSPENDED":
		return NotEnabled(f)
	default:
		return f
	}
	switch {
	case s.accounts.wanted.Get(c.Caller.AccountID).status == applicationSuspended:
		return fault.New(fault.Forbidden, errNotEnabled.Code, "SMS is suspended for this account. Write to the operator.")
	case !s.accounts.approved(c.Caller.AccountID):
		return errNotEnabled
	case !s.sends():
		return fault.New(fault.Forbidden, errNotEnabled.Code, "SMS is switched off: no gateway is configured that sends.")
	}
	return nil
}

// claim says whether the call goes on, after looking at its Idempotency-Key. A
// call that was interrupted is made again as a new text: the one before is
// refunded, and may have arrived.
func (a *admission) claim(now int64) bool {
	history, record := a.s.claims.Look(a.call.Claim, now)
	if history == account.Answered {
		a.replay = &Answer{Status: record.Status, Body: record.Answer, Replayed: true}
	}
	a.fault = history.Fault("text")
	return a.replay == nil && a.fault == nil
}

// accept charges the text and writes it.
func (a *admission) accept(line *credit.Line, gateways []*Gateway, now int64) {
	s, c := a.s, a.call
	d := c.Draft
	m := &message{id: a.id, account: c.Caller.AccountID, direction: Out, peer: d.Recipient,
		ours: s.senderOf(gateways[0]), content: d.Content, status: Sending, encoding: d.encoding, segments: int64(d.segments(gateways[0].Wide)),
		gateway: gateways[0].Name, key: c.Caller.KeyID, createdAt: now, attempt: 1, dueAt: now + s.lease.Milliseconds(), charged: d.Price}
	s.accounts.enter(m)
	line.Charge(d.Price, chargeRef(m.id), now)
	s.messages.insert(m)
	if c.Claim != nil {
		s.claims.Begin(c.Claim, m.id, now)
	}
	a.flight = &flight{id: m.id, account: m.account, attempt: m.attempt, row: *m, draft: d, gateways: gateways,
		claim: c.Claim, encode: c.Encode, request: c.RequestID, inDoubt: make(chan struct{})}
	a.flight.current.Store(gateways[0])
}

// Weight implements db.Work.
func (a *admission) Weight() int { return 512 }

// A text is charged once and refunded once at most, and the references in the
// ledger are unique: a second refund is impossible, whoever attempts it.
func chargeRef(message string) string { return "charge/" + message + "/1" }
func refundRef(message string) string { return "refund/" + message + "/1" }

// refund gives back what a text has cost.
func (s *Service) refund(m *message, now int64) int64 {
	back := m.charged - m.refunded
	s.balances.Line(m.account, credit.SMS).Refund(back, refundRef(m.id), now)
	m.refunded += back
	return back
}

// senderOf is what a text through a gateway comes from.
func (s *Service) senderOf(g *Gateway) string {
	if g.Sender != "" {
		return g.Sender
	}
	return s.sender
}
