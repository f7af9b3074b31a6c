package email

import (
	"maps"
	"slices"
	"time"

	"aviso/db"
)

const (
	// periodMillis is how finely the installation's latest figures are kept, and
	// keepRecent how long they are.
	periodMillis = int64(10 * time.Minute / time.Millisecond)
	keepRecent   = 48 * time.Hour
	// recentSlots is how many rows share the counting of a period, so that nodes
	// do not wait for each other.
	recentSlots = 16
)

// recentBook keeps the installation's figures of ten minutes. As in the accounts'
// days, what is simply sent is not counted: it is what is left of those accepted
// (docs/decisions/0010, 0011).
type recentBook struct {
	messages *messageBook
	slot     int64           // this process's rows
	accepted map[int64]int64 // by period
}

// enter counts a new message.
func (b *recentBook) enter(m *message) { b.accepted[m.createdAt/periodMillis]++ }

var countRecent = db.NewMany(`INSERT INTO email_recent (period, slot, accepted, queued, failed, other) VALUES {{($1, $2, $3, $4, $5, $6)}}
	ON CONFLICT (period, slot) DO UPDATE SET accepted = email_recent.accepted + excluded.accepted, queued = email_recent.queued + excluded.queued,
		failed = email_recent.failed + excluded.failed, other = email_recent.other + excluded.other`)

// Load implements db.Book.
func (b *recentBook) Load(*db.Pipeline) {}

// Apply implements db.Book.
func (b *recentBook) Apply(p *db.Pipeline) {
	moved := map[int64]exceptions{}
	for period := range b.accepted {
		moved[period] = exceptions{}
	}
	for _, m := range b.messages.wanted {
		if m == nil || m.status == m.was {
			continue
		}
		e := moved[m.createdAt/periodMillis]
		e.add(m.was, -1)
		e.add(m.status, 1)
		moved[m.createdAt/periodMillis] = e
	}
	var args []any
	for _, period := range slices.Sorted(maps.Keys(moved)) {
		if n, e := b.accepted[period], moved[period]; n != 0 || e != (exceptions{}) {
			args = append(args, period, b.slot, n, e.queued, e.failed, e.other)
		}
	}
	p.Exec(countRecent, args)
}

// Reset implements db.Book.
func (b *recentBook) Reset() { clear(b.accepted) }
