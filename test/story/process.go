package story

import (
	"bytes"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// process is a program that runs beside the story, at most to its end.
type process struct {
	t      testing.TB
	name   string
	cmd    *exec.Cmd
	stdout output
	stderr output
	gone   chan struct{} // closed when it has ended
}

// start starts cmd, which t's end kills with its whole process group: one of
// its own, unless cmd says otherwise.
func start(t testing.TB, name string, cmd *exec.Cmd) *process {
	t.Helper()
	p := &process{t: t, name: name, cmd: cmd, gone: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = &p.stdout, &p.stderr
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = childAttr()
	}
	cmd.WaitDelay = 5 * time.Second // for what a child of its own still holds open
	if err := cmd.Start(); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	go func() {
		_ = cmd.Wait() // read from ProcessState
		p.stdout.close()
		p.stderr.close()
		close(p.gone)
	}()
	t.Cleanup(p.end)
	return p
}

// end kills the process if it still runs and judges what it has written.
func (p *process) end() {
	_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) // the whole group
	<-p.gone
	for _, sign := range []string{"DATA RACE", "panic:", "fatal error:"} {
		if strings.Contains(p.stderr.text(), sign) {
			p.t.Errorf("%s: %s", p.name, sign)
		}
	}
	if wrote := tail(p.stdout.text()) + tail(p.stderr.text()); wrote != "" && p.t.Failed() {
		p.t.Logf("%s wrote last:\n%s", p.name, wrote)
	}
}

// tail is the end of what a process has written, without the hundreds of lines
// about messages that went their way.
func tail(text string) string {
	const most = 4000
	var b strings.Builder
	for line := range strings.Lines(text) {
		if !strings.Contains(line, `"level":"INFO"`) && !strings.Contains(line, `"level":"WARN"`) {
			b.WriteString(line)
		}
	}
	return b.String()[max(0, b.Len()-most):]
}

// Kill ends the process the hard way and returns when it is gone.
func (p *process) Kill() {
	_ = p.cmd.Process.Kill()
	<-p.gone
}

// Freeze stops the process where it is.
func (p *process) Freeze() {
	p.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		p.t.Fatalf("%s: %v", p.name, err)
	}
}

// Terminate asks the process to stop.
func (p *process) Terminate() {
	p.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Errorf("%s: %v", p.name, err)
	}
}

// Exit waits for the process to end by itself and returns its exit code, -1 if
// a signal ended it.
func (p *process) Exit() int {
	p.t.Helper()
	select {
	case <-p.gone:
	case <-time.After(Patience):
		p.t.Fatalf("%s does not end", p.name)
	}
	return p.cmd.ProcessState.ExitCode()
}

// Stdout and Stderr are what the process has written so far.
func (p *process) Stdout() string { return p.stdout.text() }

// Stderr is explained at Stdout.
func (p *process) Stderr() string { return p.stderr.text() }

// output is what a process writes, to be waited for line by line.
type output struct {
	watch
	written []byte
	closed  bool
}

// Write implements io.Writer.
func (o *output) Write(b []byte) (int, error) {
	o.change(func() { o.written = append(o.written, b...) })
	return len(b), nil
}

func (o *output) close() { o.change(func() { o.closed = true }) }

func (o *output) text() (s string) {
	o.look(func() { s = string(o.written) })
	return s
}

// line waits for the first whole line that has word in it; "" when there will
// be none.
func (o *output) line(word string) (found string) {
	read := 0
	o.await(func() bool {
		for {
			end := bytes.IndexByte(o.written[read:], '\n')
			if end < 0 {
				return o.closed
			}
			line := string(o.written[read : read+end])
			read += end + 1
			if strings.Contains(line, word) {
				found = line
				return true
			}
		}
	})
	return found
}
