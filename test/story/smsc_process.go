package story

import (
	"bufio"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// smscFolder has the message centre that the client's own tests talk to: the
// npm package smpp, which knows nothing of Aviso.
const smscFolder = "../transport/smpp/testdata/smsc"

// smscEvent is what happened at the message centre.
type smscEvent struct {
	Event   string
	Session int
	Port    int
	PDU     struct {
		Sequence  int     `json:"sequence_number"`
		Status    uint32  `json:"command_status"`
		Source    string  `json:"source_addr"`
		Dest      string  `json:"destination_addr"`
		Reference int     `json:"user_message_reference"`
		Short     smscSay `json:"short_message"`
	}
}

type smscSay struct {
	Text string
	UDH  []string
}

// part is which part of how many a text is, from 1.
func (s *smscSay) part() (number, total int) {
	for _, element := range s.UDH {
		var reference int
		if n, _ := fmt.Sscanf(element, "0003%02x%02x%02x", &reference, &total, &number); n == 3 {
			return number, total
		}
	}
	return 1, 1
}

// smscProcess is the message centre in a process of its own, which takes orders
// and tells what happens, a line each.
type smscProcess struct {
	orders chan any // written by one goroutine, so that nobody waits for the pipe
}

// startSMSC starts one, which t's end stops, and has every event handled in its
// order.
func startSMSC(t testing.TB, handle func(smscEvent)) *smscProcess {
	t.Helper()
	script, err := filepath.Abs(filepath.Join(smscFolder, "centre.cjs"))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("node", script)
	cmd.Env = append(os.Environ(), "NODE_PATH="+filepath.Join(smscPackages(t), "node_modules"))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &smscProcess{orders: make(chan any, 1<<16)}
	told, heard := make(chan struct{}), make(chan struct{})
	stop := make(chan struct{})
	go func() {
		defer close(told)
		orders := json.NewEncoder(in)
		for {
			select {
			case order := <-p.orders:
				if orders.Encode(order) != nil {
					return
				}
			case <-stop:
				return
			}
		}
	}()
	go func() {
		defer close(heard)
		lines := bufio.NewScanner(out)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			var e smscEvent
			if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
				t.Errorf("the message centre says %s: %v", lines.Bytes(), err)
				continue
			}
			handle(e)
		}
	}()
	t.Cleanup(func() {
		close(stop)
		<-told
		_ = in.Close() // which is the end of it
		<-heard
		_ = cmd.Wait()
	})
	return p
}

// tell hands an order to the message centre.
func (p *smscProcess) tell(do string, order map[string]any) {
	order["do"] = do
	p.orders <- order
}

// smscPackages is a folder with the npm packages of the message centre, kept
// between runs. One with other packages has another name.
func smscPackages(t testing.TB) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	lock, err := os.ReadFile(filepath.Join(smscFolder, "package-lock.json"))
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(cache, "aviso", fmt.Sprintf("smsc-%x", sha256.Sum256(lock))[:24])
	if _, err := os.Stat(folder); err == nil {
		return folder
	}
	if err := os.MkdirAll(filepath.Dir(folder), 0o755); err != nil {
		t.Fatal(err)
	}
	making, err := os.MkdirTemp(filepath.Dir(folder), "making-smsc-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(making)
	if err := os.CopyFS(making, os.DirFS(smscFolder)); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	cmd.Dir = making
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("npm ci: %v\n%s", err, out)
	}
	// Two runs may end at once; what the second has made is the same.
	if err := os.Rename(making, folder); err != nil {
		if _, there := os.Stat(folder); there != nil {
			t.Fatal(err)
		}
	}
	return folder
}
