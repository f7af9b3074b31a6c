package db

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrate brings the tables to this binary's version. Two nodes that start at
// once are safe: on PostgreSQL the second waits for the first's advisory lock,
// on SQLite for its transaction. A database newer than the binary is an error.
func (d *DB) Migrate(ctx context.Context) error {
	p, err := d.provider()
	if err != nil {
		return err
	}
	for {
		have, want, err := p.GetVersions(ctx)
		if err != nil {
			return fmt.Errorf("reading the database's version: %w", err)
		}
		if have > want {
			return fmt.Errorf("the database is at version %d and this aviso knows only %d: run the newer aviso", have, want)
		}
		if _, err := p.Up(ctx); err == nil {
			return nil
		} else if now, err2 := p.GetDBVersion(ctx); err2 != nil || now == have {
			return fmt.Errorf("migrating the database: %w", err)
		}
		// Another process was faster by a step; go on behind it.
	}
}

// Migrated says whether the tables are at this binary's version.
func (d *DB) Migrated(ctx context.Context) (bool, error) {
	p, err := d.provider()
	if err != nil {
		return false, err
	}
	pending, err := p.HasPending(ctx)
	return !pending, err
}

// provider reads the migrations as Go functions, because their one text is
// put into the engine's words first.
func (d *DB) provider() (*goose.Provider, error) {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	var steps []*goose.Migration
	for _, name := range names {
		number, _, _ := strings.Cut(path.Base(name), "_")
		version, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%s: the name must begin with its version", name)
		}
		text, err := migrations.ReadFile(name)
		if err != nil {
			return nil, err
		}
		steps = append(steps, goose.NewGoMigration(version, &goose.GoFunc{RunTx: d.run(string(text))}, nil))
	}
	opts := []goose.ProviderOption{goose.WithGoMigrations(steps...), goose.WithDisableGlobalRegistry(true)}
	kind := database.DialectSQLite3
	if d.pool != nil {
		kind = database.DialectPostgres
		locker, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return nil, err
		}
		opts = append(opts, goose.WithSessionLocker(locker))
	}
	return goose.NewProvider(kind, d.write, nil, opts...)
}

// run executes the statements of one migration, each ended by a semicolon at
// the end of a line.
func (d *DB) run(text string) func(context.Context, *sql.Tx) error {
	return func(ctx context.Context, tx *sql.Tx) error {
		for _, statement := range strings.Split(d.dialect.types.Replace(text), ";\n") {
			if strings.TrimSpace(statement) == "" {
				continue
			}
			if strings.Contains(statement, "CREATE TABLE") {
				statement += d.dialect.tableEnd(statement)
			}
			if _, err := tx.ExecContext(ctx, statement); err != nil {
				return fmt.Errorf("%w in %q", err, clip(strings.TrimSpace(statement), 120))
			}
		}
		return nil
	}
}
