package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"aviso/account"
	"aviso/api"
	"aviso/db"
	"aviso/email"
	"aviso/inbox"
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
	if c.Demo {
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
	s, err := newServer(a, d)
	if err != nil {
		return err
	}
	defer s.close()
	if err := s.listen(a.config, c.Demo); err != nil {
		return err
	}
	if lock != nil {
		if err := lock.announce(s.url); err != nil {
			return err
		}
	}
	var greeting func(io.Writer)
	if c.Demo {
		if greeting, err = demo(a, s.url, s.smtp.addresses); err != nil {
			return err
		}
	}
	return s.serve(a, greeting)
}

// server is everything that runs while aviso serves.
type server struct {
	log       *slog.Logger
	email     *email.Service
	api       *api.API
	smtp      *smtpDoor
	closers   []func()
	listeners []net.Listener
	metrics   net.Listener
	registry  *prometheus.Registry
	url       string
	http      *http.Server
}

// newServer wires the packages together.
func newServer(a *app, d *db.DB) (*server, error) {
	log := a.logger()
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	made, closers, err := relays(a.config.Email.Relay, inbox.NewStore(d, int64(a.config.Retention.Sandbox)))
	if err != nil {
		return nil, err
	}
	c := a.config.Email
	service := email.New(d, a.emailConfig(made, log, registry))
	limits := email.Limits{BodyBytes: c.BodyLimitKB * 1024, Recipients: 100}
	door := api.New(api.Config{Email: service, Limits: limits,
		Callers:  account.NewCallers(d, account.Email, time.Now),
		CheckKey: func(ctx context.Context, caller account.Caller) error { return checkKey(ctx, d, caller) },
		Database: d, Now: time.Now, Log: log, RequestID: api.NewRequestID})
	certificates, err := newCertificates(a.config, d, log)
	if err != nil {
		return nil, err
	}
	smtp, err := newSMTPDoor(a, d, service, limits, certificates, log)
	if err != nil {
		return nil, err
	}
	s := &server{log: log, email: service, api: door, smtp: smtp, closers: closers, registry: registry}
	s.http = &http.Server{Handler: door, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute,
		WriteTimeout: time.Minute + time.Duration(c.SyncTimeout), IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug)}
	if certificates != nil {
		s.http.TLSConfig = certificates.config()
	}
	if err := service.Prepare(a.ctx); err != nil {
		return nil, err
	}
	if warning, err := d.DurabilityWarning(a.ctx); err != nil {
		return nil, err
	} else if warning != "" {
		log.Warn(warning)
	}
	if hold, err := service.Hold(a.ctx); err != nil {
		return nil, err
	} else if hold.Since != 0 {
		log.Warn("sending is on hold until `aviso queue release`", "since", clock(hold.Since), "reason", hold.Reason)
	}
	if len(made) == 0 {
		log.Warn("email is off: no relay is configured; calls to send are answered 503")
	}
	return s, nil
}

func checkKey(ctx context.Context, d *db.DB, caller account.Caller) error {
	return d.Read(ctx, func(tx *db.Tx) error { return account.Check(tx, caller) })
}

func (s *server) listen(c *Config, move bool) (err error) {
	var address string
	if s.listeners, address, err = listen(c.HTTP.Listen, move); err != nil {
		return err
	}
	s.url = c.httpURL(address)
	if err := s.smtp.listen(&c.SMTP, move, s.log); err != nil {
		return err
	}
	if c.Metrics.Listen != "" {
		if s.metrics, err = net.Listen("tcp", c.Metrics.Listen); err != nil {
			return fmt.Errorf("listening for metrics: %w", err)
		}
	}
	return nil
}

// serve answers calls until the context ends, then lets what is in flight
// finish.
func (s *server) serve(a *app, greeting func(io.Writer)) error {
	if err := s.email.Start(a.ctx); err != nil {
		return err
	}
	failed := make(chan error, len(s.listeners)+s.smtp.listeners()+1)
	var running sync.WaitGroup
	for _, l := range s.listeners {
		running.Go(func() {
			if a.config.HTTP.tls() { // without files it is the server's own TLSConfig
				failed <- s.http.ServeTLS(l, string(a.config.HTTP.TLSCert), string(a.config.HTTP.TLSKey))
				return
			}
			failed <- s.http.Serve(l)
		})
	}
	s.smtp.serve(&running, failed)
	metrics := &http.Server{Handler: promhttp.HandlerFor(s.registry, promhttp.HandlerOpts{}), ReadHeaderTimeout: 10 * time.Second}
	if s.metrics != nil {
		running.Go(func() { failed <- metrics.Serve(s.metrics) })
	}
	s.log.Info("aviso serves", "version", version, "url", s.url)
	if greeting != nil {
		greeting(a.out)
	}
	var err error
	select {
	case <-a.ctx.Done():
	case err = <-failed:
	}
	return errors.Join(ignoreClosed(err), s.drain(metrics, &running))
}

// drain stops taking calls and lets what is in flight finish. The doors close
// first: after them nobody hands in a message any more.
func (s *server) drain(metrics *http.Server, running *sync.WaitGroup) error {
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
	err := errors.Join(s.http.Shutdown(ctx), <-mail)
	s.email.Close(ctx)
	metrics.Close()
	running.Wait()
	return err
}

func ignoreClosed(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

func (s *server) close() {
	for _, f := range s.closers {
		f()
	}
	for _, l := range s.listeners {
		l.Close()
	}
	s.smtp.close()
}
