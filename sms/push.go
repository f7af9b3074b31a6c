package sms

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"

	"aviso/db"
	"aviso/transport"
)

// How pushes are made (contract, SMS, "Webhook"). A push is marked right before
// it is dialled; whoever marks it makes it, and nobody makes it again.
const (
	pushLasts      = 10 * time.Second // one attempt
	pushPatience   = 10 * time.Second // from asking for the mark to dialling
	pushDead       = time.Minute      // a push marked so long ago has nobody who makes it
	pushPoll       = 2 * time.Second
	pushPlaces     = 256 // under way on one node
	pushPlacesEach = 16  // of one shortcode
	pushAnswer     = 4 << 10
)

// pushing is the work of marking one push, and what is needed to make it.
type pushing struct {
	s         *Service
	id        string
	url       string
	shortcode string // its id
	account   string // whose it is
	message   string // the text; "" for a test
	body      []byte
	problem   string // why it cannot be made at all

	asked  time.Duration // when the mark was asked for, since the service began
	marked bool          // outcome: it is this node's to make
}

// Want implements db.Work.
func (w *pushing) Want() {
	w.s.in.pushes.want(w.id)
	w.s.holds.Want()
}

// Decide implements db.Work.
func (w *pushing) Decide(now int64) {
	w.marked = !w.s.holds.Held && w.s.in.pushes.start(w.id, now)
	if w.marked && w.problem != "" {
		w.s.in.pushes.end(w.id, now, 0, w.problem, 0, "")
		w.marked = false
	}
}

// Weight implements db.Work.
func (w *pushing) Weight() int { return 256 }

// pushEnd writes what became of a push.
type pushEnd struct {
	s      *Service
	id     string
	report transport.PushReport
}

// Want implements db.Work.
func (w *pushEnd) Want() {}

// Decide implements db.Work.
func (w *pushEnd) Decide(now int64) {
	r := w.report
	w.s.in.pushes.end(w.id, now, int64(r.Status), plain(r.Error, 500), r.Duration.Milliseconds(), answerText(r.Answer))
}

// Weight implements db.Work.
func (w *pushEnd) Weight() int { return 256 + len(w.report.Answer) }

// answerText is the beginning of an endpoint's answer as the page shows it.
func answerText(answer []byte) string {
	answer = answer[:min(len(answer), pushAnswer)]
	return strings.ReplaceAll(strings.ToValidUTF8(string(answer), "\uFFFD"), "\x00", "\uFFFD")
}

// runPushes marks what is due and pushes it, as much as there are places.
func (s *Service) runPushes(ctx context.Context) (time.Duration, error) {
	found, err := s.duePushes(ctx)
	if err != nil || len(found) == 0 {
		return pushPoll, err
	}
	found = slices.DeleteFunc(found, func(w *pushing) bool { return !s.in.pushing.enter(w.shortcode) })
	var all sync.WaitGroup
	for _, w := range found {
		w.asked = s.leases.Elapsed()
		all.Go(func() {
			if err := s.committer.Do(db.Settling, w); err != nil {
				s.log.Error("push not marked; it stays due", "id", w.id, "error", err)
				w.marked = false
			}
		})
	}
	all.Wait()
	pause := pushPoll
	for _, w := range found {
		if !w.marked {
			s.in.pushing.leave(w.shortcode)
			continue
		}
		pause = 0
		go s.push(w)
	}
	return pause, nil
}

// push makes one attempt and records it.
func (s *Service) push(w *pushing) {
	defer s.in.pushLoop.Wake()
	defer s.in.pushing.leave(w.shortcode)
	end := &pushEnd{s: s, id: w.id}
	if s.leases.Elapsed()-w.asked > pushPatience {
		end.report.Error = "the server was too busy to push it in time"
	} else {
		ctx, cancel := context.WithTimeout(s.ctx, pushLasts)
		end.report = s.in.Pusher.Push(ctx, w.url, w.body)
		cancel()
	}
	s.metrics.pushed(end.report)
	log := s.log.With("id", w.id, "shortcode", w.shortcode, "status", end.report.Status, "ms", end.report.Duration.Milliseconds())
	if err := s.insist(end); err != nil {
		log.Error("the outcome of a push was not stored", "error", err)
		return
	}
	log.Info("text pushed", "error", end.report.Error)
	s.changed(w.account, w.message)
}

// insist commits the outcome of what was marked. The database may be away for
// a moment, and an outcome that is not written is lost; so it tries again until
// the mark is about to be taken for a dead node's.
func (s *Service) insist(w db.Work) error {
	began, wait := s.leases.Elapsed(), 50*time.Millisecond
	for {
		err := s.committer.Do(db.Settling, w)
		if err == nil || s.leases.Elapsed()-began > pushDead/4 {
			return err
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-s.ctx.Done():
			timer.Stop()
			return err
		}
		wait *= 2
	}
}

// pushBody is what a webhook gets: these fields in this order (contract, SMS,
// "Inbound").
func pushBody(sender, secret, shortcode, content string) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // it is no page, and customers read their logs
	// Four strings cannot fail to be written into memory.
	_ = e.Encode(struct {
		Sender    string `json:"sender"`
		Auth      string `json:"auth"`
		Shortcode string `json:"shortcode"`
		Content   string `json:"messageContent"`
	}{sender, secret, shortcode, content})
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
