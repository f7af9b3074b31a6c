package nexthop

import "aviso/db"

// Book is what the operator has stopped, read in every batch that begins or
// retries a message.
type Book struct {
	Held   bool            // sending as a whole is on hold
	Paused map[string]bool // relays or gateways, by name

	load   string
	wanted bool
	known  bool
}

// NewBook returns an empty Book of one kind.
func NewBook(k Kind) *Book {
	return &Book{Paused: map[string]bool{},
		load: `SELECT 'hold', scope FROM sending_holds UNION ALL SELECT 'pause', name FROM ` + k.pauses + ` WHERE paused_at IS NOT NULL`}
}

// Want asks for what is stopped.
func (b *Book) Want() { b.wanted = true }

// Load implements db.Book.
func (b *Book) Load(p *db.Pipeline) {
	if !b.wanted || b.known {
		return
	}
	b.known = true
	p.QueryOnce(b.load, func(r db.Row) {
		if r.Text(0) == "hold" {
			b.Held = true
		} else {
			b.Paused[r.Text(1)] = true
		}
	})
}

// Apply implements db.Book.
func (b *Book) Apply(*db.Pipeline) {}

// Keep implements db.Keeper.
func (b *Book) Keep() { b.wanted = false }

// Reset implements db.Book.
func (b *Book) Reset() {
	b.wanted, b.known, b.Held = false, false, false
	clear(b.Paused)
}
