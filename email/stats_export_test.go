package email

import (
	"context"

	"aviso/numbered"
)

// SetReach lets a test look for little.
func (s *Service) SetReach(counted, looked int64) {
	s.reach = numbered.Reach{Counted: counted, Looked: looked}
}

// Recover lets a test take over what dead nodes left when it wants to.
func (s *Service) Recover(ctx context.Context) error { return s.recover(ctx) }
