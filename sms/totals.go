package sms

import (
	"context"

	"aviso/db"
)

// Totals are the service's public figures.
type Totals struct {
	Sent     int64 // texts that a gateway took
	Received int64
	Segments int64 // of the texts sent
	Accounts int64 // approved
	Since    int64 // milliseconds UTC
}

// totalSlots is how many rows share the counting, so that nodes do not wait
// for each other.
const totalSlots = 16

// totalsBook adds what a batch has counted to this process's row.
type totalsBook struct {
	slot  int64
	added Totals
}

func newTotalsBook(random func() float64) *totalsBook {
	return &totalsBook{slot: int64(random() * totalSlots)}
}

// sent counts a text that was taken, with its segments.
func (b *totalsBook) sent(segments int64) {
	b.added.Sent++
	b.added.Segments += segments
}

// received counts a text that came in.
func (b *totalsBook) received() { b.added.Received++ }

const (
	addTotals = `UPDATE sms_totals SET sent = sent + $1, received = received + $2, segments = segments + $3, accounts = accounts + $4 WHERE slot = $5`
	sumTotals = `SELECT COALESCE(SUM(sent), 0), COALESCE(SUM(received), 0), COALESCE(SUM(segments), 0), COALESCE(SUM(accounts), 0), COALESCE(MIN(since), 0) FROM sms_totals`
	newTotals = `INSERT INTO sms_totals (slot, sent, received, segments, accounts, since) VALUES ($1, 0, 0, 0, 0, $2) ON CONFLICT (slot) DO NOTHING`
)

// Load implements db.Book.
func (b *totalsBook) Load(*db.Pipeline) {}

// Apply implements db.Book.
func (b *totalsBook) Apply(p *db.Pipeline) {
	if b.added != (Totals{}) {
		p.QueryOnce(addTotals, nil, b.added.Sent, b.added.Received, b.added.Segments, b.added.Accounts, b.slot)
	}
}

// Reset implements db.Book.
func (b *totalsBook) Reset() { b.added = Totals{} }

// countAccounts adds n to the accounts that may send.
func (b *totalsBook) countAccounts(tx *db.Tx, n int64) error {
	if err := b.prepare(tx); err != nil {
		return err
	}
	_, err := tx.Exec(addTotals, int64(0), int64(0), int64(0), n, b.slot)
	return err
}

// prepare makes the row of this process.
func (b *totalsBook) prepare(tx *db.Tx) error {
	now, err := tx.Now()
	if err != nil {
		return err
	}
	_, err = tx.Exec(newTotals, b.slot, now)
	return err
}

// Totals returns the public figures.
func (s *Service) Totals(ctx context.Context) (Totals, error) {
	var t Totals
	return t, s.db.Read(ctx, func(tx *db.Tx) error {
		return tx.Row(sumTotals, nil, &t.Sent, &t.Received, &t.Segments, &t.Accounts, &t.Since)
	})
}
