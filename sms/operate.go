package sms

import (
	"context"

	"aviso/nexthop"
)

// Operate starts the committer alone, in place of Start: what an operator
// changes in a process beside the server goes the same way as everything else
// that changes a text. Nothing is submitted and nothing taken over. Close ends
// it, also after an error.
func (s *Service) Operate(ctx context.Context) error {
	go s.committer.Run()
	return s.db.Write(ctx, s.totals.prepare)
}

// known returns the configured gateway of a name, or says which there are.
func (s *Service) known(name string) (*Gateway, error) {
	if g := s.gateway(name); g != nil {
		return g, nil
	}
	names := make([]string, len(s.gateways))
	for i, g := range s.gateways {
		names[i] = g.Name
	}
	return nil, nexthop.Gateways.Unknown(name, names)
}
