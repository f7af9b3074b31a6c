package sms

import (
	"context"
	"sync/atomic"
	"time"

	"aviso/db"
)

// binds is how many links this node holds to each gateway that counts them over
// the whole installation. Only the loop that shares them writes to it.
type binds struct {
	told   map[string]*atomic.Int64 // what each Binder was told last; -1 before
	agreed time.Duration            // when the nodes agreed last, since the service began
}

func newBinds(gateways []*Gateway) binds {
	b := binds{told: map[string]*atomic.Int64{}}
	for _, g := range gateways {
		b.told[g.Name] = &atomic.Int64{}
		b.told[g.Name].Store(-1)
	}
	return b
}

// binders returns the gateways whose links are shared out.
func (s *Service) binders() []*Gateway {
	var list []*Gateway
	for _, g := range s.gateways {
		if g.Binder != nil {
			list = append(list, g)
		}
	}
	return list
}

// setBinds tells a gateway how many links it may hold, if that has changed.
func (s *Service) setBinds(g *Gateway, n int) {
	if told := s.binds.told[g.Name]; told.Swap(int64(n)) != int64(n) {
		g.Binder.SetBinds(n)
	}
}

// elsewhere says whether other nodes have the links to a gateway, so that its
// health cannot be seen from here.
func (s *Service) elsewhere(g *Gateway) bool {
	return g.Binder != nil && s.binds.told[g.Name].Load() == 0
}

// bindAlone gives all links to this node: SQLite has no other.
func (s *Service) bindAlone() {
	for _, g := range s.binders() {
		s.setBinds(g, g.Binds)
	}
}

// share is how many of n links the node of a rank gets, when as many nodes as
// nodes share them. Turn lets what does not divide fall to another node for
// each gateway.
func share(n, nodes, rank, turn int) int {
	s := n / nodes
	if (rank+turn)%nodes < n%nodes {
		s++
	}
	return s
}

// shareBinds keeps this node among those that are alive, and takes and gives
// back links until it has its fair share. A slot is given back one round after
// its link was told to close, so that a gateway never sees more than it allows.
func (s *Service) shareBinds(ctx context.Context) error {
	asked := s.leases.Elapsed()
	list := s.binders()
	held := make([]int, len(list))
	err := s.db.Write(ctx, func(tx *db.Tx) error {
		now, err := tx.Now()
		if err != nil {
			return err
		}
		rank, nodes, err := s.enroll(tx, now)
		for i, g := range list {
			if err == nil {
				held[i], err = s.shareGateway(tx, g, share(g.Binds, nodes, rank, i), now)
			}
		}
		return err
	})
	if err != nil {
		if s.leases.Elapsed()-s.binds.agreed > s.lease {
			// Others take these slots for free by now.
			for _, g := range list {
				s.setBinds(g, 0)
			}
		}
		return err
	}
	s.binds.agreed = asked
	for i, g := range list {
		s.setBinds(g, held[i])
	}
	return nil
}

// enroll renews this node's place among those that are alive and returns it.
func (s *Service) enroll(tx *db.Tx, now int64) (rank, nodes int, err error) {
	if _, err = tx.Exec(`DELETE FROM sms_nodes WHERE lease_until <= $1`, now); err != nil {
		return 0, 0, err
	}
	_, err = tx.Exec(`INSERT INTO sms_nodes (node, lease_until) VALUES ($1, $2) ON CONFLICT (node) DO UPDATE SET lease_until = excluded.lease_until`,
		s.node, now+s.lease.Milliseconds())
	if err != nil {
		return 0, 0, err
	}
	err = tx.Rows(`SELECT node FROM sms_nodes ORDER BY node`, nil, func(scan func(...any) error) error {
		var node string
		err := scan(&node)
		if node == s.node {
			rank = nodes
		}
		nodes++
		return err
	})
	return rank, nodes, err
}

// shareGateway renews, takes and gives back slots of one gateway, and returns
// how many links this node may hold: never more than its slots.
func (s *Service) shareGateway(tx *db.Tx, g *Gateway, fair int, now int64) (int, error) {
	// A row for each slot, so that there is one to lock.
	for slot := range g.Binds {
		_, err := tx.Exec(`INSERT INTO sms_binds (gateway, slot, node, lease_until) VALUES ($1, $2, '', 0) ON CONFLICT (gateway, slot) DO NOTHING`, g.Name, slot)
		if err != nil {
			return 0, err
		}
	}
	var own, free []int64
	err := tx.Rows(`SELECT slot, node, lease_until FROM sms_binds WHERE gateway = $1 AND slot < $2 ORDER BY slot {lock}`, []any{g.Name, g.Binds},
		func(scan func(...any) error) error {
			var slot, until int64
			var node string
			err := scan(&slot, &node, &until)
			switch {
			case node == s.node && until > now:
				own = append(own, slot)
			case until <= now:
				free = append(free, slot)
			}
			return err
		})
	if err != nil {
		return 0, err
	}
	keep := len(own)
	if s.binds.told[g.Name].Load() <= int64(fair) {
		keep = min(keep, fair) // those beyond are closed already
	}
	for i, slot := range own {
		until := now + s.lease.Milliseconds()
		if i >= keep {
			until = 0
		}
		if err := s.holdSlot(tx, g, slot, until); err != nil {
			return 0, err
		}
	}
	for _, slot := range free[:min(len(free), max(0, fair-keep))] {
		if err := s.holdSlot(tx, g, slot, now+s.lease.Milliseconds()); err != nil {
			return 0, err
		}
		keep++
	}
	return min(keep, fair), nil
}

func (s *Service) holdSlot(tx *db.Tx, g *Gateway, slot, until int64) error {
	_, err := tx.Exec(`UPDATE sms_binds SET node = $1, lease_until = $2 WHERE gateway = $3 AND slot = $4`, s.node, until, g.Name, slot)
	return err
}

// leaveBinds gives all slots back at once, for the nodes that go on.
func (s *Service) leaveBinds(ctx context.Context) error {
	for _, g := range s.binders() {
		s.setBinds(g, 0)
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(`UPDATE sms_binds SET lease_until = 0 WHERE node = $1`, s.node); err != nil {
			return err
		}
		_, err := tx.Exec(`DELETE FROM sms_nodes WHERE node = $1`, s.node)
		return err
	})
}
