package sms

import (
	"time"

	"aviso/db"
)

// replyKind is why an automatic reply is made. Each kind has limits of its own.
type replyKind string

// The kinds of automatic replies.
const (
	replyUnknown replyKind = "unknown" // the text began with nobody's shortcode
	replyHelp    replyKind = "help"
)

// How often a sender is answered (contract, SMS, receiving). What is answered
// without a person in between ends here, also when the other end is a machine
// like this one.
const (
	replyPause   = time.Hour
	replyPerDay  = 3
	repliesWatch = 24 * time.Hour
	replyInAll   = time.Hour
)

// replyBook is the automatic replies that one batch decides about, marks and
// ends.
type replyBook struct {
	kinds      map[string]*replyTurn  // by kind
	recipients map[string][]sentReply // the latest, by recipient
	wanted     map[string]*pushFacts  // by id; nil until loaded
	inserted   []any
	started    []any
	ended      []any
}

// replyTurn is one node's turn to decide about replies of a kind.
type replyTurn struct {
	since int64 // milliseconds UTC
	count int64 // replies since then
}

type sentReply struct {
	kind replyKind
	at   int64
}

func newReplyBook() *replyBook {
	return &replyBook{kinds: map[string]*replyTurn{}, recipients: map[string][]sentReply{}, wanted: map[string]*pushFacts{}}
}

// want asks for what has been answered to a recipient, and to all since a
// moment, and keeps other nodes from deciding about replies of the kind.
func (b *replyBook) want(kind replyKind, recipient string, since int64) {
	if t := b.kinds[string(kind)]; t == nil {
		b.kinds[string(kind)] = &replyTurn{since: since}
	} else {
		t.since = min(t.since, since)
	}
	if _, ok := b.recipients[recipient]; !ok {
		b.recipients[recipient] = nil
	}
}

// wantID asks for a reply to be loaded and locked.
func (b *replyBook) wantID(id string) {
	if _, ok := b.wanted[id]; !ok {
		b.wanted[id] = nil
	}
}

// allowed says whether one more reply of a kind may go to a recipient at now.
func (b *replyBook) allowed(kind replyKind, recipient string, inAll int, now int64) bool {
	if b.kinds[string(kind)].count >= int64(inAll) {
		return false
	}
	today := 0
	for _, r := range b.recipients[recipient] {
		switch {
		case r.kind != kind:
		case now-r.at < replyPause.Milliseconds():
			return false
		case now-r.at < repliesWatch.Milliseconds():
			today++
		}
	}
	return today < replyPerDay
}

// insert adds a reply that is due at now.
func (b *replyBook) insert(id, message string, kind replyKind, gateway, sender, recipient, content string, now int64) {
	b.kinds[string(kind)].count++
	b.recipients[recipient] = append(b.recipients[recipient], sentReply{kind, now})
	b.inserted = append(b.inserted, id, message, string(kind), gateway, sender, recipient, content, now)
}

// start marks a reply that waits, and says whether it did.
func (b *replyBook) start(id string, now int64) bool {
	r := b.wanted[id]
	if r == nil || r.startedAt != 0 || r.finishedAt != 0 {
		return false
	}
	r.startedAt = now
	b.started = append(b.started, id, now)
	return true
}

// end writes what became of a reply that is not over.
func (b *replyBook) end(id string, now int64, outcome, words string) {
	b.ended = append(b.ended, id, now, outcome, words)
}

const (
	// The row is there to be locked: the counts behind it are then everybody's.
	takeReplyTurn = `INSERT INTO sms_reply_turns (kind) VALUES ($1) ON CONFLICT (kind) DO UPDATE SET kind = excluded.kind`
	countReplies  = `SELECT COUNT(*) FROM sms_auto_replies WHERE kind = $1 AND due_at > $2`
)

var (
	loadSentReplies = db.NewMany(`SELECT recipient, kind, due_at FROM sms_auto_replies WHERE recipient IN ({{$1}})`)
	loadReplies     = db.NewMany(`SELECT id, COALESCE(started_at, 0), COALESCE(finished_at, 0) FROM sms_auto_replies WHERE id IN ({{$1}}) ORDER BY id {lock}`)
	insertReplies   = db.NewMany(`INSERT INTO sms_auto_replies (id, message_id, kind, gateway, sender, recipient, content, due_at, outcome, words)
		VALUES {{($1, $2, $3, $4, $5, $6, $7, $8, '', '')}}`)
	startReplies = db.NewMany(`WITH v(id, started_at) AS (VALUES {{(CAST($1 AS TEXT), CAST($2 AS BIGINT))}})
		UPDATE sms_auto_replies SET started_at = v.started_at FROM v WHERE sms_auto_replies.id = v.id`)
	endReplies = db.NewMany(`WITH v(id, finished_at, outcome, words) AS (VALUES
			{{(CAST($1 AS TEXT), CAST($2 AS BIGINT), CAST($3 AS TEXT), CAST($4 AS TEXT))}})
		UPDATE sms_auto_replies SET finished_at = v.finished_at, outcome = v.outcome, words = v.words
		FROM v WHERE sms_auto_replies.id = v.id AND sms_auto_replies.finished_at IS NULL`)
)

// Load implements db.Book.
func (b *replyBook) Load(p *db.Pipeline) {
	for _, kind := range db.SortedKeys(b.kinds) {
		p.QueryOnce(takeReplyTurn, nil, kind)
	}
	for kind, t := range b.kinds {
		p.QueryOnce(countReplies, func(r db.Row) { t.count = r.Int(0) }, kind, t.since)
	}
	p.Query(loadSentReplies, db.SortedKeys(b.recipients), func(r db.Row) {
		b.recipients[r.Text(0)] = append(b.recipients[r.Text(0)], sentReply{replyKind(r.Text(1)), r.Int(2)})
	})
	p.Query(loadReplies, db.SortedKeys(b.wanted), func(r db.Row) { b.wanted[r.Text(0)] = &pushFacts{r.Int(1), r.Int(2)} })
}

// Apply implements db.Book.
func (b *replyBook) Apply(p *db.Pipeline) {
	p.Exec(insertReplies, b.inserted)
	p.Exec(startReplies, b.started)
	p.Exec(endReplies, b.ended)
}

// Reset implements db.Book.
func (b *replyBook) Reset() {
	clear(b.kinds)
	clear(b.recipients)
	clear(b.wanted)
	b.inserted, b.started, b.ended = nil, nil, nil
}
