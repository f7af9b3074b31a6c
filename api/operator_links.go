package api

import (
	"context"
	"net/http"
	"slices"
	"time"

	"aviso/email"
	"aviso/fault"
	"aviso/sms"
)

// testPatience is how long a test waits for a server to take it up. The one that
// answers is one, so it is not long.
const testPatience = 5 * time.Second

type relayView struct {
	Name           string  `json:"name"`
	Host           string  `json:"host"`
	Sandbox        bool    `json:"sandbox"`
	State          string  `json:"state"`
	PausedAt       *string `json:"pausedAt"`
	DailyCap       *int64  `json:"dailyCap"`
	UsedToday      int64   `json:"usedToday"`
	Queued         int64   `json:"queued"`
	InUse          int     `json:"inUse"`
	MaxConnections int     `json:"maxConnections"`
	P50MS          *int64  `json:"p50Ms"`
	LastError      *string `json:"lastError"`
}

func viewRelay(s email.RelayState) relayView {
	v := relayView{Name: s.Name, Host: s.Host, Sandbox: s.Sandbox, State: stateOf(s.PausedAt, s.Health.Up), PausedAt: formatOptional(s.PausedAt),
		DailyCap: orNull(s.DailyCap), Queued: s.Queued, InUse: s.Health.InUse, MaxConnections: s.Places, LastError: orNull(s.Health.LastError)}
	if s.DailyCap != 0 {
		v.UsedToday = s.Used
	}
	if s.Exchanged {
		ms := s.Median.Milliseconds()
		v.P50MS = &ms
	}
	return v
}

func stateOf(pausedAt int64, up bool) string {
	switch {
	case pausedAt != 0:
		return "paused"
	case up:
		return "up"
	}
	return "down"
}

type gatewayView struct {
	Name            string     `json:"name"`
	Kind            string     `json:"kind"`
	Host            string     `json:"host"`
	Sandbox         bool       `json:"sandbox"`
	State           string     `json:"state"`
	PausedAt        *string    `json:"pausedAt"`
	Sender          string     `json:"sender"`
	Binds           *bindsView `json:"binds"`
	InUse           int        `json:"inUse"`
	Window          int        `json:"window"`
	ReceiptsPercent *float64   `json:"receiptsPercent"`
	LastSeenAt      *string    `json:"lastSeenAt"`
	CallbackURLs    []string   `json:"callbackUrls"`
	LastError       *string    `json:"lastError"`
}

type bindsView struct {
	Bound  int `json:"bound"`
	Wanted int `json:"wanted"`
}

func viewGateway(s sms.GatewayState) gatewayView {
	v := gatewayView{Name: s.Name, Kind: s.Kind, Host: s.Host, Sandbox: s.Sandbox, State: gatewayUp(s), PausedAt: formatOptional(s.PausedAt), Sender: s.Sender,
		InUse: s.Health.InUse, Window: s.Places, ReceiptsPercent: s.ReceiptsPercent, LastSeenAt: formatOptional(s.HeardAt),
		CallbackURLs: s.Callbacks, LastError: orNull(s.Health.LastError)}
	if v.CallbackURLs == nil {
		v.CallbackURLs = []string{}
	}
	if s.Binds > 0 {
		v.Binds = &bindsView{s.Bound, s.Binds}
	}
	return v
}

// gatewayUp says how a gateway is. One whose links other nodes hold is up.
func gatewayUp(s sms.GatewayState) string { return stateOf(s.PausedAt, s.Health.Up || s.Bound > 0) }

// listRelays answers GET /api/v1/operator/relays.
func (a *API) listRelays(w http.ResponseWriter, r *http.Request, _ session) error {
	list, err := a.email.RelayStates(r.Context())
	if err != nil {
		return err
	}
	return succeedAll(w, r, viewAll(list, viewRelay))
}

// listGateways answers GET /api/v1/operator/gateways.
func (a *API) listGateways(w http.ResponseWriter, r *http.Request, _ session) error {
	list, err := a.sms.GatewayStates(r.Context())
	if err != nil {
		return err
	}
	return succeedAll(w, r, viewAll(list, viewGateway))
}

// pauseRelay answers POST /api/v1/operator/relays/{name}/pause.
func (a *API) pauseRelay(w http.ResponseWriter, r *http.Request, who session) error {
	return a.changeRelay(w, r, who, a.email.PauseRelay)
}

// resumeRelay answers POST /api/v1/operator/relays/{name}/resume.
func (a *API) resumeRelay(w http.ResponseWriter, r *http.Request, who session) error {
	return a.changeRelay(w, r, who, a.email.ResumeRelay)
}

func (a *API) changeRelay(w http.ResponseWriter, r *http.Request, who session, change func(ctx context.Context, actor, name string) error) error {
	name, err := pathName(r, "name")
	if err != nil {
		return err
	}
	if err := change(r.Context(), who.ID, name); err != nil {
		return err
	}
	list, err := a.email.RelayStates(r.Context())
	at := slices.IndexFunc(list, func(s email.RelayState) bool { return s.Name == name })
	if err != nil || at < 0 {
		return err
	}
	a.events.Publish("", "relay", name)
	return succeed(w, http.StatusOK, viewRelay(list[at]))
}

// pauseGateway answers POST /api/v1/operator/gateways/{name}/pause.
func (a *API) pauseGateway(w http.ResponseWriter, r *http.Request, who session) error {
	return a.changeGateway(w, r, who, a.sms.PauseGateway)
}

// resumeGateway answers POST /api/v1/operator/gateways/{name}/resume.
func (a *API) resumeGateway(w http.ResponseWriter, r *http.Request, who session) error {
	return a.changeGateway(w, r, who, a.sms.ResumeGateway)
}

func (a *API) changeGateway(w http.ResponseWriter, r *http.Request, who session, change func(ctx context.Context, actor, name string) error) error {
	name, err := pathName(r, "name")
	if err != nil {
		return err
	}
	if err := change(r.Context(), who.ID, name); err != nil {
		return err
	}
	list, err := a.sms.GatewayStates(r.Context())
	at := slices.IndexFunc(list, func(s sms.GatewayState) bool { return s.Name == name })
	if err != nil || at < 0 {
		return err
	}
	a.events.Publish("", "gateway", name)
	return succeed(w, http.StatusOK, viewGateway(list[at]))
}

type testView struct {
	ID      string `json:"id"`
	Outcome string `json:"outcome"`
	Reply   string `json:"reply"`
	To      string `json:"to"`
}

// testOf reads whom a test is for.
func testOf(w http.ResponseWriter, r *http.Request) (name, to string, err error) {
	if name, err = pathName(r, "name"); err != nil {
		return "", "", err
	}
	var body struct {
		To string `json:"to"`
	}
	if err := readBody(w, r, &body); err != nil {
		return "", "", err
	}
	if body.To == "" || !showable(body.To, 320) {
		return "", "", fault.Field("INVALID_REQUEST", "to", "to must be an address, or a number for a gateway.")
	}
	return name, body.To, nil
}

// testRelay answers POST /api/v1/operator/relays/{name}/test.
func (a *API) testRelay(w http.ResponseWriter, r *http.Request, who session) error {
	name, to, err := testOf(w, r)
	if err != nil {
		return err
	}
	t, err := a.email.TestRelay(r.Context(), who.ID, name, to, testPatience)
	if err != nil {
		return err
	}
	return succeed(w, http.StatusOK, testView{t.ID, t.Outcome, t.Reply, t.Recipient})
}

// testGateway answers POST /api/v1/operator/gateways/{name}/test.
func (a *API) testGateway(w http.ResponseWriter, r *http.Request, who session) error {
	name, to, err := testOf(w, r)
	if err != nil {
		return err
	}
	t, err := a.sms.TestGateway(r.Context(), who.ID, name, to, testPatience)
	if f := fault.Of(err); err != nil && f.Code == "INVALID_RECIPIENT" {
		return fault.Field("INVALID_REQUEST", f.Field, f.Message) // the code is the SMS API's
	}
	if err != nil {
		return err
	}
	return succeed(w, http.StatusOK, testView{t.ID, t.Outcome, t.Reply, t.Recipient})
}
