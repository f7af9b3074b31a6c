package db

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
)

// openPostgres opens one pool and shows it with two faces: database/sql for
// what is written like SQLite's, and pgx for the committer's pipelines.
func openPostgres(ctx context.Context, o Options) (*DB, error) {
	cfg, err := pgxpool.ParseConfig(o.URL)
	if err != nil {
		// pgx quotes the URL, and with it a password, in its own message.
		return nil, fmt.Errorf("the database URL is not one PostgreSQL understands (postgres://user@host/db)")
	}
	if cfg.ConnConfig.Password == "" {
		cfg.ConnConfig.Password = o.Password
	}
	// A plan made while a table was still empty stays a sequential scan for as
	// long as its connection lives; with none of ours wanting one, forbid it.
	cfg.ConnConfig.RuntimeParams["enable_seqscan"] = "off"
	// It also makes what has to scan a table of a few rows look expensive enough
	// to be compiled, which takes longer than any statement here.
	cfg.ConnConfig.RuntimeParams["jit"] = "off"
	cfg.ConnConfig.RuntimeParams["application_name"] = "aviso"
	cfg.ConnConfig.ConnectTimeout = 5 * time.Second
	cfg.ConnConfig.StatementCacheCapacity = 1024
	cfg.MaxConns = max(cfg.MaxConns, 16)
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("PostgreSQL does not answer: %w", err)
	}
	d := &DB{dialect: &postgresDialect, pool: pool}
	d.write = stdlib.OpenDBFromPool(pool)
	d.read = stdlib.OpenDBFromPool(pool)
	return d, nil
}

// DurabilityWarning names a server setting under which an answered message can
// be lost; empty when there is none.
func (d *DB) DurabilityWarning(ctx context.Context) (string, error) {
	if d.pool == nil {
		return "", nil
	}
	for _, name := range []string{"fsync", "synchronous_commit", "full_page_writes"} {
		var value string
		if err := d.pool.QueryRow(ctx, "SELECT current_setting($1)", name).Scan(&value); err != nil {
			return "", err
		}
		if value == "off" {
			return "PostgreSQL runs with " + name + "=off: a power cut can lose messages that were answered with 200", nil
		}
	}
	return "", nil
}
