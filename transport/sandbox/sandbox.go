// Package sandbox is the transport that carries nothing anywhere: it shows
// what would have been sent.
//
// Two local parts behave like the world outside, so that an application can
// try its error paths: refused@ anything is refused for good, later@ anything
// is refused for now. It never opens a connection.
package sandbox

import (
	"context"
	"strings"
	"time"

	"aviso/transport"
)

// Store keeps one captured message: from the relay of that name, to the
// recipients that were taken. It is called once a message and must be durable
// when it returns.
type Store func(ctx context.Context, relay string, m *transport.Mail, to []string) error

// Relay is one sandbox with a relay's name.
type Relay struct {
	name  string
	store Store
}

// New returns a sandbox that hands what it captures to store.
func New(name string, store Store) *Relay { return &Relay{name, store} }

// Send implements transport.Mailer.
func (r *Relay) Send(ctx context.Context, m *transport.Mail) transport.Report {
	began := time.Now()
	if ctx.Err() != nil || m.MayStart != nil && !m.MayStart() {
		late := transport.Verdict{Outcome: transport.Later, Text: "the sandbox was asked too late to begin"}
		return transport.Report{Verdicts: transport.All(len(m.To), late), Reached: true}
	}
	report := transport.Report{Verdicts: make([]transport.Verdict, len(m.To)), Reached: true}
	var taken []string
	for i, to := range m.To {
		report.Verdicts[i] = verdict(to)
		if report.Verdicts[i].Outcome == transport.Taken {
			taken = append(taken, to)
		}
	}
	if len(taken) > 0 {
		if err := r.keep(ctx, m, taken); err != nil {
			for i := range report.Verdicts {
				if report.Verdicts[i].Outcome == transport.Taken {
					report.Verdicts[i] = transport.Verdict{Outcome: transport.Later, Text: "the sandbox could not keep the message"}
				}
			}
		}
	}
	report.Duration = time.Since(began)
	return report
}

func (r *Relay) keep(ctx context.Context, m *transport.Mail, taken []string) error {
	if m.BeforeDot != nil && !(m.DotFree != nil && m.DotFree()) {
		if err := m.BeforeDot(ctx); err != nil {
			return err
		}
	}
	return r.store(ctx, r.name, m, taken)
}

func verdict(to string) transport.Verdict {
	local, _, _ := strings.Cut(to, "@")
	switch strings.ToLower(local) {
	case "refused":
		return transport.Verdict{Outcome: transport.Refused, Code: 550, Enhanced: "5.1.1", Text: "The sandbox refuses refused@ for good"}
	case "later":
		return transport.Verdict{Outcome: transport.Later, Code: 451, Enhanced: "4.3.0", Text: "The sandbox refuses later@ for now"}
	}
	return transport.Verdict{Outcome: transport.Taken, Code: 250, Enhanced: "2.0.0", Text: "Captured by the sandbox"}
}
