package sms

// SetReach makes lists look less far.
func (s *Service) SetReach(counted, looked int64) { s.reach = reach{counted, looked} }
