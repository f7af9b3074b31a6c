package email

import "context"

// SweepOld lets a test sweep when it wants to, instead of once an hour.
func (s *Service) SweepOld(ctx context.Context) error {
	_, err := s.sweepOld(ctx)
	return err
}
