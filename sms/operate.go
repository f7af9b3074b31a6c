package sms

import (
	"context"
	"fmt"
	"strings"

	"aviso/fault"
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
	there := "the configuration has none"
	if len(names) > 0 {
		there = "there are: " + strings.Join(names, ", ")
	}
	return nil, fault.New(fault.NotFound, "NOT_FOUND", fmt.Sprintf("There is no gateway %q; %s.", name, there))
}
