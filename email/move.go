package email

// move takes a flight to another relay, and its reservation with it, in one
// transaction.
type move struct {
	s     *Service
	f     *flight
	to    *Relay
	moved bool
	row   message // as it is then
}

// Want implements db.Work.
func (w *move) Want() {
	w.s.messages.wantLease(w.f.id)
	w.s.wantCaps(w.f.sender.address, w.f.sender.cap > 0, w.f.day)
}

// Decide implements db.Work.
func (w *move) Decide(int64) {
	w.moved = false
	s, m := w.s, w.s.messages.held(w.f)
	if m == nil {
		return
	}
	n, day := int64(len(w.f.waiting())), w.f.day
	if name := relayCap(w.to.Name); w.to.DailyCap > 0 && (s.caps.waiting[name] || !s.caps.room(name, day, n, w.to.DailyCap)) {
		return
	}
	s.caps.add(relayCap(m.relay), m.reservedDay, -m.reserved)
	s.caps.add(senderCap(m.sender), m.reservedDay, -m.reserved)
	m.relay, m.reserved, m.reservedDay, m.changed = w.to.Name, 0, 0, true
	if w.to.DailyCap > 0 || w.f.sender.cap > 0 {
		m.reserved, m.reservedDay = n, day
		s.caps.add(relayCap(m.relay), day, n)
		s.caps.add(senderCap(m.sender), day, n)
	}
	w.moved, w.row = true, *m
}

// Weight implements db.Work.
func (w *move) Weight() int { return 256 }
