package nexthop

import (
	"context"

	"aviso/audit"
	"aviso/db"
)

// Pause keeps new attempts from a next hop. What is under way ends. Pausing twice
// changes nothing.
func (k Kind) Pause(ctx context.Context, d *db.DB, actor, name string) error {
	return k.change(ctx, d, actor, name, ".pause", func(tx *db.Tx, now int64) (int64, error) {
		return tx.Exec(`INSERT INTO `+k.pauses+` (name, paused_at) VALUES ($1, $2)
			ON CONFLICT (name) DO UPDATE SET paused_at = excluded.paused_at WHERE `+k.pauses+`.paused_at IS NULL`, name, now)
	})
}

// Resume ends a pause.
func (k Kind) Resume(ctx context.Context, d *db.DB, actor, name string) error {
	return k.change(ctx, d, actor, name, ".resume", func(tx *db.Tx, _ int64) (int64, error) {
		return tx.Exec(`UPDATE `+k.pauses+` SET paused_at = NULL WHERE name = $1 AND paused_at IS NOT NULL`, name)
	})
}

func (k Kind) change(ctx context.Context, d *db.DB, actor, name, action string, change func(tx *db.Tx, now int64) (int64, error)) error {
	return d.Write(ctx, func(tx *db.Tx) error {
		now, err := tx.Now()
		if err != nil {
			return err
		}
		n, err := change(tx, now)
		if err != nil || n == 0 {
			return err
		}
		return audit.Append(tx, audit.Entry{Actor: actor, Action: k.name + action, Subject: name})
	})
}

// PausedAt is since when a next hop is paused, in milliseconds UTC; 0 if it is not.
func (k Kind) PausedAt(tx *db.Tx, name string) (at int64, err error) {
	return at, tx.Row(`SELECT COALESCE((SELECT paused_at FROM `+k.pauses+` WHERE name = $1), 0)`, []any{name}, &at)
}
