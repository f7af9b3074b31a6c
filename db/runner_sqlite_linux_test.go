package db

import (
	"context"
	"errors"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// A transaction that SQLite has ended by itself lets other processes in. They
// wait until what was under way to the log is there, and go on behind it.
func TestLogIsOwnedUntilItsLastRecord(t *testing.T) {
	d := openHere(t, true)
	waits := begun(t, d, "a")
	command := openFile(t, d.path, false)
	d.Raw(`ROLLBACK`)
	written := make(chan error, 1)
	go func() {
		written <- command.Write(context.Background(), func(tx *Tx) error {
			_, err := tx.Exec(`INSERT INTO t (id, n) VALUES ('command', 0)`)
			return errors.Join(err, tx.Row(`UPDATE t SET n = n + 1 WHERE id = 'count' RETURNING n`, nil, new(int)))
		})
	}()
	for len(written) == 0 && !awaited(t, redoPath(d.path)) {
		runtime.Gosched()
	}
	if err := waits(); err != nil {
		t.Error(err)
	}
	_ = d.Read(t.Context(), func(*Tx) error { return nil }) // which finds that there is no transaction
	if err := <-written; err != nil {
		t.Error(err)
	}
	if list := ids(t, command); list != "a command" {
		t.Errorf("%q", list)
	}
	if list := ids(t, d); list != "a command" {
		t.Errorf("%q to the server", list)
	}
}

// awaited says whether somebody waits for the lock on a file.
func awaited(t *testing.T, path string) bool {
	t.Helper()
	var info syscall.Stat_t
	if err := syscall.Stat(path, &info); err != nil {
		t.Fatal(err)
	}
	locks, err := os.ReadFile("/proc/locks")
	if err != nil {
		t.Fatal(err)
	}
	for lock := range strings.Lines(string(locks)) {
		if strings.Contains(lock, "-> FLOCK") && strings.Contains(lock, ":"+strconv.FormatUint(info.Ino, 10)+" ") {
			return true
		}
	}
	return false
}
