// Package smpptest is a message centre for tests: the npm package smpp, which
// knows nothing of Aviso, in a process of its own.
//
// It never uses our client's code, whose mistakes it would share, and judges
// nothing: it does what it is told, and tells what happens.
package smpptest

import (
	"bufio"
	"embed"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"testing"

	"aviso/test/npm"
)

var (
	//go:embed centre.cjs
	script string

	//go:embed package.json package-lock.json
	packages embed.FS
)

// Event is what has happened at the centre.
type Event struct {
	Event   string // "listening", "policy", "close", or the command of a PDU that has come
	Session int
	Port    int
	PDU     PDU
}

// PDU is one of them as the centre has read it.
type PDU struct {
	Command  string `json:"command"`
	Sequence int    `json:"sequence_number"`
	Status   uint32 `json:"command_status"`

	SystemID   string `json:"system_id"`
	Password   string `json:"password"`
	SystemType string `json:"system_type"`

	Source    string `json:"source_addr"`
	SourceTON int    `json:"source_addr_ton"`
	Dest      string `json:"destination_addr"`
	DestTON   int    `json:"dest_addr_ton"`
	Coding    int    `json:"data_coding"`
	Class     int    `json:"esm_class"`
	Wanted    int    `json:"registered_delivery"`
	Reference int    `json:"user_message_reference"`
	SarRef    int    `json:"sar_msg_ref_num"`
	SarTotal  int    `json:"sar_total_segments"`
	SarNumber int    `json:"sar_segment_seqnum"`
	Short     Said   `json:"short_message"`
	Payload   Said   `json:"message_payload"`
}

// Said is what a text says: Hex where it is no text for the centre, and UDH the
// elements of its header.
type Said struct {
	Text, Hex string
	UDH       []string
}

// Centre is the process, which takes orders and tells what happens, a line each.
type Centre struct {
	t      testing.TB
	orders chan []byte // written by one goroutine, so that nobody waits for the pipe
	gone   chan struct{}
}

// Start starts a message centre, which t's end stops, and has every event
// handled in its order. It listens once it is told to.
func Start(t testing.TB, handle func(Event)) *Centre {
	t.Helper()
	cmd := exec.Command("node", "-e", script)
	cmd.Dir = npm.Packages(t, "smsc", packages) // where the script looks for them
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
	c := &Centre{t: t, orders: make(chan []byte, 1<<16), gone: make(chan struct{})}
	stop, told := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(told)
		for {
			select {
			case order := <-c.orders:
				if _, err := in.Write(order); err != nil {
					t.Errorf("the message centre takes no orders: %v", err)
					return
				}
			case <-stop:
				return
			}
		}
	}()
	go func() {
		defer close(c.gone)
		lines := bufio.NewScanner(out)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			var e Event
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
		<-c.gone
		_ = cmd.Wait()
	})
	return c
}

// Tell gives the centre an order; centre.cjs has those that there are.
func (c *Centre) Tell(do string, order map[string]any) {
	c.t.Helper()
	whole := map[string]any{"do": do}
	maps.Copy(whole, order)
	line, err := json.Marshal(whole)
	if err != nil {
		c.t.Error(err)
		return
	}
	c.orders <- append(line, '\n')
}

// Gone is closed when the process says no more.
func (c *Centre) Gone() <-chan struct{} { return c.gone }
