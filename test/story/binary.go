package story

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// Binary is the program as it ships, built when the first story needs it. With
// AVISO_RACE=1 it has the race detector in it, which needs a C compiler.
type Binary struct {
	once sync.Once
	dir  string
	err  error
}

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
	cmd := exec.Command("go", append(args, "aviso/cmd/aviso")...)
	cmd.Env = append(os.Environ(), cgo)
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("go build aviso/cmd/aviso: %w\n%s", err, text)
	}
	return nil
}
