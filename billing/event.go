package billing

import (
	"context"
	"errors"

	"aviso/audit"
	"aviso/db"
)

// Event is what a provider tells, once or many times.
type Event struct {
	ID   string // the same for each repetition
	Kind string // the provider's word for it
	At   int64  // when it happened, milliseconds UTC
	Fact Fact   // nil if it says nothing of interest
}

// Fact is one thing that an event says: SessionFact, RefundFact, ReversalFact,
// SubscriptionFact or InvoiceFact.
type Fact interface {
	// learn adds the fact to what is known, and brings about what follows.
	learn(*lesson) error
}

// lesson is the transaction in which an event is learnt.
type lesson struct {
	*db.Tx
	event   Event
	actor   string // the provider's name
	now     int64
	changes []change
}

// change is a thing of an account that is another now.
type change struct{ account, kind, id string }

// errForeign is an event about something that was not bought here: one Stripe
// account may serve several shops. Nothing is kept of it.
var errForeign = errors.New("nothing of ours")

// TakeEvent takes an event of the provider as it came: the body to the last
// byte, and its signature. When it returns nil the event is known for good, or
// of no interest; otherwise nothing is changed and the provider should repeat
// it.
func (s *Service) TakeEvent(ctx context.Context, body []byte, signature string) error {
	if s.c.Provider == nil {
		return errDisabled
	}
	e, err := s.c.Provider.Read(body, signature)
	if err != nil || e.Fact == nil {
		return err
	}
	return s.take(ctx, e)
}

// take learns an event that is not known yet.
func (s *Service) take(ctx context.Context, e Event) error {
	var l *lesson
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		l = &lesson{Tx: tx, event: e, actor: s.c.Provider.Name()}
		var err error
		if l.now, err = tx.Now(); err != nil {
			return err
		}
		// Another node with the same event waits here for the first to commit.
		n, err := tx.Exec(`INSERT INTO billing_events (id, kind, created_at, received_at) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO NOTHING`, e.ID, e.Kind, e.At, l.now)
		if err != nil || n == 0 {
			return err
		}
		return e.Fact.learn(l)
	})
	if errors.Is(err, errForeign) {
		return nil
	}
	if err == nil {
		for _, c := range l.changes {
			s.c.Changed(c.account, c.kind, c.id)
		}
	}
	return err
}

// record puts what money did into the audit log.
func (l *lesson) record(action, account, detail string) error {
	return audit.Append(l.Tx, audit.Entry{Actor: l.actor, Action: action, Subject: account, Detail: detail + " (" + l.event.ID + ")"})
}

func (l *lesson) change(account, kind, id string) {
	l.changes = append(l.changes, change{account, kind, id})
}
