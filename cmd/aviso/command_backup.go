package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"aviso/db"
)

type backupCommand struct {
	File string `arg:"" type:"path" help:"The file to write; it must not be there yet."`
}

type backupView struct {
	File   string  `json:"file"`
	Rows   int64   `json:"rows"`
	Schema int64   `json:"schema"` // version of the database
	MadeAt *string `json:"madeAt"`
	Note   string  `json:"note"`
}

// Run writes a backup. It does not migrate: before an upgrade is when a backup
// is wanted most.
func (c *backupCommand) Run(a *app) error {
	d, err := a.openAsItIs(false, false)
	if err != nil {
		return err
	}
	v := backupView{File: c.File, Note: fmt.Sprintf("The secret key is not in the backup; keep a copy of %s apart from it.", a.config.Secrets.KeyPath)}
	err = writeNew(c.File, func(w io.Writer) error {
		b, rows, err := d.Backup(a.ctx, w)
		v.Rows, v.Schema, v.MadeAt = rows, b.Schema, stamp(b.MadeAt)
		return err
	})
	if err != nil {
		return err
	}
	return a.print(v, func(w io.Writer) {
		fmt.Fprintf(w, "%s holds %d rows as of %s.\n%s\n", v.File, v.Rows, cell(v.MadeAt), v.Note)
	})
}

type restoreCommand struct {
	File string `arg:"" type:"path" help:"A file that backup has written."`
}

type restoreView struct {
	File   string  `json:"file"`
	Rows   int64   `json:"rows"`
	MadeAt *string `json:"madeAt"`
	Held   bool    `json:"held"`
	Note   string  `json:"note"`
}

// Run fills an empty database. No server may be running on it. It neither wants
// nor makes a secret key: the one that belongs to the backup may come later.
func (c *restoreCommand) Run(a *app) error {
	file, err := os.Open(c.File)
	if err != nil {
		return err
	}
	defer file.Close()
	d, err := a.openAsItIs(a.configFile != "", false)
	if err != nil {
		return err
	}
	if path, ok := a.config.Database.sqlitePath(); ok {
		lock, err := takeServeLock(path)
		if err != nil {
			return err
		}
		defer lock.release()
	}
	if err := d.Migrate(a.ctx); err != nil {
		return err
	}
	s := a.operateOn(d)
	makeRoom := func(tx *db.Tx) error { return errors.Join(s.MakeRoom(tx), forgetSecretKey(tx)) }
	restored := func(tx *db.Tx, b db.Backup) error { return s.Restored(tx, actor, b) }
	b, rows, err := d.Restore(a.ctx, file, makeRoom, restored)
	if err != nil {
		return fmt.Errorf("%s: %w", c.File, err)
	}
	v := restoreView{File: c.File, Rows: rows, MadeAt: stamp(b.MadeAt), Held: true,
		Note: fmt.Sprintf("The secret key is not in a backup; the one that belongs to it must be at %s before the server starts.", a.config.Secrets.KeyPath)}
	return a.print(v, func(w io.Writer) {
		fmt.Fprintf(w, "Restored %d rows as of %s.\n%s\n\n", v.Rows, cell(v.MadeAt), v.Note)
		fmt.Fprintln(w, "Sending is on hold, because what was queued then may have been sent since. Look with")
		fmt.Fprintln(w, "`aviso queue list`; then `aviso queue release`, or `aviso queue release --cancel-queued`.")
	})
}

// forgetSecretKey removes the fingerprint that a first start has left in a
// database in which nothing is encrypted yet.
func forgetSecretKey(tx *db.Tx) error {
	_, err := tx.Exec(`DELETE FROM installation WHERE name = 'secret_fingerprint' AND NOT EXISTS (SELECT 1 FROM accounts)`)
	return err
}
