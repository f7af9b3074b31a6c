package main

import (
	"context"
	"log/slog"
	"os"
	"runtime"
	"strings"
	"time"

	"aviso/account"
	"aviso/api"
	"aviso/audit"
	"aviso/credit"
	"aviso/db"
	"aviso/email"
	"aviso/inbox"
)

// The modes of a product, as the page names them.
const (
	modeOff     = "off"
	modeSandbox = "sandbox"
	modeLive    = "live"
)

// emailMode says whether mail leaves this installation.
func (c *Config) emailMode() string {
	mode := modeOff
	for _, r := range c.Email.Relay {
		if !strings.HasPrefix(string(r.URL), sandboxScheme) {
			return modeLive
		}
		mode = modeSandbox
	}
	return mode
}

// smsMode says whether texts leave this installation.
func (c *Config) smsMode() string {
	mode := modeOff
	for _, g := range c.SMS.Gateway {
		if g.Kind != sandboxKind {
			return modeLive
		}
		mode = modeSandbox
	}
	return mode
}

// newReception is where accounts are opened and signed in to. Links in its mail
// begin with url.
func newReception(c *Config, d *db.DB, mail *email.Service, url string, log *slog.Logger) *account.Reception {
	return account.NewReception(d, account.ReceptionConfig{Passwords: account.NewPasswords(max(1, runtime.NumCPU()/2)),
		Registration: c.Accounts.Registration, Live: c.emailMode() == modeLive, PublicURL: url, Mail: mail.SendSystem, Log: log,
		Opened: func(tx *db.Tx, opened account.Account) error {
			if c.Accounts.EmailStarterCredits == 0 {
				return nil
			}
			_, err := credit.Grant(tx, "registration", opened.ID, credit.Email, c.Accounts.EmailStarterCredits, "starter credits")
			return err
		}})
}

// site is what the page is told about this installation.
func (s *server) site(c *Config, billing string) api.Site {
	return api.Site{Version: version, PublicURL: s.url, SMSURL: s.smsURL, EmailMode: c.emailMode(), SMSMode: c.smsMode(),
		Registration: c.Accounts.Registration, Billing: billing, SMTP: s.smtp.ports(c.Email.Domain), RateLimit: c.Email.RateLimitPerMinute,
		PrimeGrace: time.Duration(c.Prime.Grace), TrustedProxies: c.HTTP.TrustedProxies}
}

// emailPages, smsPages and operatorPages are what the pages need beside the
// services.
func emailPages(c *Config, d *db.DB) api.EmailPages {
	unlimited := api.Bundle{ID: "unlimited", Days: 30, Price: c.Email.Unlimited.Price, Currency: c.Email.Unlimited.Currency}
	return api.EmailPages{Keys: account.NewKeyring(d), Ledger: credit.NewLedger(d), Bundles: append(bundles(c.Email.Bundle), unlimited)}
}

func smsPages(c *Config) api.SMSPages { return api.SMSPages{Bundles: bundles(c.SMS.Bundle)} }

func (s *server) operatorPages(c *Config, d *db.DB) api.OperatorPages {
	captured := int64(c.Retention.Sandbox)
	nodes := func(ctx context.Context) ([]api.Node, error) {
		alive, err := s.node.Alive(ctx)
		list := make([]api.Node, len(alive))
		for i, n := range alive {
			list[i] = api.Node{Name: n.Name, StartedAt: n.StartedAt, LastSeenAt: n.SeenAt}
		}
		return list, err
	}
	return api.OperatorPages{Accounts: account.NewOffice(d), Audit: audit.NewLog(d), Mails: inbox.NewStore(d, captured),
		Texts: inbox.NewTextStore(d, captured), Inject: s.gateways.inject, Nodes: nodes}
}

// nodeName is what this process is called among others.
func nodeName() string {
	name, err := os.Hostname()
	if err != nil {
		return "localhost"
	}
	return name
}

func bundles(configured []BundleConfig) []api.Bundle {
	list := make([]api.Bundle, 0, len(configured)+1)
	for _, b := range configured {
		list = append(list, api.Bundle{ID: b.ID, Credits: b.Credits, Price: b.Price, Currency: b.Currency})
	}
	return list
}
