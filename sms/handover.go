package sms

import (
	"context"
	"encoding/json"
	"time"

	"aviso/db"
	"aviso/transport"
)

// A node without a link to a gateway hands its text to one that has: a row,
// which that node takes up, may withdraw from until the first octet, and gets
// the verdicts. The lease, the settlement and the answer stay where the call
// came in.
//
// waiting -> taken -> started -> done; waiting, taken -> withdrawn; started -> abandoned
const (
	handedWaiting   = "waiting"
	handedTaken     = "taken"
	handedStarted   = "started"   // its first octet may be out
	handedDone      = "done"      // the verdicts are in the row
	handedWithdrawn = "withdrawn" // nothing left, and nothing will
	handedAbandoned = "abandoned" // nobody waits for the verdicts any more
)

const (
	handoverPoll = 200 * time.Millisecond // how often a node with links looks for texts
	handoverLook = 50 * time.Millisecond  // how often who waits looks for the verdicts
	handoverSoon = 2 * time.Second        // within which a node with a link takes a text up, or another gateway may have it
	handoverKept = 10 * time.Minute       // how long a row is kept that nobody has cleared away
)

// letter is a text as its row carries it.
type letter struct {
	Account               string
	ID, From, To, Content string
	Encoding              transport.Encoding
	Parts                 [][]byte
	Reference             uint16
	PartReferences        []uint16
}

func (l *letter) text() *transport.Text {
	return &transport.Text{ID: l.ID, From: l.From, To: l.To, Content: l.Content, Encoding: l.Encoding, Parts: l.Parts, Reference: l.Reference, PartReferences: l.PartReferences}
}

// handOver has another node submit a text, and waits: until the caller's
// patience ends for it to begin, then for its end.
func (s *Service) handOver(ctx context.Context, f *flight, g *Gateway, t *transport.Text) transport.TextReport {
	began := time.Now()
	if !f.phase.CompareAndSwap(phaseOpen, phaseHanded) {
		return notTaken(t, g, "the caller's time is over")
	}
	id := db.NewID()
	if err := s.handIn(ctx, id, f, g, t); err != nil {
		f.phase.Store(phaseOpen)
		return notTaken(t, g, "no node with a link to the gateway was found")
	}
	s.handovers.Wake() // this node may have got a link meanwhile
	report, withdrawn := s.awaitHandover(ctx, id, f, g, t)
	if withdrawn {
		f.phase.Store(phaseOpen)
	} else {
		f.phase.Store(phaseStarted)
	}
	s.clearHandover(id)
	report.Duration = time.Since(began)
	return report
}

func (s *Service) handIn(ctx context.Context, id string, f *flight, g *Gateway, t *transport.Text) error {
	text, err := json.Marshal(letter{f.account, t.ID, t.From, t.To, t.Content, t.Encoding, t.Parts, t.Reference, t.PartReferences})
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		now, err := tx.Now()
		if err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO sms_handovers (id, gateway, state, letter, report, created_at, expires_at) VALUES ($1, $2, $3, $4, '', $5, $6)`,
			id, g.Name, handedWaiting, string(text), now, now+time.Until(f.deadline).Milliseconds())
		return err
	})
}

// awaitHandover waits for the verdicts. A text that no node takes up soon is
// withdrawn, and so is one that has not begun when the caller's patience ends;
// one that has is in doubt from then on.
func (s *Service) awaitHandover(ctx context.Context, id string, f *flight, g *Gateway, t *transport.Text) (report transport.TextReport, withdrawn bool) {
	look := time.NewTicker(handoverLook)
	defer look.Stop()
	soon := time.NewTimer(handoverSoon)
	defer soon.Stop()
	patience := time.NewTimer(time.Until(f.deadline))
	defer patience.Stop()
	over := time.NewTimer(time.Until(f.deadline) + s.restLasts)
	defer over.Stop()
	for {
		select {
		case <-look.C:
			state, report, err := s.readHandover(id)
			switch {
			case err != nil: // the next look may do better
			case state == handedDone:
				return report, report.Verdicts[0].Outcome == transport.Later
			case state == handedWithdrawn:
				return notTaken(t, g, "the gateway's node let go of the text"), true
			}
		case <-soon.C:
			if s.changeHandover(id, handedWithdrawn, handedWaiting) {
				return notTaken(t, g, "no node has a link to the gateway"), true
			}
		case <-patience.C:
			if s.changeHandover(id, handedWithdrawn, handedWaiting, handedTaken) {
				return notTaken(t, g, "no node with a link to the gateway began in time"), true
			}
			f.doubt()
		case <-over.C:
			return s.giveUpHandover(id, g, t)
		case <-ctx.Done():
			return s.giveUpHandover(id, g, t)
		}
	}
}

// giveUpHandover ends the wait for verdicts: what has not begun never does, and
// of what has nobody here knows.
func (s *Service) giveUpHandover(id string, g *Gateway, t *transport.Text) (report transport.TextReport, withdrawn bool) {
	if s.changeHandover(id, handedWithdrawn, handedWaiting, handedTaken) {
		return notTaken(t, g, "the text was withdrawn"), true
	}
	if !s.changeHandover(id, handedAbandoned, handedStarted) {
		if state, report, err := s.readHandover(id); err == nil && state == handedDone {
			return report, report.Verdicts[0].Outcome == transport.Later
		}
	}
	report = notTaken(t, g, "it never left")
	report.Verdicts[0] = transport.TextVerdict{Outcome: transport.Unknown, Text: "the node that submitted it did not say what the gateway answered"}
	return report, false
}

// handoverContext ends soon, but not with the flight: what it writes decides
// whether somebody pays for a text.
func (s *Service) handoverContext() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(s.ctx), 5*time.Second)
}

func (s *Service) readHandover(id string) (state string, report transport.TextReport, err error) {
	ctx, cancel := s.handoverContext()
	defer cancel()
	var text string
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		return tx.Row(`SELECT state, report FROM sms_handovers WHERE id = $1`, []any{id}, &state, &text)
	})
	if err == nil && state == handedDone {
		err = json.Unmarshal([]byte(text), &report)
	}
	return state, report, err
}

// changeHandover moves a row on from one of two states, and says whether it did.
func (s *Service) changeHandover(id, to, from string, or ...string) bool {
	ctx, cancel := s.handoverContext()
	defer cancel()
	other := from
	if len(or) > 0 {
		other = or[0]
	}
	var n int64
	err := s.db.Write(ctx, func(tx *db.Tx) (err error) {
		n, err = tx.Exec(`UPDATE sms_handovers SET state = $1 WHERE id = $2 AND state IN ($3, $4)`, to, id, from, other)
		return err
	})
	if err != nil {
		s.log.Error("handover not changed", "id", id, "to", to, "error", err)
	}
	return err == nil && n > 0
}

// clearHandover removes a row that has done its work. One that was abandoned
// stays for the node that has yet to see it.
func (s *Service) clearHandover(id string) {
	ctx, cancel := s.handoverContext()
	defer cancel()
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(`DELETE FROM sms_handovers WHERE id = $1 AND state <> $2`, id, handedAbandoned)
		return err
	})
	if err != nil {
		s.log.Error("handover not cleared away", "id", id, "error", err)
	}
}
