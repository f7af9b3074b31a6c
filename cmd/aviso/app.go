package main

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"aviso/db"
	"aviso/email"
	"aviso/sms"
)

// actor is who the audit log says did what a command does.
const actor = "command"

// app is what every command has at hand.
type app struct {
	world
	ctx        context.Context
	configFile string  // empty: none was named
	config     *Config // after configure
	json       bool
	demo       bool           // what the commands are about is a demo
	database   *db.DB         // after open
	service    *email.Service // after operate
	texts      *sms.Service   // after operateTexts
}

// configure reads the configuration and says on stderr what is odd about it.
func (a *app) configure() error {
	config, warnings, err := loadConfig(a.configFile, a.environ)
	for _, w := range warnings {
		fmt.Fprintln(a.errs, "aviso: warning: "+w)
	}
	a.config = config
	return err
}

func (a *app) close() {
	if a.service != nil {
		a.service.Close(context.Background())
	}
	if a.texts != nil {
		a.texts.Close(context.Background())
	}
	if a.database != nil {
		a.database.Close()
	}
}

// open opens the database for a command and brings it to this version.
// Without a named configuration it makes none: the command was probably typed
// in the wrong folder.
func (a *app) open() (*db.DB, error) { return a.openAs(a.configFile != "", false) }

func (a *app) openAs(create, server bool) (*db.DB, error) {
	d, err := a.openAsItIs(create, server)
	if err != nil {
		return nil, err
	}
	if err := d.Migrate(a.ctx); err != nil {
		return nil, err
	}
	if create {
		if err := checkSecretKey(a.ctx, d, string(a.config.Secrets.KeyPath)); err != nil {
			return nil, err
		}
	}
	if !server {
		err = a.joinDemo(d)
	}
	return d, err
}

// openAsItIs opens the database in whatever version it is.
func (a *app) openAsItIs(create, server bool) (*db.DB, error) {
	if path, ok := a.config.Database.sqlitePath(); ok {
		if err := checkOwner(path); err != nil {
			return nil, err
		}
	}
	warn := func(err error) {
		a.logger().Warn("the redo log cannot be written; nothing is lost, but every batch is a COMMIT of its own until it can", "error", err)
	}
	d, err := db.Open(a.ctx, db.Options{URL: string(a.config.Database.URL), Password: string(a.config.Database.Password), Create: create, Server: server, Warn: warn})
	if err != nil {
		return nil, err
	}
	a.database = d
	return d, nil
}

// operate opens the database, and over it the email service as an operator
// needs it: it changes what it is asked to, and carries nothing.
func (a *app) operate() (*email.Service, error) {
	d, err := a.open()
	if err != nil {
		return nil, err
	}
	return a.operateOn(d), nil
}

func (a *app) operateOn(d *db.DB) *email.Service {
	var relays []*email.Relay
	for _, r := range a.config.Email.Relay {
		relays = append(relays, &email.Relay{Name: r.Name, DailyCap: r.DailyCap})
	}
	a.service = email.New(d, a.emailConfig(relays, slog.New(slog.DiscardHandler), prometheus.NewRegistry()))
	a.service.Operate()
	return a.service
}

// emailConfig is the email service that the configuration describes.
func (a *app) emailConfig(relays []*email.Relay, log *slog.Logger, metrics prometheus.Registerer) email.Config {
	c, keep := a.config.Email, a.config.Retention
	return email.Config{
		Domain: c.Domain, Relays: relays, RateLimit: c.RateLimitPerMinute, SyncTimeout: time.Duration(c.SyncTimeout),
		RetryInitial: time.Duration(c.RetryInitial), RetryMax: time.Duration(c.RetryMax), RetryFor: time.Duration(c.RetryFor),
		KeepLogs: time.Duration(keep.Logs), KeepBodies: time.Duration(keep.Bodies),
		Random: rand.Float64, Now: time.Now, Log: log, Metrics: email.NewMetrics(metrics),
	}
}

// logger writes to stderr as the configuration says.
func (a *app) logger() *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(a.config.Log.Level)); err != nil {
		level = slog.LevelInfo
	}
	opts := &slog.HandlerOptions{Level: level}
	if a.config.Log.Format == "json" {
		return slog.New(slog.NewJSONHandler(a.errs, opts))
	}
	return slog.New(slog.NewTextHandler(a.errs, opts))
}
