package api_test

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"aviso/email"
	"aviso/transport/smtprelay"
	"aviso/transport/smtprelay/smtptest"
)

// relay is the next hop: a server that answers as the test says, behind the
// product's own client.
type relay struct {
	*smtptest.Server
	config relayConfig
	client *smtprelay.Relay
	script atomic.Pointer[func(smtptest.Step) smtptest.Answer]
	away   atomic.Bool // nobody listens
}

type relayConfig struct {
	name       string
	cap        int64
	extensions []string // nil: all that there are
	away       bool     // from the beginning
}

func startRelay(t testing.TB, c relayConfig) *relay {
	t.Helper()
	r := &relay{config: c}
	r.says(nil)
	r.Server = smtptest.Start(t, smtptest.Options{Extensions: c.extensions, Answer: func(s smtptest.Step) smtptest.Answer { return (*r.script.Load())(s) }})
	r.away.Store(c.away)
	r.client = smtprelay.New(smtprelay.Config{Name: c.name, Endpoint: smtprelay.Endpoint{Host: r.Host, Port: r.Port, TLS: smtprelay.None},
		Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			if r.away.Load() {
				return nil, syscall.ECONNREFUSED
			}
			return new(net.Dialer).DialContext(ctx, network, address)
		}})
	t.Cleanup(r.client.Close)
	return r
}

// configured is the relay as the service is given it.
func (r *relay) configured() *email.Relay {
	return &email.Relay{Name: r.config.name, Mailer: r.client, DailyCap: r.config.cap, Places: 16, Up: func() bool { return r.client.Health().Up }}
}

// says makes the relay answer by a script from now on; nil takes everything.
func (r *relay) says(s smtptest.Script) {
	answer := s.Answer
	r.script.Store(&answer)
}

// silent makes the relay say nothing at a step until speak is called; then it
// goes on by the script.
func (r *relay) silent(t *testing.T, silentAt string, then smtptest.Script) (speak func()) {
	spoken := make(chan struct{})
	answer := func(s smtptest.Step) smtptest.Answer {
		if s.Verb == silentAt {
			<-spoken
		}
		return then.Answer(s)
	}
	r.script.Store(&answer)
	speak = sync.OnceFunc(func() { close(spoken) })
	t.Cleanup(speak)
	return speak
}

// leave makes the relay one that cannot be reached; comeBack ends that.
func (r *relay) leave() {
	r.away.Store(true)
	r.HangUp("")
}

func (r *relay) comeBack() { r.away.Store(false) }
