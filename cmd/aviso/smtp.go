package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"aviso/account"
	"aviso/api"
	"aviso/db"
	"aviso/email"
	"aviso/submission"
)

// smtpDoor is the submission server and the listeners it has.
type smtpDoor struct {
	server   *submission.Server
	starttls []net.Listener
	implicit []net.Listener

	addresses []string // as they are printed
}

// newSMTPDoor makes the server; one without a listen has no use for a
// certificate. Those that are fetched, if any are, serve where no files are
// configured for SMTP.
func newSMTPDoor(a *app, d *db.DB, service *email.Service, limits email.Limits, fetched *certificates, log *slog.Logger) (*smtpDoor, error) {
	c := a.config
	if c.SMTP.Listen == "" && c.SMTP.TLSListen == "" {
		return &smtpDoor{}, nil
	}
	var certificate getCertificate
	if fetched != nil && c.SMTP.TLSCert == "" {
		certificate = fetched.get
	} else {
		var err error
		if certificate, err = smtpCertificate(c, log); err != nil {
			return nil, err
		}
	}
	return &smtpDoor{server: submission.New(submission.Config{
		Hostname: c.Email.Domain, TLS: &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: certificate},
		Email: service, Limits: limits, Callers: account.NewCallers(d, account.Email),
		CheckKey: func(ctx context.Context, caller account.Caller) error { return checkKey(ctx, d, caller) },
		Now:      time.Now, Log: log, SessionID: api.NewRequestID,
	})}, nil
}

func (s *smtpDoor) listen(c *SMTPConfig, move bool, log *slog.Logger) error {
	for _, l := range []struct {
		address string
		open    *[]net.Listener
		how     string
	}{{c.Listen, &s.starttls, "STARTTLS"}, {c.TLSListen, &s.implicit, "TLS"}} {
		if l.address == "" {
			continue
		}
		listeners, address, err := listen(l.address, move)
		if err != nil {
			return fmt.Errorf("smtp: %w", err)
		}
		*l.open = listeners
		s.addresses = append(s.addresses, address+" ("+l.how+")")
		log.Info("smtp submission", "address", address, "tls", l.how)
	}
	return nil
}

func (s *smtpDoor) listeners() int { return len(s.starttls) + len(s.implicit) }

// ports says where mail can be handed in, as the page shows it.
func (s *smtpDoor) ports(host string) api.SMTPPorts {
	first := func(listeners []net.Listener) int {
		if ports := portsOf(listeners); len(ports) > 0 {
			return int(ports[0])
		}
		return 0
	}
	return api.SMTPPorts{Host: host, Port: first(s.starttls), TLSPort: first(s.implicit)}
}

// allPorts are what it listens on.
func (s *smtpDoor) allPorts() []uint16 { return append(portsOf(s.starttls), portsOf(s.implicit)...) }

// serve takes connections until shutdown.
func (s *smtpDoor) serve(running *sync.WaitGroup, ended chan<- error) {
	for _, l := range s.starttls {
		running.Go(func() { ended <- s.server.Serve(l, false) })
	}
	for _, l := range s.implicit {
		running.Go(func() { ended <- s.server.Serve(l, true) })
	}
}

// drain takes no more messages; what was handed over goes on.
func (s *smtpDoor) drain() {
	if s.server != nil {
		s.server.Drain()
	}
}

func (s *smtpDoor) shutdown(ctx context.Context) error {
	if s.server == nil {
		return nil
	}
	return s.server.Shutdown(ctx)
}

func (s *smtpDoor) close() {
	for _, l := range s.starttls {
		l.Close()
	}
	for _, l := range s.implicit {
		l.Close()
	}
}
