package sms

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"aviso/db"
)

const (
	dayMillis = int64(24 * time.Hour / time.Millisecond)
	// periodMillis is how finely the installation's latest figures are kept.
	periodMillis = int64(10 * time.Minute / time.Millisecond)
	// keepRecent is how long they are.
	keepRecent = 48 * time.Hour
)

// tally counts texts that go out by what they came to. One that is simply sent,
// or on its way to it, is counted nowhere: it is what is left of those accepted
// (docs/decisions/0011).
type tally struct{ delivered, undelivered, failed, unknown int64 }

func (t *tally) add(s Status, n int64) {
	switch s {
	case Delivered:
		t.delivered += n
	case Undelivered:
		t.undelivered += n
	case Failed, Interrupted:
		t.failed += n
	case Unknown:
		t.unknown += n
	case Sending, Sent, Received:
	}
}

// accountDay is one account's day, in days since 1970 (UTC), by when its texts
// were admitted or received.
type accountDay struct {
	account string
	day     int64
}

// dayTally is what has changed about a day.
type dayTally struct {
	tally
	refunded int64
}

// recentKey is one gateway's share of ten minutes of the installation.
type recentKey struct {
	period  int64
	gateway string
}

type recentTally struct {
	tally
	accepted, received int64
}

// statsBook keeps the figures of a day for each account, and of ten minutes for
// the installation. What became of texts it tells from the texts themselves, so
// that no work can forget to count.
type statsBook struct {
	messages *messageBook
	slot     int64 // this process's rows of the installation's figures
	entered  map[recentKey]recentTally
}

// enter counts a new text.
func (b *statsBook) enter(m *message) {
	k := recentKey{m.createdAt / periodMillis, m.gateway}
	t := b.entered[k]
	if m.direction == In {
		t.received++
	} else {
		t.accepted++
		t.add(m.status, 1)
	}
	b.entered[k] = t
}

var (
	countDays = db.NewMany(`WITH v(account_id, day, delivered, undelivered, failed, unknown, refunded) AS (VALUES
			{{(CAST($1 AS TEXT), CAST($2 AS BIGINT), CAST($3 AS BIGINT), CAST($4 AS BIGINT), CAST($5 AS BIGINT), CAST($6 AS BIGINT), CAST($7 AS BIGINT))}})
		UPDATE sms_days SET delivered = sms_days.delivered + v.delivered, undelivered = sms_days.undelivered + v.undelivered,
			failed = sms_days.failed + v.failed, unknown = sms_days.unknown + v.unknown, refunded = sms_days.refunded + v.refunded
		FROM v WHERE sms_days.account_id = v.account_id AND sms_days.day = v.day`)
	countRecent = db.NewMany(`INSERT INTO sms_recent (period, slot, gateway, accepted, received, delivered, undelivered, failed, unknown)
		VALUES {{($1, $2, $3, $4, $5, $6, $7, $8, $9)}}
		ON CONFLICT (period, slot, gateway) DO UPDATE SET accepted = sms_recent.accepted + excluded.accepted,
			received = sms_recent.received + excluded.received, delivered = sms_recent.delivered + excluded.delivered,
			undelivered = sms_recent.undelivered + excluded.undelivered, failed = sms_recent.failed + excluded.failed,
			unknown = sms_recent.unknown + excluded.unknown`)
)

// Load implements db.Book.
func (b *statsBook) Load(*db.Pipeline) {}

// Apply implements db.Book. The rows are locked here, and not in Load: in order,
// and behind all that other work waits for.
func (b *statsBook) Apply(p *db.Pipeline) {
	days, recent := b.changes()
	p.Exec(countDays, dayRows(days))
	p.Exec(countRecent, b.recentRows(recent))
}

// changes adds up what has become of the texts of a batch.
func (b *statsBook) changes() (map[accountDay]dayTally, map[recentKey]recentTally) {
	days, recent := map[accountDay]dayTally{}, maps.Clone(b.entered)
	for _, m := range b.messages.wanted {
		if m == nil || m.direction == In || m.was == (stand{m.status, m.gateway, m.refunded}) {
			continue
		}
		d := accountDay{m.account, m.createdAt / dayMillis}
		t := days[d]
		t.add(m.was.status, -1)
		t.add(m.status, 1)
		t.refunded += m.refunded - m.was.refunded
		days[d] = t
		for _, side := range []struct {
			stand
			n int64
		}{{m.was, -1}, {stand{m.status, m.gateway, 0}, 1}} {
			k := recentKey{m.createdAt / periodMillis, side.gateway}
			r := recent[k]
			r.accepted += side.n
			r.add(side.status, side.n)
			recent[k] = r
		}
	}
	return days, recent
}

func dayRows(days map[accountDay]dayTally) (args []any) {
	keys := slices.SortedFunc(maps.Keys(days), func(x, y accountDay) int { return cmp.Or(cmp.Compare(x.account, y.account), cmp.Compare(x.day, y.day)) })
	for _, d := range keys {
		if t := days[d]; t != (dayTally{}) {
			args = append(args, d.account, d.day, t.delivered, t.undelivered, t.failed, t.unknown, t.refunded)
		}
	}
	return args
}

func (b *statsBook) recentRows(recent map[recentKey]recentTally) (args []any) {
	keys := slices.SortedFunc(maps.Keys(recent), func(x, y recentKey) int {
		return cmp.Or(cmp.Compare(x.period, y.period), cmp.Compare(x.gateway, y.gateway))
	})
	for _, k := range keys {
		if t := recent[k]; t != (recentTally{}) {
			args = append(args, k.period, b.slot, k.gateway, t.accepted, t.received, t.delivered, t.undelivered, t.failed, t.unknown)
		}
	}
	return args
}

// Reset implements db.Book.
func (b *statsBook) Reset() { clear(b.entered) }
