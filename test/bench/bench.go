package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"time"
)

// runLimit bounds the calls of one run: a slow target is measured over fewer
// messages, not for longer.
const runLimit = 10 * time.Second

// bench is one benchmark: what it has started, and what it has seen.
type bench struct {
	opts     options
	progress io.Writer
	dir      string   // everything it writes is in here
	aviso    string   // the binary
	sink     *counter // of mail
	smsc     *counter // of texts
	targets  []*target
	undo     []func() // run last to first at the end
}

// benchmark runs everything and prints the tables on standard output.
func benchmark(ctx context.Context, opts options) error {
	dir, err := os.MkdirTemp("", "aviso-bench-")
	if err != nil {
		return err
	}
	b := &bench{opts: opts, progress: os.Stderr, dir: dir}
	defer b.cleanUp()
	b.later(func() {
		if opts.keep {
			b.note("Kept %s.", b.dir)
		} else if err := os.RemoveAll(b.dir); err != nil {
			b.note("%v", err)
		}
	})
	if inMemory(b.dir) {
		b.note("%s is in memory: what is durable costs nothing here. Set TMPDIR to a directory on a disk.", b.dir)
	}
	if b.sink, err = startSink(ctx, b.dir); err != nil {
		return err
	}
	b.later(b.sink.end)
	if b.smsc, err = startSMSC(ctx, b.dir); err != nil {
		return err
	}
	b.later(b.smsc.end)
	if err := b.startTargets(ctx); err != nil {
		return err
	}
	rows, err := b.measureAll(ctx)
	if err != nil {
		return err
	}
	return printReport(os.Stdout, opts, b.sink.kind, rows)
}

// note tells the person who waits what happens.
func (b *bench) note(format string, args ...any) { fmt.Fprintf(b.progress, format+"\n", args...) }

// later has undo run at the end, before what was asked for earlier.
func (b *bench) later(undo func()) { b.undo = append(b.undo, undo) }

func (b *bench) cleanUp() {
	for _, undo := range slices.Backward(b.undo) {
		undo()
	}
}

// start starts a server that is stopped at the end.
func (b *bench) start(ctx context.Context, name string, prepare func(context.Context) *exec.Cmd) (*process, error) {
	p, err := start(ctx, b.dir, name, prepare)
	if err == nil {
		b.later(p.end)
	}
	return p, err
}

// measureAll runs the targets in turn, A B C A B C, so that what disturbs the
// machine for a while disturbs all of them.
func (b *bench) measureAll(ctx context.Context) ([]*row, error) {
	var rows []*row
	most := slices.Max(b.opts.callers)
	for _, callers := range b.opts.callers {
		targets, block := []*target{}, []*row{}
		for _, t := range b.targets {
			if callers == most || !t.topOnly {
				targets, block = append(targets, t), append(block, &row{callers: callers, name: t.name})
			}
		}
		for round := range b.opts.runs {
			for i, r := range block {
				seen, err := b.measure(ctx, targets[i], callers, round)
				if err != nil {
					return nil, err
				}
				r.runs = append(r.runs, seen)
				b.note("callers %d, round %d, %s: %.0f messages/s, p50 %.2f ms, p99 %.2f ms %s",
					callers, round+1, r.name, seen.rate, seen.p50, seen.p99, seen.fault())
			}
		}
		rows = append(rows, block...)
	}
	return rows, nil
}

// measure does one run, and before it some calls that warm things up.
func (b *bench) measure(ctx context.Context, t *target, callers, round int) (run, error) {
	n, warmup := b.opts.size(callers, round)
	cold := t.sink.count()
	report, _, err := b.load(ctx, t, callers, warmup)
	if err != nil {
		return run{}, err
	}
	if report.Accepted == 0 {
		return run{}, fmt.Errorf("%s accepted nothing: %s\n%s", t.name, formatStatuses(report.Statuses), tail(t.server.log))
	}
	before, _ := t.sink.drain(ctx, cold+report.Accepted)

	meters := append(slices.Clone(t.meters), processMeter("sink", t.sink.pid))
	used := make([]float64, len(meters))
	for i, m := range meters {
		used[i] = -m.seconds()
	}
	busy := -busySeconds()
	report, generator, err := b.load(ctx, t, callers, n)
	if err != nil {
		return run{}, err
	}
	after, at := t.sink.drain(ctx, before+report.Accepted)
	if at.IsZero() {
		at = report.End // everything was there before the first look
	}
	busy += busySeconds()

	delivered := after - before
	r := run{
		rate: ratio(float64(delivered), at.Sub(report.Start).Seconds()),
		p50:  report.P50, p95: report.P95, p99: report.P99,
		accepted: report.Accepted, delivered: delivered, statuses: report.Statuses,
	}
	share := func(name string, seconds float64) {
		busy -= seconds
		r.cpu = append(r.cpu, cpuShare{name, 1e6 * ratio(max(0, seconds), float64(delivered))})
	}
	for i, m := range meters {
		share(m.name, used[i]+m.seconds())
	}
	share("load", generator.Seconds())
	share("others", busy)
	return r, nil
}

// load makes n calls from a process of their own, and returns what it reports
// and the CPU time it took.
func (b *bench) load(ctx context.Context, t *target, callers, n int) (report loadReport, cpu time.Duration, err error) {
	cmd := selfCommand(ctx, "load", "-url", t.url, "-keys", t.keys, "-callers", strconv.Itoa(callers),
		"-first", strconv.Itoa(t.sent), "-n", strconv.Itoa(n), "-most", runLimit.String())
	t.sent += n
	out, err := output(cmd)
	if gone := t.server.alive(); gone != nil {
		return report, 0, gone
	}
	if gone := t.sink.alive(); gone != nil {
		return report, 0, gone
	}
	if err != nil {
		return report, 0, err
	}
	if err := json.Unmarshal(out, &report); err != nil {
		return report, 0, fmt.Errorf("report of the load: %w", err)
	}
	return report, cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), nil
}
