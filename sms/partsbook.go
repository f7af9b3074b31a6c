package sms

import (
	"aviso/db"
	"aviso/transport"
)

// partBook is the sets of parts that one batch is about: the open ones by the
// name of their text, and those whose time is over by id.
type partBook struct {
	open  map[string]*partSet // nil: none is open
	byID  map[string]*partSet // nil until loaded
	sets  []*partSet          // all that are in memory
	parts []any
}

func newPartBook() *partBook {
	return &partBook{open: map[string]*partSet{}, byID: map[string]*partSet{}}
}

// want asks for the open set of a name, and locks it.
func (b *partBook) want(name string) {
	if _, ok := b.open[name]; !ok {
		b.open[name] = nil
	}
}

// wantID asks for a set by its id, open or not.
func (b *partBook) wantID(id string) {
	if _, ok := b.byID[id]; !ok {
		b.byID[id] = nil
	}
}

// begin makes a set the open one of its name.
func (b *partBook) begin(s *partSet) {
	s.parts = map[int]part{}
	b.open[s.name] = s
	b.sets = append(b.sets, s)
}

// add puts a part into a set.
func (b *partBook) add(s *partSet, number int, p part, now int64) {
	s.parts[number] = p
	s.lastAt, s.changed = now, true
	b.parts = append(b.parts, s.id, int64(number), int64(p.alphabet), p.data)
}

// close lets a set wait for its end without taking anything more.
func (b *partBook) close(s *partSet, now int64) {
	s.closedAt, s.changed = now, true
	b.open[s.name] = nil
}

// finish forgets a set whose text is stored.
func (b *partBook) finish(s *partSet) {
	s.finished = true
	if b.open[s.name] == s {
		b.open[s.name] = nil
	}
}

const setColumns = `id, name, gateway, sender, recipient, began_at, last_at, COALESCE(closed_at, 0)`

var (
	loadOpenSets = db.NewMany(`SELECT ` + setColumns + ` FROM sms_part_sets WHERE closed_at IS NULL AND name IN ({{$1}}) ORDER BY name {lock}`)
	loadSets     = db.NewMany(`SELECT ` + setColumns + ` FROM sms_part_sets WHERE id IN ({{$1}}) ORDER BY id {lock}`)
	// The parts come after the locks, in statements of their own: who waited for
	// a lock must see what its holder has added.
	loadOpenParts = db.NewMany(`SELECT p.set_id, p.number, p.alphabet, p.data FROM sms_part_sets s JOIN sms_parts p ON p.set_id = s.id
		WHERE s.closed_at IS NULL AND s.name IN ({{$1}})`)
	loadParts  = db.NewMany(`SELECT set_id, number, alphabet, data FROM sms_parts WHERE set_id IN ({{$1}})`)
	insertSets = db.NewMany(`INSERT INTO sms_part_sets (id, name, gateway, sender, recipient, began_at, last_at, closed_at)
		VALUES {{($1, $2, $3, $4, $5, $6, $7, $8)}}`)
	updateSets = db.NewMany(`WITH v(id, last_at, closed_at) AS (VALUES {{(CAST($1 AS TEXT), CAST($2 AS BIGINT), CAST($3 AS BIGINT))}})
		UPDATE sms_part_sets SET last_at = v.last_at, closed_at = v.closed_at FROM v WHERE sms_part_sets.id = v.id`)
	insertParts = db.NewMany(`INSERT INTO sms_parts (set_id, number, alphabet, data) VALUES {{($1, $2, $3, $4)}}`)
	deleteSets  = db.NewMany(`DELETE FROM sms_part_sets WHERE id IN ({{$1}})`)
	deleteParts = db.NewMany(`DELETE FROM sms_parts WHERE set_id IN ({{$1}})`)
)

// Load implements db.Book.
func (b *partBook) Load(p *db.Pipeline) {
	found := map[string]*partSet{} // by id: a set may be wanted in both ways
	read := func(r db.Row) *partSet {
		s := found[r.Text(0)]
		if s == nil {
			s = &partSet{id: r.Text(0), name: r.Text(1), gateway: r.Text(2), sender: r.Text(3), recipient: r.Text(4),
				beganAt: r.Int(5), lastAt: r.Int(6), closedAt: r.Int(7), parts: map[int]part{}, stored: true}
			found[s.id] = s
			b.sets = append(b.sets, s)
		}
		return s
	}
	readPart := func(r db.Row) {
		if s := found[r.Text(0)]; s != nil {
			s.parts[int(r.Int(1))] = part{transport.Alphabet(r.Int(2)), r.Bytes(3)}
		}
	}
	names, ids := db.SortedKeys(b.open), db.SortedKeys(b.byID)
	p.Query(loadOpenSets, names, func(r db.Row) { b.open[r.Text(1)] = read(r) })
	p.Query(loadSets, ids, func(r db.Row) { b.byID[r.Text(0)] = read(r) })
	p.Query(loadOpenParts, names, readPart)
	p.Query(loadParts, ids, readPart)
}

// Apply implements db.Book.
func (b *partBook) Apply(p *db.Pipeline) {
	var inserted, updated, finished []any
	gone := map[any]bool{}
	for _, s := range b.sets {
		switch {
		case s.finished:
			gone[s.id] = true
			if s.stored {
				finished = append(finished, s.id)
			}
		case !s.stored:
			inserted = append(inserted, s.id, s.name, s.gateway, s.sender, s.recipient, s.beganAt, s.lastAt, db.OrNull(s.closedAt))
		case s.changed:
			updated = append(updated, s.id, s.lastAt, db.OrNull(s.closedAt))
		}
	}
	var parts []any
	for row := b.parts; len(row) > 0; row = row[4:] {
		if !gone[row[0]] {
			parts = append(parts, row[:4]...)
		}
	}
	// Updates first: a set must be closed before another of its name is open.
	p.Exec(updateSets, updated)
	p.Exec(deleteParts, finished)
	p.Exec(deleteSets, finished)
	p.Exec(insertSets, inserted)
	p.Exec(insertParts, parts)
}

// Reset implements db.Book.
func (b *partBook) Reset() {
	clear(b.open)
	clear(b.byID)
	b.sets, b.parts = nil, nil
}
