package sms

import (
	"cmp"
	"sync"

	"aviso/db"
)

// routing decides over a whole text: whose it is, and what follows from it.
type routing struct {
	s       *Service
	id      string // of the text
	gateway string
	sender  string // as readSender returns it
	ours    string // as readOurs returns it
	answers bool   // it may be answered by itself

	content  string
	segments int64 // 0 when the gateway has not said
	first    keyword

	// What an earlier run found missing: facts that only others name.
	owner      string // whose text it is; "" for nobody's
	ownerKnown bool
	asks       replyKind // what is to be answered, if the limits allow it
	since      int64     // from when replies are counted

	// The outcome of the latest run.
	again     bool // run once more, with what was missing
	account   string
	shortcode string
	pushed    bool
	replied   bool
}

func (r *routing) reset() {
	r.again, r.account, r.shortcode, r.pushed, r.replied = false, "", "", false, false
}

// read sets what the text says.
func (r *routing) read(content string, segments int64) {
	r.content, r.segments, r.first = content, segments, readKeyword(content)
}

// want asks the books for what route needs, as far as it is known yet.
func (r *routing) want() {
	in := r.s.in
	in.codes.want(r.first.word)
	in.optouts.want(r.sender)
	if !r.ownerKnown {
		r.owner, r.ownerKnown = in.owners.likely(r.first.word)
	}
	if r.ownerKnown {
		r.s.accounts.want(r.owner)
	}
	if r.asks != "" {
		in.replies.want(r.asks, r.sender, r.since)
	}
}

// route stores the text and what follows from it, or asks for another run.
func (r *routing) route(now int64) bool {
	in := r.s.in
	if !in.codes.known(r.first.word) {
		r.again = true
		return false
	}
	asked, code, owner := reservedWord(r.first.word), in.codes.of(r.first.word), ""
	if code != nil {
		owner = code.account
	}
	reply, answer := r.reply(code, asked)
	if !r.ownerKnown || r.owner != owner || reply != "" && r.asks != reply {
		r.owner, r.ownerKnown, r.asks, r.since = owner, true, reply, now-replyInAll.Milliseconds()
		r.again = true
		return false
	}
	r.store(code, now)
	switch {
	case r.sender == "":
	case asked == reservedStop:
		in.optouts.block(r.sender, r.first.word, now)
	case asked == reservedStart:
		in.optouts.lift(r.sender)
	}
	if code != nil && code.url != "" && in.codes.active(code, now) {
		in.pushes.insert(db.NewID(), r.id, code.id, code.url, now)
		r.pushed = true
	}
	if reply != "" && in.replies.allowed(reply, r.sender, in.inAll(reply), now) {
		in.replies.insert(db.NewID(), r.id, reply, r.gateway, r.answersFrom(), r.sender, answer, now)
		r.replied = true
	}
	return true
}

// store writes the text. What belongs to nobody is kept whole, so that the
// operator sees what was meant.
func (r *routing) store(code *codeFacts, now int64) {
	encoding, parts := Split(r.content, false)
	m := &message{id: r.id, account: r.owner, direction: In, peer: r.sender, ours: r.ours, content: r.content,
		status: Received, encoding: encoding, segments: r.segments, gateway: r.gateway, createdAt: now}
	if m.segments == 0 {
		m.segments = int64(len(parts))
	}
	if code != nil {
		m.content, m.shortcode = r.first.content, code.code
		r.s.in.owners.remember(code.code, code.account)
	}
	r.account, r.shortcode = m.account, m.shortcode
	r.s.accounts.enter(m)
	r.s.messages.insert(m)
	r.s.totals.received()
}

// answersFrom is the number that a reply comes from: the one that the text came
// to, if the gateway has said which.
func (r *routing) answersFrom() string {
	return cmp.Or(r.ours, r.s.gateway(r.gateway).Sender, r.s.sender)
}

// told logs a text that was stored, and wakes what has to do with it.
func (r *routing) told() {
	r.s.log.Info("text received", "id", r.id, "account", r.account, "shortcode", r.shortcode, "sender", r.sender, "to", r.ours, "gateway", r.gateway,
		"push", r.pushed, "reply", r.replied)
	r.s.changed(r.account, r.id)
	if r.pushed {
		r.s.in.pushLoop.Wake()
	}
	if r.replied {
		r.s.in.replyLoop.Wake()
	}
}

// owners remembers whose a shortcode was the last time, so that its account's
// row can be asked for together with the shortcode itself. A wrong memory costs
// a second run and nothing else.
type owners struct {
	mu sync.Mutex
	of map[string]string
}

const ownersAtMost = 10_000

func (o *owners) likely(code string) (account string, known bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	account, known = o.of[code]
	return account, known
}

func (o *owners) remember(code, account string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.of) >= ownersAtMost {
		clear(o.of)
	}
	o.of[code] = account
}
