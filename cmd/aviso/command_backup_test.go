package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"aviso/db"
	"aviso/db/dbtest"
)

// moved is an installation with an account, credits and a message that waits,
// and a backup of it.
func moved(t *testing.T) (file string) {
	t.Helper()
	i := install(t, "sqlite:"+filepath.Join(t.TempDir(), "aviso.db"))
	i.ok("account", "create", "--email", "ada@x.test")
	i.ok("credit", "grant", "--account", "ada@x.test", "--product", "email", "--amount", "5", "--reason", "r")
	i.step(step{typed: "key create --account ada@x.test --name k", shape: "createdAt email enabled id last4 lastUsedAt name prefix rotatedAt token", remember: map[string]string{"token": "token"}})
	s := i.serve()
	i.send(s, i.said["token"], "later@x.test")
	s.Close(context.Background())
	file = filepath.Join(t.TempDir(), "b.gz")
	if said := i.ok("backup", file); !strings.Contains(said, "The secret key is not in the backup") {
		t.Error(said)
	}
	return file
}

// From the embedded database to either kind: everything is there, nothing goes
// out, and a second restore is refused.
func TestRestoreStartsHeld(t *testing.T) {
	file := moved(t)
	dbtest.EachURL(t, func(t *testing.T, url string) {
		i := install(t, url)
		i.ok("migrate")
		fresh := i.serve() // a first start leaves a sender behind
		fresh.Close(context.Background())
		said := i.ok("restore", file)
		for _, want := range []string{"Sending is on hold", "The secret key is not in a backup", "aviso queue release"} {
			if !strings.Contains(said, want) {
				t.Errorf("%q is not in %s", want, said)
			}
		}
		i.ok("ledger", "verify")
		s := i.serve()
		if said := i.ok("queue", "list"); !strings.Contains(said, "restored from a backup") || !strings.Contains(said, "later@ for now") {
			t.Error(said)
		}
		s.Close(context.Background())
		code, _, errs := i.run("restore", file)
		if code != exitFailed || !strings.Contains(errs, "the database is not empty") {
			t.Errorf("again: exit %d, %s", code, errs)
		}
		i.ok("queue", "release", "--cancel-queued")
		i.ok("ledger", "verify")
	})
}

// The time between backup and restore is not the messages' loss.
func TestRestoreHoldsSinceTheBackup(t *testing.T) {
	file := moved(t)
	i := install(t, "sqlite:"+filepath.Join(t.TempDir(), "aviso.db"))
	i.ok("restore", file)
	d := i.open()
	var held, admitted, now int64
	err := d.Read(context.Background(), func(tx *db.Tx) (err error) {
		if now, err = tx.Now(); err != nil {
			return err
		}
		return tx.Row(`SELECT (SELECT held_at FROM sending_holds), (SELECT admitted_at FROM email_messages)`, nil, &held, &admitted)
	})
	if err != nil || held < admitted || held >= now {
		t.Errorf("admitted %d, held %d, now %d, %v", admitted, held, now, err)
	}
}

func TestRestoreRefusesBesideAServer(t *testing.T) {
	file := moved(t)
	path := filepath.Join(t.TempDir(), "aviso.db")
	i := install(t, "sqlite:"+path)
	lock, err := takeServeLock(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := lock.announce("http://here"); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := i.run("restore", file); code != exitFailed || !strings.Contains(errs, "http://here") {
		t.Errorf("exit %d, %s", code, errs)
	}
	lock.release()
	i.ok("restore", file)
}

func TestBackupTakesNothingsPlace(t *testing.T) {
	i := install(t, "sqlite:"+filepath.Join(t.TempDir(), "aviso.db"))
	i.ok("migrate")
	folder := t.TempDir()
	file := filepath.Join(folder, "b.gz")
	i.ok("backup", file)
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if code, _, errs := i.run("backup", file); code != exitFailed || !strings.Contains(errs, "is there already") {
		t.Errorf("exit %d, %s", code, errs)
	}
	other := filepath.Join(folder, "c.gz")
	writeFile(t, other+".tmp", "another backup's")
	if code, _, errs := i.run("backup", other); code != exitFailed || !strings.Contains(errs, "another backup is writing it") {
		t.Errorf("exit %d, %s", code, errs)
	}
	if code, _, _ := i.run("backup", filepath.Join(folder, "no", "such", "folder.gz")); code != exitFailed {
		t.Error("a backup went nowhere")
	}
	left, err := filepath.Glob(filepath.Join(folder, "*"))
	if err != nil || len(left) != 2 {
		t.Errorf("left behind: %v", left)
	}
}

// A backup that is cut short leaves a database that another can still be
// restored into.
func TestRestoreOfHalfAFile(t *testing.T) {
	file := moved(t)
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	half := filepath.Join(t.TempDir(), "half.gz")
	writeFile(t, half, string(whole[:len(whole)-100]))
	i := install(t, "sqlite:"+filepath.Join(t.TempDir(), "aviso.db"))
	if code, _, errs := i.run("restore", half); code != exitFailed || !strings.Contains(errs, "cut short or damaged; nothing was restored") {
		t.Errorf("exit %d, %s", code, errs)
	}
	i.ok("restore", file)
}
