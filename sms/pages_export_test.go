package sms

import "aviso/numbered"

// SetReach makes lists look less far.
func (s *Service) SetReach(counted, looked int64) {
	s.reach = numbered.Reach{Counted: counted, Looked: looked}
}
