package email

import "aviso/db"

// message is the row of a message, small enough to be rewritten at each step.
// Times are milliseconds UTC, 0 for none.
type message struct {
	id            string
	account       string
	key           string
	channel       Channel
	status        Status
	sender        string
	subject       string
	smtpMessageID string
	recipients    int64 // distinct recipients
	createdAt     int64 // first admission; also the Date header
	admittedAt    int64
	admission     int64 // counts admissions: an interrupted message is admitted again
	attempt       int64 // counts leases: only the holder of the latest may settle
	attempts      int64 // counts rows of email_attempts
	dueAt         int64 // sending: when the lease ends; queued: when it is tried again
	expiresAt     int64 // who still waits then has failed
	promised      bool  // its caller was told 202, its body is stored
	dotAt         int64 // promised, and the relay may have it since then
	relay         string
	waitsFor      string // the cap a queued message waits for, "relay/NAME" or "sender/ADDRESS"
	reservedDay   int64  // the day (since 1970, UTC) whose caps hold the reservation
	reserved      int64  // recipients reserved
	charged       int64
	refunded      int64
	price         int64 // credits a recipient: 1, or 0 in the unlimited tier
	lastError     string
	sentAt        int64

	was     Status // in the database; "" for a new one
	changed bool
}

// messageBook is the messages that one batch of the committer is about.
type messageBook struct {
	wanted map[string]*message // nil until loaded

	leases     db.Fresh[lease]  // whose holders know the rest
	finished   map[string][]any // relay -> messages that were simply sent, each once
	inserted   []any
	recipients []any
	verdicts   []any
	attempts   []any
	bodies     []any
	now        int64 // of the batch, for finished
	days       *dayBook
	recent     *recentBook
}

// lease is what may have changed about a message behind its holder's back.
type lease struct {
	status   Status
	attempt  int64
	promised bool
	dueAt    int64
	dotAt    int64
}

func newMessageBook() *messageBook {
	b := &messageBook{wanted: map[string]*message{}, finished: map[string][]any{}}
	b.days = &dayBook{messages: b}
	b.recent = &recentBook{messages: b, accepted: map[int64]int64{}}
	return b
}

// want asks for a message to be loaded and locked.
func (b *messageBook) want(id string) {
	b.leases.Forget(id)
	if _, ok := b.wanted[id]; !ok {
		b.wanted[id] = nil
	}
}

// wantLease asks for a message's lease only, and locks the message.
func (b *messageBook) wantLease(id string) { b.leases.Want(id) }

// held returns the message of a flight whose lease still holds, for its holder
// to change, and nil when it does not. What only the holder changes is as the
// holder knows it: reading 27 columns back took as long as writing them.
func (b *messageBook) held(f *flight) *message {
	if l := b.leases.Get(f.id); b.wanted[f.id] == nil && l != nil {
		m := f.row
		m.status, m.attempt, m.promised, m.dueAt, m.dotAt = l.status, l.attempt, l.promised, l.dueAt, l.dotAt
		m.was = l.status
		b.wanted[f.id] = &m
	}
	m := b.wanted[f.id]
	if m == nil || m.status != Sending || m.attempt != f.attempt {
		return nil
	}
	return m
}

// finish writes the usual outcome: sent, with nothing refused or refunded.
func (b *messageBook) finish(m *message, now int64) {
	b.finished[m.relay] = append(b.finished[m.relay], m.id)
	b.now = now
}

// of returns a message that was wanted, nil if there is none.
func (b *messageBook) of(id string) *message { return b.wanted[id] }

// insert adds a new message with its account's next number, and its recipients.
func (b *messageBook) insert(m *message, number int64, recipients []Recipient) {
	b.recent.enter(m)
	b.leases.Make(m.id, lease{status: m.status, attempt: m.attempt, promised: m.promised, dueAt: m.dueAt, dotAt: m.dotAt})
	b.inserted = append(b.inserted, m.id, m.account, number, m.key, string(m.channel), m.sender, m.subject, m.smtpMessageID,
		m.recipients, m.createdAt, m.admittedAt, m.dueAt, m.expiresAt, m.relay, m.waitsFor, m.reservedDay, m.reserved, m.charged, m.price)
	for i, r := range recipients {
		b.recipients = append(b.recipients, m.id, int64(i), r.Kind.String(), r.Name, r.Address, r.Wire)
	}
}

// verdict writes one recipient's state.
func (b *messageBook) verdict(id string, number int, r *recipient) {
	b.verdicts = append(b.verdicts, id, int64(number), string(r.state), int64(r.unknowns), int64(r.code), r.enhanced, r.reply)
}

// body keeps the rendered message for later attempts.
func (b *messageBook) body(id string, c *Composed) {
	b.bodies = append(b.bodies, id, c.Data, c.EightBit, c.UTF8)
}

const messageColumns = `id, account_id, key_id, channel, status, sender, subject, smtp_message_id, recipients, created_at, admitted_at, admission,
	attempt, attempts, COALESCE(due_at, 0), expires_at, promised, COALESCE(dot_at, 0), relay, waits_for, reserved_day, reserved,
	charged, refunded, price, last_error, COALESCE(sent_at, 0)`

func readMessage(r db.Row) *message {
	return &message{id: r.Text(0), account: r.Text(1), key: r.Text(2), channel: Channel(r.Text(3)), status: Status(r.Text(4)), was: Status(r.Text(4)), sender: r.Text(5),
		subject: r.Text(6), smtpMessageID: r.Text(7), recipients: r.Int(8), createdAt: r.Int(9), admittedAt: r.Int(10), admission: r.Int(11),
		attempt: r.Int(12), attempts: r.Int(13), dueAt: r.Int(14), expiresAt: r.Int(15), promised: r.Bool(16), dotAt: r.Int(17),
		relay: r.Text(18), waitsFor: r.Text(19), reservedDay: r.Int(20), reserved: r.Int(21), charged: r.Int(22), refunded: r.Int(23),
		price: r.Int(24), lastError: r.Text(25), sentAt: r.Int(26)}
}

var (
	loadMessages   = db.NewMany(`SELECT ` + messageColumns + ` FROM email_messages WHERE id IN ({{$1}}) ORDER BY id {lock}`)
	insertMessages = db.NewMany(`INSERT INTO email_messages (id, account_id, number, key_id, channel, sender, subject, smtp_message_id,
		recipients, created_at, admitted_at, due_at, expires_at, relay, waits_for, reserved_day, reserved, charged, price,
		status, admission, attempt, attempts, promised, refunded, last_error)
		VALUES {{($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, 'sending', 1, 1, 0, FALSE, 0, '')}}`)
	insertRecipients = db.NewMany(`INSERT INTO email_recipients (message_id, number, kind, name, address, wire, state, unknowns, code, enhanced, reply)
		VALUES {{($1, $2, $3, $4, $5, $6, 'waiting', 0, 0, '', '')}}`)
	updateMessages = db.NewMany(`WITH v(id, status, admission, admitted_at, attempt, attempts, due_at, expires_at, promised, dot_at, relay, waits_for,
			reserved_day, reserved, charged, refunded, price, last_error, sent_at) AS (VALUES
			{{(CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS BIGINT), CAST($4 AS BIGINT), CAST($5 AS BIGINT), CAST($6 AS BIGINT), CAST($7 AS BIGINT),
			CAST($8 AS BIGINT), CAST($9 AS BOOLEAN), CAST($10 AS BIGINT), CAST($11 AS TEXT), CAST($12 AS TEXT), CAST($13 AS BIGINT), CAST($14 AS BIGINT),
			CAST($15 AS BIGINT), CAST($16 AS BIGINT), CAST($17 AS BIGINT), CAST($18 AS TEXT), CAST($19 AS BIGINT))}})
		UPDATE email_messages SET status = v.status, admission = v.admission, admitted_at = v.admitted_at, attempt = v.attempt, attempts = v.attempts,
			due_at = v.due_at, expires_at = v.expires_at, promised = v.promised, dot_at = v.dot_at, relay = v.relay, waits_for = v.waits_for,
			reserved_day = v.reserved_day, reserved = v.reserved, charged = v.charged, refunded = v.refunded, price = v.price,
			last_error = v.last_error, sent_at = v.sent_at
		FROM v WHERE email_messages.id = v.id`)
	loadLeases     = db.NewMany(`SELECT id, status, attempt, promised, due_at, COALESCE(dot_at, 0) FROM email_messages WHERE id IN ({{$1}}) ORDER BY id {lock}`)
	finishMessages = db.NewMany(`UPDATE email_messages SET status = 'sent', due_at = NULL, dot_at = NULL, last_error = '', reserved = 0, reserved_day = 0,
		relay = $1, sent_at = $2, attempts = attempts + 1 WHERE id IN ({{$3}})`)
	judgeRecipients = db.NewMany(`WITH v(message_id, number, state, unknowns, code, enhanced, reply) AS (VALUES
			{{(CAST($1 AS TEXT), CAST($2 AS BIGINT), CAST($3 AS TEXT), CAST($4 AS BIGINT), CAST($5 AS BIGINT), CAST($6 AS TEXT), CAST($7 AS TEXT))}})
		UPDATE email_recipients SET state = v.state, unknowns = v.unknowns, code = v.code, enhanced = v.enhanced, reply = v.reply
		FROM v WHERE email_recipients.message_id = v.message_id AND email_recipients.number = v.number`)
	insertAttempts = db.NewMany(`INSERT INTO email_attempts (message_id, attempt, relay, outcome, code, enhanced, reply, started_at, duration_ms)
		VALUES {{($1, $2, $3, $4, $5, $6, $7, $8, $9)}}`)
	insertBodies = db.NewMany(`INSERT INTO email_bodies (message_id, data, eight_bit, utf8) VALUES {{($1, $2, $3, $4)}}
		ON CONFLICT (message_id) DO NOTHING`)
)

// Load implements db.Book.
func (b *messageBook) Load(p *db.Pipeline) {
	p.Query(loadMessages, db.SortedKeys(b.wanted), func(r db.Row) { b.wanted[r.Text(0)] = readMessage(r) })
	p.Query(loadLeases, db.Args(b.leases.Missing()), func(r db.Row) {
		b.leases.Load(r.Text(0), lease{Status(r.Text(1)), r.Int(2), r.Bool(3), r.Int(4), r.Int(5)})
	})
}

// Apply implements db.Book.
func (b *messageBook) Apply(p *db.Pipeline) {
	p.Exec(insertMessages, b.inserted)
	p.Exec(insertRecipients, b.recipients)
	var changed []any
	for _, m := range b.wanted {
		if m != nil && m.changed {
			changed = append(changed, m.id, string(m.status), m.admission, m.admittedAt, m.attempt, m.attempts, db.OrNull(m.dueAt), m.expiresAt, m.promised,
				db.OrNull(m.dotAt), m.relay, m.waitsFor, m.reservedDay, m.reserved, m.charged, m.refunded, m.price, m.lastError, db.OrNull(m.sentAt))
		}
	}
	p.Exec(updateMessages, changed)
	for relay, ids := range b.finished {
		p.Exec(finishMessages, ids, relay, b.now)
	}
	p.Exec(judgeRecipients, b.verdicts)
	p.Exec(insertAttempts, b.attempts)
	p.Exec(insertBodies, b.bodies)
}

// Keep implements db.Keeper: most messages are settled soon after they came.
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
	clear(b.finished)
	b.inserted, b.recipients, b.attempts = b.inserted[:0], b.recipients[:0], b.attempts[:0]
	b.verdicts, b.bodies = nil, nil
}
