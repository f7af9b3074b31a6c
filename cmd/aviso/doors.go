package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"aviso/web"
)

// httpDoor is an HTTP server and the listeners it has.
type httpDoor struct {
	http.Server
	listeners []net.Listener
	tls       bool // its TLSConfig knows the certificate
}

// doors are the HTTP servers: the dashboard with the email API, the SMS base
// URL, which has no listeners when it shares those of the first, and the
// metrics.
type doors struct{ main, texts, metrics httpDoor }

func (d *doors) each() []*httpDoor { return []*httpDoor{&d.main, &d.texts, &d.metrics} }

// listen opens the HTTP listeners. With move a taken port becomes the next free
// one.
func (s *server) listen(c *Config, move bool) (err error) {
	var address string
	if s.doors.main.listeners, address, err = listen(c.HTTP.Listen, move); err != nil {
		return err
	}
	s.url = c.httpURL(address)
	if !c.oneListener() {
		if s.doors.texts.listeners, address, err = listen(c.SMSHTTP.Listen, move); err != nil {
			return fmt.Errorf("sms_http: %w", err)
		}
	}
	s.smsURL = c.smsURL(address)
	if c.Metrics.Listen != "" {
		if s.doors.metrics.listeners, address, err = listen(c.Metrics.Listen, move); err != nil {
			return fmt.Errorf("metrics: %w", err)
		}
		s.log.Info("metrics", "address", address)
	}
	return nil
}

// open puts the handlers behind the doors.
func (d *doors) open(c *Config, s *server, fetched *certificates) {
	longest := max(time.Duration(c.Email.SyncTimeout), time.Duration(c.SMS.SyncTimeout))
	for _, door := range d.each() {
		door.ReadHeaderTimeout, door.ReadTimeout, door.IdleTimeout = 10*time.Second, time.Minute, 2*time.Minute
		door.WriteTimeout, door.MaxHeaderBytes = time.Minute+longest, 32<<10
		door.ErrorLog = slog.NewLogLogger(s.log.Handler(), slog.LevelDebug)
	}
	for _, door := range []*httpDoor{&d.main, &d.texts} {
		door.tls = c.HTTP.tls()
		if fetched != nil {
			door.TLSConfig = fetched.config()
		} else if door.tls {
			pair := &keyPair{cert: string(c.HTTP.TLSCert), key: string(c.HTTP.TLSKey), log: s.log}
			door.TLSConfig = &tls.Config{GetCertificate: pair.get, MinVersion: tls.VersionTLS12}
		}
	}
	d.main.Handler = withPage(s.api, web.Handler(strings.HasPrefix(s.url, "https:")))
	d.texts.Handler = s.api.Texts()
	if c.oneListener() {
		d.main.Handler = byHost(d.texts.Handler, hostOf(s.smsURL), d.main.Handler)
	}
	d.metrics.Handler = exposition(s.registry, s.log)
}

// withPage puts the dashboard's files beside the API: whatever is none of its
// paths is the page's.
func withPage(door, page http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, prefix := range []string{"/api", "/hooks", "/healthz", "/readyz"} {
			if rest, ok := strings.CutPrefix(r.URL.Path, prefix); ok && (rest == "" || rest[0] == '/') {
				door.ServeHTTP(w, r)
				return
			}
		}
		page.ServeHTTP(w, r)
	})
}

// byHost tells the two base URLs of one listener apart.
func byHost(texts http.Handler, host string, others http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if hostOf("http://"+r.Host) == host {
			texts.ServeHTTP(w, r)
			return
		}
		others.ServeHTTP(w, r)
	})
}

func (d *doors) listeners() (n int) {
	for _, door := range d.each() {
		n += len(door.listeners)
	}
	return n
}

// serve answers calls until shutdown.
func (d *doors) serve(running *sync.WaitGroup, ended chan<- error) {
	for _, door := range d.each() {
		for _, l := range door.listeners {
			running.Go(func() {
				if door.tls {
					ended <- door.ServeTLS(l, "", "")
					return
				}
				ended <- door.Serve(l)
			})
		}
	}
}

// shutdown closes the doors of customers; the metrics stay to the end.
func (d *doors) shutdown(ctx context.Context) error {
	texts := make(chan error, 1)
	go func() { texts <- d.texts.Shutdown(ctx) }()
	return errors.Join(d.main.Shutdown(ctx), <-texts)
}

func (d *doors) close() {
	for _, door := range d.each() {
		for _, l := range door.listeners {
			l.Close()
		}
	}
}

// ports are what the doors listen on.
func (d *doors) ports() (ports []uint16) {
	for _, door := range d.each() {
		ports = append(ports, portsOf(door.listeners)...)
	}
	return ports
}

func portsOf(listeners []net.Listener) (ports []uint16) {
	for _, l := range listeners {
		if address, ok := l.Addr().(*net.TCPAddr); ok {
			ports = append(ports, address.AddrPort().Port())
		}
	}
	return ports
}
