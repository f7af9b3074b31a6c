package sms

import "aviso/db"

// holdBook is what the operator has stopped, read in every batch that begins a
// text.
type holdBook struct {
	wanted bool
	known  bool
	held   bool // sending as a whole
	paused map[string]bool
}

func newHoldBook() *holdBook { return &holdBook{paused: map[string]bool{}} }

const loadHolds = `SELECT 'hold', scope FROM sending_holds UNION ALL SELECT 'pause', name FROM sms_gateways WHERE paused_at IS NOT NULL`

// Load implements db.Book.
func (b *holdBook) Load(p *db.Pipeline) {
	if !b.wanted || b.known {
		return
	}
	b.known = true
	p.QueryOnce(loadHolds, func(r db.Row) {
		if r.Text(0) == "hold" {
			b.held = true
		} else {
			b.paused[r.Text(1)] = true
		}
	})
}

// Apply implements db.Book.
func (b *holdBook) Apply(*db.Pipeline) {}

// Keep implements db.Keeper.
func (b *holdBook) Keep() { b.wanted = false }

// Reset implements db.Book.
func (b *holdBook) Reset() {
	b.wanted, b.known, b.held = false, false, false
	clear(b.paused)
}

// isHeld says whether sending is on hold.
func isHeld(tx *db.Tx) (bool, error) {
	var held bool
	err := tx.Row(`SELECT EXISTS (SELECT 1 FROM sending_holds)`, nil, &held)
	return held, err
}
