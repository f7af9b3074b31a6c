package sms

import (
	"context"

	"aviso/audit"
	"aviso/db"
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
			err := tx.Row(`SELECT COALESCE((SELECT paused_at FROM sms_gateways WHERE name = $1), 0)`, []any{name}, &state.PausedAt)
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
	return s.changeGateway(ctx, actor, name, "gateway.pause", func(tx *db.Tx, now int64) (int64, error) {
		return tx.Exec(`INSERT INTO sms_gateways (name, paused_at) VALUES ($1, $2)
			ON CONFLICT (name) DO UPDATE SET paused_at = excluded.paused_at WHERE sms_gateways.paused_at IS NULL`, name, now)
	})
}

// ResumeGateway ends a pause.
func (s *Service) ResumeGateway(ctx context.Context, actor, name string) error {
	return s.changeGateway(ctx, actor, name, "gateway.resume", func(tx *db.Tx, _ int64) (int64, error) {
		return tx.Exec(`UPDATE sms_gateways SET paused_at = NULL WHERE name = $1 AND paused_at IS NOT NULL`, name)
	})
}

func (s *Service) changeGateway(ctx context.Context, actor, name, action string, change func(tx *db.Tx, now int64) (int64, error)) error {
	if _, err := s.known(name); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		now, err := tx.Now()
		if err != nil {
			return err
		}
		n, err := change(tx, now)
		if err != nil || n == 0 {
			return err
		}
		return audit.Append(tx, audit.Entry{Actor: actor, Action: action, Subject: name})
	})
}
