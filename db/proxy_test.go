package db_test

import (
	"encoding/binary"
	"io"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// How a link ends. All but down do it once; then the link is as good as new.
const (
	up            = iota
	cutRequest    // at the next thing the client says, which the server never hears
	cutCommitting // behind the next thing the client says, with the server at work on it
	cutCommitted  // when the server says that it has committed, which the client never hears
	down          // whoever comes is sent away
)

// link is the network between Aviso and PostgreSQL.
type link struct {
	t       *testing.T
	url     string // of the database, through the link
	network string
	server  string
	state   atomic.Int32
	cut     chan struct{} // receives once a cut

	mu    sync.Mutex
	conns map[net.Conn]struct{}
}

// connect puts a link between the test and the database at target.
func connect(t *testing.T, target string) *link {
	t.Helper()
	config, err := pgx.ParseConfig(target)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &link{t: t, cut: make(chan struct{}, 1), conns: map[net.Conn]struct{}{}}
	l.network, l.server = pgconn.NetworkAddress(config.Host, config.Port)
	u := url.URL{Scheme: "postgres", User: url.UserPassword(config.User, config.Password), Host: listener.Addr().String(),
		Path: config.Database, RawQuery: "sslmode=disable"}
	l.url = u.String()
	var served sync.WaitGroup
	served.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			served.Go(func() { l.serve(client) })
		}
	})
	t.Cleanup(func() {
		listener.Close()
		l.down()
		served.Wait()
	})
	return l
}

// down ends all connections and lets nobody in until the state is up again.
func (l *link) down() {
	l.state.Store(down)
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.conns {
		c.Close()
	}
}

// ends says whether this is the moment that the link was told to end at.
func (l *link) ends(at int32) bool {
	if !l.state.CompareAndSwap(at, up) {
		return false
	}
	l.cut <- struct{}{}
	return true
}

func (l *link) serve(client net.Conn) {
	defer client.Close()
	server, err := net.Dial(l.network, l.server)
	if err != nil {
		l.t.Error(err)
		return
	}
	defer server.Close()
	l.mu.Lock()
	if l.state.Load() == down {
		l.mu.Unlock()
		return
	}
	l.conns[client], l.conns[server] = struct{}{}, struct{}{}
	l.mu.Unlock()
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer client.Close()
		l.answers(client, server)
	}()
	l.requests(server, client)
	// Half a close: what the server has heard it goes on with.
	server.(interface{ CloseWrite() error }).CloseWrite()
	<-done
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.conns, client)
	delete(l.conns, server)
}

// requests passes on what the client says.
func (l *link) requests(server io.Writer, client net.Conn) {
	buffer := make([]byte, 64<<10)
	for {
		n, err := client.Read(buffer)
		if err != nil || l.ends(cutRequest) {
			return
		}
		// pgx asks the server to cancel what it has lost sight of. That gets
		// lost as well, or there would be nothing left to be in doubt about.
		if n == 16 && binary.BigEndian.Uint32(buffer[4:]) == 80877102 {
			return
		}
		// Asked before the server hears it: its answer may lead to the order to cut.
		last := l.ends(cutCommitting)
		if _, err := server.Write(buffer[:n]); err != nil {
			return
		}
		if last {
			client.Close()
			return
		}
	}
}

// answers passes on what the server says, message by message: a type, a
// length that counts itself, and the rest.
func (l *link) answers(client io.Writer, server io.Reader) {
	for {
		var head [5]byte
		if _, err := io.ReadFull(server, head[:]); err != nil {
			return
		}
		body := make([]byte, binary.BigEndian.Uint32(head[1:])-4)
		if _, err := io.ReadFull(server, body); err != nil {
			return
		}
		if head[0] == 'C' && string(body) == "COMMIT\x00" && l.ends(cutCommitted) {
			return
		}
		if _, err := client.Write(append(head[:], body...)); err != nil {
			io.Copy(io.Discard, server)
			return
		}
	}
}
