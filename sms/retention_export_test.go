package sms

import "context"

// SweepOld removes what is over now.
func (s *Service) SweepOld(ctx context.Context) error {
	_, err := s.sweepOld(ctx)
	return err
}
