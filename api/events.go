package api

import (
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/go-json-experiment/json"

	"aviso/fault"
)

// Hint says that something has changed; the page then reads what. It carries
// nothing worth stealing, and losing one costs a page nothing but time.
type Hint struct {
	Kind string `json:"kind"` // such as "email.message"
	ID   string `json:"id"`
}

const (
	heartbeat        = 15 * time.Second // keeps proxies from ending a quiet stream, and finds ended sessions
	hintsWaiting     = 16               // of one stream; more are dropped
	streamsOfAccount = 32
)

// Events hands hints to the pages that are open on this node. Hints of other
// nodes do not come: pages also ask by themselves.
type Events struct {
	// Heartbeat is how often a quiet stream shows that it lives.
	Heartbeat time.Duration

	mu      sync.Mutex
	streams map[*stream]struct{}
}

// stream is one open page.
type stream struct {
	account  string
	operator bool // who gets everybody's hints
	hints    chan Hint
	doubt    chan struct{} // the session may have ended
}

// NewEvents returns a broadcaster that nobody listens to yet.
func NewEvents() *Events {
	return &Events{Heartbeat: heartbeat, streams: map[*stream]struct{}{}}
}

// Publish tells an account's pages, and all operators', that the thing of this
// kind with this id has changed. It never waits; any goroutine may call it.
func (e *Events) Publish(accountID, kind, id string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for s := range e.streams {
		if s.account == accountID || s.operator {
			select {
			case s.hints <- Hint{kind, id}:
			default: // a page this far behind reads everything again anyway
			}
		}
	}
}

// recheck makes an account's streams ask whether their session still holds.
func (e *Events) recheck(accountID string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for s := range e.streams {
		if s.account == accountID {
			select {
			case s.doubt <- struct{}{}:
			default: // it is about to ask
			}
		}
	}
}

func (e *Events) open(who session) (*stream, *fault.Error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	n := 0
	for s := range e.streams {
		if s.account == who.ID {
			n++
		}
	}
	if n >= streamsOfAccount {
		f := fault.New(fault.RateLimited, "RATE_LIMITED", fmt.Sprintf("This account has %d pages open that listen already. Close some.", n))
		f.RetryAfter = time.Minute
		return nil, f
	}
	s := &stream{account: who.ID, operator: who.Admin, hints: make(chan Hint, hintsWaiting), doubt: make(chan struct{}, 1)}
	e.streams[s] = struct{}{}
	return s, nil
}

func (e *Events) close(s *stream) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.streams, s)
}

// listen answers GET /api/v1/events with hints as server-sent events, until the
// page goes, the session ends or the server stops.
func (a *API) listen(w http.ResponseWriter, r *http.Request, who session) error {
	s, f := a.events.open(who)
	if f != nil {
		return f
	}
	defer a.events.close(s)
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // nginx would keep hints until it has a page full
	if r.Method == http.MethodHead {
		return nil
	}
	out := eventWriter{w, http.NewResponseController(w)}
	beat := time.NewTicker(a.events.Heartbeat)
	defer beat.Stop()
	// The first comment tells the page that it is connected.
	for err := out.write(":\n\n"); err == nil; {
		select {
		case hint := <-s.hints:
			err = out.hint(hint)
			continue
		case <-beat.C:
		case <-s.doubt:
		case <-a.draining:
			return nil
		case <-r.Context().Done():
			return nil
		}
		if _, err = a.sessions.Look(r.Context(), a.cookie(r)); err == nil {
			err = out.write(":\n\n")
		}
	}
	// What was wrong, the page finds out by its next call: the answer's status
	// is long gone.
	return nil
}

// eventWriter writes to a page that may be slow, but not for ever: each write
// has its own time, since the server's is for whole answers.
type eventWriter struct {
	w       http.ResponseWriter
	control *http.ResponseController
}

const writePatience = 10 * time.Second

func (o eventWriter) hint(h Hint) error {
	body, err := json.Marshal(h)
	if err != nil {
		return err
	}
	return o.write("data: " + string(body) + "\n\n")
}

func (o eventWriter) write(text string) error {
	if err := o.control.SetWriteDeadline(time.Now().Add(writePatience)); err != nil {
		return err
	}
	if _, err := o.w.Write([]byte(text)); err != nil {
		return err
	}
	return o.control.Flush()
}
