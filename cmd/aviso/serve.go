package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"aviso/account"
	"aviso/api"
	"aviso/db"
	"aviso/email"
	"aviso/inbox"
	"aviso/node"
	"aviso/queue"
	"aviso/sms"
)

// drainFor is how long what is in flight has after SIGTERM.
const drainFor = 30 * time.Second

// farewell is how long calls are still answered after SIGTERM.
const farewell = 500 * time.Millisecond

type serveCommand struct {
	Demo bool `help:"Try it out: a sandbox captures every message, on this machine alone."`
}

// collectAt lets the heap grow to five times what is alive before it is
// collected, unless the operator has set GOGC: a server that keeps nothing has
// a small heap, and would collect it a hundred times a second.
const collectAt = 400

// Run serves until the process is told to stop.
func (c *serveCommand) Run(a *app) error {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collectAt)
	}
	if a.demo = c.Demo; c.Demo {
		if err := checkDemo(a.config); err != nil {
			return err
		}
		demoConfig(a.config)
	}
	var lock *serveLock
	if path, ok := a.config.Database.sqlitePath(); ok {
		if err := makeParent(path); err != nil {
			return err
		}
		var err error
		if lock, err = takeServeLock(path); err != nil {
			return err
		}
		defer lock.release()
	}
	d, err := a.openAs(true, true)
	if err != nil {
		return err
	}
	s := newServer(a.logger())
	defer s.close()
	if err := s.listen(a.config, c.Demo); err != nil {
		return err
	}
	if err := s.wire(a, d); err != nil {
		return err
	}
	if lock != nil {
		if err := lock.announce(s.url); err != nil {
			return err
		}
	}
	if err := markDemo(a.ctx, d, c.Demo); err != nil {
		return err
	}
	var greeting func(io.Writer)
	if c.Demo {
		if greeting, err = demo(a, s); err != nil {
			return err
		}
	}
	return s.serve(a, greeting)
}

// server is everything that runs while aviso serves.
type server struct {
	log      *slog.Logger
	registry *prometheus.Registry
	doors    doors
	smtp     *smtpDoor
	url      string // of the dashboard and the email API
	smsURL   string

	email     *email.Service
	texts     *sms.Service
	gateways  *gateways
	sessions  *account.Sessions
	reception *account.Reception
	events    *api.Events // hints for the pages that are open
	api       *api.API
	node      *node.Register
	closers   []func()
}

func newServer(log *slog.Logger) *server {
	s := &server{log: log, registry: prometheus.NewRegistry(), smtp: &smtpDoor{}, gateways: &gateways{}, events: api.NewEvents()}
	s.registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return s
}

// wire makes the services and what stands before them. The HTTP listeners are
// open by then, because links and callbacks name them.
func (s *server) wire(a *app, d *db.DB) error {
	certificates, err := newCertificates(a.config, d, s.log)
	if err != nil {
		return err
	}
	limits := email.Limits{BodyBytes: a.config.Email.BodyLimitKB * 1024, Recipients: 100}
	if err := s.wireEmail(a, d); err != nil {
		return err
	}
	if err := s.wireTexts(a, d); err != nil {
		return err
	}
	if s.smtp, err = newSMTPDoor(a, d, s.email, limits, certificates, s.log); err != nil {
		return err
	}
	if err := s.smtp.listen(&a.config.SMTP, a.demo, s.log); err != nil {
		return err
	}
	s.node = node.NewRegister(d, nodeName())
	shop := newShop(a.config, d, s.url, a.demo, s.events.Publish)
	s.sessions = account.NewSessions(d)
	s.reception = newReception(a.config, d, s.email, s.url, s.log)
	s.api = api.New(api.Config{
		Email: s.email, Limits: limits, Callers: account.NewCallers(d, account.Email),
		SMS: s.texts, TextLimits: a.config.textLimits(), TextCallers: account.NewCallers(d, account.SMS), Hooks: s.gateways.hooks,
		CheckKey: func(ctx context.Context, caller account.Caller) error { return checkKey(ctx, d, caller) },
		Sessions: s.sessions, Reception: s.reception, Events: s.events, Site: s.site(a.config, shop.Mode()),
		Billing:    api.BillingPages{Service: shop, FreeShortcodes: a.config.Accounts.FreeShortcodes, PrimeShortcodes: a.config.Accounts.PrimeShortcodes},
		EmailPages: emailPages(a.config, d), SMSPages: smsPages(a.config), Operator: s.operatorPages(a.config, d),
		Database: d, Now: time.Now, Log: s.log, RequestID: api.NewRequestID})
	s.registry.MustRegister(&waiting{email: s.email, texts: s.texts, now: time.Now})
	s.doors.open(a.config, s, certificates)
	return s.warn(a, d)
}

func (s *server) wireEmail(a *app, d *db.DB) error {
	made, closers, err := relays(a.config.Email.Relay, inbox.NewStore(d, int64(a.config.Retention.Sandbox)))
	if err != nil {
		return err
	}
	s.closers = append(s.closers, closers...)
	registerRelays(s.registry, made)
	config := a.emailConfig(made, s.log, s.registry)
	config.Changed = func(account, message string) { s.events.Publish(account, "email", message) }
	s.email = email.New(d, config)
	if len(made) == 0 {
		s.log.Warn("email is off: no relay is configured; calls to send are answered 503")
	}
	return s.email.Prepare(a.ctx)
}

func (s *server) wireTexts(a *app, d *db.DB) (err error) {
	if s.gateways, err = newGateways(a.config, inbox.NewTextStore(d, int64(a.config.Retention.Sandbox)), s.log); err != nil {
		s.gateways = &gateways{}
		return err
	}
	registerGateways(s.registry, s.gateways.made)
	config, err := a.smsConfig(s.gateways.made, s.ports, s.log, s.registry)
	if err != nil {
		return err
	}
	config.Changed = func(account, text string) { s.events.Publish(account, "sms", text) }
	s.texts = sms.New(d, config)
	s.gateways.inbound.Inbound = s.texts
	if len(s.gateways.made) == 0 {
		s.log.Warn("SMS is off: no gateway is configured; calls to send are answered 403")
	}
	return nil
}

// warn says what the operator may not have meant.
func (s *server) warn(a *app, d *db.DB) error {
	if warning, err := d.DurabilityWarning(a.ctx); err != nil {
		return err
	} else if warning != "" {
		s.log.Warn(warning)
	}
	if hold, err := s.email.Hold(a.ctx); err != nil {
		return err
	} else if hold.Since != 0 {
		s.log.Warn("sending is on hold until `aviso queue release`", "since", clock(hold.Since), "reason", hold.Reason)
	}
	return nil
}

func checkKey(ctx context.Context, d *db.DB, caller account.Caller) error {
	return d.Read(ctx, func(tx *db.Tx) error { return account.Check(tx, caller) })
}

// ports are what this process listens on, which no webhook may reach.
func (s *server) ports() []uint16 { return append(s.doors.ports(), s.smtp.allPorts()...) }

// serve answers calls until the context ends, then lets what is in flight
// finish.
func (s *server) serve(a *app, greeting func(io.Writer)) error {
	if err := s.email.Start(a.ctx); err != nil {
		return err
	}
	if err := s.texts.Start(a.ctx); err != nil {
		return err
	}
	var running sync.WaitGroup
	s.gateways.run(running.Go)
	writing, stopWriting := context.WithCancel(context.Background())
	defer stopWriting()
	running.Go(func() { s.reception.Run(writing) })
	sweep := queue.NewLoop("sessions", time.Hour, s.log, func(ctx context.Context) (time.Duration, error) { return time.Hour, s.sessions.Sweep(ctx) })
	running.Go(func() { sweep.Start(writing) })
	alive := queue.NewLoop("nodes", time.Minute, s.log, s.node.Beat)
	running.Go(func() { alive.Start(writing) })
	failed := make(chan error, s.doors.listeners()+s.smtp.listeners())
	s.doors.serve(&running, failed)
	s.smtp.serve(&running, failed)
	s.log.Info("aviso serves", "version", version, "url", s.url, "sms_url", s.smsURL)
	if greeting != nil {
		greeting(a.out)
	}
	var err error
	select {
	case <-a.ctx.Done():
	case err = <-failed:
	}
	err = errors.Join(ignoreClosed(err), s.drain(stopWriting))
	running.Wait()
	return err
}

// drain stops taking calls and lets what is in flight finish. The doors close
// first: after them nobody hands in a message any more. The gateways stay until
// the texts have their answers, then unbind.
func (s *server) drain(stopWriting func()) error {
	s.log.Info("aviso stops; what is in flight has 30 seconds")
	s.api.Drain()
	s.smtp.drain()
	ctx, cancel := context.WithTimeout(context.Background(), drainFor)
	defer cancel()
	// For a moment calls are still answered, with 503 and the wish to close the
	// connection: one that was on its way would find it torn otherwise.
	select {
	case <-ctx.Done():
	case <-time.After(farewell):
	}
	mail := make(chan error, 1)
	go func() { mail <- s.smtp.shutdown(ctx) }()
	err := errors.Join(s.doors.shutdown(ctx), <-mail)
	stopWriting()
	var services sync.WaitGroup
	services.Go(func() { s.email.Close(ctx) })
	services.Go(func() { s.texts.Close(ctx); s.gateways.drain(ctx) })
	services.Wait()
	s.doors.metrics.Close()
	if left := s.node.Leave(ctx); left != nil {
		s.log.Warn("this node stays in the list of nodes until it is missed", "error", left)
	}
	return err
}

func ignoreClosed(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

func (s *server) close() {
	s.gateways.close()
	for _, f := range s.closers {
		f()
	}
	s.doors.close()
	s.smtp.close()
}
