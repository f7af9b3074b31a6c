package main

import (
	"net/netip"
	"time"
)

// Config is everything an operator can set, with every path absolute. Its
// fields stand in the order of the example file, and their tags are the names
// used there and, in capitals, in the environment.
type Config struct {
	HTTP      HTTPConfig      `toml:"http"`
	SMSHTTP   SMSHTTPConfig   `toml:"sms_http"`
	SMTP      SMTPConfig      `toml:"smtp"`
	Database  DatabaseConfig  `toml:"database"`
	Accounts  AccountsConfig  `toml:"accounts"`
	Email     EmailConfig     `toml:"email"`
	SMS       SMSConfig       `toml:"sms"`
	Prime     PrimeConfig     `toml:"prime"`
	Stripe    StripeConfig    `toml:"stripe"`
	Secrets   SecretsConfig   `toml:"secrets"`
	Retention RetentionConfig `toml:"retention"`
	Metrics   MetricsConfig   `toml:"metrics"`
	Log       LogConfig       `toml:"log"`
}

// HTTPConfig is the listener of the dashboard and the email API.
type HTTPConfig struct {
	Listen         string         `toml:"listen"`     // host:port; localhost is 127.0.0.1 and ::1
	PublicURL      URL            `toml:"public_url"` // scheme and host only; follows Listen when empty
	TLSCert        Path           `toml:"tls_cert"`   // PEM
	TLSKey         Path           `toml:"tls_key"`
	ACMEDomains    []string       `toml:"acme_domains"` // to fetch certificates for
	ACMEEmail      string         `toml:"acme_email"`
	ACMEDirectory  URL            `toml:"acme_directory"` // Let's Encrypt's when empty
	ACMECA         Path           `toml:"acme_ca"`        // PEM; whom the directory's own certificate is from
	TrustedProxies []netip.Prefix `toml:"trusted_proxies"`
}

// SMSHTTPConfig is the SMS base URL. With the Listen of HTTPConfig there is
// one listener and the Host header tells the two apart.
type SMSHTTPConfig struct {
	Listen    string `toml:"listen"`
	PublicURL URL    `toml:"public_url"`
}

// SMTPConfig is the submission server; an empty listen is off.
type SMTPConfig struct {
	Listen    string `toml:"listen"`     // STARTTLS
	TLSListen string `toml:"tls_listen"` // TLS from the first byte
	TLSCert   Path   `toml:"tls_cert"`
	TLSKey    Path   `toml:"tls_key"`
}

// DatabaseConfig is sqlite:PATH or postgres://user@host/db.
type DatabaseConfig struct {
	URL      URL    `toml:"url"`
	Password Secret `toml:"password"` // PostgreSQL only, when URL holds none
}

// AccountsConfig is what a new account may do and begins with.
type AccountsConfig struct {
	Registration        string `toml:"registration"` // open, invite or closed
	EmailStarterCredits int64  `toml:"email_starter_credits"`
	SMSStarterCredits   int64  `toml:"sms_starter_credits"`
	FreeShortcodes      int    `toml:"free_shortcodes"`
	PrimeShortcodes     int    `toml:"prime_shortcodes"`
}

// EmailConfig is the email product; without a relay it is off.
type EmailConfig struct {
	Domain             string          `toml:"domain"` // of Message-IDs and of the sender open to all
	SyncTimeout        Duration        `toml:"sync_timeout"`
	RetryInitial       Duration        `toml:"retry_initial"`
	RetryMax           Duration        `toml:"retry_max"`
	RetryFor           Duration        `toml:"retry_for"`
	RateLimitPerMinute int             `toml:"rate_limit_per_minute"` // 0 switches it off
	BodyLimitKB        int             `toml:"body_limit_kb"`         // html and text together, 1,024 bytes each
	Relay              []RelayConfig   `toml:"relay"`                 // in the order they are tried
	Bundle             []BundleConfig  `toml:"bundle"`
	Unlimited          UnlimitedConfig `toml:"unlimited"`
}

// RelayConfig is one SMTP server that mail is handed to.
type RelayConfig struct {
	Name           string `toml:"name"`
	URL            URL    `toml:"url"` // smtp://, smtps:// or sandbox:
	Username       string `toml:"username"`
	Password       Secret `toml:"password"`
	DailyCap       int64  `toml:"daily_cap"` // recipients from 00:00 UTC; 0 is none
	MaxConnections int    `toml:"max_connections"`
}

// BundleConfig is one amount of credits on sale.
type BundleConfig struct {
	ID       string `toml:"id"`
	Credits  int64  `toml:"credits"`
	Price    int64  `toml:"price"` // in the currency's smallest unit
	Currency string `toml:"currency"`
}

// UnlimitedConfig is the 30-day tier that sends email without credits.
type UnlimitedConfig struct {
	Price    int64  `toml:"price"`
	Currency string `toml:"currency"`
}

// SMSConfig is the SMS product; without a gateway it is off.
type SMSConfig struct {
	Sender             string          `toml:"sender"`
	Country            string          `toml:"country"`   // of national numbers that come in; empty leaves them as they are
	Countries          []string        `toml:"countries"` // that may be written to; "*" is all but satellite and premium codes
	SyncTimeout        Duration        `toml:"sync_timeout"`
	AutoRepliesPerHour int             `toml:"auto_replies_per_hour"` // over all senders; 0 is off
	WebhookAllow       []netip.Prefix  `toml:"webhook_allow"`         // networks that are not public and may be pushed to
	HelpText           string          `toml:"help_text"`
	Gateway            []GatewayConfig `toml:"gateway"`
	Bundle             []BundleConfig  `toml:"bundle"`
}

// GatewayConfig is one way for texts to leave and come in. From Binds on the
// fields belong to SMPP alone.
type GatewayConfig struct {
	Name       string `toml:"name"`
	Kind       string `toml:"kind"` // smpp, twilio, smsgate or sandbox
	URL        URL    `toml:"url"`
	Username   string `toml:"username"`
	Password   Secret `toml:"password"`
	SigningKey Secret `toml:"signing_key"` // that the gateway's callbacks are signed with
	Sender     string `toml:"sender"`      // instead of SMSConfig's
	Weight     int    `toml:"weight"`      // its share of the texts
	Rate       int    `toml:"rate"`        // segments a second; 0 is no limit of ours
	Binds      int    `toml:"binds"`       // of the whole installation, shared out over its nodes
	Window     int    `toml:"window"`      // submits without an answer on one bind
	Bind       string `toml:"bind"`
	Concat     string `toml:"concat"`
	SystemType string `toml:"system_type"`
}

// PrimeConfig is the monthly subscription.
type PrimeConfig struct {
	Price    int64    `toml:"price"`
	Currency string   `toml:"currency"`
	Grace    Duration `toml:"grace"` // that Prime outlives its paid end by
}

// StripeConfig is the payment provider; without SecretKey nothing is sold.
type StripeConfig struct {
	SecretKey     Secret `toml:"secret_key"`
	WebhookSecret Secret `toml:"webhook_secret"`
	APIBase       URL    `toml:"api_base"` // Stripe's own when empty
}

// SecretsConfig is the key that webhook secrets are encrypted with.
type SecretsConfig struct {
	KeyPath Path `toml:"key_path"`
}

// RetentionConfig is how long what is over is kept.
type RetentionConfig struct {
	Logs    Duration `toml:"logs"`
	Bodies  Duration `toml:"bodies"`
	Sandbox int      `toml:"sandbox"` // captured messages
}

// MetricsConfig is the listener for metrics; empty is off.
type MetricsConfig struct {
	Listen string `toml:"listen"`
}

// LogConfig is the log on stderr.
type LogConfig struct {
	Level  string `toml:"level"`  // debug, info, warn or error
	Format string `toml:"format"` // text or json
}

// defaults is the configuration of an installation that sets nothing: no
// relay and no gateway, so that both products are off.
func defaults() Config {
	return Config{
		HTTP:     HTTPConfig{Listen: "localhost:8080"},
		SMSHTTP:  SMSHTTPConfig{Listen: "localhost:8081"},
		SMTP:     SMTPConfig{Listen: "localhost:2587"},
		Database: DatabaseConfig{URL: "sqlite:data/aviso.db"},
		Accounts: AccountsConfig{
			Registration:      "closed",
			SMSStarterCredits: 1000,
			FreeShortcodes:    1,
			PrimeShortcodes:   5,
		},
		Email: EmailConfig{
			Domain:             "localhost",
			SyncTimeout:        Duration(10 * time.Second),
			RetryInitial:       Duration(30 * time.Second),
			RetryMax:           Duration(time.Hour),
			RetryFor:           Duration(24 * time.Hour),
			RateLimitPerMinute: 120,
			BodyLimitKB:        500,
			Bundle:             []BundleConfig{{ID: "10k", Credits: 10000, Price: 500, Currency: "usd"}},
			Unlimited:          UnlimitedConfig{Price: 1500, Currency: "usd"},
		},
		SMS: SMSConfig{
			Sender:             "+2899682626",
			Countries:          []string{"*"},
			SyncTimeout:        Duration(10 * time.Second),
			AutoRepliesPerHour: 60,
			Bundle:             []BundleConfig{{ID: "1k", Credits: 1000, Price: 1000, Currency: "usd"}},
		},
		Prime:     PrimeConfig{Price: 500, Currency: "usd", Grace: Duration(72 * time.Hour)},
		Secrets:   SecretsConfig{KeyPath: "data/secret.key"},
		Retention: RetentionConfig{Logs: Duration(400 * day), Bodies: Duration(7 * day), Sandbox: 1000},
		Log:       LogConfig{Level: "info", Format: "text"},
	}
}

// element is what stands under a double-bracketed header. Its name, unique
// among its kind, is also the part of its variables' names that sets it apart.
type element interface {
	elementName() string
	setDefaults()
}

func (r *RelayConfig) elementName() string   { return r.Name }
func (b *BundleConfig) elementName() string  { return b.ID }
func (g *GatewayConfig) elementName() string { return g.Name }

func (r *RelayConfig) setDefaults()  { r.MaxConnections = 16 }
func (b *BundleConfig) setDefaults() { b.Currency = "usd" }

func (g *GatewayConfig) setDefaults() {
	g.Weight, g.Binds, g.Window, g.Bind, g.Concat = 1, 1, 32, "transceiver", "udh8"
}
