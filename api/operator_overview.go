package api

import (
	"context"
	"fmt"
	"net/http"

	"aviso/email"
	"aviso/nexthop"
	"aviso/sms"
)

type overviewView struct {
	Version  string        `json:"version"`
	Mode     modeView      `json:"mode"`
	Hold     holdView      `json:"hold"`
	Last24h  last24View    `json:"last24h"`
	Relays   []relayView   `json:"relays"`
	Gateways []gatewayView `json:"gateways"`
	Todo     []todoView    `json:"todo"`
	Nodes    []nodeView    `json:"nodes"`
}

type last24View struct {
	Email emailNumbersView `json:"email"`
	SMS   smsNumbersView   `json:"sms"`
}

type emailNumbersView struct {
	Accepted       int64   `json:"accepted"`
	Sent           int64   `json:"sent"`
	Failed         int64   `json:"failed"`
	Queued         int64   `json:"queued"`
	OldestQueuedAt *string `json:"oldestQueuedAt"`
}

type smsNumbersView struct {
	Accepted  int64 `json:"accepted"`
	Sent      int64 `json:"sent"`
	Delivered int64 `json:"delivered"`
	Failed    int64 `json:"failed"`
	Received  int64 `json:"received"`
	Unknown   int64 `json:"unknown"`
}

type nodeView struct {
	Name       string `json:"name"`
	StartedAt  string `json:"startedAt"`
	LastSeenAt string `json:"lastSeenAt"`
}

// todoView is something that waits for the operator.
type todoView struct {
	Kind  string `json:"kind"`
	Count int64  `json:"count"`
	Text  string `json:"text"`
}

// situation is what the overview is told from.
type situation struct {
	hold     nexthop.Hold
	mail     email.Numbers
	texts    sms.Numbers
	relays   []email.RelayState
	gateways []sms.GatewayState
	waiting  int64 // applications
}

// overview answers GET /api/v1/operator/overview. It reads counters and short
// indexes only: the page asks again every few seconds.
func (a *API) overview(w http.ResponseWriter, r *http.Request, who session) error {
	s, err := a.situation(r.Context())
	if err != nil {
		return err
	}
	nodes, err := a.operator.Nodes(r.Context())
	if err != nil {
		return err
	}
	n, t := s.mail, s.texts
	return succeed(w, http.StatusOK, overviewView{Version: a.site.Version, Mode: modeView{a.site.EmailMode, a.site.SMSMode}, Hold: viewHold(s.hold),
		Last24h: last24View{emailNumbersView{n.Accepted, n.Sent, n.Failed, n.Queued, formatOptional(n.OldestQueuedAt)},
			smsNumbersView{t.Accepted, t.Sent, t.Delivered, t.Failed, t.Received, t.Unknown}},
		Relays: viewAll(s.relays, viewRelay), Gateways: viewAll(s.gateways, viewGateway), Todo: s.todo(),
		Nodes: viewAll(nodes, func(n Node) nodeView { return nodeView{n.Name, formatTime(n.StartedAt), formatTime(n.LastSeenAt)} })})
}

func (a *API) situation(ctx context.Context) (s situation, err error) {
	for _, read := range []func() error{
		func() (err error) { s.hold, err = a.email.Hold(ctx); return err },
		func() (err error) { s.mail, err = a.email.Numbers(ctx); return err },
		func() (err error) { s.texts, err = a.sms.Numbers(ctx); return err },
		func() (err error) { s.relays, err = a.email.RelayStates(ctx); return err },
		func() (err error) { s.gateways, err = a.sms.GatewayStates(ctx); return err },
		func() (err error) { s.waiting, err = a.sms.PendingApplications(ctx); return err },
	} {
		if err := read(); err != nil {
			return s, err
		}
	}
	return s, nil
}

// todo lists what waits for the operator, the most urgent first.
func (s *situation) todo() []todoView {
	list := []todoView{}
	add := func(kind string, count int64, one, more string) {
		switch {
		case count == 1:
			list = append(list, todoView{kind, 1, one})
		case count > 1:
			list = append(list, todoView{kind, count, fmt.Sprintf(more, count)})
		}
	}
	if s.hold.Since != 0 {
		add("held", 1, "All sending is on hold", "")
	}
	if len(s.relays) == 0 {
		add("no_relay", 1, "No mail relay is configured; email is off", "")
	}
	if len(s.gateways) == 0 {
		add("no_gateway", 1, "No SMS gateway is configured; SMS is off", "")
	}
	var relays, gateways int64
	for _, r := range s.relays {
		if stateOf(r.PausedAt, r.Health.Up) == "down" {
			relays++
		}
	}
	for _, g := range s.gateways {
		if gatewayUp(g) == "down" {
			gateways++
		}
	}
	add("relay_down", relays, "1 mail relay is down", "%d mail relays are down")
	add("gateway_down", gateways, "1 SMS gateway is down", "%d SMS gateways are down")
	add("unknown_mail", s.mail.Unknown, "1 message whose fate is unknown", "%d messages whose fate is unknown")
	add("unknown_texts", s.texts.Unknown, "1 text whose fate is unknown", "%d texts whose fate is unknown")
	add("applications", s.waiting, "1 SMS application waiting", "%d SMS applications waiting")
	return list
}
