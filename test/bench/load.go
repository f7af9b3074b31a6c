package main

import (
	"encoding/json"
	"errors"
	"flag"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// load is one run's worth of calls in a closed loop: every caller waits for an
// answer before it makes its next call.
type load struct {
	dial    func() (conversation, error)
	callers int
	first   int // number of the first call
	n       int
	most    time.Duration // no call starts after that long
}

// conversation is one kept connection, with one call on it at a time.
type conversation interface {
	// call makes call i and returns the status of its answer. After an error,
	// errClosing included, the connection is of no use.
	call(i int) (status int, err error)
	Close() error
}

// loadReport is what the load part prints: the answers of a run.
type loadReport struct {
	Start    time.Time
	End      time.Time
	Statuses map[string]int // by status, or by what went wrong without one
	Accepted int            // answered 2xx
	P50      float64        // milliseconds, as the others
	P95      float64
	P99      float64
}

func loadPart(args []string) error {
	fs := flag.NewFlagSet("load", flag.ExitOnError)
	url := fs.String("url", "", "the call")
	keys := fs.String("keys", "", "file of keys to use in turn, one a line")
	var l load
	fs.IntVar(&l.callers, "callers", 1, "callers at once")
	fs.IntVar(&l.first, "first", 0, "number of the first call")
	fs.IntVar(&l.n, "n", 1, "calls")
	fs.DurationVar(&l.most, "most", time.Minute, "time in which calls are started")
	if err := fs.Parse(args); err != nil {
		return err
	}
	var tokens []string
	if *keys != "" {
		text, err := os.ReadFile(*keys)
		if err != nil {
			return err
		}
		tokens = strings.Fields(string(text))
	}
	var err error
	if l.dial, err = dialer(*url, tokens, l.first); err != nil {
		return err
	}
	report, err := l.run()
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(report)
}

// dialer returns what connects a caller, by the URL's scheme.
func dialer(url string, keys []string, first int) (func() (conversation, error), error) {
	if strings.HasPrefix(url, submitScheme) {
		s, err := newSessions(url, keys, first)
		if err != nil {
			return nil, err
		}
		return s.dial, nil
	}
	calls, err := newRequests(url, keys)
	if err != nil {
		return nil, err
	}
	return func() (conversation, error) { return dialCaller(calls) }, nil
}

// tally is what one caller has r.
type tally struct {
	took     []time.Duration // of the calls that were answered
	statuses map[string]int
	accepted int
}

// run connects every caller first, so that connecting is not measured.
func (l *load) run() (loadReport, error) {
	callers := make([]conversation, l.callers)
	for i := range callers {
		var err error
		if callers[i], err = l.dial(); err != nil {
			return loadReport{}, err
		}
	}
	tallies := make([]tally, l.callers)
	var next atomic.Int64
	var wg sync.WaitGroup
	start := time.Now()
	for i, c := range callers {
		wg.Go(func() { tallies[i] = l.loop(c, start, &next) })
	}
	wg.Wait()
	r := loadReport{Start: start, End: time.Now(), Statuses: map[string]int{}}
	var took []time.Duration
	for _, t := range tallies {
		took = append(took, t.took...)
		r.Accepted += t.accepted
		for status, n := range t.statuses {
			r.Statuses[status] += n
		}
	}
	slices.Sort(took)
	r.P50, r.P95, r.P99 = quantile(took, .50), quantile(took, .95), quantile(took, .99)
	return r, nil
}

// loop is one caller. A call without an answer counts as what went wrong; the
// caller connects again, and gives up when that keeps happening.
func (l *load) loop(c conversation, start time.Time, next *atomic.Int64) tally {
	const mostFailures = 20
	t := tally{statuses: map[string]int{}, took: make([]time.Duration, 0, 2*l.n/l.callers)}
	counts := [1000]int{} // by status; a map would cost more for every call
	failures := 0
	for failures < mostFailures && time.Since(start) < l.most {
		i := int(next.Add(1)) - 1
		if i >= l.n {
			break
		}
		begun := time.Now()
		status, err := c.call(l.first + i)
		if err == nil || errors.Is(err, errClosing) {
			t.took = append(t.took, time.Since(begun))
			counts[status]++
		} else {
			t.statuses[reason(err)]++
			failures++
		}
		if err == nil {
			continue
		}
		c.Close()
		if c, err = l.dial(); err != nil {
			t.statuses[reason(err)]++
			c = nil // not a connection that is nil
			break
		}
	}
	if c != nil {
		c.Close()
	}
	for status, n := range counts {
		if n > 0 {
			t.statuses[strconv.Itoa(status)] = n
		}
		if status >= 200 && status < 300 {
			t.accepted += n
		}
	}
	return t
}

// reason is an error without its addresses, so that like ones count together.
func reason(err error) string {
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Op + ": " + op.Err.Error()
	}
	return err.Error()
}
