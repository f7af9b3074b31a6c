package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"

	"aviso/api"
	"aviso/db"
	"aviso/inbox"
	"aviso/sms"
	"aviso/transport"
	"aviso/transport/httpsms"
	"aviso/transport/sandbox"
	"aviso/transport/smpp"
)

// webPlaces is how many texts a gateway that speaks HTTP is handed at a time.
const webPlaces = 16

// gateways are the configured gateways, in their order, and what drives them.
type gateways struct {
	made    []*sms.Gateway
	hooks   map[string]api.Hook
	centres []*smpp.Gateway
	closers []func()
	// inject makes a text come in through the first sandbox; nil if none is one.
	inject func(ctx context.Context, from, text string) error
	// inbound is where everything that comes in goes. The service that takes it
	// is made from the gateways, so that it is put in its place after them.
	inbound *forward
}

// forward passes on what comes in to whoever stands in it.
type forward struct{ transport.Inbound }

// newGateways makes the gateways; none of them dials before run.
func newGateways(c *Config, captured *inbox.TextStore, log *slog.Logger) (*gateways, error) {
	g := &gateways{hooks: map[string]api.Hook{}, inbound: &forward{}}
	for i := range c.SMS.Gateway {
		configured := &c.SMS.Gateway[i]
		made := gatewayOf(c, configured)
		g.made = append(g.made, made)
		var err error
		switch configured.Kind {
		case "smpp":
			err = g.addCentre(made, configured, log)
		case sandboxKind:
			box := newSandboxGateway(c, configured, captured, g.inbound)
			g.closers = append(g.closers, box.Close)
			made.Texter = box
			if g.inject == nil {
				g.inject = box.Inject
			}
		default:
			err = g.addWeb(made, c, configured, log)
		}
		if err != nil {
			g.close()
			return nil, err
		}
	}
	return g, nil
}

// gatewayOf is a gateway as far as the configuration describes it, without the
// transport that reaches it.
func gatewayOf(c *Config, configured *GatewayConfig) *sms.Gateway {
	g := &sms.Gateway{Name: configured.Name, Kind: configured.Kind, Sender: configured.Sender, Weight: configured.Weight, Whole: true, Places: webPlaces,
		Host: hostPort(configured.URL)}
	switch configured.Kind {
	case "smpp":
		g.Whole, g.Wide = smpp.Concat(configured.Concat) == smpp.Payload, smpp.Concat(configured.Concat) == smpp.UDH16
		g.ReceiveOnly = smpp.BindMode(configured.Bind) == smpp.Receiver
		g.Binds, g.Places = configured.Binds, configured.Binds*configured.Window
	case sandboxKind:
		g.Sandbox, g.Places = true, sandboxPlaces
	default:
		if base := c.callbackURL(configured.Name); base != "" {
			g.Callbacks = []string{base + "/inbound", base + "/status"}
		}
	}
	return g
}

func newSandboxGateway(c *Config, configured *GatewayConfig, captured *inbox.TextStore, inbound transport.Inbound) *sandbox.Gateway {
	return sandbox.NewGateway(sandbox.TextConfig{Name: configured.Name, Number: cmp.Or(configured.Sender, c.SMS.Sender),
		Store: captured, Inbound: inbound, NewID: db.NewID})
}

func (g *gateways) addCentre(made *sms.Gateway, c *GatewayConfig, log *slog.Logger) error {
	u, ok := parseURL(c.URL)
	if !ok {
		return fmt.Errorf("gateway %s: url is no SMPP address", c.Name)
	}
	var secure *tls.Config
	if u.Scheme == "smpps" {
		secure = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	centre, err := smpp.New(smpp.Config{Name: c.Name, Address: u.Host, TLS: secure, Username: c.Username, Password: string(c.Password),
		SystemType: c.SystemType, Bind: smpp.BindMode(c.Bind), Window: c.Window, Concat: smpp.Concat(c.Concat),
		Rate:    float64(c.Rate) / float64(c.Binds), // the configuration's is the installation's, and this one a bind's
		Inbound: g.inbound, Log: log})
	if err != nil {
		return err
	}
	made.Texter, made.Binder, made.Health = centre, centre, centre.Health
	g.centres = append(g.centres, centre)
	return nil
}

func (g *gateways) addWeb(made *sms.Gateway, c *Config, configured *GatewayConfig, log *slog.Logger) error {
	gateway, err := newWebGateway(c, configured, g.inbound, log)
	if err != nil {
		return err
	}
	made.Texter, made.Health = gateway, gateway.Health
	g.hooks[configured.Name] = api.Hook{Inbound: gateway.Inbound(), Status: gateway.Status()}
	g.closers = append(g.closers, gateway.Close)
	return nil
}

func newWebGateway(c *Config, configured *GatewayConfig, inbound transport.Inbound, log *slog.Logger) (*httpsms.Gateway, error) {
	settings := httpsms.Config{Name: configured.Name, URL: string(configured.URL), Username: configured.Username, Password: string(configured.Password),
		SigningKey: string(configured.SigningKey), Sender: cmp.Or(configured.Sender, c.SMS.Sender), Callback: c.callbackURL(configured.Name),
		Rate: float64(configured.Rate), MaxConcurrent: webPlaces, Inbound: inbound, Log: log}
	if configured.Kind == "twilio" {
		return httpsms.NewTwilio(settings)
	}
	return httpsms.NewSMSGate(settings)
}

// run keeps the links of the gateways up until close.
func (g *gateways) run(start func(func())) {
	for _, centre := range g.centres {
		start(func() { centre.Run(context.Background()) })
	}
}

// close unbinds and disconnects. Nobody hands in a text any more.
func (g *gateways) close() { g.drain(context.Background()) }

// drain is close that lets what is under way finish until ctx ends.
func (g *gateways) drain(ctx context.Context) {
	for _, centre := range g.centres {
		centre.Close(ctx)
	}
	for _, f := range g.closers {
		f()
	}
	g.closers = nil
}
