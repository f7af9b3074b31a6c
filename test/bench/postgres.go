package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"time"

	"github.com/jackc/pgx/v5"
)

// database is one on a PostgreSQL server that belongs to this benchmark alone.
type database struct {
	name       string
	server     string // URL under which it was made, and is dropped
	own        *url.URL
	password   string
	postmaster int // process of the server; 0 if it runs elsewhere
}

// createDatabase makes a database on the server of a postgres:// URL.
func createDatabase(ctx context.Context, server string) (*database, error) {
	own, err := url.Parse(server)
	var bad *url.Error
	if errors.As(err, &bad) {
		err = bad.Err // without the URL, which may hold a password
	}
	if err == nil && own.Scheme != "postgres" && own.Scheme != "postgresql" {
		err = errors.New("it does not begin with postgres://")
	}
	if err != nil {
		return nil, fmt.Errorf("AVISO_TEST_POSTGRES is not a URL such as postgres://user@localhost/postgres: %w", err)
	}
	db := &database{name: fmt.Sprintf("aviso_bench_%d_%d", os.Getpid(), time.Now().Unix()), server: server, own: own}
	own.Scheme, own.Path = "postgres", "/"+db.name
	if own.User != nil {
		// Aviso takes the password beside the URL.
		db.password, _ = own.User.Password()
		own.User = url.User(own.User.Username())
	}
	return db, db.admin(ctx, func(conn *pgx.Conn) error {
		var backend int
		if err := conn.QueryRow(ctx, "SELECT pg_backend_pid()").Scan(&backend); err != nil {
			return err
		}
		if st, ok := readStat(backend); ok && st.name == "postgres" {
			db.postmaster = st.parent
		}
		_, err := conn.Exec(ctx, "CREATE DATABASE "+db.name)
		return err
	})
}

// config returns the lines of Aviso's [database] table.
func (db *database) config() string {
	lines := fmt.Sprintf("url = %q", db.own)
	if db.password != "" {
		lines += fmt.Sprintf("\npassword = %q", db.password)
	}
	return lines
}

// drop removes the database, also when ctx has ended.
func (db *database) drop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer cancel()
	return db.admin(ctx, func(conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, "DROP DATABASE IF EXISTS "+db.name+" WITH (FORCE)")
		return err
	})
}

func (db *database) admin(ctx context.Context, do func(*pgx.Conn) error) error {
	conn, err := pgx.Connect(ctx, db.server)
	if err != nil {
		return fmt.Errorf("PostgreSQL server of AVISO_TEST_POSTGRES: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if err := do(conn); err != nil {
		return fmt.Errorf("database %s: %w", db.name, err)
	}
	return nil
}
