package email

import (
	"cmp"
	"fmt"
	"time"

	"aviso/account"
	"aviso/credit"
	"aviso/fault"
)

// Route is the scope of an Idempotency-Key on this API.
const Route = "email/send"

// admission decides over one call in the contract's order of answers: key,
// window (counting the call), the draft's fault, idempotency, sender, credits,
// cap. It either writes everything that an accepted message is, or leaves
// nothing but the count.
type admission struct {
	s    *Service
	call *Call
	id   string // of the message, if there will be one

	// What an earlier run found missing: a fact that only another fact named.
	resume       string // the interrupted message to go on with
	senderCapped string // the sender whose cap is to be loaded
	day          int64

	// The outcome of the latest run.
	again  bool // run once more, with what was missing
	fault  *fault.Error
	replay *Answer
	flight *flight
	charge int64 // credits
}

// Want implements db.Work.
func (a *admission) Want() {
	s, c := a.s, a.call
	s.keys.Want(c.Caller)
	if c.Draft == nil {
		return
	}
	if c.Claim != nil {
		s.claims.Want(c.Claim)
	}
	if a.resume != "" {
		s.messages.want(a.resume)
	}
	s.senders.want(c.Caller.AccountID, c.Draft.From)
	s.balances.Want(c.Caller.AccountID, credit.Email)
	s.wantCaps(a.senderCapped, a.senderCapped != "", a.day)
	s.holds.Want()
}

// Decide implements db.Work.
func (a *admission) Decide(now int64) {
	a.again, a.fault, a.replay, a.flight = false, nil, nil, nil
	s, c := a.s, a.call
	if a.fault = s.keys.Check(c.Caller); a.fault != nil {
		return
	}
	// A second run must not count the call twice, so what is missing is found
	// out before anything is written.
	if c.Draft != nil && a.lacks(now) {
		a.again = true
		return
	}
	if a.fault = s.keys.Count(c.Caller, now); a.fault != nil {
		return
	}
	if a.fault = c.Fault; a.fault != nil {
		return
	}
	if c.Claim != nil && !a.claim(now) {
		return
	}
	from := s.senders.of(c.Caller.AccountID, c.Draft.From)
	if from == nil {
		a.fault = fault.New(fault.Forbidden, "SENDER_NOT_ALLOWED", senderRefusal(c.Draft.From))
		return
	}
	a.accept(from, now)
}

func senderRefusal(address string) string {
	if address == "" {
		return "This account has no sender. Ask the operator to assign one."
	}
	return "This account may not send from " + address + ". Leave `from` out for the default, or ask the operator to assign that sender."
}

// lacks says whether the decision needs facts that were not loaded.
func (a *admission) lacks(now int64) bool {
	s, c := a.s, a.call
	if c.Claim != nil {
		history, record := s.claims.Look(c.Claim, now)
		if history == account.Interrupted && a.resume != record.MessageID {
			a.resume = record.MessageID
			return true
		}
		if history != account.Fresh && history != account.Interrupted {
			return false
		}
	}
	from := s.senders.of(c.Caller.AccountID, c.Draft.From)
	if from == nil || s.capsKnown(from, now/dayMillis) {
		return false
	}
	a.day = now / dayMillis
	if from.cap > 0 {
		a.senderCapped = from.address
	}
	return true
}

// claim says whether the call goes on, after looking at its Idempotency-Key.
func (a *admission) claim(now int64) bool {
	history, record := a.s.claims.Look(a.call.Claim, now)
	if history == account.Answered {
		a.replay = &Answer{Status: record.Status, Body: record.Answer, Replayed: true}
	}
	a.fault = history.Fault("message")
	return a.replay == nil && a.fault == nil
}

// accept charges the message, reserves its places and writes it, or refuses
// for want of credits.
func (a *admission) accept(from *sender, now int64) {
	s, c := a.s, a.call
	n := int64(len(c.Draft.Recipients))
	m := s.messages.of(a.resume)
	if m == nil || m.status != Interrupted {
		m = &message{id: a.id, account: c.Caller.AccountID, key: c.Caller.KeyID, channel: c.Channel, sender: from.address, subject: c.Draft.Subject,
			smtpMessageID: cmp.Or(c.Draft.MessageID, s.messageID(a.id)), recipients: n,
			createdAt: max(now, s.senders.since(c.Caller.AccountID))}
	}
	line := s.balances.Line(c.Caller.AccountID, credit.Email)
	spent := line.Spent
	m.price = 1
	if line.Unlimited(now) {
		m.price = 0
	}
	if !line.Charge(n*m.price, chargeRef(m.id, m.admission+1), now) {
		a.fault = fault.New(fault.PaymentRequired, "INSUFFICIENT_CREDITS", fmt.Sprintf(
			"This message costs %d credits and the account has %d. Buy credits in the dashboard.", n*m.price, line.Credits))
		return
	}
	a.charge = n * m.price
	m.charged += a.charge
	m.admission, m.attempt, m.admittedAt, m.status = m.admission+1, m.attempt+1, now, Sending
	m.dueAt, m.expiresAt = now+s.lease.Milliseconds(), now+s.retryFor.Milliseconds()
	a.flight = a.takeOff(m, from)
	s.place(m, a.flight, n, now, false)
	if m.admission == 1 {
		number := s.senders.number(m.account)
		s.messages.insert(m, number, c.Draft.Recipients)
		if day := m.createdAt / dayMillis; s.senders.turn(m.account, day) {
			s.messages.days.begin(m.account, day, number, spent)
		}
	} else {
		m.changed = true
	}
	if c.Claim != nil {
		s.claims.Begin(c.Claim, m.id, now)
	}
	a.flight.row = *m
	a.flight.row.changed = false
}

// takeOff makes the flight of a message admitted just now.
func (a *admission) takeOff(m *message, from *sender) *flight {
	f := &flight{id: m.id, account: m.account, smtpMessageID: m.smtpMessageID, date: time.UnixMilli(m.createdAt).UTC(), attempt: m.attempt,
		sender: *from, recipients: make([]recipient, len(a.call.Draft.Recipients)), claim: a.call.Claim, encode: a.call.Encode, request: a.call.RequestID}
	for i, r := range a.call.Draft.Recipients {
		f.recipients[i] = recipient{Recipient: r, state: RecipientWaiting}
	}
	return f
}

// place finds the relay for a message that is about to be sent to n
// recipients, or notes what is in the way.
func (s *Service) place(m *message, f *flight, n, now int64, waitedAlready bool) {
	m.relay, m.waitsFor, m.reserved, m.reservedDay, m.lastError = "", "", 0, 0, ""
	f.day = now / dayMillis
	if s.holds.Held {
		f.relay, f.reason = nil, reasonHold
		return
	}
	c := s.choose(&f.sender, n, now, waitedAlready)
	f.relay, f.others, f.reason, f.reservedDay = c.relay, c.others, c.reason, 0
	if c.relay == nil {
		m.waitsFor = string(c.waitsFor)
		if !waitedAlready { // or it would wait for ever
			m.expiresAt = max(m.expiresAt, c.until+s.retryFor.Milliseconds()) // 24 h after the window turned
		}
		return
	}
	m.relay = c.relay.Name
	if f.sender.cap > 0 || c.relay.DailyCap > 0 {
		m.reserved, m.reservedDay = n, f.day
		f.reservedDay = m.reservedDay
	}
}

// Weight implements db.Work.
func (a *admission) Weight() int { return 512 }

func chargeRef(message string, admission int64) string {
	return fmt.Sprintf("charge/%s/%d", message, admission)
}

func refundRef(message string, attempt int64) string {
	return fmt.Sprintf("refund/%s/%d", message, attempt)
}
