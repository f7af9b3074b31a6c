package sms

import (
	"context"

	"aviso/db"
	"aviso/nexthop"
	"aviso/transport"
)

// GatewayState is a configured gateway as the operator sees it from this node.
type GatewayState struct {
	Name     string
	Sender   string
	Weight   int
	Sandbox  bool
	PausedAt int64 // milliseconds UTC; 0 if not paused
	Unknown  int64 // texts that it may have taken
	Binds    int   // configured for the installation; 0 for a gateway without
	Bound    int   // slots that nodes hold now
	Health   transport.Health
	// Kind, Host and Callbacks are the configuration's.
	Kind, Host string
	Callbacks  []string
	Places     int   // how many texts it carries at a time on this node
	HeardAt    int64 // when it last said anything to this node, milliseconds UTC; 0 if it has not
	// ReceiptsPercent is for how many of the texts of the last 24 hours there was
	// a report; nil if there were none.
	ReceiptsPercent *float64
}

// GatewayStates returns the gateways in the order of the configuration.
func (s *Service) GatewayStates(ctx context.Context) ([]GatewayState, error) {
	states := make([]GatewayState, len(s.gateways))
	at := map[string]*GatewayState{}
	for i, g := range s.gateways {
		states[i] = GatewayState{Name: g.Name, Sender: s.senderOf(g), Weight: g.Weight, Sandbox: g.Sandbox, Health: transport.Health{Up: true},
			Kind: g.Kind, Host: g.Host, Callbacks: g.Callbacks, Places: g.Places, HeardAt: s.heard.last(g.Name)}
		if g.Health != nil {
			states[i].Health = g.Health()
		}
		if g.Binder != nil {
			states[i].Binds, states[i].Bound = g.Binds, g.Binder.Bound()
		}
		at[g.Name] = &states[i]
	}
	return states, s.db.Read(ctx, func(tx *db.Tx) error {
		now, err := tx.Now()
		if err != nil {
			return err
		}
		reports, err := readReported(tx, now)
		if err != nil {
			return err
		}
		for name, state := range at {
			state.ReceiptsPercent = reports[name].percent()
			state.PausedAt, err = nexthop.Gateways.PausedAt(tx, name)
			if err == nil && state.Binds > 0 && s.db.Postgres() {
				err = tx.Row(`SELECT COUNT(*) FROM sms_binds WHERE gateway = $1 AND lease_until > $2`, []any{name, now}, &state.Bound)
			}
			if err != nil {
				return err
			}
		}
		return tx.Rows(`SELECT gateway, COUNT(*) FROM sms_messages WHERE status = 'unknown' GROUP BY gateway`, nil, func(scan func(...any) error) error {
			var gateway string
			var n int64
			err := scan(&gateway, &n)
			if state := at[gateway]; state != nil {
				state.Unknown = n
			}
			return err
		})
	})
}

// PauseGateway keeps texts from a gateway; another takes them, or the calls are
// answered UNAVAILABLE. What is under way ends. Pausing twice changes nothing.
func (s *Service) PauseGateway(ctx context.Context, actor, name string) error {
	if _, err := s.known(name); err != nil {
		return err
	}
	return nexthop.Gateways.Pause(ctx, s.db, actor, name)
}

// ResumeGateway ends a pause.
func (s *Service) ResumeGateway(ctx context.Context, actor, name string) error {
	if _, err := s.known(name); err != nil {
		return err
	}
	return nexthop.Gateways.Resume(ctx, s.db, actor, name)
}
