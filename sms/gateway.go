package sms

import (
	"cmp"
	"math"
	"slices"
	"time"

	"aviso/fault"
	"aviso/transport"
)

// Gateway is one way out to the network, in the order of the configuration.
type Gateway struct {
	Name   string // [a-z][a-z0-9]*
	Texter transport.Texter
	Sender string // what texts through it come from; empty for the installation's
	// Weight is its share of the texts, beside the others' that are up. One of
	// weight 0 is a reserve: it is tried when the others took nothing.
	Weight int
	// Wide says that parts are joined by a 16-bit reference, whose header
	// leaves 152 septets or 66 UTF-16 units to a part.
	Wide bool
	// Whole says that it takes a text in one piece and splits it by itself.
	Whole   bool
	Sandbox bool // it captures texts and sends none
	// ReceiveOnly says that texts come in by it and none can leave: it is never
	// chosen, and what comes in by it is not answered by itself.
	ReceiveOnly bool
	// Kind, Host and Callbacks are for the operator to see: smpp, twilio, smsgate
	// or sandbox; where it is, without credentials; what its provider has to call.
	Kind, Host string
	Callbacks  []string
	Places     int // how many texts it carries at a time on this node
	Binds      int // how many binds the whole installation may hold to it
	Binder     Binder
	// Health is the transport's own view; nil means that it is always up.
	Health func() transport.Health
}

// Binder is a transport whose links are counted over all nodes. A gateway that
// speaks HTTP has none: any node reaches it.
type Binder interface {
	SetBinds(n int) // how many this node may hold from now on
	Bound() int     // how many it holds that can submit
}

// up says whether the gateway can be expected to answer.
func (g *Gateway) up() bool { return g.Health == nil || g.Health().Up }

// here says whether this node can submit to it by itself.
func (g *Gateway) here() bool { return g.Binder == nil || g.Binder.Bound() > 0 }

// sends says whether there is a gateway that texts can leave by.
func (s *Service) sends() bool {
	return slices.ContainsFunc(s.gateways, func(g *Gateway) bool { return !g.ReceiveOnly })
}

// gateway returns the gateway of a name, nil if the configuration has none.
func (s *Service) gateway(name string) *Gateway {
	for _, g := range s.gateways {
		if g.Name == name {
			return g
		}
	}
	return nil
}

// choose returns the gateways that a text may try now, in order, or the fault
// of having none. A draw in [0, 1) for each decides among those that are up, by
// weight; reserves come after them, and what is down last: its transport says
// so at once, or finds out that it is up again.
func (s *Service) choose(draws []float64) ([]*Gateway, *fault.Error) {
	if s.holds.Held {
		return nil, fault.Later("Sending is on hold. Nothing was charged.", time.Minute, nil)
	}
	type place struct {
		gateway *Gateway
		class   int
		key     float64
	}
	var list []place
	for i, g := range s.gateways {
		switch {
		case g.ReceiveOnly, s.holds.Paused[g.Name]:
		case !g.up() && !s.elsewhere(g):
			list = append(list, place{g, 2, float64(i)})
		case g.Weight == 0:
			list = append(list, place{g, 1, float64(i)})
		default:
			// The smallest of exponential draws is each gateway's with the
			// probability of its share (Efraimidis and Spirakis).
			list = append(list, place{g, 0, -math.Log1p(-draws[i]) / float64(g.Weight)})
		}
	}
	if len(list) == 0 {
		return nil, fault.Later("Every gateway is paused. Nothing was charged.", time.Minute, nil)
	}
	slices.SortStableFunc(list, func(x, y place) int { return cmp.Or(cmp.Compare(x.class, y.class), cmp.Compare(x.key, y.key)) })
	gateways := make([]*Gateway, len(list))
	for i, p := range list {
		gateways[i] = p.gateway
	}
	return gateways, nil
}
