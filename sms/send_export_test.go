package sms

import "time"

// SetRestLasts changes how long the segments behind the first may take, before
// the start, and returns how long it was.
func (s *Service) SetRestLasts(d time.Duration) (was time.Duration) {
	was, s.restLasts = s.restLasts, d
	return was
}
