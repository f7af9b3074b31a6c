package smtprelay_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"aviso/transport"
	"aviso/transport/smtprelay"
)

// sink takes every message with as little work as can be, one write for each
// burst of commands, so that what is measured is the client.
func sink(b *testing.B) *net.TCPAddr {
	b.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			go swallow(c)
		}
	}()
	return listener.Addr().(*net.TCPAddr)
}

func swallow(c net.Conn) {
	defer c.Close()
	r := bufio.NewReaderSize(c, 16<<10)
	out := []byte("220 sink\r\n")
	for data := false; ; {
		if r.Buffered() == 0 && len(out) > 0 {
			if _, err := c.Write(out); err != nil {
				return
			}
			out = out[:0]
		}
		line, err := r.ReadSlice('\n')
		switch {
		case err != nil:
			return
		case data && string(line) == ".\r\n":
			data, out = false, append(out, "250 2.0.0 Ok: queued as 4ABCDEF\r\n"...)
		case data:
		case line[0] == 'E':
			out = append(out, "250-sink\r\n250-PIPELINING\r\n250-SIZE 10485760\r\n250 8BITMIME\r\n"...)
		case line[0] == 'D':
			data, out = true, append(out, "354 End data with <CR><LF>.<CR><LF>\r\n"...)
		default:
			out = append(out, "250 2.1.5 Ok\r\n"...)
		}
	}
}

func letter2K() *transport.Mail {
	m := mail("a@x.test")
	m.Data = []byte("Subject: bench\r\n\r\n" + strings.Repeat(strings.Repeat("x", 70)+"\r\n", 28))
	return m
}

// BenchmarkSend is one message of 2 KB to one recipient over as many kept
// connections as there are callers.
func BenchmarkSend(b *testing.B) {
	for _, callers := range []int{1, 16, 64} {
		for name, beforeDot := range map[string]func(context.Context) error{"": nil, "-recorded": func(context.Context) error { return nil }} {
			b.Run(fmt.Sprintf("%d%s", callers, name), func(b *testing.B) {
				addr := sink(b)
				cfg := smtprelay.Config{MaxConnections: callers, MaxMessages: 1 << 30}
				cfg.Endpoint = smtprelay.Endpoint{Host: addr.IP.String(), Port: addr.Port, TLS: smtprelay.None}
				r := smtprelay.New(cfg)
				b.Cleanup(r.Close)
				m := letter2K()
				m.BeforeDot = beforeDot
				ctx, cancel := context.WithCancel(b.Context())
				defer cancel()
				together(b, callers, func() bool { return r.Send(ctx, m).Verdicts[0].Outcome == taken })
			})
		}
	}
}

// BenchmarkSocket is the same bytes over bare sockets: what Send is held to.
func BenchmarkSocket(b *testing.B) {
	for _, callers := range []int{1, 16, 64} {
		b.Run(fmt.Sprint(callers), func(b *testing.B) {
			addr := sink(b)
			idle := make(chan *bufio.ReadWriter, callers)
			for range callers {
				c, err := net.DialTCP("tcp", nil, addr)
				if err != nil {
					b.Fatal(err)
				}
				b.Cleanup(func() { _ = c.Close() })
				rw := bufio.NewReadWriter(bufio.NewReader(c), bufio.NewWriter(c))
				_, _ = rw.ReadSlice('\n')
				_, _ = rw.WriteString("EHLO x\r\n")
				_ = rw.Flush()
				for range 4 {
					_, _ = rw.ReadSlice('\n')
				}
				idle <- rw
			}
			data := append(letter2K().Data, ".\r\n"...)
			together(b, callers, func() bool {
				rw := <-idle
				defer func() { idle <- rw }()
				_, _ = rw.WriteString("MAIL FROM:<from@x.test> SIZE=2034\r\nRCPT TO:<a@x.test>\r\nDATA\r\n")
				_ = rw.Flush()
				for range 3 {
					_, _ = rw.ReadSlice('\n')
				}
				_, _ = rw.Write(data)
				_ = rw.Flush()
				line, _ := rw.ReadSlice('\n')
				return bytes.HasPrefix(line, []byte("250"))
			})
		})
	}
}

// together calls send b.N times from that many callers.
func together(b *testing.B, callers int, send func() bool) {
	b.ReportAllocs()
	var left atomic.Int64
	left.Store(int64(b.N))
	done := make(chan bool, callers)
	b.ResetTimer()
	for range callers {
		go func() {
			ok := true
			for ok && left.Add(-1) >= 0 {
				ok = send()
			}
			done <- ok
		}()
	}
	for range callers {
		if !<-done {
			b.Fatal("a message was not taken")
		}
	}
}
