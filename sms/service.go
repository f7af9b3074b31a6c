package sms

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"aviso/account"
	"aviso/audit"
	"aviso/credit"
	"aviso/db"
	"aviso/nexthop"
	"aviso/numbered"
	"aviso/queue"
)

// Config is what the service is made from.
type Config struct {
	Gateways    []*Gateway
	Sender      string        // "+" and digits; of gateways that name none
	SyncTimeout time.Duration // how long a caller waits at most
	KeepLogs    time.Duration // how long texts that are over are kept; 0 for ever
	Inbound     Receiving
	// Lease is how long a node may be silent before another takes its texts
	// over; 20 s if zero.
	Lease   time.Duration
	Random  func() float64   // in [0, 1)
	Now     func() time.Time // this process's clock, for logs and durations
	Log     *slog.Logger
	Metrics *Metrics
	// Changed is told, after the commit, that an account's text is another now,
	// or has been pushed; the test of a webhook has none, "". It is for pages
	// that are open, and must not wait; nil tells nobody.
	Changed func(account, message string)
}

// Service submits texts, settles them, and takes in what comes from outside.
type Service struct {
	db        *db.DB
	committer *db.Committer

	claims   *account.IdempotencyBook
	messages *messageBook
	segments *segmentBook
	receipts *receiptBook
	holds    *nexthop.Book
	keys     *account.KeyBook
	accounts *accountBook
	balances *credit.Book
	totals   *totalsBook
	audits   *audit.Book
	in       *inbound

	gateways           []*Gateway
	gates              map[string]*queue.Gate
	sender             string
	lease, syncTimeout time.Duration
	restLasts          time.Duration // of the segments behind the first
	keepLogs           time.Duration
	random             func() float64
	now                func() time.Time
	log                *slog.Logger
	metrics            *Metrics
	changed            func(account, message string)

	node       string // names this process in rows that only it may use
	references atomic.Uint32
	leases     *queue.Leases[*flight]
	ctx        context.Context // ends when what is in flight must end
	cancel     context.CancelFunc
	carrying   queue.Crew     // flights
	running    sync.WaitGroup // loops
	loops      []*queue.Loop
	tests      *nexthop.Tester
	matching   *queue.Loop
	handovers  *queue.Loop // on PostgreSQL only
	unmatched  settledTexts
	heard      *hearing       // of gateways
	reach      numbered.Reach // of what lists look for
	binds      binds
}

// New returns a service that does nothing until Start.
func New(d *db.DB, c Config) *Service {
	s := &Service{db: d, gateways: c.Gateways, gates: map[string]*queue.Gate{}, sender: c.Sender, lease: c.Lease, syncTimeout: c.SyncTimeout, restLasts: restLasts,
		keepLogs: c.KeepLogs, random: c.Random, now: c.Now, log: c.Log, metrics: c.Metrics, changed: c.Changed,
		claims: account.NewIdempotencyBook(), messages: newMessageBook(), segments: newSegmentBook(), receipts: &receiptBook{}, holds: nexthop.NewBook(nexthop.Gateways),
		keys: account.NewKeyBook(0, c.Now), accounts: newAccountBook(), balances: credit.NewBook(), totals: newTotalsBook(c.Random), audits: &audit.Book{},
		node: db.NewID(), binds: newBinds(c.Gateways),
		heard: newHearing(c.Gateways, c.Now), reach: numbered.UsualReach}
	if s.lease == 0 {
		s.lease = 20 * time.Second
	}
	s.leases = newLeases(s.lease)
	if s.changed == nil {
		s.changed = func(string, string) {}
	}
	for _, g := range s.gateways {
		s.gates[g.Name] = queue.NewGate(g.Places)
	}
	s.messages.stats.slot = s.totals.slot
	s.in = s.newInbound(c.Inbound)
	s.references.Store(uint32(c.Random() * (1 << 16)))
	s.committer = d.NewCommitter(s.books()...)
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.tests = nexthop.NewTester(nexthop.Gateways, d, c.Log, s.reaches, s.sendTest)
	s.matching = queue.NewLoop("sms receipts", time.Minute, c.Log, s.runMatching)
	s.handovers = queue.NewLoop("sms handovers", handoverPoll, c.Log, s.runHandovers)
	s.loops = append([]*queue.Loop{
		s.tests.Loop,
		s.matching,
		queue.NewLoop("sms retention", sweepEvery, c.Log, s.sweepOld),
		queue.NewLoop("sms leases", s.lease/4, c.Log, func(ctx context.Context) (time.Duration, error) { return s.lease / 4, s.leases.Renew(ctx, s.db) }),
		queue.NewLoop("sms recovery", s.lease/4, c.Log, func(ctx context.Context) (time.Duration, error) { return s.lease / 4, s.recover(ctx) }),
	}, s.in.loops()...)
	return s
}

// books are the tables of the committer in the order of their locks.
func (s *Service) books() []db.Book {
	books := []db.Book{s.claims, s.messages, s.segments, s.receipts}
	books = append(books, s.in.books()...)
	return append(books, s.holds, s.keys, s.accounts, s.balances, s.totals, s.messages.conversations, s.messages.stats, s.messages.attempts, s.audits)
}

// Start runs the committer and the loops until Close. On SQLite whatever is
// still sending belongs to a process that is gone, since there is only one.
func (s *Service) Start(ctx context.Context) error {
	go s.committer.Run()
	if err := s.db.Write(ctx, s.totals.prepare); err != nil {
		s.committer.Close()
		return err
	}
	if !s.db.Postgres() {
		if err := errors.Join(s.takeOverAll(ctx), s.endMarked(ctx, 0)); err != nil {
			s.committer.Close()
			return err
		}
	}
	if !s.db.Postgres() {
		s.bindAlone()
	} else if len(s.binders()) > 0 {
		s.loops = append(s.loops, s.handovers,
			queue.NewLoop("sms binds", s.lease/4, s.log, func(ctx context.Context) (time.Duration, error) { return s.lease / 4, s.shareBinds(ctx) }))
	}
	for _, l := range s.loops {
		s.running.Go(func() { l.Start(s.ctx) })
	}
	return nil
}

// Close waits for what is in flight, at most until ctx ends; what is submitted
// and has no answer by then is unknown.
func (s *Service) Close(ctx context.Context) {
	idle := make(chan struct{})
	go func() { s.carrying.Wait(); s.in.close(); close(idle) }()
	select {
	case <-idle:
	case <-ctx.Done():
	}
	s.cancel()
	<-idle
	s.running.Wait()
	s.tests.Wait()
	if s.db.Postgres() && len(s.binders()) > 0 {
		ctx, cancel := s.handoverContext()
		defer cancel()
		if err := s.leaveBinds(ctx); err != nil {
			s.log.Error("the gateways' links were not given back; their leases run out", "error", err)
		}
	}
	s.committer.Close()
}

// Gateways returns the gateways in the order of the configuration.
func (s *Service) Gateways() []*Gateway { return s.gateways }
