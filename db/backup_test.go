package db_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aviso/db"
	"aviso/db/dbtest"
)

// openSQLite opens one more database beside the one under test.
func openSQLite(t testing.TB) *db.DB {
	t.Helper()
	d, err := db.Open(context.Background(), db.Options{URL: "sqlite:" + filepath.Join(t.TempDir(), "aviso.db"), Create: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	if err := d.Migrate(context.Background()); err != nil {
		t.Fatal(err)
	}
	return d
}

// odd are rows that a careless copy would change.
var odd = []string{
	`INSERT INTO accounts (id, email, name, password_hash, is_admin, must_change_password, suspended_at, prime_until, created_at)
		VALUES ('a1', 'ada@mail.test', '<Ada> & "Ω" '' ` + "\u2028\n\t" + `', '', TRUE, FALSE, NULL, 4611686018427387904, -1)`,
	`INSERT INTO accounts (id, email, name, password_hash, is_admin, must_change_password, suspended_at, prime_until, created_at)
		VALUES ('a0', '0', '12', 'null', FALSE, TRUE, 0, NULL, 9007199254740993)`,
	`INSERT INTO api_keys (id, account_id, product, name, hash, last4, enabled, created_at) VALUES ('k', 'a1', 'email', '[]', NULL, '', TRUE, 1)`,
	`INSERT INTO email_senders (id, address, display_name, is_global, relay, daily_cap, created_at) VALUES ('s', 'x@y.z', '', FALSE, '', 0, 0)`,
	`INSERT INTO email_sender_accounts (sender_id, account_id) VALUES ('s', 'a0')`,
	`INSERT INTO email_accounts (account_id, messages, default_sender_id) VALUES ('a0', 0, 's')`,
}

func fill(t testing.TB, d *db.DB) {
	t.Helper()
	err := d.Write(context.Background(), func(tx *db.Tx) error {
		for _, statement := range odd {
			if _, err := tx.Exec(statement); err != nil {
				return err
			}
		}
		for id, data := range map[string][]byte{"empty": {}, "zero": {0}, "any": {255, 0, '\n', 128}} {
			if _, err := tx.Exec(`INSERT INTO key_windows (key_id, stamps) VALUES ($1, $2)`, id, data); err != nil {
				return err
			}
		}
		for i := range 200 { // more than go into one statement
			if _, err := tx.Exec(`INSERT INTO email_caps (name, day, used) VALUES ('relay/primary', $1, $2)`, i, i*i); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func nothing(*db.Tx) error           { return nil }
func noMore(*db.Tx, db.Backup) error { return nil }
func backup(t testing.TB, d *db.DB) []byte {
	t.Helper()
	var file bytes.Buffer
	if _, _, err := d.Backup(context.Background(), &file); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func restore(d *db.DB, file []byte) (db.Backup, int64, error) {
	return d.Restore(context.Background(), bytes.NewReader(file), nothing, noMore)
}

// rows reads every row of every table as the driver gives it.
func rows(t testing.TB, d *db.DB) map[string][][]any {
	t.Helper()
	all := map[string][][]any{}
	err := d.Read(context.Background(), func(tx *db.Tx) error {
		columns := map[string]int{}
		err := tx.Rows(`SELECT m.name, COUNT(*) FROM sqlite_schema m JOIN pragma_table_info(m.name) c
			WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND m.name <> 'goose_db_version' GROUP BY m.name`, nil, func(scan func(...any) error) error {
			var name string
			var n int
			err := scan(&name, &n)
			columns[name] = n
			return err
		})
		for name, n := range columns {
			if err != nil {
				return err
			}
			err = tx.Rows(`SELECT * FROM "`+name+`" ORDER BY 1`+map[bool]string{true: ", 2"}[n > 1], nil, func(scan func(...any) error) error {
				row, into := make([]any, n), make([]any, n)
				for i := range row {
					into[i] = &row[i]
				}
				err := scan(into...)
				all[name] = append(all[name], row)
				return err
			})
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func lines(t testing.TB, file []byte) []string {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(string(text), "\n")
}

func zip(text string) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write([]byte(text))
	z.Close()
	return b.Bytes()
}

// From SQLite through the other kind and back, nothing changes.
func TestBackupGoesRoundRowForRow(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, middle *db.DB) {
		first, last := openSQLite(t), openSQLite(t)
		fill(t, first)
		began, n, err := restore(middle, backup(t, first))
		if err != nil {
			t.Fatal(err)
		}
		if n != 209 || began.Engine != "sqlite" || began.MadeAt == 0 {
			t.Errorf("%d rows of %+v", n, began)
		}
		second := backup(t, middle)
		if _, _, err := restore(last, second); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(rows(t, first), rows(t, last)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestBackupIsOneSnapshot(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		fill(t, d)
		noise := make([]byte, 1<<20)
		rand.Read(noise)
		write := func(query string, args ...any) {
			err := d.Write(context.Background(), func(tx *db.Tx) error { _, err := tx.Exec(query, args...); return err })
			if err != nil {
				t.Error(err)
			}
		}
		write(`INSERT INTO email_bodies (message_id, data, eight_bit, utf8) VALUES ('m', $1, TRUE, FALSE)`, noise)
		var file bytes.Buffer
		busy := writerFunc(func(p []byte) (int, error) {
			if file.Len() == 0 { // a body is being copied; what comes after it has not been read yet
				write(`INSERT INTO sending_holds (scope, held_at, reason) VALUES ('all', 1, '')`)
			}
			return file.Write(p)
		})
		if _, _, err := d.Backup(context.Background(), busy); err != nil {
			t.Fatal(err)
		}
		copied := openSQLite(t)
		if _, _, err := restore(copied, file.Bytes()); err != nil {
			t.Fatal(err)
		}
		if all := rows(t, copied); len(all["sending_holds"]) != 0 || len(all["email_bodies"]) != 1 {
			t.Errorf("%d holds, %d bodies", len(all["sending_holds"]), len(all["email_bodies"]))
		}
	})
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// Whatever is wrong, the database is as empty as before.
func TestRestoreRefuses(t *testing.T) {
	source := openSQLite(t)
	fill(t, source)
	file := backup(t, source)
	text := lines(t, file)
	without := func(at int) []byte {
		return zip(strings.Join(append(append([]string{}, text[:at]...), text[at+1:]...), "\n"))
	}
	edited := func(from, to string) []byte {
		return zip(strings.Replace(strings.Join(text, "\n"), from, to, 1))
	}
	for name, c := range map[string]struct {
		file []byte
		want error // one of these two
		says string
	}{
		"nothing":              {file: nil, want: db.ErrNoBackup},
		"text":                 {file: []byte("[http]\n"), want: db.ErrNoBackup},
		"zipped text":          {file: zip("hello"), want: db.ErrNoBackup},
		"zipped JSON":          {file: zip(`{"a":1}`), want: db.ErrNoBackup},
		"a list":               {file: zip(`[1]`), want: db.ErrNoBackup},
		"half":                 {file: file[:len(file)/2], want: db.ErrDamaged},
		"no checksum":          {file: file[:len(file)-8], want: db.ErrDamaged},
		"wrong checksum":       {file: append(append([]byte{}, file[:len(file)-8]...), 1, 2, 3, 4, 5, 6, 7, 8), want: db.ErrDamaged},
		"something after":      {file: append(append([]byte{}, file...), zip("{}")...), want: db.ErrDamaged},
		"header alone":         {file: zip(text[0]), want: db.ErrDamaged},
		"no end":               {file: without(len(text) - 2), want: db.ErrDamaged},
		"a row less":           {file: without(len(text) - 20), want: db.ErrDamaged},
		"a row before a table": {file: zip(text[0] + "\n[1]\n"), want: db.ErrDamaged},
		"a table less":         {file: edited(`{"table":"sending_holds","columns":["scope","held_at","reason"]}`, ""), want: db.ErrDamaged},
		"a table twice":        {file: edited(`{"table":"sending_holds","columns":["scope","held_at","reason"]}`, `{"table":"accounts","columns":["id"]}`), want: db.ErrDamaged},
		"another column":       {file: edited(`"held_at"`, `"since"`), want: db.ErrDamaged},
		"a column twice":       {file: edited(`["scope","held_at"`, `["scope","scope"`), want: db.ErrDamaged},
		"a text for a number":  {file: edited(`["relay/primary",7,49]`, `["relay/primary","7",49]`), want: db.ErrDamaged},
		"a number for a text":  {file: edited(`["relay/primary",7,49]`, `[3,7,49]`), want: db.ErrDamaged},
		"a fraction":           {file: edited(`["relay/primary",7,49]`, `["relay/primary",7.5,49]`), want: db.ErrDamaged},
		"a value less":         {file: edited(`["relay/primary",7,49]`, `["relay/primary",7]`), want: db.ErrDamaged},
		"another format":       {file: edited(`"version":1`, `"version":2`), says: "the aviso that made it"},
		"another schema":       {file: edited(`"schema":`, `"schema":9`), says: "the aviso that made it"},
	} {
		t.Run(name, func(t *testing.T) {
			d := openSQLite(t)
			_, _, err := restore(d, c.file)
			if err == nil || c.want != nil && !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("error %v, want %v %s", err, c.want, c.says)
			}
			if all := rows(t, d); len(all) > 0 {
				t.Errorf("%d tables have rows", len(all))
			}
		})
	}
}

func TestRestoreWantsAnEmptyDatabase(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		source := openSQLite(t)
		fill(t, source)
		fill(t, d)
		if _, _, err := restore(d, backup(t, source)); err == nil || !strings.Contains(err.Error(), "not empty") {
			t.Errorf("error %v", err)
		}
	})
}

// What prepare, finish and the rows did is undone together.
func TestRestoreIsOneTransaction(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		source := openSQLite(t)
		fill(t, source)
		failed := errors.New("failed")
		_, _, err := d.Restore(context.Background(), bytes.NewReader(backup(t, source)),
			func(tx *db.Tx) error {
				_, err := tx.Exec(`DELETE FROM accounts`)
				return err
			},
			func(tx *db.Tx, b db.Backup) error {
				var n int
				if err := tx.Row(`SELECT COUNT(*) FROM accounts`, nil, &n); err != nil || n != 2 || b.MadeAt == 0 {
					t.Errorf("%d accounts, %+v, %v", n, b, err)
				}
				return failed
			})
		if !errors.Is(err, failed) {
			t.Fatal(err)
		}
		if _, n, err := restore(d, backup(t, source)); err != nil || n != 209 {
			t.Errorf("the second time: %d rows, %v", n, err)
		}
	})
}
