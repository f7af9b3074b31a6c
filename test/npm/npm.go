// Package npm brings tests the npm packages that they run: programs by others,
// each in the version of a lock file.
//
// It never runs a script of theirs, and leaves nothing in the repository.
package npm

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Packages returns a place with the node_modules that a folder asks for, kept
// between runs. One with other packages has another name.
func Packages(t testing.TB, name string, folder fs.FS) (place string) {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	lock, err := fs.ReadFile(folder, "package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	place = filepath.Join(cache, "aviso", fmt.Sprintf("%s-%.8x", name, sha256.Sum256(lock)))
	if _, err := os.Stat(place); err == nil {
		return place
	}
	if err := os.MkdirAll(filepath.Dir(place), 0o755); err != nil {
		t.Fatal(err)
	}
	making, err := os.MkdirTemp(filepath.Dir(place), "making-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(making)
	for _, file := range []string{"package.json", "package-lock.json"} {
		text, err := fs.ReadFile(folder, file)
		if err == nil {
			err = os.WriteFile(filepath.Join(making, file), text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	cmd.Dir = making
	if said, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("npm ci: %v\n%s", err, said)
	}
	// Of two runs that end at once, the first has put the same there.
	if err := os.Rename(making, place); err != nil && !errors.Is(err, os.ErrExist) {
		t.Fatal(err)
	}
	return place
}
