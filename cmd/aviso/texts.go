package main

import (
	"errors"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"aviso/sms"
	"aviso/transport/webhook"
)

// smsConfig is the SMS service that the configuration describes. The ports are
// those that no webhook may reach on this machine.
func (a *app) smsConfig(made []*sms.Gateway, ports func() []uint16, log *slog.Logger, metrics prometheus.Registerer) (sms.Config, error) {
	c, accounts := a.config.SMS, a.config.Accounts
	pushes := webhook.New(webhook.Config{Allow: c.WebhookAllow, OwnPorts: ports})
	receiving := sms.Receiving{Country: c.Country, RepliesPerHour: c.AutoRepliesPerHour, HelpText: c.HelpText,
		FreeShortcodes: accounts.FreeShortcodes, PrimeShortcodes: accounts.PrimeShortcodes, PrimeGrace: time.Duration(a.config.Prime.Grace),
		StarterCredits: accounts.SMSStarterCredits, Limits: a.config.textLimits(), CheckURL: checkWebhook(pushes), Pusher: pushes}
	v, err := openVault(string(a.config.Secrets.KeyPath))
	switch {
	case err == nil:
		receiving.Vault = v
	case !errors.Is(err, fs.ErrNotExist): // a command does without as long as it needs none
		return sms.Config{}, err
	}
	return sms.Config{Gateways: made, Sender: c.Sender, SyncTimeout: time.Duration(c.SyncTimeout), KeepLogs: time.Duration(a.config.Retention.Logs),
		Inbound: receiving, Random: rand.Float64, Now: time.Now, Log: log, Metrics: sms.NewMetrics(metrics)}, nil
}

func (c *Config) textLimits() sms.Limits { return sms.Limits{Countries: c.SMS.Countries} }

// checkWebhook makes a sentence of what is wrong with a URL.
func checkWebhook(pushes *webhook.Client) func(string) error {
	return func(url string) error {
		if err := pushes.CheckURL(url); err != nil {
			return sentence("The webhook's URL cannot be used: " + err.Error() + ".")
		}
		return nil
	}
}

// sentence is an error that is shown as it stands.
type sentence string

func (s sentence) Error() string { return string(s) }

// operateTexts opens the database, and over it the SMS service as an operator
// needs it: it changes what it is asked to, and carries nothing.
func (a *app) operateTexts() (*sms.Service, error) {
	d, err := a.open()
	if err != nil {
		return nil, err
	}
	var made []*sms.Gateway
	for i := range a.config.SMS.Gateway {
		made = append(made, gatewayOf(a.config, &a.config.SMS.Gateway[i]))
	}
	config, err := a.smsConfig(made, a.config.ownPorts, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil {
		return nil, err
	}
	a.texts = sms.New(d, config)
	return a.texts, a.texts.Operate(a.ctx)
}
