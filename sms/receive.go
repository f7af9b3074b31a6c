package sms

import (
	"context"
	"maps"
	"strconv"
	"sync"
	"time"

	"aviso/account"
	"aviso/db"
	"aviso/fault"
	"aviso/queue"
	"aviso/transport"
)

// Receiving is what the inbound half is made from.
type Receiving struct {
	// Country is whose numbers come in without a calling code, "GB" or "+44";
	// empty leaves them as they came.
	Country string
	// RepliesPerHour is how many unknown shortcodes are answered, over all
	// senders; 0 for none.
	RepliesPerHour int
	HelpText       string // the answer to HELP; empty for none
	// FreeShortcodes and PrimeShortcodes are how many an account may have,
	// PrimeGrace how long Prime outlives its end by.
	FreeShortcodes, PrimeShortcodes int
	PrimeGrace                      time.Duration
	StarterCredits                  int64 // of an account that is approved
	Limits                          Limits
	// Vault seals webhooks' secrets; nil when the installation has no key, and
	// then nothing is sealed or pushed.
	Vault Vault
	// CheckURL says why a customer's URL may not be pushed to, as far as it
	// can be seen without resolving it; nil allows it.
	CheckURL func(string) error
	Pusher   transport.Pusher
}

// shortcodes is how many shortcodes an account may have at now, given the end
// of its Prime in milliseconds UTC.
func (r *Receiving) shortcodes(primeUntil, now int64) int {
	if now < primeUntil+r.PrimeGrace.Milliseconds() && primeUntil != 0 {
		return r.PrimeShortcodes
	}
	return r.FreeShortcodes
}

// Vault keeps secrets that have to be known again, under a key that is not in
// the database. Purpose binds a sealed secret to its use.
type Vault interface {
	Seal(purpose string, plain []byte) []byte
	Open(purpose string, sealed []byte) ([]byte, error)
}

// inbound is the half of the service that texts come in by: what it keeps in
// memory, its books and its loops.
type inbound struct {
	Receiving
	national string // calling code of numbers without one

	repeats *repeatBook
	parts   *partBook
	codes   *shortcodeBook
	optouts *optoutBook
	replies *replyBook
	pushes  *pushBook

	arriving arrivals
	owners   owners
	pushing  *crew
	replying *crew
	tests    *account.Throttle

	pushLoop, replyLoop, partLoop, sweepLoop *queue.Loop
}

func (s *Service) newInbound(c Receiving) *inbound {
	in := &inbound{Receiving: c, national: nationalCode(c.Country), repeats: newRepeatBook(), parts: newPartBook(), codes: newShortcodeBook(c),
		optouts: newOptoutBook(), replies: newReplyBook(), pushes: newPushBook(),
		arriving: arrivals{under: map[string]*arriving{}}, owners: owners{of: map[string]string{}},
		pushing: newCrew(pushPlaces, pushPlacesEach), replying: newCrew(replyPlaces, replyPlaces), tests: account.NewThrottle(testsPerMinute, s.now)}
	in.pushLoop = queue.NewLoop("sms pushes", pushPoll, s.log, s.runPushes)
	in.replyLoop = queue.NewLoop("sms replies", replyPoll, s.log, s.runReplies)
	in.partLoop = queue.NewLoop("sms parts", time.Minute, s.log, s.runParts)
	in.sweepLoop = queue.NewLoop("sms inbound sweep", sweepPoll, s.log, s.sweepInbound)
	return in
}

// books are the inbound half's tables in the order of their locks.
func (in *inbound) books() []db.Book {
	return []db.Book{in.repeats, in.parts, in.codes, in.optouts, in.replies, in.pushes}
}

func (in *inbound) loops() []*queue.Loop {
	return []*queue.Loop{in.pushLoop, in.replyLoop, in.partLoop, in.sweepLoop}
}

// close takes no more pushes and replies, and waits for those under way.
func (in *inbound) close() {
	in.pushing.close()
	in.replying.close()
}

// Receive stores one text, or one part of one, and whatever follows from it:
// the push, the automatic reply, the block of a number that said stop. It
// returns nil once that is durable, and also for a repetition of what was
// stored before. It implements transport.Inbound; the context ends nothing: a
// gateway that hangs up while the text is stored brings it again, and it is
// recognised.
func (s *Service) Receive(_ context.Context, t *transport.InboundText) error {
	began := s.now()
	a := s.newArrival(t)
	lead, same := s.in.arriving.enter(a.repeat)
	if !lead {
		// It came again before the first was acknowledged: what becomes of
		// that one holds for both.
		<-same.done
		return same.err
	}
	s.heard.from(t.Gateway)
	if same.err = s.store(a); same.err == nil {
		s.metrics.received(t.Gateway, a.kind(), s.now().Sub(began))
	}
	s.in.arriving.leave(a.repeat, same)
	return same.err
}

// storeTries is how often a text is decided about: a run may find a fact
// missing that only another fact names, and that fact may change meanwhile.
const storeTries = 6

func (s *Service) store(a *arrival) error {
	for range storeTries {
		if err := s.committer.Do(db.Receiving, a); err != nil {
			s.log.Error("text not stored; its gateway will bring it again", "gateway", a.gateway, "sender", a.sender, "error", err)
			return err
		}
		if !a.again {
			a.done()
			return nil
		}
	}
	return fault.Later("The database changed while a text was stored.", time.Second, nil)
}

// arrival is the work of taking in one text or part.
type arrival struct {
	routing
	text   *transport.InboundText
	repeat string   // the row of its repetitions, "" if it cannot be recognised
	set    partKey  // of a part
	name   string   // of its set, "" for a text in one piece
	whole  *partSet // whose last part this is

	repeated, waits bool // outcome: there before; a part whose others are missing
}

func (s *Service) newArrival(t *transport.InboundText) *arrival {
	a := &arrival{text: t, routing: routing{s: s, id: db.NewID(), gateway: t.Gateway,
		sender: readSender(t.From, t.FromType, s.in.national), ours: s.readOurs(t.To), answers: true}}
	if t.RepeatKey != "" {
		a.repeat = nameOf(t.Gateway, t.RepeatKey)
	}
	if validPart(t.Part) {
		a.set = partKey{t.Gateway, t.From, t.To, t.Part.Wide, t.Part.Reference, t.Part.Total}
		a.name = a.set.name()
	} else {
		a.read(decode(t.Alphabet, t.Data), 0)
	}
	return a
}

// Want implements db.Work.
func (a *arrival) Want() {
	a.s.in.repeats.want(a.repeat)
	if a.name != "" {
		a.s.in.parts.want(a.name)
	}
	a.want()
}

// Decide implements db.Work.
func (a *arrival) Decide(now int64) {
	a.reset()
	a.whole, a.repeated, a.waits = nil, false, false
	in := a.s.in
	if in.repeats.seen(a.repeat, a.text.Bind, now) {
		a.repeated = true
		return
	}
	if a.name == "" || a.complete(now) {
		if !a.route(now) {
			return
		}
		if a.whole != nil {
			in.parts.finish(a.whole)
		}
	}
	in.repeats.note(a.repeat, a.text.Bind, now)
}

// complete adds a part to its set, and says whether the set is a text now; then
// it is read, and its rows go with the same commit that stores it.
func (a *arrival) complete(now int64) bool {
	parts, p, number := a.s.in.parts, part{a.text.Alphabet, a.text.Data}, a.text.Part.Number
	set := parts.open[a.name]
	if set != nil && set.closedBy(number, p, a.set.wide, now) {
		parts.close(set, now)
		set = nil
	}
	if set == nil {
		set = &partSet{id: db.NewID(), name: a.name, gateway: a.gateway, sender: a.sender, recipient: a.ours, beganAt: now}
		parts.begin(set)
	}
	if _, had := set.parts[number]; had {
		a.waits = true
		return false
	}
	if len(set.parts)+1 < a.set.total {
		parts.add(set, number, p, now)
		a.waits = true
		return false
	}
	all := maps.Clone(set.parts)
	all[number] = p
	a.read(joinParts(all), int64(a.set.total))
	a.whole = set
	return true
}

// Weight implements db.Work.
func (a *arrival) Weight() int { return 256 + len(a.text.Data) }

// kind is what it turned out to be.
func (a *arrival) kind() string {
	switch {
	case a.repeated:
		return "repetition"
	case a.waits:
		return "part"
	}
	return "text"
}

// done wakes what has something to do now, and tells the log.
func (a *arrival) done() {
	switch log := a.s.log.With("gateway", a.gateway, "sender", a.sender, "to", a.ours); {
	case a.repeated:
		log.Info("text repeated; stored before")
	case a.waits:
		p := a.text.Part
		log.Info("part of a text stored", "reference", p.Reference, "part", strconv.Itoa(p.Number)+"/"+strconv.Itoa(p.Total))
	default:
		a.told()
	}
}

// arrivals are the texts that are being stored at this moment, by the row of
// their repetitions.
type arrivals struct {
	mu    sync.Mutex
	under map[string]*arriving
}

type arriving struct {
	done chan struct{}
	err  error
}

// enter says whether the caller is the first who brings this text; the others
// wait for it.
func (l *arrivals) enter(repeat string) (first bool, a *arriving) {
	if repeat == "" {
		return true, &arriving{done: make(chan struct{})}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if a := l.under[repeat]; a != nil {
		return false, a
	}
	a = &arriving{done: make(chan struct{})}
	l.under[repeat] = a
	return true, a
}

func (l *arrivals) leave(repeat string, a *arriving) {
	l.mu.Lock()
	delete(l.under, repeat)
	l.mu.Unlock()
	close(a.done)
}
