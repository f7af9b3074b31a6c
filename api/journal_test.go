package api_test

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"
)

// patience is how long a test waits for a signal before it gives up.
const patience = 20 * time.Second

// journal is the operator's log. Tests wait for its lines, since it has one
// for each step of a message's life.
type journal struct {
	mu    sync.Mutex
	lines []line
	more  chan struct{} // closed and replaced at each line
}

// line is one line of the log.
type line struct {
	message string
	fields  map[string]string
}

func newJournal() *journal { return &journal{more: make(chan struct{})} }

// all returns the lines so far.
func (j *journal) all() []line {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.lines)
}

// await blocks until the log says message about the message with this id.
func (j *journal) await(t *testing.T, message, id string) {
	t.Helper()
	j.wait(t, message, func(l line) bool { return l.message == message && l.fields["id"] == id })
}

// awaitAny blocks until the log says message about any, and returns its id.
func (j *journal) awaitAny(t *testing.T, message string) string {
	t.Helper()
	return j.wait(t, message, func(l line) bool { return l.message == message }).fields["id"]
}

func (j *journal) wait(t *testing.T, message string, is func(line) bool) line {
	t.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		j.mu.Lock()
		lines, more := j.lines, j.more
		j.mu.Unlock()
		if i := slices.IndexFunc(lines, is); i >= 0 {
			return lines[i]
		}
		select {
		case <-more:
		case <-late.C:
			t.Fatalf("the log did not say %q; it said %v", message, lines)
		}
	}
}

// logger writes into the journal.
func (j *journal) logger() *slog.Logger { return slog.New(&journalHandler{journal: j}) }

type journalHandler struct {
	journal *journal
	with    []slog.Attr
}

func (h *journalHandler) Enabled(context.Context, slog.Level) bool { return true }

func (h *journalHandler) Handle(_ context.Context, r slog.Record) error {
	l := line{r.Message, map[string]string{}}
	keep := func(a slog.Attr) bool {
		l.fields[a.Key] = a.Value.String()
		return true
	}
	for _, a := range h.with {
		keep(a)
	}
	r.Attrs(keep)
	j := h.journal
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, l)
	close(j.more)
	j.more = make(chan struct{})
	return nil
}

func (h *journalHandler) WithAttrs(more []slog.Attr) slog.Handler {
	return &journalHandler{h.journal, slices.Concat(h.with, more)}
}

func (h *journalHandler) WithGroup(string) slog.Handler { return h }
