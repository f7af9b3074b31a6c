package sms

import (
	"context"

	"aviso/credit"
	"aviso/db"
	"aviso/transport"
)

// Receipt takes in what a gateway reports about a text. It returns nil once
// that is durable, with the text it is about or without. It implements
// transport.Inbound.
func (s *Service) Receipt(ctx context.Context, r *transport.Receipt) error {
	s.heard.from(r.Gateway)
	n := newReceipt(r)
	at, err := s.segmentOf(ctx, n)
	if err != nil {
		return err
	}
	if err := s.note(&noting{s: s, receipt: n, at: at}); err != nil {
		return err
	}
	if at == nil {
		// Its text may have been settled between the look and the commit.
		s.unmatched.add("", n.id)
		s.matching.Wake()
	}
	return nil
}

// segmentOf looks for what a receipt is about. Most come long after their text
// was settled: a glance finds those by the gateway's id, as if the receipt had
// come a moment earlier. Any other way to find one depends on all there is.
func (s *Service) segmentOf(ctx context.Context, n *receipt) (at *match, err error) {
	look := func(find func(*db.Tx, int64) (*match, error)) func(*db.Tx) error {
		return func(tx *db.Tx) error {
			now, err := tx.Now()
			if err == nil {
				at, err = find(tx, now)
			}
			return err
		}
	}
	if n.ProviderID != "" {
		err := s.db.Glance(ctx, look(n.byProvider))
		if err != nil || at != nil && (n.TextID == "" || n.TextID == at.message) {
			return at, err
		}
	}
	return at, s.db.Read(ctx, look(n.find))
}

func (s *Service) note(w *noting) error {
	if err := s.committer.Do(db.Receiving, w); err != nil {
		s.log.Error("receipt not stored; its gateway will bring it again", "gateway", w.receipt.Gateway, "error", err)
		return err
	}
	by := "none"
	if w.at != nil {
		by = w.at.by
		s.moved(w.at.account, w.at.message, w.became, w.refunded)
	}
	s.metrics.receipt(w.receipt.Gateway, by)
	if w.at != nil {
		s.log.Info("text reported", "id", w.at.message, "segment", w.at.number, "gateway", w.receipt.Gateway, "state", string(w.receipt.State),
			"code", w.receipt.Code, "by", by, "status", string(w.status))
	}
	return nil
}

// noting is the work of one receipt: it is stored, and if it is known what it
// is about, its text changes with it.
type noting struct {
	s       *Service
	receipt *receipt
	at      *match // nil when it waits
	waited  bool   // its row is there already

	// The outcome of the latest run.
	status   Status // of the text, "" if there is none
	became   Status // the same, if the receipt has changed it
	refunded int64
}

// Want implements db.Work.
func (w *noting) Want() {
	if w.at != nil {
		w.s.wantText(w.at.message, w.at.account)
	}
}

// wantText asks for all that a report may change about a text.
func (s *Service) wantText(id, account string) {
	s.messages.want(id)
	s.segments.want(id)
	s.balances.Want(account, credit.SMS)
}

// Decide implements db.Work.
func (w *noting) Decide(now int64) {
	w.status, w.became, w.refunded = "", "", 0
	s := w.s
	if w.waited {
		s.receipts.match(w.receipt, w.at)
	} else {
		s.receipts.insert(w.receipt, w.at, now)
	}
	if w.at == nil {
		return
	}
	m, list := s.messages.of(w.at.message), s.segments.of(w.at.message)
	if m == nil || w.at.number >= int64(len(list)) {
		return // removed meanwhile
	}
	list[w.at.number].report(w.receipt, now)
	w.became, w.refunded = s.reconsider(m, list, now)
	w.status = m.status
}

// Weight implements db.Work.
func (w *noting) Weight() int { return 512 }

// conclusive says whether a receipt tells how its segment ended.
func conclusive(r transport.ReceiptState) bool {
	switch r {
	case transport.Delivered, transport.Expired, transport.Deleted, transport.Undeliverable, transport.Rejected:
		return true
	}
	return false
}

// report notes what the network says of a segment. The first conclusive receipt
// stays. Any but a rejection proves that the segment was taken.
func (g *segment) report(r *receipt, now int64) {
	if g.provider == "" {
		g.provider = r.ProviderID
	}
	g.changed = true
	if conclusive(g.receipt) {
		return
	}
	g.receipt, g.code, g.words, g.receiptAt = r.State, r.Code, r.Text, now
	switch {
	case r.State == transport.Rejected:
		g.state = SegmentRefused
	case g.state == SegmentUnknown:
		g.state = SegmentTaken
	}
}

// reconsider gives a text the status that its segments add up to, if it may
// still become that. It returns that status, and what was refunded.
func (s *Service) reconsider(m *message, list []*segment, now int64) (became Status, refunded int64) {
	to := add(list)
	if !canBecome(m.status, to) {
		return "", 0
	}
	if m.status == Unknown && to != Failed {
		m.sentAt = now
		s.totals.sent(m.segments)
	}
	switch to {
	case Failed:
		refunded = s.refund(m, now)
		m.doneAt = now
	case Delivered, Undelivered:
		m.doneAt = now
	}
	m.status, m.changed = to, true
	return to, refunded
}

// add is what segments add up to (contract, SMS, "Reports"). One that never
// left decides against the text when nothing is in doubt any more.
func add(list []*segment) Status {
	var unknown, waiting, undelivered, delivered int
	for _, g := range list {
		switch {
		case g.state == SegmentRefused:
			return Failed
		case g.receipt == transport.Delivered:
			delivered++
		case conclusive(g.receipt):
			undelivered++
		case g.state == SegmentUnknown:
			unknown++
		case g.state == SegmentWaiting:
			waiting++
		}
	}
	switch {
	case undelivered > 0:
		return Undelivered
	case unknown > 0:
		return Unknown
	case waiting > 0:
		return Failed
	case delivered == len(list):
		return Delivered
	}
	return Sent
}
