package db

import (
	"os"
	"syscall"
	"time"
)

// turn is how the processes at one SQLite database share its write lock. Its
// writers queue by polling, so that a committer which is never idle would
// starve the operator's commands. A command holds a shared lock on a file
// beside the database while it wants to write; the server looks every now and
// then whether somebody does, and only then leaves the write lock free.
type turn struct {
	file   *os.File
	server bool
	looked time.Time // whether somebody wants to write; by the server
}

const (
	lookAfter = 100 * time.Millisecond
	leaveFree = 5 * time.Millisecond
)

func openTurn(database string, server bool) (*turn, error) {
	f, err := os.OpenFile(database+".turn", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	return &turn{file: f, server: server}, nil
}

// ask says that this process wants to write, until the returned function is
// called. The server does not ask: its own writers queue in memory.
func (t *turn) ask() func() {
	if t == nil || t.server {
		return func() {}
	}
	// Shared, so that commands do not wait for each other here.
	if syscall.Flock(int(t.file.Fd()), syscall.LOCK_SH) != nil {
		return func() {}
	}
	return func() { _ = syscall.Flock(int(t.file.Fd()), syscall.LOCK_UN) }
}

// give is called between two transactions, and leaves the write lock free for
// a moment when another process wants to write. It looks every now and then.
func (t *turn) give() {
	if !t.server || time.Since(t.looked) < lookAfter {
		return
	}
	t.looked = time.Now()
	if syscall.Flock(int(t.file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil {
		time.Sleep(leaveFree)
		return
	}
	_ = syscall.Flock(int(t.file.Fd()), syscall.LOCK_UN)
}

func (t *turn) close() error {
	if t == nil {
		return nil
	}
	return t.file.Close()
}
