package sms

import "aviso/db"

// shortcodeBook is the shortcodes that the texts of one batch begin with.
type shortcodeBook struct {
	limits Receiving
	wanted map[string]*codeFacts // nil: nobody's
}

// codeFacts is what routing needs to know about a shortcode.
type codeFacts struct {
	id         string
	account    string
	code       string
	url        string // of its webhook, "" if it has none
	older      int64  // how many of its account's shortcodes were made before it
	primeUntil int64
	suspended  bool
}

func newShortcodeBook(limits Receiving) *shortcodeBook {
	return &shortcodeBook{limits: limits, wanted: map[string]*codeFacts{}}
}

// want asks whose shortcode a word is; "" is no word.
func (b *shortcodeBook) want(word string) {
	if _, ok := b.wanted[word]; !ok && word != "" {
		b.wanted[word] = nil
	}
}

// known says whether a word was wanted.
func (b *shortcodeBook) known(word string) bool {
	_, ok := b.wanted[word]
	return ok || word == ""
}

// of returns the shortcode that a word is, or nil.
func (b *shortcodeBook) of(word string) *codeFacts { return b.wanted[word] }

// active says whether texts for c are pushed at now: it is among the first of
// its account's, as many as that may have, and nobody has stopped the account.
func (b *shortcodeBook) active(c *codeFacts, now int64) bool {
	return !c.suspended && c.older < int64(b.limits.shortcodes(c.primeUntil, now))
}

var loadShortcodes = db.NewMany(`SELECT c.id, c.account_id, c.code, c.webhook_url, COALESCE(a.prime_until, 0),
		a.suspended_at IS NOT NULL OR COALESCE(s.status, '') = 'suspended',
		(SELECT COUNT(*) FROM sms_shortcodes o WHERE o.account_id = c.account_id AND o.deleted_at IS NULL
			AND (o.created_at, o.id) < (c.created_at, c.id))
	FROM sms_shortcodes c JOIN accounts a ON a.id = c.account_id LEFT JOIN sms_accounts s ON s.account_id = c.account_id
	WHERE c.deleted_at IS NULL AND c.code IN ({{$1}})`)

// Load implements db.Book.
func (b *shortcodeBook) Load(p *db.Pipeline) {
	p.Query(loadShortcodes, db.SortedKeys(b.wanted), func(r db.Row) {
		b.wanted[r.Text(2)] = &codeFacts{id: r.Text(0), account: r.Text(1), code: r.Text(2), url: r.Text(3), primeUntil: r.Int(4),
			suspended: r.Bool(5), older: r.Int(6)}
	})
}

// Apply implements db.Book.
func (b *shortcodeBook) Apply(*db.Pipeline) {}

// Reset implements db.Book.
func (b *shortcodeBook) Reset() { clear(b.wanted) }
