// Command bench measures what Aviso's accounting costs. It runs Aviso, on
// SQLite and on PostgreSQL, beside two relays that do the same call without it:
// bare parses the call and hands the message over; bare-durable also makes a
// record durable before and after. All send the same bytes to the same sink,
// in turn, so that the ratios hold on a busy or a slow machine where the
// figures themselves do not. Texts are measured in the same way, beside a relay
// from HTTP to SMPP.
//
//	go run ./test/bench
//	go run ./test/bench -only bare,sqlite -callers 64 -runs 1
//
// Everything is on loopback, and each part is a process of its own whose CPU
// is read from /proc. Postfix's smtp-sink is the sink when it is on the PATH:
// somebody else's code. PostgreSQL is measured when AVISO_TEST_POSTGRES is the
// URL of a server on which a database may be created. TMPDIR chooses the disk.
//
// It never judges by its exit code: a missed goal is printed, and only
// something broken exits with 1.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// hardLimit ends a benchmark that hangs, whatever it hangs in.
const hardLimit = 15 * time.Minute

// options are what the command line may choose.
type options struct {
	callers  []int    // how many callers at once, one block of the table each
	runs     int      // rounds; the table shows their medians
	messages int      // messages of a run; a fifth of it below eight callers
	only     []string // names of targets; empty means all
	keep     bool     // leave the working directory, and its logs, behind
}

func main() {
	if len(os.Args) > 1 && parts[os.Args[1]] != nil {
		// A part outlives the benchmark by a minute at most, should nothing
		// else have stopped it.
		time.AfterFunc(hardLimit+time.Minute, func() { os.Exit(1) })
		exit(parts[os.Args[1]](os.Args[2:]))
	}
	opts, err := parseOptions(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(2)
	}
	// Children are told to die with the thread that started them (quietly),
	// so that thread must last as long as the process: the main one does.
	runtime.LockOSThread()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	ctx, cancel := context.WithTimeoutCause(ctx, hardLimit, fmt.Errorf("not done after %v", hardLimit))
	err = benchmark(ctx, opts)
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	cancel()
	stop()
	exit(err)
}

// parts are the processes that the benchmark starts from its own binary.
var parts = map[string]func([]string) error{
	"sink":     sinkPart,
	"bare":     barePart,
	"smsc":     smscPart,
	"bare-sms": bareSMSPart,
	"load":     loadPart,
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func parseOptions(args []string) (options, error) {
	var o options
	fs := flag.NewFlagSet("bench", flag.ExitOnError)
	callers := fs.String("callers", "1,16,64", "callers at once, comma-separated")
	only := fs.String("only", "", "targets, comma-separated, of "+strings.Join(targetNames, ", ")+" (default all that can run)")
	fs.IntVar(&o.runs, "runs", 3, "rounds, of which the medians are shown")
	fs.IntVar(&o.messages, "n", 20000, "messages in a run; a fifth of it below 8 callers")
	fs.BoolVar(&o.keep, "keep", false, "keep the working directory with configurations, databases and logs")
	if err := fs.Parse(args); err != nil {
		return o, err
	}
	if fs.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q: there are only flags, see -help", fs.Arg(0))
	}
	for _, field := range strings.Split(*callers, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(field))
		if err != nil || n < 1 || n > 512 {
			return o, fmt.Errorf("-callers: %q is not a number from 1 to 512", field)
		}
		o.callers = append(o.callers, n)
	}
	slices.Sort(o.callers)
	o.callers = slices.Compact(o.callers)
	if *only != "" {
		o.only = strings.Split(*only, ",")
	}
	for _, name := range o.only {
		if !slices.Contains(targetNames, name) {
			return o, fmt.Errorf("-only: no target is called %q; there are %s", name, strings.Join(targetNames, ", "))
		}
	}
	if o.runs < 1 || o.messages < 100 {
		return o, errors.New("-runs must be at least 1 and -n at least 100")
	}
	return o, o.checkRateLimit()
}

// checkRateLimit refuses a benchmark in which a key could be used more often
// than the 120 times a minute it is let in. All calls of the whole benchmark
// are counted, so that no placing of the minute can go over.
func (o options) checkRateLimit() error {
	total := 0
	for _, callers := range o.callers {
		for round := range o.runs {
			n, warmup := o.size(callers, round)
			total += n + warmup
		}
	}
	if most := spread.total() * rateLimit; total > most {
		return fmt.Errorf("%d messages a target are more than %d keys may send at %d a minute: lower -n or -runs", total, spread.total(), rateLimit)
	}
	return nil
}

// size returns how many messages a run sends, and how many before it that do
// not count: more in the first round, which finds everything cold.
func (o options) size(callers, round int) (messages, warmup int) {
	messages = o.messages
	if callers < 8 {
		messages /= 5
	}
	warmup = messages / 20
	if round == 0 {
		warmup = messages / 5
	}
	return messages, max(warmup, 2*callers)
}

// wants tells whether a target is to be measured.
func (o options) wants(name string) bool {
	return len(o.only) == 0 || slices.Contains(o.only, name)
}

// wantsAviso tells whether Aviso on a database is, with mail or with texts.
func (o options) wantsAviso(database string) bool {
	return o.wants(database) || o.wants(smsPrefix+database)
}
