package sms

import "aviso/db"

// pushBook is the pushes that one batch makes, marks and ends.
type pushBook struct {
	wanted   map[string]*pushFacts // nil until loaded
	inserted []any
	started  []any
	ended    []any
}

// pushFacts is what may have changed about a push behind its node's back.
type pushFacts struct{ startedAt, finishedAt int64 }

func newPushBook() *pushBook { return &pushBook{wanted: map[string]*pushFacts{}} }

// want asks for a push to be loaded and locked.
func (b *pushBook) want(id string) {
	if _, ok := b.wanted[id]; !ok {
		b.wanted[id] = nil
	}
}

// insert adds a push that is due at now.
func (b *pushBook) insert(id, message, shortcode, url string, now int64) {
	b.inserted = append(b.inserted, id, message, shortcode, url, now)
}

// start marks a push that waits, and says whether it did: from here on nobody
// else makes it.
func (b *pushBook) start(id string, now int64) bool {
	p := b.wanted[id]
	if p == nil || p.startedAt != 0 || p.finishedAt != 0 {
		return false
	}
	p.startedAt = now
	b.started = append(b.started, id, now)
	return true
}

// end writes what became of a push that is not over.
func (b *pushBook) end(id string, now, status int64, problem string, ms int64, answer string) {
	b.ended = append(b.ended, id, now, status, problem, ms, answer)
}

var (
	loadPushes = db.NewMany(`SELECT id, COALESCE(started_at, 0), COALESCE(finished_at, 0) FROM sms_pushes WHERE id IN ({{$1}}) ORDER BY id {lock}`)
	insertPush = db.NewMany(`INSERT INTO sms_pushes (id, message_id, shortcode_id, url, due_at, status, error, ms, answer, is_test)
		VALUES {{($1, $2, $3, $4, $5, 0, '', 0, '', FALSE)}}`)
	startPushes = db.NewMany(`WITH v(id, started_at) AS (VALUES {{(CAST($1 AS TEXT), CAST($2 AS BIGINT))}})
		UPDATE sms_pushes SET started_at = v.started_at FROM v WHERE sms_pushes.id = v.id`)
	endPushes = db.NewMany(`WITH v(id, finished_at, status, error, ms, answer) AS (VALUES
			{{(CAST($1 AS TEXT), CAST($2 AS BIGINT), CAST($3 AS BIGINT), CAST($4 AS TEXT), CAST($5 AS BIGINT), CAST($6 AS TEXT))}})
		UPDATE sms_pushes SET finished_at = v.finished_at, status = v.status, error = v.error, ms = v.ms, answer = v.answer
		FROM v WHERE sms_pushes.id = v.id AND sms_pushes.finished_at IS NULL`)
)

// Load implements db.Book.
func (b *pushBook) Load(p *db.Pipeline) {
	p.Query(loadPushes, db.SortedKeys(b.wanted), func(r db.Row) { b.wanted[r.Text(0)] = &pushFacts{r.Int(1), r.Int(2)} })
}

// Apply implements db.Book.
func (b *pushBook) Apply(p *db.Pipeline) {
	p.Exec(insertPush, b.inserted)
	p.Exec(startPushes, b.started)
	p.Exec(endPushes, b.ended)
}

// Reset implements db.Book.
func (b *pushBook) Reset() {
	clear(b.wanted)
	b.inserted, b.started, b.ended = nil, nil, nil
}
