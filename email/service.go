package email

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"aviso/account"
	"aviso/audit"
	"aviso/credit"
	"aviso/db"
	"aviso/fault"
	"aviso/nexthop"
	"aviso/numbered"
	"aviso/queue"
)

// Config is what the service is made from.
type Config struct {
	Domain       string // of Message-IDs and of the installation's sender
	Relays       []*Relay
	RateLimit    int           // calls a minute and key; 0 for none
	SyncTimeout  time.Duration // how long a caller waits at most
	RetryInitial time.Duration
	RetryMax     time.Duration
	RetryFor     time.Duration
	// KeepLogs is how long messages that are over are kept, KeepBodies how long
	// what they said is. A KeepLogs of 0 keeps both.
	KeepLogs, KeepBodies time.Duration
	// Lease is how long a node may be silent before another takes its
	// messages over; 20 s if zero.
	Lease   time.Duration
	Random  func() float64   // in [0, 1)
	Now     func() time.Time // this process's clock, for logs and durations
	Log     *slog.Logger
	Metrics *Metrics
	// Changed is told, after the commit, that an account's message is another
	// now: for pages that are open. It must not wait; nil tells nobody.
	Changed func(account, message string)
}

// Service accepts, carries and settles email.
type Service struct {
	db        *db.DB
	committer *db.Committer

	claims   *account.IdempotencyBook
	messages *messageBook
	senders  *senderBook
	keys     *account.KeyBook
	balances *credit.Book
	caps     *capBook
	holds    *nexthop.Book
	audits   *audit.Book

	domain                           string
	relays                           []*Relay
	gates                            map[string]*queue.Gate
	paces                            map[string]*pace // by relay
	lease, syncTimeout               time.Duration
	retryInitial, retryMax, retryFor time.Duration
	keepLogs, keepBodies             time.Duration
	reach                            numbered.Reach // of what lists look for
	random                           func() float64
	now                              func() time.Time
	log                              *slog.Logger
	metrics                          *Metrics
	changed                          func(account, message string)

	leases   *queue.Leases[*flight]
	ctx      context.Context // ends when what is in flight must end
	cancel   context.CancelFunc
	carrying queue.Crew     // flights
	running  sync.WaitGroup // loops
	loops    []*queue.Loop
	retry    *queue.Loop
	tests    *nexthop.Tester
	places   int // of all relays
}

// New returns a service that does nothing until Start.
func New(d *db.DB, c Config) *Service {
	s := &Service{db: d, domain: c.Domain, relays: c.Relays, gates: map[string]*queue.Gate{}, paces: map[string]*pace{}, lease: c.Lease, syncTimeout: c.SyncTimeout,
		retryInitial: c.RetryInitial, retryMax: c.RetryMax, retryFor: c.RetryFor,
		keepLogs: c.KeepLogs, keepBodies: c.KeepBodies, reach: numbered.UsualReach, random: c.Random, now: c.Now, log: c.Log, metrics: c.Metrics, changed: c.Changed,
		claims: account.NewIdempotencyBook(), messages: newMessageBook(), senders: newSenderBook(InstallationSender(c.Domain)),
		keys: account.NewKeyBook(c.RateLimit, c.Now), balances: credit.NewBook(), caps: newCapBook(), holds: nexthop.NewBook(nexthop.Relays), audits: &audit.Book{},
	}
	if s.lease == 0 {
		s.lease = 20 * time.Second
	}
	s.leases = newLeases(s.lease)
	if s.changed == nil {
		s.changed = func(string, string) {}
	}
	for _, r := range s.relays {
		s.gates[r.Name] = queue.NewGate(r.Places)
		s.paces[r.Name] = &pace{}
		s.places += r.Places
	}
	s.committer = d.NewCommitter(s.claims, s.messages, s.holds, s.keys, s.senders, s.balances, s.caps, s.audits, s.messages.days, s.messages.recent)
	s.messages.recent.slot = int64(c.Random() * recentSlots)
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.retry = queue.NewLoop("email retry", 5*time.Second, c.Log, s.runDue)
	s.tests = nexthop.NewTester(nexthop.Relays, d, c.Log, func(name string) bool { return s.relay(name) != nil }, s.sendTest)
	s.loops = []*queue.Loop{
		s.retry,
		s.tests.Loop,
		queue.NewLoop("email retention", sweepEvery, c.Log, s.sweepOld),
		queue.NewLoop("email leases", s.lease/4, c.Log, func(ctx context.Context) (time.Duration, error) { return s.lease / 4, s.leases.Renew(ctx, s.db) }),
		queue.NewLoop("email recovery", s.lease/4, c.Log, func(ctx context.Context) (time.Duration, error) { return s.lease / 4, s.recover(ctx) }),
	}
	return s
}

// InstallationSender is the sender of every account that has no default.
func InstallationSender(domain string) string { return "noreply@" + domain }

// Start runs the committer and the loops until Close. On SQLite whatever is
// still sending belongs to a process that is gone, since there is only one.
func (s *Service) Start(ctx context.Context) error {
	go s.committer.Run()
	if !s.db.Postgres() {
		if err := s.takeOverAll(ctx); err != nil {
			s.committer.Close()
			return err
		}
	}
	for _, l := range s.loops {
		s.running.Go(func() { l.Start(s.ctx) })
	}
	return nil
}

// Close waits for what is in flight, at most until ctx ends; then what has not
// reached its final dot is due again, and the rest is unknown.
func (s *Service) Close(ctx context.Context) {
	idle := make(chan struct{})
	go func() { s.carrying.Wait(); close(idle) }()
	select {
	case <-idle:
	case <-ctx.Done():
	}
	s.cancel()
	<-idle
	s.running.Wait()
	s.tests.Wait()
	s.committer.Close()
}

// Relays returns the relays in the order of the configuration.
func (s *Service) Relays() []*Relay { return s.relays }

// Refuse answers a call that need not be read: the caller's window is known to
// be full. Nil means that nothing is known against it.
func (s *Service) Refuse(c account.Caller) *fault.Error { return s.keys.Full(c) }

// Send carries one call through its life until it can be answered. A
// *fault.Error is the refusal; nothing of the call is left then but its count.
// It takes no context: a caller who hangs up cancels nothing.
func (s *Service) Send(c *Call) (*Answer, error) {
	if len(s.relays) == 0 {
		return nil, fault.Later("Email is switched off: no relay is configured.", time.Minute, nil)
	}
	if !s.carrying.Join() {
		return nil, fault.Of(db.ErrClosed)
	}
	defer s.carrying.Leave()
	f, answer, err := s.admit(c)
	if f == nil {
		return answer, err
	}
	f.composed = c.Draft.Compose(Heading{From: f.sender.address, FromName: f.sender.name, MessageID: f.smtpMessageID, Date: f.date})
	settled := make(chan carried, 1)
	s.carrying.Go(func() {
		answer, err := s.carry(f)
		settled <- carried{answer, err}
	})
	timer := time.NewTimer(s.syncTimeout - s.now().Sub(c.Arrived))
	defer timer.Stop()
	select {
	case r := <-settled:
		return s.answer(f, r)
	case <-timer.C:
	}
	if answer := s.promise(f); answer != nil {
		return answer, nil
	}
	return s.answer(f, <-settled)
}

type carried struct {
	answer *Answer
	err    error
}

// answer is what a settled call is told. One whose settlement could not be
// written gets the id of the message, which its Idempotency-Key resumes.
func (s *Service) answer(f *flight, r carried) (*Answer, error) {
	if r.answer != nil {
		return r.answer, nil
	}
	e := fault.Later("The message was handed over, but its outcome could not be stored. The log will show it as interrupted; the same Idempotency-Key resumes it.", 5*time.Second, r.err)
	e.MessageID = f.id
	return nil, e
}

// admit decides over a call. It returns a flight, or an answer, or a fault.
func (s *Service) admit(c *Call) (*flight, *Answer, error) {
	a := &admission{s: s, call: c, id: db.NewID()}
	began := s.now()
	var asked time.Duration
	for range 4 {
		asked = s.leases.Elapsed()
		if err := s.committer.Do(db.Admitting, a); err != nil {
			return nil, nil, fault.Of(err)
		}
		if !a.again {
			break
		}
	}
	switch {
	case a.fault != nil:
		s.metrics.refused(a.fault.Code)
		return nil, nil, a.fault
	case a.replay != nil:
		return nil, a.replay, nil
	case a.flight == nil:
		return nil, nil, fault.Later("The database changed while the call was decided. Nothing was sent or charged.", time.Second, nil)
	}
	s.leases.Hold(a.flight, asked)
	s.metrics.accepted(c.Channel, a.charge, s.now().Sub(began))
	return a.flight, nil, nil
}

// promiseBodyLimit is how large a body may be inside the committer's batch;
// larger ones are written beforehand.
const promiseBodyLimit = 64 << 10

// promise makes a running message durable and returns its 202, or nil when
// its settlement was first.
func (s *Service) promise(f *flight) *Answer {
	w := &promise{s: s, f: f, composed: &f.composed, dotOut: !f.phase.CompareAndSwap(phaseOpen, phasePromised)}
	if len(f.composed.Data) > promiseBodyLimit {
		if err := s.storeBody(f); err == nil {
			w.composed = nil
		}
	}
	if err := s.committer.Do(db.Promising, w); err != nil {
		s.log.Error("email not promised; waiting for its outcome", "id", f.id, "request", f.request, "error", err)
		return nil
	}
	s.changed(f.account, f.id)
	return w.answer
}

func (s *Service) storeBody(f *flight) error {
	return s.db.Write(s.ctx, func(tx *db.Tx) error {
		return tx.Each(insertBodies, []any{f.id, f.composed.Data, f.composed.EightBit, f.composed.UTF8}, nil)
	})
}

// messageID is the Message-ID header of a message, fixed before its first
// attempt.
func (s *Service) messageID(id string) string { return "<" + id + "@" + s.domain + ">" }
