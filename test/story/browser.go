package story

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"aviso/test/npm"
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
	b := &Browser{packages: npm.Packages(t, "page", os.DirFS(pageFolder))}
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
