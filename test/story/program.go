package story

import (
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"testing"
)

// Program returns a peer's program, built from its Go package at a version: once,
// and kept between runs. It takes the module proxy and nothing else of the network.
func Program(t testing.TB, pkg, version string) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	name := path.Base(pkg)
	folder := filepath.Join(cache, "aviso", name+"-"+version)
	program := filepath.Join(folder, name)
	if _, err := os.Stat(program); err == nil {
		return program
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	making, err := os.MkdirTemp(folder, "making")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(making)
	install := exec.Command("go", "install", pkg+"@"+version)
	install.Dir, install.Env = making, append(os.Environ(), "GOBIN="+making, "GOFLAGS=", "CGO_ENABLED=0")
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("building %s: %v\n%s", name, err, out)
	}
	if err := os.Rename(filepath.Join(making, name), program); err != nil {
		t.Fatal(err)
	}
	return program
}
