package story

import (
	"fmt"
	"maps"
)

// onTheWay is how many deliver_sm a link carries at a time.
const onTheWay = 16

// Bring is a text or a receipt that the Centre has for Aviso.
type Bring struct {
	fields map[string]any
	// Times is how often it was sent: again until it is acknowledged.
	Times int
	acked bool
}

// Receipt is what the network says became of a part: DELIVRD, UNDELIV, REJECTD.
func (s *Submit) Receipt(state string) *Bring {
	number := map[string]int{"DELIVRD": 2, "UNDELIV": 5, "REJECTD": 8}[state]
	return &Bring{fields: map[string]any{"esm_class": 4, "data_coding": 0, "source_addr": s.To[1:], "source_addr_ton": 1, "destination_addr": s.From,
		"short_message":        fmt.Sprintf("id:%s sub:001 dlvrd:001 stat:%s err:000 text:", s.ID, state),
		"receipted_message_id": s.ID, "message_state": number, "user_message_reference": s.Reference}}
}

// NewText is a text from a number, with its plus, to Aviso.
func NewText(from, content string) *Bring {
	return &Bring{fields: map[string]any{"data_coding": 0, "source_addr": from[1:], "source_addr_ton": 1, "destination_addr": "2899682626",
		"dest_addr_ton": 1, "short_message": content}}
}

// bringing is what waits, and what is on its way.
type bringing struct {
	waiting  []*Bring
	underway map[[2]int]*Bring // by session and sequence number
	sequence int
	pauses   int // moments that are waited for before more is brought
}

// answered takes note of an acknowledgement. What was not taken is returned, to
// be brought again a moment later.
func (b *bringing) answered(session, sequence int, status uint32) (again *Bring) {
	at := [2]int{session, sequence}
	one := b.underway[at]
	delete(b.underway, at)
	if one == nil || status == 0 {
		if one != nil {
			one.acked = true
		}
		return nil
	}
	return one
}

// lost puts what a link has carried without an answer before all others.
func (b *bringing) lost(session int) {
	for at, one := range maps.Clone(b.underway) {
		if at[0] == session {
			delete(b.underway, at)
			b.waiting = append([]*Bring{one}, b.waiting...)
		}
	}
}

// Bring has the Centre deliver something, on whatever link there is, until it is
// acknowledged.
func (c *Centre) Bring(one *Bring) {
	c.change(func() {
		c.bringing.waiting = append(c.bringing.waiting, one)
		c.bring()
	})
}

// bring sends what waits, as far as the links have room.
func (c *Centre) bring() {
	b := &c.bringing
	for session := range c.live {
		carries := 0
		for at := range b.underway {
			if at[0] == session {
				carries++
			}
		}
		for ; carries < onTheWay && len(b.waiting) > 0; carries++ {
			one := b.waiting[0]
			b.waiting = b.waiting[1:]
			one.Times++
			b.sequence++
			b.underway[[2]int{session, b.sequence}] = one
			fields := maps.Clone(one.fields)
			fields["sequence_number"] = b.sequence
			c.process.Tell("send", map[string]any{"session": session, "command": "deliver_sm", "fields": fields})
		}
	}
}

// AwaitBrought waits until everything was acknowledged.
func (c *Centre) AwaitBrought() {
	c.t.Helper()
	if !c.await(func() bool { return len(c.bringing.waiting)+len(c.bringing.underway)+c.bringing.pauses == 0 }) {
		c.t.Fatalf("%d deliver_sm wait and %d have no answer", len(c.bringing.waiting), len(c.bringing.underway))
	}
}

// Acknowledged says whether Aviso has made itself responsible for it.
func (c *Centre) Acknowledged(one *Bring) (yes bool) {
	c.look(func() { yes = one.acked })
	return yes
}
