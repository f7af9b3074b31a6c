package email

import (
	"cmp"
	"slices"

	"aviso/db"
)

// dayMillis is the length of a cap's window; windows begin at 00:00 UTC.
const dayMillis = 24 * 60 * 60 * 1000

// capName is what a cap is on: "relay/NAME" or "sender/ADDRESS".
type capName string

func relayCap(name string) capName     { return capName("relay/" + name) }
func senderCap(address string) capName { return capName("sender/" + address) }

// capBook is the daily caps that one batch is about. Reservations are for a
// whole message, never a part of it.
type capBook struct {
	used    map[capDay]*capFacts
	waiting map[capName]bool // whether queued messages wait for it
}

type capDay struct {
	name capName
	day  int64
}

type capFacts struct {
	used    int64
	changed bool
}

func newCapBook() *capBook {
	return &capBook{used: map[capDay]*capFacts{}, waiting: map[capName]bool{}}
}

// want asks for a cap's use on one day.
func (b *capBook) want(name capName, day int64) {
	if d := (capDay{name, day}); b.used[d] == nil {
		b.used[d] = &capFacts{}
		b.waiting[name] = false
	}
}

// has says whether a cap's use on a day was wanted.
func (b *capBook) has(name capName, day int64) bool { return b.used[capDay{name, day}] != nil }

// room says whether n more recipients fit under limit.
func (b *capBook) room(name capName, day, n, limit int64) bool {
	return b.used[capDay{name, day}].used+n <= limit
}

// add reserves n recipients, or gives them back when n is negative. A day
// that was not wanted is uncapped.
func (b *capBook) add(name capName, day, n int64) {
	if f := b.used[capDay{name, day}]; f != nil && n != 0 {
		f.used, f.changed = max(0, f.used+n), true
	}
}

var (
	claimCaps = db.NewMany(`INSERT INTO email_caps (name, day, used) VALUES {{($1, $2, 0)}} ON CONFLICT (name, day) DO NOTHING`)
	loadCaps  = db.NewMany(`SELECT name, day, used FROM email_caps WHERE (name, day) IN (VALUES {{(CAST($1 AS TEXT), CAST($2 AS BIGINT))}})
		ORDER BY name, day {lock}`)
	loadWaiting = db.NewMany(`WITH v(name) AS (VALUES {{(CAST($1 AS TEXT))}})
		SELECT v.name FROM v WHERE EXISTS (SELECT 1 FROM email_messages m WHERE m.waits_for = v.name AND m.status = 'queued' AND m.waits_for <> '')`)
	writeCaps = db.NewMany(`INSERT INTO email_caps (name, day, used) VALUES {{($1, $2, $3)}} ON CONFLICT (name, day) DO UPDATE SET used = excluded.used`)
)

// Load implements db.Book. A row is made before it is read so that there is
// one to lock.
func (b *capBook) Load(p *db.Pipeline) {
	var args, names []any
	for _, d := range b.days() {
		args = append(args, string(d.name), d.day)
	}
	for name := range b.waiting {
		names = append(names, string(name))
	}
	p.Exec(claimCaps, args)
	p.Query(loadCaps, args, func(r db.Row) { b.used[capDay{capName(r.Text(0)), r.Int(1)}].used = r.Int(2) })
	p.Query(loadWaiting, names, func(r db.Row) { b.waiting[capName(r.Text(0))] = true })
}

// Apply implements db.Book.
func (b *capBook) Apply(p *db.Pipeline) {
	var args []any
	for _, d := range b.days() {
		if f := b.used[d]; f.changed {
			args = append(args, string(d.name), d.day, f.used)
		}
	}
	p.Exec(writeCaps, args)
}

// Reset implements db.Book.
func (b *capBook) Reset() {
	clear(b.used)
	clear(b.waiting)
}

func (b *capBook) days() []capDay {
	days := make([]capDay, 0, len(b.used))
	for d := range b.used {
		days = append(days, d)
	}
	slices.SortFunc(days, func(x, y capDay) int { return cmp.Or(cmp.Compare(x.name, y.name), cmp.Compare(x.day, y.day)) })
	return days
}
