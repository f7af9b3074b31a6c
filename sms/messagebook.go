package sms

import (
	"aviso/db"
	"aviso/transport"
)

// message is the row of a text, whichever way it went. Times are milliseconds
// UTC, 0 for none.
type message struct {
	id        string
	account   string // "" for one that came in and belongs to nobody
	number    int64  // counts the account's texts
	direction Direction
	peer      string // who is on the other end: the recipient, or who sent it
	ours      string // our end: the sender, or the number that it came to
	content   string
	status    Status
	encoding  transport.Encoding
	segments  int64
	gateway   string
	key       string // the API key of one that goes out
	shortcode string // of one that came in
	createdAt int64
	attempt   int64 // counts leases: only the holder of the latest may settle
	dueAt     int64 // while sending: when the lease ends
	answered  bool  // its caller was told what became of it, or that nobody knows
	charged   int64
	refunded  int64
	lastError string
	sentAt    int64
	doneAt    int64 // when the last receipt settled it

	was     stand // in the database
	changed bool
}

// stand is what of a text the statistics count.
type stand struct {
	status   Status
	gateway  string
	refunded int64
}

// messageBook is the texts that one batch of the committer is about.
type messageBook struct {
	wanted   map[string]*message // nil until loaded
	leases   db.Fresh[lease]     // whose holders know the rest
	inserted []any
	finished []any // texts that were simply sent, and are not changed otherwise
	now      int64 // of the batch, for finished

	stats         *statsBook
	conversations *conversationBook
	attempts      *attemptBook
}

// lease is what may have changed about a text behind its holder's back.
type lease struct {
	status   Status
	attempt  int64
	dueAt    int64
	answered bool
	gateway  string // that it was moved to last
}

func newMessageBook() *messageBook {
	b := &messageBook{wanted: map[string]*message{},
		attempts: &attemptBook{}, conversations: &conversationBook{entered: map[conversationKey]conversation{}}}
	b.stats = &statsBook{messages: b, entered: map[recentKey]recentTally{}}
	return b
}

// want asks for a text to be loaded and locked.
func (b *messageBook) want(id string) {
	b.leases.Forget(id)
	if _, ok := b.wanted[id]; !ok {
		b.wanted[id] = nil
	}
}

// wantLease asks for a text's lease only, and locks the text.
func (b *messageBook) wantLease(id string) { b.leases.Want(id) }

// of returns a text that was wanted, nil if there is none.
func (b *messageBook) of(id string) *message { return b.wanted[id] }

// held returns the text of a flight whose lease still holds, for its holder to
// change, and nil when it does not. What only the holder changes is as the
// holder knows it, so that it need not be read back.
func (b *messageBook) held(f *flight) *message {
	if l := b.leases.Get(f.id); b.wanted[f.id] == nil && l != nil {
		m := f.row
		m.status, m.attempt, m.dueAt, m.answered = l.status, l.attempt, l.dueAt, l.answered
		m.gateway, m.was = l.gateway, stand{l.status, l.gateway, m.refunded}
		b.wanted[f.id] = &m
	}
	m := b.wanted[f.id]
	if m == nil || m.status != Sending || m.attempt != f.attempt {
		return nil
	}
	return m
}

// finish writes the usual outcome: sent, by the gateway it was admitted to,
// while its caller still waits.
func (b *messageBook) finish(m *message, now int64) {
	b.finished = append(b.finished, m.id)
	b.now = now
}

// insert adds a new text, which its account has numbered.
func (b *messageBook) insert(m *message) {
	b.stats.enter(m)
	b.leases.Make(m.id, lease{m.status, m.attempt, m.dueAt, m.answered, m.gateway})
	b.conversations.enter(m)
	b.inserted = append(b.inserted, m.id, m.account, m.number, string(m.direction), m.peer, m.ours, m.content, string(m.status), string(m.encoding),
		m.segments, m.gateway, m.key, m.shortcode, m.createdAt, m.attempt, db.OrNull(m.dueAt), m.answered, m.charged, m.refunded, m.lastError,
		db.OrNull(m.sentAt), db.OrNull(m.doneAt))
}

const messageColumns = `id, account_id, number, direction, peer, ours, content, status, encoding, segments, gateway, key_id, shortcode, created_at,
	attempt, COALESCE(due_at, 0), answered, charged, refunded, last_error, COALESCE(sent_at, 0), COALESCE(done_at, 0)`

func readMessage(r db.Row) *message {
	m := &message{id: r.Text(0), account: r.Text(1), number: r.Int(2), direction: Direction(r.Text(3)), peer: r.Text(4), ours: r.Text(5),
		content: r.Text(6), status: Status(r.Text(7)), encoding: transport.Encoding(r.Text(8)), segments: r.Int(9), gateway: r.Text(10),
		key: r.Text(11), shortcode: r.Text(12), createdAt: r.Int(13), attempt: r.Int(14), dueAt: r.Int(15), answered: r.Bool(16),
		charged: r.Int(17), refunded: r.Int(18), lastError: r.Text(19), sentAt: r.Int(20), doneAt: r.Int(21)}
	m.was = stand{m.status, m.gateway, m.refunded}
	return m
}

var (
	loadMessages   = db.NewMany(`SELECT ` + messageColumns + ` FROM sms_messages WHERE id IN ({{$1}}) ORDER BY id {lock}`)
	insertMessages = db.NewMany(`INSERT INTO sms_messages (id, account_id, number, direction, peer, ours, content, status, encoding, segments, gateway,
		key_id, shortcode, created_at, attempt, due_at, answered, charged, refunded, last_error, sent_at, done_at)
		VALUES {{($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)}}`)
	updateMessages = db.NewMany(`WITH v(id, ours, status, gateway, attempt, due_at, answered, refunded, last_error, sent_at, done_at) AS (VALUES
			{{(CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS TEXT), CAST($5 AS BIGINT), CAST($6 AS BIGINT), CAST($7 AS BOOLEAN),
			CAST($8 AS BIGINT), CAST($9 AS TEXT), CAST($10 AS BIGINT), CAST($11 AS BIGINT))}})
		UPDATE sms_messages SET ours = v.ours, status = v.status, gateway = v.gateway, attempt = v.attempt, due_at = v.due_at, answered = v.answered,
			refunded = v.refunded, last_error = v.last_error, sent_at = v.sent_at, done_at = v.done_at
		FROM v WHERE sms_messages.id = v.id`)
	loadLeases     = db.NewMany(`SELECT id, status, attempt, due_at, answered, gateway FROM sms_messages WHERE id IN ({{$1}}) ORDER BY id {lock}`)
	finishMessages = db.NewMany(`UPDATE sms_messages SET status = 'sent', due_at = NULL, answered = TRUE, sent_at = $1 WHERE id IN ({{$2}})`)
)

// Load implements db.Book.
func (b *messageBook) Load(p *db.Pipeline) {
	p.Query(loadMessages, db.SortedKeys(b.wanted), func(r db.Row) { b.wanted[r.Text(0)] = readMessage(r) })
	p.Query(loadLeases, db.Args(b.leases.Missing()), func(r db.Row) {
		b.leases.Load(r.Text(0), lease{Status(r.Text(1)), r.Int(2), r.Int(3), r.Bool(4), r.Text(5)})
	})
}

// Apply implements db.Book.
func (b *messageBook) Apply(p *db.Pipeline) {
	p.Exec(insertMessages, b.inserted)
	var changed []any
	for _, m := range b.wanted {
		if m != nil && m.changed {
			changed = append(changed, m.id, m.ours, string(m.status), m.gateway, m.attempt, db.OrNull(m.dueAt), m.answered, m.refunded, m.lastError,
				db.OrNull(m.sentAt), db.OrNull(m.doneAt))
		}
	}
	p.Exec(updateMessages, changed)
	p.Exec(finishMessages, b.finished, b.now)
}

// Keep implements db.Keeper: most texts are settled soon after they came.
func (b *messageBook) Keep() {
	b.leases.Keep()
	b.forget()
}

// Reset implements db.Book.
func (b *messageBook) Reset() {
	b.leases.Reset()
	b.forget()
}

// forget drops what was loaded and decided.
func (b *messageBook) forget() {
	clear(b.wanted)
	b.inserted, b.finished = b.inserted[:0], b.finished[:0]
}
