package smpp

import (
	"context"
	"time"

	"aviso/transport"
)

// Send implements transport.Texter. A text in one message_payload has one
// verdict, all others one for each part. MayStart is asked under a lock: it
// must not wait, nor call the gateway.
func (g *Gateway) Send(ctx context.Context, t *transport.Text) transport.TextReport {
	began := time.Now()
	g.begin()
	verdicts := g.carry(ctx, t)
	g.done()
	return transport.TextReport{Verdicts: verdicts, Duration: time.Since(began)}
}

// begin counts a text under way.
func (g *Gateway) begin() {
	g.mu.Lock()
	g.texts++
	g.mu.Unlock()
}

func (g *Gateway) done() {
	g.mu.Lock()
	g.texts--
	g.hush()
	g.mu.Unlock()
}

// hush notes that the last text is through. g.mu is held.
func (g *Gateway) hush() {
	if !g.closed || g.texts > 0 {
		return
	}
	select {
	case <-g.quiet:
	default:
		close(g.quiet)
	}
}

// carry submits the parts in order, each after the one before was taken.
func (g *Gateway) carry(ctx context.Context, t *transport.Text) []transport.TextVerdict {
	frames, err := g.cfg.submits(t)
	if err != nil {
		refused := transport.TextVerdict{Outcome: transport.Refused, Recipient: err == errRecipient, Text: err.Error()}
		return stopAt(make([]transport.TextVerdict, max(1, len(t.Parts))), 0, refused)
	}
	verdicts := make([]transport.TextVerdict, len(frames))
	for i, frame := range frames {
		v := g.part(ctx, t, i, frame)
		if v.Outcome != transport.Taken {
			return stopAt(verdicts, i, v)
		}
		verdicts[i] = v
	}
	return verdicts
}

// stopAt is verdicts of which the one at i is not Taken: none after it left.
func stopAt(verdicts []transport.TextVerdict, i int, v transport.TextVerdict) []transport.TextVerdict {
	verdicts[i] = v
	for j := i + 1; j < len(verdicts); j++ {
		verdicts[j] = later(errEarlier)
	}
	return verdicts
}

// part submits one part. The first is not tried again: another gateway may be
// better. After that the text can go no other way, so a part that is not taken
// now is tried until ctx ends.
func (g *Gateway) part(ctx context.Context, t *transport.Text, i int, frame []byte) (v transport.TextVerdict) {
	begun := i > 0
	for pause := g.cfg.Timeouts.Again; ; {
		w, err := g.windows.take(ctx, begun)
		if err != nil {
			if v.Text == "" {
				v = later(err)
			}
			return v
		}
		r := &request{frame: frame, text: t.ID, part: i, done: make(chan struct{})}
		if !begun {
			r.mayStart = t.MayStart
		}
		if !w.s.carry(ctx, r) {
			continue // the link went away before the part had left
		}
		if v = r.verdict; !begun || v.Outcome != transport.Later || !g.rest(ctx, pause) {
			return v
		}
		pause = min(2*pause, 8*g.cfg.Timeouts.Again)
	}
}

// rest waits for about that long and reports whether ctx still runs.
func (g *Gateway) rest(ctx context.Context, pause time.Duration) bool {
	timer := time.NewTimer(jittered(pause, g.cfg.Random))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// carry submits r and waits for its verdict, or for the end of ctx. It reports
// false when the session ended before any of r had left.
func (s *session) carry(ctx context.Context, r *request) bool {
	if !s.post(r) {
		return false
	}
	select {
	case <-r.done:
	case <-ctx.Done():
		s.abandon(r)
		<-r.done
	}
	return !r.unsent
}
