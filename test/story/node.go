package story

import (
	"context"
	"encoding/json"
)

// Node is one aviso that serves.
type Node struct {
	*process
	URL string // of the email API; set by Ready
}

// Start starts a node and returns at once.
func (i *Installation) Start(args ...string) *Node {
	i.t.Helper()
	cmd := i.command(context.Background(), append([]string{"serve"}, args...)...)
	return &Node{process: start(i.t, "aviso serve", cmd)}
}

// Serve starts a node and returns when it answers calls.
func (i *Installation) Serve(args ...string) *Node {
	i.t.Helper()
	n := i.Start(args...)
	n.Ready()
	return n
}

// Ready waits for the node to say where it serves.
func (n *Node) Ready() {
	n.t.Helper()
	var said struct{ URL string }
	line := n.stderr.line(`"aviso serves"`)
	if err := json.Unmarshal([]byte(line), &said); err != nil || said.URL == "" {
		n.t.Fatalf("aviso serve did not say where it serves:\n%s", n.stderr.text())
	}
	n.URL = said.URL
}

// Serves waits until the node says where it serves, or has ended instead.
func (n *Node) Serves() bool {
	n.t.Helper()
	if n.stderr.line(`"aviso serves"`) == "" {
		return false
	}
	n.Ready()
	return true
}

// Says waits for a line of standard output that has word in it.
func (n *Node) Says(word string) string {
	n.t.Helper()
	line := n.stdout.line(word)
	if line == "" {
		n.t.Fatalf("aviso serve did not print %q", word)
	}
	return line
}
