package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// patience is how long a process has between SIGTERM and SIGKILL. Aviso drains
// what is in flight before it exits; here nothing is.
const patience = 10 * time.Second

// process is a server that runs until it is stopped.
type process struct {
	name string
	pid  int
	log  string             // the file with its standard output and error
	stop context.CancelFunc // SIGTERM, and SIGKILL when patience ends
	gone chan struct{}      // closed when it has ended
	err  error              // how it ended; to be read when gone is closed
}

// command prepares a child that gets SIGTERM when ctx ends and SIGKILL when
// it has not gone after patience. It starts in a process group of its own: a
// Ctrl-C at the terminal reaches the benchmark alone, which then stops its
// children in order.
func command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.SysProcAttr = childAttr()
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = patience
	return cmd
}

// selfCommand prepares a part of the benchmark as a process of its own.
func selfCommand(ctx context.Context, part string, args ...string) *exec.Cmd {
	self, err := os.Executable()
	cmd := command(ctx, self, append([]string{part}, args...)...)
	cmd.Err = errors.Join(cmd.Err, err) // reported by Start
	return cmd
}

// start starts a server made by prepare and returns at once.
func start(ctx context.Context, dir, name string, prepare func(context.Context) *exec.Cmd) (*process, error) {
	logName := filepath.Join(dir, name+".log")
	log, err := os.Create(logName)
	if err != nil {
		return nil, err
	}
	defer log.Close() // the child has its own descriptor
	ctx, cancel := context.WithCancel(ctx)
	cmd := prepare(ctx)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		cancel()
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	p := &process{name: name, pid: cmd.Process.Pid, log: logName, stop: cancel, gone: make(chan struct{})}
	go func() {
		p.err = cmd.Wait()
		close(p.gone)
	}()
	return p, nil
}

// await returns when ready does without an error. It gives up after limit, or
// when the process has ended, with the last lines of its log.
func (p *process) await(ctx context.Context, limit time.Duration, ready func() error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := ready()
		if err == nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-p.gone:
			return fmt.Errorf("%s ended before it was ready: %v\n%s", p.name, p.err, tail(p.log))
		case <-ctx.Done():
			return fmt.Errorf("%s is not ready: %w\n%s", p.name, err, tail(p.log))
		}
	}
}

// end stops the process and returns when it is gone.
func (p *process) end() {
	p.stop()
	<-p.gone
}

// alive returns an error with the last lines of the log if the process, which
// nobody has stopped yet, is gone.
func (p *process) alive() error {
	select {
	case <-p.gone:
		return fmt.Errorf("%s died: %v\n%s", p.name, p.err, tail(p.log))
	default:
		return nil
	}
}

// answers is a condition for await: somebody accepts connections at addr.
func answers(addr string) func() error {
	return func() error {
		conn, err := net.DialTimeout("tcp", addr, time.Second)
		if err != nil {
			return err
		}
		return conn.Close()
	}
}

// freeAddr returns a loopback address that nobody listens on now. Somebody
// else may take it before it is used; the start of its server then fails
// with a plain message, and the benchmark is started again.
func freeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// output runs a prepared command to its end and returns its standard output.
// Its standard error becomes part of the error.
func output(cmd *exec.Cmd) ([]byte, error) {
	out, err := cmd.Output()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		return nil, fmt.Errorf("%s: %w\n%s", strings.Join(cmd.Args, " "), err, bytes.TrimSpace(failed.Stderr))
	}
	return out, err
}

// tail returns the end of a log, for an error, or nothing.
func tail(name string) string {
	return strings.TrimSpace(string(lastBytes(name, 2000)))
}

// lastBytes returns the end of a file, or nothing when it cannot be read.
func lastBytes(name string, most int64) []byte {
	f, err := os.Open(name)
	if err != nil {
		return nil
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil
	}
	text := make([]byte, min(most, info.Size()))
	n, _ := f.ReadAt(text, info.Size()-int64(len(text)))
	return text[:n]
}
