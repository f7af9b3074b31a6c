package db_test

import (
	"strings"
	"sync/atomic"
	"testing"

	"aviso/db"
	"aviso/db/dbtest"
)

// onPostgres runs f with a migrated database that several handles may share.
func onPostgres(t *testing.T, f func(t *testing.T, d *db.DB, url string)) {
	dbtest.EachURL(t, func(t *testing.T, url string) {
		if strings.HasPrefix(url, "sqlite:") {
			return // one writer: nothing to fight over
		}
		d := open(t, url)
		if err := d.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		f(t, d, url)
	})
}

// meet lets two first tries wait for each other, and none after them.
type meet struct {
	tries   atomic.Int32
	arrived [2]chan struct{}
}

func newMeet() *meet {
	return &meet{arrived: [2]chan struct{}{make(chan struct{}), make(chan struct{})}}
}

func (m *meet) here(me int, try *int) {
	m.tries.Add(1)
	if *try++; *try == 1 {
		close(m.arrived[me])
		<-m.arrived[1-me]
	}
}

// together runs f(0) and f(1) at once and expects both to succeed.
func together(t *testing.T, f func(me int) error) {
	t.Helper()
	errs := make(chan error)
	for me := range 2 {
		go func() { errs <- f(me) }()
	}
	for range 2 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

func TestWriteTriesAgainAfterADeadlock(t *testing.T) {
	onPostgres(t, func(t *testing.T, d *db.DB, _ string) {
		write(t, d, counters)
		write(t, d, `INSERT INTO counters (id, n) VALUES ('0', 0), ('1', 0)`)
		m := newMeet()
		together(t, func(me int) error {
			try, rows := 0, []string{"0", "1"}
			return d.Write(t.Context(), func(tx *db.Tx) error {
				if _, err := tx.Exec(`SET LOCAL deadlock_timeout = '5ms'`); err != nil {
					return err
				}
				if _, err := tx.Exec(`UPDATE counters SET n = n + 1 WHERE id = $1`, rows[me]); err != nil {
					return err
				}
				m.here(me, &try)
				_, err := tx.Exec(`UPDATE counters SET n = n + 1 WHERE id = $1`, rows[1-me])
				return err
			})
		})
		if n := number(t, d, `SELECT MIN(n) + MAX(n) FROM counters`); n != 4 || m.tries.Load() < 3 {
			t.Errorf("counters add up to %d after %d tries", n, m.tries.Load())
		}
	})
}

func TestWriteTriesAgainAfterASerialisationFailure(t *testing.T) {
	onPostgres(t, func(t *testing.T, d *db.DB, _ string) {
		write(t, d, counters)
		write(t, d, `INSERT INTO counters (id, n) VALUES ('a', 0)`)
		m := newMeet()
		together(t, func(me int) error {
			try := 0
			return d.Write(t.Context(), func(tx *db.Tx) error {
				if _, err := tx.Exec(`SET TRANSACTION ISOLATION LEVEL REPEATABLE READ`); err != nil {
					return err
				}
				var n int64
				if err := tx.Row(`SELECT n FROM counters WHERE id = 'a'`, nil, &n); err != nil {
					return err
				}
				m.here(me, &try)
				_, err := tx.Exec(`UPDATE counters SET n = $1 WHERE id = 'a'`, n+1)
				return err
			})
		})
		if n := number(t, d, `SELECT n FROM counters`); n != 2 || m.tries.Load() != 3 {
			t.Errorf("the counter is at %d after %d tries", n, m.tries.Load())
		}
	})
}

// A server that never lets a transaction through is asked a few times, not
// for ever.
func TestWriteGivesUp(t *testing.T) {
	onPostgres(t, func(t *testing.T, d *db.DB, _ string) {
		tries := 0
		err := d.Write(t.Context(), func(tx *db.Tx) error {
			tries++
			return raise(tx, "40001")
		})
		if err == nil || tries < 2 || tries > 10 {
			t.Errorf("%v after %d tries", err, tries)
		}
	})
}
