package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"text/tabwriter"

	"aviso/db"
)

// actor is who the audit log says did what a command does.
const actor = "command"

// app is what every command has at hand.
type app struct {
	ctx      context.Context
	config   *Config
	fromFile bool // the configuration was named, not assumed
	json     bool
	out      io.Writer
	database *db.DB
}

// newApp reads the configuration and says on stderr what is odd about it.
func newApp(ctx context.Context, path string, asJSON bool) (*app, error) {
	config, warnings, err := loadConfig(path, os.Environ())
	for _, w := range warnings {
		fmt.Fprintln(os.Stderr, "aviso: warning: "+w)
	}
	if err != nil {
		return nil, err
	}
	return &app{ctx: ctx, config: config, fromFile: path != "", json: asJSON, out: os.Stdout}, nil
}

func (a *app) close() {
	if a.database != nil {
		a.database.Close()
	}
}

// open opens the database for a command and brings it to this version.
// Without a named configuration it makes none: the command was probably typed
// in the wrong folder.
func (a *app) open() (*db.DB, error) { return a.openAs(a.fromFile, false) }

func (a *app) openAs(create, server bool) (*db.DB, error) {
	if path, ok := a.config.Database.sqlitePath(); ok {
		if err := checkOwner(path); err != nil {
			return nil, err
		}
	}
	d, err := db.Open(a.ctx, db.Options{URL: string(a.config.Database.URL), Password: string(a.config.Database.Password), Create: create, Server: server})
	if err != nil {
		return nil, err
	}
	a.database = d
	if err := d.Migrate(a.ctx); err != nil {
		return nil, err
	}
	if create {
		err = checkSecretKey(a.ctx, d, string(a.config.Secrets.KeyPath))
	}
	return d, err
}

// logger writes to stderr as the configuration says.
func (a *app) logger() *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(a.config.Log.Level)); err != nil {
		level = slog.LevelInfo
	}
	opts := &slog.HandlerOptions{Level: level}
	if a.config.Log.Format == "json" {
		return slog.New(slog.NewJSONHandler(os.Stderr, opts))
	}
	return slog.New(slog.NewTextHandler(os.Stderr, opts))
}

// print answers with value as JSON, or with the lines that text writes.
func (a *app) print(value any, text func(io.Writer)) error {
	if a.json {
		return json.NewEncoder(a.out).Encode(value)
	}
	w := tabwriter.NewWriter(a.out, 0, 8, 2, ' ', 0)
	text(w)
	return w.Flush()
}
