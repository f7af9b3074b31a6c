package email

import (
	"context"
	"time"

	"aviso/db"
	"aviso/nexthop"
	"aviso/transport"
)

// RelayState is what the database knows of a configured relay.
type RelayState struct {
	Name     string
	DailyCap int64 // recipients from 00:00 UTC; 0 for none
	Used     int64 // recipients reserved or taken today; 0 while nothing caps them
	Queued   int64 // messages that it was tried for last, or whose cap they wait for, among the oldest 10,000
	PausedAt int64 // milliseconds UTC; 0 if not paused
	// What this node sees of it.
	Health    transport.Health
	Places    int // how many messages it carries at a time
	Host      string
	Sandbox   bool
	Median    time.Duration // of the exchanges of the last hour
	Exchanged bool          // there were any
}

// RelayStates returns the relays in the order of the configuration.
func (s *Service) RelayStates(ctx context.Context) ([]RelayState, error) {
	states := make([]RelayState, len(s.relays))
	at := map[string]*RelayState{}
	for i, r := range s.relays {
		states[i] = s.seen(r)
		at[r.Name] = &states[i]
	}
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		now, err := tx.Now()
		if err != nil {
			return err
		}
		for name, state := range at {
			err := tx.Row(`SELECT COALESCE((SELECT used FROM email_caps WHERE name = $1 AND day = $2), 0)`,
				[]any{string(relayCap(name)), now / dayMillis}, &state.Used)
			if err == nil {
				state.PausedAt, err = nexthop.Relays.PausedAt(tx, name)
			}
			if err != nil {
				return err
			}
		}
		// So many, the oldest: the operator's first page asks for it every few
		// seconds, and a queue may be long.
		return tx.Rows(`SELECT relay, waits_for, COUNT(*) FROM (SELECT relay, waits_for FROM email_messages WHERE status = 'queued' ORDER BY id LIMIT $1) q
			GROUP BY relay, waits_for`, []any{s.reach.Counted},
			func(scan func(...any) error) error {
				var relay, waitsFor string
				var n int64
				if err := scan(&relay, &waitsFor, &n); err != nil {
					return err
				}
				for name, state := range at {
					if relay == name || waitsFor == string(relayCap(name)) {
						state.Queued += n
					}
				}
				return nil
			})
	})
	return states, err
}

// seen is what this node knows of a relay by itself.
func (s *Service) seen(r *Relay) RelayState {
	state := RelayState{Name: r.Name, DailyCap: r.DailyCap, Health: transport.Health{Up: r.up()}, Places: r.Places, Host: r.Host, Sandbox: r.Sandbox}
	if r.Health != nil {
		state.Health = r.Health()
	}
	state.Median, state.Exchanged = s.paces[r.Name].median(s.now())
	return state
}

// PauseRelay keeps new attempts from a relay; the next in the configuration
// takes over, or the mail waits. What is under way ends. Pausing twice changes
// nothing.
func (s *Service) PauseRelay(ctx context.Context, actor, name string) error {
	return s.changeRelay(ctx, actor, name, nexthop.Relays.Pause)
}

// ResumeRelay ends a pause.
func (s *Service) ResumeRelay(ctx context.Context, actor, name string) error {
	return s.changeRelay(ctx, actor, name, nexthop.Relays.Resume)
}

func (s *Service) changeRelay(ctx context.Context, actor, name string, change func(_ context.Context, _ *db.DB, actor, name string) error) error {
	_, err := s.known(name)
	if err == nil {
		err = change(ctx, s.db, actor, name)
	}
	if err == nil {
		s.retry.Wake()
	}
	return err
}
