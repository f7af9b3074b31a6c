package api

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"path"
	"runtime/debug"
	"strings"

	"aviso/fault"
)

// NewRequestID returns a random request id. It is always ours: one from the
// caller could forge log lines.
func NewRequestID() string {
	var b [10]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

const requestIDHeader = "X-Request-Id"

// ServeHTTP implements http.Handler.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	fail := a.fail
	if isTextPath(r.URL.Path) {
		fail = a.failText
	}
	a.serve(w, r, a.mux, fail)
}

// serve answers one request at one of the base URLs.
func (a *API) serve(w http.ResponseWriter, r *http.Request, mux *http.ServeMux, fail failing) {
	w.Header().Set(requestIDHeader, a.newID())
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if a.isDraining() {
		w.Header().Set("Connection", "close")
		if strings.HasPrefix(r.URL.Path, "/api/") {
			fail(w, r, errDraining)
			return
		}
	}
	handler, pattern := mux.Handler(r)
	if pattern == "" || cleaned(r) {
		fail(w, r, a.noRoute(w, handler, r))
		return
	}
	mux.ServeHTTP(w, r)
}

// cleaned says whether ServeMux would answer with a redirect to a tidier path.
// A client that sends a body there would not send it again, or send it twice.
func cleaned(r *http.Request) bool {
	p := r.URL.Path
	return p != "" && p != path.Clean(p) && p != path.Clean(p)+"/"
}

// noRoute asks ServeMux's own refusal whether it is a 404 or a 405, which it
// would answer in plain text.
func (a *API) noRoute(w http.ResponseWriter, refusal http.Handler, r *http.Request) *fault.Error {
	probe := statusProbe{header: http.Header{}}
	refusal.ServeHTTP(&probe, r)
	if allow := probe.header.Get("Allow"); probe.status == http.StatusMethodNotAllowed && !cleaned(r) {
		w.Header().Set("Allow", allow)
		return fault.New(fault.MethodNotAllowed, "METHOD_NOT_ALLOWED", fmt.Sprintf("%s is not possible here; allowed: %s.", r.Method, allow))
	}
	return fault.New(fault.NotFound, "NOT_FOUND", "There is nothing at this path.")
}

// failing answers with a fault, in the envelope of one API.
type failing func(http.ResponseWriter, *http.Request, error)

// statusProbe notes what a handler would have answered.
type statusProbe struct {
	header http.Header
	status int
}

func (p *statusProbe) Header() http.Header         { return p.header }
func (p *statusProbe) Write(b []byte) (int, error) { return len(b), nil }
func (p *statusProbe) WriteHeader(status int)      { p.status = status }

// handle turns a route into a handler: its fault becomes the answer, and its
// panic a 500 that the log explains.
func (a *API) handle(serve func(http.ResponseWriter, *http.Request) error, fail failing) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if p := recover(); p != nil && p != http.ErrAbortHandler {
				fail(w, r, fault.Hide(fmt.Errorf("panic: %v\n%s", p, debug.Stack())))
			}
		}()
		if err := serve(w, r); err != nil {
			fail(w, r, err)
		}
	}
}

// logFault tells the operator what the stranger was not told.
func (a *API) logFault(w http.ResponseWriter, r *http.Request, f *fault.Error) {
	level := slog.LevelDebug
	if (f.Kind == fault.Internal || f.Kind == fault.Unavailable) && f != errDraining {
		level = slog.LevelError
	}
	if !a.log.Enabled(context.Background(), level) {
		return
	}
	attrs := []slog.Attr{slog.String("request", w.Header().Get(requestIDHeader)), slog.String("method", r.Method), slog.String("path", r.URL.Path),
		slog.String("code", f.Code)}
	if f.Cause != nil {
		attrs = append(attrs, slog.Any("cause", f.Cause))
	}
	a.log.LogAttrs(context.Background(), level, "call refused", attrs...)
}
