package db_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"aviso/db"
)

func TestOpenMakesNoFileByItself(t *testing.T) {
	path := filepath.Join(t.TempDir(), "not", "there.db")
	d, err := db.Open(t.Context(), db.Options{URL: "sqlite:" + path})
	if !errors.Is(err, db.ErrNotCreated) || d != nil || !strings.Contains(err.Error(), path) {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(filepath.Dir(path)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Open left something behind: %v", err)
	}
}

// A path is a path, whatever a URL would make of its characters.
func TestOpenTakesThePathAsItIs(t *testing.T) {
	for _, name := range []string{"plain.db", "a b.db", "100%.db", "%41.db", "q?mode=memory.db", "a#b.db", "ä&ö=ü.db", "a+b.db", "c:d.db"} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "data", name)
			d, err := db.Open(t.Context(), db.Options{URL: "sqlite:" + path, Create: true})
			if err != nil {
				t.Fatal(err)
			}
			defer d.Close()
			if err := d.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			if d.Path() != path || d.Postgres() {
				t.Errorf("%q, PostgreSQL: %t", d.Path(), d.Postgres())
			}
			files, err := os.ReadDir(filepath.Dir(path))
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range files {
				info, err := f.Info()
				if err != nil {
					t.Fatal(err)
				}
				if !strings.HasPrefix(f.Name(), name) || info.Mode().Perm() != 0o600 {
					t.Errorf("%q is %v", f.Name(), info.Mode())
				}
			}
		})
	}
}

// A URL that cannot be used is named by what is wrong with it, never by its
// password.
func TestOpenRefusesWithoutThePassword(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // nothing here may wait for a server
	for _, c := range []struct{ name, url, says string }{
		{"empty", "", "sqlite: or postgres://"},
		{"another kind", "mysql://aviso:geheim@localhost/aviso", "sqlite: or postgres://"},
		{"no scheme", "aviso:geheim@localhost/aviso", "sqlite: or postgres://"},
		{"SQLite without a path", "sqlite:", "path"},
		{"a port that is none", "postgres://aviso:geheim@localhost:port/aviso", "postgres://user@host/db"},
		{"a password that is not escaped", "postgres://aviso:geheim%zz@localhost/aviso", "postgres://user@host/db"},
		{"a password with an @", "postgres://aviso:an@geheim:x@localhost/aviso", "postgres://user@host/db"},
		{"a parameter that is none", "postgres://aviso:geheim@localhost/aviso?sslmode=perhaps", "postgres://user@host/db"},
		{"nobody there", "postgres://aviso:geheim@127.0.0.1:1/aviso", "does not answer"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, err := db.Open(ctx, db.Options{URL: c.url, Password: "geheim", Create: true})
			if err == nil {
				d.Close()
				t.Fatal("opened")
			}
			if !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "geheim") {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestOpenSaysThatNobodyAnswers(t *testing.T) {
	_, err := db.Open(t.Context(), db.Options{URL: "postgres://aviso:geheim@127.0.0.1:1/aviso"})
	if !db.IsUnavailable(err) || strings.Contains(err.Error(), "geheim") {
		t.Errorf("%v", err)
	}
}

func TestOpenRefusesWhatIsNoDatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "letter.txt")
	letter := strings.Repeat("Dear reader, this is not a database.\n", 100)
	if err := os.WriteFile(path, []byte(letter), 0o600); err != nil {
		t.Fatal(err)
	}
	if d, err := db.Open(t.Context(), db.Options{URL: "sqlite:" + path, Create: true}); err == nil {
		d.Close()
		t.Error("opened")
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != letter {
		t.Errorf("the file was changed (%v)", err)
	}
}
