package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	"aviso/fault"
	"aviso/sms"
	"aviso/transport"
)

type gatewayCommand struct {
	List   gatewayList   `cmd:"" help:"The configured gateways and how they stand."`
	Pause  gatewayPause  `cmd:"" help:"Keep new texts from a gateway; another takes them, or calls are answered 500."`
	Resume gatewayResume `cmd:"" help:"Undo pause."`
	Test   gatewayTest   `cmd:"" help:"Have a running server send a small text through a gateway."`
	Setup  gatewaySetup  `cmd:"" help:"Register the URLs that a gateway calls back, or say how to."`
}

type gatewayView struct {
	Name     string  `json:"name"`
	Kind     string  `json:"kind"`
	URL      string  `json:"url"` // without credentials
	Sender   string  `json:"sender"`
	Weight   int     `json:"weight"`
	Unknown  int64   `json:"unknown"` // texts that it may have taken
	Paused   bool    `json:"paused"`
	PausedAt *string `json:"pausedAt"`
}

type gatewayList struct{}

// Run lists gateways.
func (c *gatewayList) Run(a *app) error {
	s, err := a.operateTexts()
	if err != nil {
		return err
	}
	states, err := s.GatewayStates(a.ctx)
	if err != nil {
		return err
	}
	list := make([]gatewayView, 0, len(states))
	for i, x := range states {
		configured := &a.config.SMS.Gateway[i]
		list = append(list, gatewayView{x.Name, configured.Kind, configured.URL.String(), x.Sender, x.Weight, x.Unknown, x.PausedAt != 0, stamp(x.PausedAt)})
	}
	return printList(a, list, "No gateway is configured: SMS is off.", "NAME\tKIND\tURL\tSENDER\tWEIGHT\tUNKNOWN\tPAUSED", func(w io.Writer, v gatewayView) {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%d\t%s\n", v.Name, v.Kind, orDash(v.URL), v.Sender, v.Weight, v.Unknown, cell(v.PausedAt))
	})
}

// whichGateway is the gateway that a command is about.
type whichGateway struct {
	Name string `arg:"" help:"The gateway's name in the configuration."`
}

type gatewayPause struct{ whichGateway }

// Run pauses a gateway.
func (c *gatewayPause) Run(a *app) error {
	return c.change(a, true, "is paused. What is under way ends; nothing new begins.", (*sms.Service).PauseGateway)
}

type gatewayResume struct{ whichGateway }

// Run ends a gateway's pause.
func (c *gatewayResume) Run(a *app) error {
	return c.change(a, false, "takes texts again.", (*sms.Service).ResumeGateway)
}

func (c *whichGateway) change(a *app, paused bool, says string, do func(s *sms.Service, ctx context.Context, actor, name string) error) error {
	s, err := a.operateTexts()
	if err != nil {
		return err
	}
	if err := do(s, a.ctx, actor, c.Name); err != nil {
		return err
	}
	return a.print(map[string]any{"name": c.Name, "paused": paused}, func(w io.Writer) { fmt.Fprintf(w, "The gateway %s %s\n", c.Name, says) })
}

type gatewayTest struct {
	whichGateway
	To   string        `required:"" help:"The number that the text goes to."`
	Wait time.Duration `default:"15s" help:"How long to wait for a server to take the test up."`
}

type gatewayTestView struct {
	ID      string `json:"id"`
	Gateway string `json:"gateway"`
	To      string `json:"to"`
	Outcome string `json:"outcome"`
	Reply   string `json:"reply"`
}

// Run asks for a test and prints what became of it.
func (c *gatewayTest) Run(a *app) error {
	s, err := a.operateTexts()
	if err != nil {
		return err
	}
	t, err := s.TestGateway(a.ctx, actor, c.Name, c.To, c.Wait)
	if err != nil {
		return err
	}
	err = a.print(gatewayTestView{t.ID, t.NextHop, t.Recipient, t.Outcome, t.Reply}, func(w io.Writer) {
		fmt.Fprintf(w, "outcome\t%s\nreply\t%s\n", t.Outcome, printable(t.Reply))
	})
	if err == nil && t.Outcome != transport.Taken.String() {
		err = errAnswered
	}
	return err
}

type gatewaySetup struct{ whichGateway }

// Run makes a gateway call back, or says what is left to be done by hand. It
// needs no database: what it changes is at the gateway.
func (c *gatewaySetup) Run(a *app) error {
	for i := range a.config.SMS.Gateway {
		if g := &a.config.SMS.Gateway[i]; g.Name == c.Name {
			lines, err := c.setup(a, g)
			if err != nil {
				return err
			}
			return a.print(map[string]any{"name": c.Name, "done": lines}, func(w io.Writer) {
				for _, line := range lines {
					fmt.Fprintln(w, printable(line))
				}
			})
		}
	}
	return fault.New(fault.NotFound, "NOT_FOUND", fmt.Sprintf("There is no gateway %q in the configuration.", c.Name))
}

func (c *gatewaySetup) setup(a *app, g *GatewayConfig) ([]string, error) {
	switch g.Kind {
	case "smpp":
		return []string{"Nothing has to be set up: texts and receipts come in over the binds."}, nil
	case sandboxKind:
		return []string{"Nothing has to be set up: a sandbox calls nobody."}, nil
	}
	gateway, err := newWebGateway(a.config, g, &forward{}, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	defer gateway.Close()
	return gateway.Setup(a.ctx)
}
