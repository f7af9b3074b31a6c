package story

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// Binary is the program as it ships, built when the first story needs it. With
// AVISO_RACE=1 it has the race detector in it, which needs a C compiler.
type Binary struct {
	// Doctored replaces one text of one source file, for a program that a test
	// must object to; nil for the program as it ships.
	Doctored *Doctored

	once sync.Once
	dir  string
	err  error
}

// Doctored is a change to a source file, named from the root of the module.
type Doctored struct{ File, Old, New string }

// Remove deletes what was built.
func (b *Binary) Remove() {
	if b.dir != "" {
		_ = os.RemoveAll(b.dir)
	}
}

// path builds the program unless it is there already.
func (b *Binary) path(t testing.TB) string {
	t.Helper()
	b.once.Do(func() { b.err = b.build() })
	if b.err != nil {
		t.Fatal(b.err)
	}
	return b.file()
}

func (b *Binary) file() string { return filepath.Join(b.dir, "aviso") }

func (b *Binary) build() (err error) {
	if b.dir, err = os.MkdirTemp("", "aviso-story"); err != nil {
		return err
	}
	args, cgo := []string{"build", "-buildvcs=false", "-trimpath", "-o", b.file()}, "CGO_ENABLED=0"
	if os.Getenv("AVISO_RACE") == "1" {
		args, cgo = append(args, "-race"), "CGO_ENABLED=1"
	}
	if b.Doctored != nil {
		overlay, err := b.Doctored.overlay(b.dir)
		if err != nil {
			return err
		}
		args = append(args, "-overlay", overlay)
	}
	cmd := exec.Command("go", append(args, "aviso/cmd/aviso")...)
	cmd.Env = append(os.Environ(), cgo)
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build aviso/cmd/aviso: %w\n%s", err, text)
	}
	return nil
}

// overlay writes the changed file into dir, with the note that has the compiler
// read it instead of the other.
func (d *Doctored) overlay(dir string) (string, error) {
	root, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}").Output()
	if err != nil {
		return "", err
	}
	file := filepath.Join(strings.TrimSpace(string(root)), d.File)
	text, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	if strings.Count(string(text), d.Old) != 1 {
		return "", fmt.Errorf("%s does not say %q once", d.File, d.Old)
	}
	changed, overlay := filepath.Join(dir, filepath.Base(d.File)), filepath.Join(dir, "overlay.json")
	note, err := json.Marshal(map[string]any{"Replace": map[string]string{file: changed}})
	if err != nil {
		return "", err
	}
	return overlay, errors.Join(
		os.WriteFile(changed, []byte(strings.Replace(string(text), d.Old, d.New, 1)), 0o600),
		os.WriteFile(overlay, note, 0o600))
}
