package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"aviso/email"
	"aviso/transport"
)

type relayCommand struct {
	List   relayList   `cmd:"" help:"The configured relays and how they stand."`
	Pause  relayPause  `cmd:"" help:"Keep new attempts from a relay; the next one takes over, or the mail waits."`
	Resume relayResume `cmd:"" help:"Undo pause."`
	Test   relayTest   `cmd:"" help:"Have a running server send a small message through a relay."`
}

type relayView struct {
	Name      string  `json:"name"`
	URL       string  `json:"url"` // without credentials
	Cap       int64   `json:"cap"`
	UsedToday int64   `json:"usedToday"`
	Queued    int64   `json:"queued"`
	Paused    bool    `json:"paused"`
	PausedAt  *string `json:"pausedAt"`
}

type relayList struct{}

// Run lists relays.
func (c *relayList) Run(a *app) error {
	s, err := a.operate()
	if err != nil {
		return err
	}
	states, err := s.RelayStates(a.ctx)
	if err != nil {
		return err
	}
	list := make([]relayView, 0, len(states))
	for i, x := range states {
		list = append(list, relayView{x.Name, a.config.Email.Relay[i].URL.String(), x.DailyCap, x.Used, x.Queued, x.PausedAt != 0, stamp(x.PausedAt)})
	}
	return printList(a, list, "No relay is configured: email is off.", "NAME\tURL\tCAP\tUSED\tQUEUED\tPAUSED", func(w io.Writer, v relayView) {
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%d\t%s\n", v.Name, v.URL, capacity(v.Cap), v.UsedToday, v.Queued, cell(v.PausedAt))
	})
}

// whichRelay is the relay that a command is about.
type whichRelay struct {
	Name string `arg:"" help:"The relay's name in the configuration."`
}

type relayPause struct{ whichRelay }

// Run pauses a relay.
func (c *relayPause) Run(a *app) error {
	return c.change(a, true, "is paused. What is under way ends; nothing new begins.", (*email.Service).PauseRelay)
}

type relayResume struct{ whichRelay }

// Run ends a relay's pause.
func (c *relayResume) Run(a *app) error {
	return c.change(a, false, "takes mail again.", (*email.Service).ResumeRelay)
}

func (c *whichRelay) change(a *app, paused bool, says string, do func(s *email.Service, ctx context.Context, actor, name string) error) error {
	s, err := a.operate()
	if err != nil {
		return err
	}
	if err := do(s, a.ctx, actor, c.Name); err != nil {
		return err
	}
	return a.print(map[string]any{"name": c.Name, "paused": paused}, func(w io.Writer) { fmt.Fprintf(w, "The relay %s %s\n", c.Name, says) })
}

type relayTest struct {
	whichRelay
	To   string        `required:"" help:"Where the message goes."`
	Wait time.Duration `default:"15s" help:"How long to wait for a server to take the test up."`
}

type relayTestView struct {
	ID      string `json:"id"`
	Relay   string `json:"relay"`
	To      string `json:"to"`
	Outcome string `json:"outcome"`
	Reply   string `json:"reply"`
}

// Run asks for a test and prints what became of it.
func (c *relayTest) Run(a *app) error {
	s, err := a.operate()
	if err != nil {
		return err
	}
	t, err := s.TestRelay(a.ctx, actor, c.Name, c.To, c.Wait)
	if err != nil {
		return err
	}
	err = a.print(relayTestView{t.ID, t.NextHop, t.Recipient, t.Outcome, t.Reply}, func(w io.Writer) {
		fmt.Fprintf(w, "outcome\t%s\nreply\t%s\n", t.Outcome, printable(t.Reply))
	})
	if err == nil && t.Outcome != transport.Taken.String() {
		err = errAnswered
	}
	return err
}
