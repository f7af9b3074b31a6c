package main

import (
	"fmt"
	"os"
	"strings"

	"aviso/email"
	"aviso/inbox"
	"aviso/transport/sandbox"
	"aviso/transport/smtprelay"
)

const sandboxScheme = "sandbox:"

// sandboxPlaces is how many messages a sandbox relay captures at a time.
const sandboxPlaces = 64

// relays makes the configured relays, in their order, and what has to be
// closed at the end.
func relays(configured []RelayConfig, captured *inbox.Store) (made []*email.Relay, closers []func(), err error) {
	helo, err := os.Hostname()
	if err != nil {
		helo = "localhost"
	}
	for _, c := range configured {
		if strings.HasPrefix(string(c.URL), sandboxScheme) {
			made = append(made, &email.Relay{Name: c.Name, Mailer: sandbox.New(c.Name, captured.Keep), DailyCap: c.DailyCap, Places: sandboxPlaces, Sandbox: true})
			continue
		}
		endpoint, err := smtprelay.ParseURL(string(c.URL))
		if err != nil {
			return nil, nil, fmt.Errorf("relay %s: %w", c.Name, err)
		}
		r := smtprelay.New(smtprelay.Config{Name: c.Name, Endpoint: endpoint, Username: c.Username, Password: string(c.Password),
			PlainAuthAllowed: endpoint.TLS == smtprelay.None, HeloName: helo, MaxConnections: c.MaxConnections})
		closers = append(closers, r.Close)
		made = append(made, &email.Relay{Name: c.Name, Mailer: r, DailyCap: c.DailyCap, Places: c.MaxConnections,
			Up: func() bool { return r.Health().Up }, Health: r.Health, Host: hostPort(c.URL)})
	}
	return made, closers, nil
}

// hostPort is where a URL leads, without credentials.
func hostPort(u URL) string {
	parsed, ok := parseURL(u)
	if !ok {
		return ""
	}
	return parsed.Host
}
