package main

import (
	"bufio"
	"bytes"
	"context"
	"flag"
	"fmt"
	"net"
	"os/exec"
	"regexp"
	"strconv"
	"sync/atomic"
	"time"
)

// counter is the sink as the benchmark sees it: a process whose log counts, as
// "mesg=N", the messages it has taken. Both sinks write that.
type counter struct {
	*process
	addr string
	kind string // whose sink it is
}

// startSink starts Postfix's smtp-sink if it is on the PATH, else our own.
func startSink(ctx context.Context, dir string) (*counter, error) {
	name, err := exec.LookPath("smtp-sink")
	if err != nil {
		return startPart(ctx, dir, "sink")
	}
	attr := childAttr()
	if err := unprivileged(attr); err != nil {
		return nil, fmt.Errorf("smtp-sink does not run as root: %w", err)
	}
	return startCounter(ctx, dir, "sink", "Postfix's smtp-sink", func(ctx context.Context, addr string) *exec.Cmd {
		// By default it stops accepting at 256 sessions, without a word.
		cmd := command(ctx, name, "-m", "4000", "-c", addr, "1024")
		cmd.SysProcAttr = attr
		return cmd
	})
}

// startPart starts a part of the benchmark that counts.
func startPart(ctx context.Context, dir, part string) (*counter, error) {
	return startCounter(ctx, dir, part, "the benchmark's own", func(ctx context.Context, addr string) *exec.Cmd {
		return selfCommand(ctx, part, "-listen", addr)
	})
}

func startCounter(ctx context.Context, dir, name, kind string, prepare func(ctx context.Context, addr string) *exec.Cmd) (*counter, error) {
	addr, err := freeAddr()
	if err != nil {
		return nil, err
	}
	c := &counter{addr: addr, kind: kind}
	if c.process, err = start(ctx, dir, name, func(ctx context.Context) *exec.Cmd { return prepare(ctx, addr) }); err != nil {
		return nil, err
	}
	if err := c.await(ctx, 10*time.Second, answers(addr)); err != nil {
		c.end()
		return nil, err
	}
	return c, nil
}

// countRecord is a whole record; one without its end may still be cut short.
var countRecord = regexp.MustCompile(`mesg=(\d+)[\r\n]`)

// count returns how many messages the sink has taken since it started.
func (c *counter) count() int { return lastCount(lastBytes(c.log, 256)) }

func lastCount(log []byte) int {
	all := countRecord.FindAllSubmatch(log, -1)
	if len(all) == 0 {
		return 0
	}
	n, _ := strconv.Atoi(string(all[len(all)-1][1]))
	return n
}

// drain waits until the sink has taken want messages, for as long as it still
// takes some, and returns its count and the time of the last change seen. The
// time is zero if the first look found everything there.
func (c *counter) drain(ctx context.Context, want int) (count int, at time.Time) {
	const still = 3 * time.Second
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	count = c.count()
	moved := time.Now()
	for count < want && time.Since(moved) < still {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return count, at
		}
		if n := c.count(); n != count {
			count, moved, at = n, time.Now(), time.Now()
		}
	}
	return count, at
}

// sinkPart takes every message it is given, at little cost.
func sinkPart(args []string) error { return countPart("sink", args, serveSink) }

// countPart serves every connection and tells how many messages were taken.
func countPart(name string, args []string, serve func(net.Conn, *atomic.Int64)) error {
	fs := flag.NewFlagSet(name, flag.ExitOnError)
	listen := fs.String("listen", "", "address")
	if err := fs.Parse(args); err != nil {
		return err
	}
	l, err := net.Listen("tcp", *listen)
	if err != nil {
		return err
	}
	var taken atomic.Int64
	go tellCount(&taken) // until the process ends
	for {
		conn, err := l.Accept()
		if err != nil {
			return err
		}
		go serve(conn, &taken)
	}
}

// tellCount writes what counter reads, whenever it has changed.
func tellCount(taken *atomic.Int64) {
	last := int64(0)
	for range time.Tick(5 * time.Millisecond) {
		if n := taken.Load(); n != last {
			fmt.Printf("mesg=%d\n", n)
			last = n
		}
	}
}

// serveSink is one session. It judges nothing, and gives up on a line longer
// than its buffer, which RFC 5321 does not allow anyway (4.5.3.1.6).
func serveSink(conn net.Conn, taken *atomic.Int64) {
	defer conn.Close()
	r, w := bufio.NewReaderSize(conn, 16384), bufio.NewWriter(conn)
	reply := "220 sink ESMTP\r\n"
	data := false
	for {
		_, _ = w.WriteString(reply) // an error stays, and comes again from Flush
		if r.Buffered() == 0 && w.Flush() != nil {
			return
		}
		line, err := r.ReadSlice('\n')
		if err != nil {
			return
		}
		switch verb := line[:min(4, len(line))]; {
		case data && string(line) == ".\r\n":
			data = false
			taken.Add(1)
			reply = "250 2.0.0 Ok\r\n"
		case data:
			reply = ""
		case bytes.EqualFold(verb, []byte("EHLO")):
			reply = "250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n"
		case bytes.EqualFold(verb, []byte("DATA")):
			data = true
			reply = "354 go\r\n"
		case bytes.EqualFold(verb, []byte("QUIT")):
			_, _ = w.WriteString("221 bye\r\n")
			_ = w.Flush()
			return
		default:
			reply = "250 2.1.0 Ok\r\n"
		}
	}
}
