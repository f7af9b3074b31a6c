package story

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// pageFolder holds the flows, seen from the folder of the tests.
const pageFolder = "page"

// flowTime is the longest that one flow may take, on a busy machine.
const flowTime = 4 * time.Minute

// Browser is a Chromium without a window, for all the flows of a test.
type Browser struct{ packages, endpoint string }

// StartBrowser starts a browser that t's end stops.
func StartBrowser(t testing.TB) *Browser {
	t.Helper()
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Fatalf("Chromium is missing, which test/env/peers installs: %v", err)
	}
	b := &Browser{packages: packages(t, pageFolder)}
	cmd := exec.Command("node", "browser.mjs", b.packages, chromium)
	cmd.Dir = pageFolder
	p := start(t, "node browser.mjs", cmd)
	// Killed, it would leave Chromium's processes and folder behind.
	t.Cleanup(func() {
		p.Terminate()
		p.Exit()
	})
	_, b.endpoint, _ = strings.Cut(p.stdout.line("driven at "), "driven at ")
	if b.endpoint == "" {
		t.Fatalf("Chromium did not start:\n%s", p.Stderr())
	}
	return b
}

// Play plays a flow of the page folder on a stage, and fails t with what the
// flow says when it fails.
func (b *Browser) Play(t testing.TB, flow string, stage Stage) {
	t.Helper()
	stage.Browser = b.endpoint
	settings, err := json.Marshal(stage)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), flowTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, "node", "run.mjs", b.packages, flow)
	cmd.Dir, cmd.Stdin = pageFolder, bytes.NewReader(settings)
	cmd.SysProcAttr = childAttr()
	said, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("the flow %s: %v\n%s", flow, err, said)
	}
	t.Logf("%s", said)
}

// packages is a place with the npm packages of a folder of the tests, kept
// between runs. One with other packages has another name.
func packages(t testing.TB, folder string) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	lock, err := os.ReadFile(filepath.Join(folder, "package-lock.json"))
	if err != nil {
		t.Fatal(err)
	}
	place := filepath.Join(cache, "aviso", fmt.Sprintf("%s-%x", folder, sha256.Sum256(lock))[:len(folder)+17])
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
	for _, name := range []string{"package.json", "package-lock.json"} {
		text, err := os.ReadFile(filepath.Join(folder, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(making, name), text, 0o600)
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
