package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"
)

// serveLock keeps a second serve from a SQLite database that has one. The
// kernel lets go of it when the process ends, however it ends.
type serveLock struct{ file *os.File }

// errServed is what a second serve on the same database is told.
type errServed struct{ path, address string }

func (e errServed) Error() string {
	where := ""
	if e.address != "" {
		where = " at " + e.address
	}
	return fmt.Sprintf("an aviso already serves %s%s; stop it first, or use another database", e.path, where)
}

func takeServeLock(database string) (*serveLock, error) {
	path := database + ".lock"
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		defer f.Close()
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("locking %s: %w", path, err)
		}
		address, _ := os.ReadFile(path)
		return nil, errServed{database, strings.TrimSpace(string(address))}
	}
	return &serveLock{f}, nil
}

// announce leaves the address for whoever is refused.
func (l *serveLock) announce(address string) error {
	if err := l.file.Truncate(0); err != nil {
		return err
	}
	_, err := l.file.WriteAt([]byte(address+"\n"), 0)
	return err
}

func (l *serveLock) release() { l.file.Close() }

// checkOwner refuses to touch a SQLite database of somebody else: files that
// root leaves beside it would stop its server.
func checkOwner(path string) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if s, ok := info.Sys().(*syscall.Stat_t); ok && int(s.Uid) != os.Getuid() {
		return fmt.Errorf("%s belongs to the user with id %d and this is %d; run the command as that user", path, s.Uid, os.Getuid())
	}
	return nil
}
