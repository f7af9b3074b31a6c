// Package node knows which processes serve one installation.
//
// Each says every few seconds that it lives, for people to see. Nothing is
// decided by it: what a node holds, it holds by leases.
package node

import (
	"context"
	"time"

	"aviso/db"
)

const (
	// every is how often a node says that it lives.
	every = 10 * time.Second
	// goneAfter is how long one that has said nothing is believed to live.
	goneAfter = 35 * time.Second
)

// Node is one process. Times are milliseconds UTC.
type Node struct {
	Name      string // of its host; two on one host have the same
	StartedAt int64
	SeenAt    int64
}

// Register is where this process is written down among the others.
type Register struct {
	db   *db.DB
	id   string
	name string
}

// NewRegister returns the place of a process that starts now.
func NewRegister(d *db.DB, name string) *Register {
	return &Register{db: d, id: db.NewID(), name: name}
}

// Beat says that this process lives, and how long until it says so again.
func (r *Register) Beat(ctx context.Context) (time.Duration, error) {
	return every, r.db.Write(ctx, func(tx *db.Tx) error {
		now, err := tx.Now()
		if err != nil {
			return err
		}
		if _, err = tx.Exec(`DELETE FROM nodes WHERE seen_at <= $1`, now-goneAfter.Milliseconds()); err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO nodes (id, name, started_at, seen_at) VALUES ($1, $2, $3, $4)
			ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at`, r.id, r.name, now, now)
		return err
	})
}

// Leave says that this process ends.
func (r *Register) Leave(ctx context.Context) error {
	return r.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(`DELETE FROM nodes WHERE id = $1`, r.id)
		return err
	})
}

// Alive are the processes that live, the oldest first.
func (r *Register) Alive(ctx context.Context) (list []Node, err error) {
	err = r.db.Read(ctx, func(tx *db.Tx) error {
		list = nil
		now, err := tx.Now()
		if err != nil {
			return err
		}
		return tx.Rows(`SELECT name, started_at, seen_at FROM nodes WHERE seen_at > $1 ORDER BY started_at, id`,
			[]any{now - goneAfter.Milliseconds()}, func(scan func(...any) error) error {
				var n Node
				err := scan(&n.Name, &n.StartedAt, &n.SeenAt)
				list = append(list, n)
				return err
			})
	})
	return list, err
}
