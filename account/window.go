package account

import (
	"encoding/binary"
	"time"
)

// Window is the length of the rate limit's window.
const Window = time.Minute

// window is the stamps of a key's latest counted calls, oldest first, in
// milliseconds UTC. A log of stamps, not a bucket: a bucket of 120 that
// refills lets 240 calls into one badly placed minute.
type window []int64

// take counts a call at clock, or says after how long the next is let in.
// Stamps never go back, even if the clock does; they wait until it has caught
// up.
func (w window) take(clock int64, limit int) (window, time.Duration) {
	now := max(clock, w.last())
	// Closed at both ends: two calls exactly 60 s apart share a minute.
	if len(w) >= limit && now-w[len(w)-limit] <= Window.Milliseconds() {
		wait := w[len(w)-limit] + Window.Milliseconds() + 1 - clock
		return w, time.Duration(wait) * time.Millisecond
	}
	if over := len(w) - limit + 1; over > 0 {
		w = w[over:]
	}
	return append(w, now), 0
}

func (w window) last() int64 {
	if len(w) == 0 {
		return 0
	}
	return w[len(w)-1]
}

// A window is stored as its oldest stamp in 8 bytes and each later one as the
// distance from it in 4: half of what plain stamps take in every commit.
func decodeWindow(b []byte) window {
	if len(b) < 8 {
		return nil
	}
	base := int64(binary.LittleEndian.Uint64(b))
	w := make(window, 1, 2+(len(b)-8)/4)
	w[0] = base
	for b = b[8:]; len(b) >= 4; b = b[4:] {
		w = append(w, base+int64(binary.LittleEndian.Uint32(b)))
	}
	return w
}

func (w window) encode() []byte {
	// What left the minute decides nothing any more, except the last stamp:
	// it is when the key was last used.
	for len(w) > 1 && w.last()-w[0] > Window.Milliseconds() {
		w = w[1:]
	}
	b := make([]byte, 0, 8+4*len(w))
	b = binary.LittleEndian.AppendUint64(b, uint64(w[0]))
	for _, stamp := range w[1:] {
		b = binary.LittleEndian.AppendUint32(b, uint32(stamp-w[0]))
	}
	return b
}
