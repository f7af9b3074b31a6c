package main

import (
	"os"
	"regexp"
	"time"

	"aviso/transport/smtprelay"
)

// checker holds the rules about values. Those about one value alone are in
// config_rules.go.
type checker struct{ *findings }

// check finds every value that the program could not run with.
func check(f *findings, c *Config) {
	k := checker{f}
	k.http(c)
	k.listeners(c)
	k.certificate("smtp", c.SMTP.TLSCert, c.SMTP.TLSKey)
	k.database(c)
	k.accounts(&c.Accounts)
	k.email(&c.Email)
	k.sms(&c.SMS)
	k.price("prime", c.Prime.Price, c.Prime.Currency)
	k.duration("prime.grace", c.Prime.Grace, 0, 366*day)
	k.stripe(&c.Stripe)
	k.retention(&c.Retention)
	k.oneOf("log.level", c.Log.Level, "debug", "info", "warn", "error")
	k.oneOf("log.format", c.Log.Format, "text", "json")
	k.masks(c)
}

func (k checker) http(c *Config) {
	k.certificate("http", c.HTTP.TLSCert, c.HTTP.TLSKey)
	k.acme(c)
	k.publicURL("http.public_url", c.HTTP.PublicURL)
	k.publicURL("sms_http.public_url", c.SMSHTTP.PublicURL)
	if url := c.httpURL(c.HTTP.Listen); isPlainAbroad(url) {
		k.warn("http.public_url", "passwords and keys travel unencrypted to %s; set tls_cert, acme_domains, or the https URL of the proxy in front", URL(url))
	}
	if c.oneListener() && hostOf(c.httpURL(c.HTTP.Listen)) == hostOf(c.smsURL(c.SMSHTTP.Listen)) {
		k.failAny([]string{"sms_http.public_url", "sms_http.listen", "http.listen"},
			"one listener cannot tell email and SMS apart without two host names; set public_url of [http] and [sms_http] to different hosts, or use two ports")
	}
}

// listeners wants addresses that can be listened on, each of them once. Only
// the two HTTP listeners may be one.
func (k checker) listeners(c *Config) {
	k.address("http.listen", c.HTTP.Listen)
	k.address("sms_http.listen", c.SMSHTTP.Listen)
	taken := map[string]string{c.HTTP.Listen: "http.listen", c.SMSHTTP.Listen: "sms_http.listen"}
	for _, l := range []struct{ key, address string }{
		{"smtp.listen", c.SMTP.Listen},
		{"smtp.tls_listen", c.SMTP.TLSListen},
		{"metrics.listen", c.Metrics.Listen},
	} {
		if l.address == "" {
			continue
		}
		k.address(l.key, l.address)
		if other, clash := taken[l.address]; clash && !anyPort(l.address) {
			k.failAny([]string{l.key, other}, "%s is the address of %s as well; choose another port", l.address, other)
		}
		taken[l.address] = l.key
	}
}

func (k checker) database(c *Config) {
	path, embedded := c.Database.sqlitePath()
	switch {
	case embedded && path == "":
		k.fail("database.url", "names no file; write it like \"sqlite:data/aviso.db\"")
	case embedded && c.Database.Password != "":
		k.failAny([]string{"database.password", "database.password_file"}, "a SQLite file has no password; remove it")
	case !embedded:
		k.postgres(c)
	}
	switch key := string(c.Secrets.KeyPath); {
	case key == "":
		k.fail("secrets.key_path", "is empty; name the file that holds the secret key")
	default:
		// Beside a fresh SQLite file the key is made. Several nodes of one
		// PostgreSQL would each make their own, so there it has to be given.
		_, err := os.Stat(key)
		if embedded && os.IsNotExist(err) {
			return
		}
		if _, err := readFile(key); err != nil {
			k.failAny([]string{"secrets.key_path", "database.url"}, "the secret key %s %s; PostgreSQL's nodes need the same readable key", key, err)
		}
	}
}

func (k checker) postgres(c *Config) {
	u, ok := parseURL(c.Database.URL)
	switch {
	case !ok || (u.Scheme != "postgres" && u.Scheme != "postgresql"):
		k.fail("database.url", "is no database; write \"sqlite:data/aviso.db\" or \"postgres://user@host/db\"")
	case u.Path == "" || u.Path == "/":
		k.fail("database.url", "names no database; write it like \"postgres://user@host/db\"")
	}
	if !ok {
		return
	}
	if _, inURL := u.User.Password(); inURL && c.Database.Password != "" {
		k.failAny([]string{"database.password", "database.password_file"}, "is set beside the password in url; keep one of the two")
	}
}

func (k checker) accounts(a *AccountsConfig) {
	k.oneOf("accounts.registration", a.Registration, "open", "invite", "closed")
	between(k, "accounts.email_starter_credits", a.EmailStarterCredits, 0, maxCredits)
	between(k, "accounts.sms_starter_credits", a.SMSStarterCredits, 0, maxCredits)
	between(k, "accounts.free_shortcodes", a.FreeShortcodes, 0, 1000)
	between(k, "accounts.prime_shortcodes", a.PrimeShortcodes, 0, 1000)
	if a.PrimeShortcodes < a.FreeShortcodes {
		k.failAny([]string{"accounts.prime_shortcodes", "accounts.free_shortcodes"},
			"Prime would have fewer shortcodes (%d) than a free account (%d); raise prime_shortcodes", a.PrimeShortcodes, a.FreeShortcodes)
	}
}

func (k checker) email(e *EmailConfig) {
	if !hostname.MatchString(e.Domain) {
		k.fail("email.domain", "%q is no domain; write it like \"example.org\"", e.Domain)
	}
	k.duration("email.sync_timeout", e.SyncTimeout, time.Second, time.Minute)
	k.duration("email.retry_initial", e.RetryInitial, time.Second, 30*day)
	k.duration("email.retry_for", e.RetryFor, time.Second, 30*day)
	if e.RetryInitial > e.RetryMax || e.RetryMax > e.RetryFor {
		k.failAny([]string{"email.retry_max", "email.retry_initial", "email.retry_for"},
			"retry_initial (%s), retry_max (%s) and retry_for (%s) do not rise; put them in that order", e.RetryInitial, e.RetryMax, e.RetryFor)
	}
	between(k, "email.rate_limit_per_minute", e.RateLimitPerMinute, 0, 1200)
	between(k, "email.body_limit_kb", e.BodyLimitKB, 1, 4096) // the whole request is cut off at 4 MiB
	names := map[string]bool{}
	for i := range e.Relay {
		at := index("email.relay", i)
		k.name(at+".name", e.Relay[i].Name, names)
		k.relay(at, &e.Relay[i])
	}
	k.bundles("email.bundle", e.Bundle)
	k.price("email.unlimited", e.Unlimited.Price, e.Unlimited.Currency)
}

func (k checker) relay(at string, r *RelayConfig) {
	if r.URL == "" {
		k.fail(at+".url", "is missing; write it like \"smtp://host:587\"")
	} else if r.URL != sandboxURL {
		if _, err := smtprelay.ParseURL(string(r.URL)); err != nil {
			k.fail(at+".url", "%s (as in \"smtp://host:587?tls=starttls\", \"smtps://host:465\" or \"sandbox:\")", err)
		}
	}
	if (r.Username == "") != (r.Password == "") {
		k.failAny([]string{at + ".username", at + ".password", at + ".password_file"}, "username and password go together; set both or neither")
	}
	between(k, at+".daily_cap", r.DailyCap, 0, maxCredits)
	between(k, at+".max_connections", r.MaxConnections, 1, 1000)
}

func (k checker) bundles(at string, bundles []BundleConfig) {
	seen := map[string]bool{"unlimited": at == "email.bundle"} // the id that the tier is listed under
	for i, b := range bundles {
		at := index(at, i)
		switch {
		case b.ID == "":
			k.fail(at+".id", "is missing; give it an id, such as \"10k\"")
		case !bundleID.MatchString(b.ID):
			k.fail(at+".id", "%q is no id; write lower-case letters, digits and dashes, such as \"10k\"", b.ID)
		case seen[b.ID]:
			k.fail(at+".id", "%q is taken already; choose another", b.ID)
		}
		seen[b.ID] = true
		between(k, at+".credits", b.Credits, 1, maxCredits)
		k.price(at, b.Price, b.Currency)
	}
}

func (k checker) price(at string, price int64, currency string) {
	between(k, at+".price", price, 1, maxPrice)
	if !currencyCode.MatchString(currency) {
		k.fail(at+".currency", "%q is no currency; write its three letters, such as \"usd\"", currency)
	}
}

func (k checker) retention(r *RetentionConfig) {
	k.duration("retention.logs", r.Logs, day, 3660*day)
	k.duration("retention.bodies", r.Bodies, 0, 3660*day)
	if r.Bodies > r.Logs {
		k.failAny([]string{"retention.bodies", "retention.logs"}, "bodies (%s) would outlive their log (%s); shorten bodies", r.Bodies, r.Logs)
	}
	between(k, "retention.sandbox", r.Sandbox, 1, 1_000_000)
}

func (k checker) stripe(s *StripeConfig) {
	if (s.SecretKey == "") != (s.WebhookSecret == "") {
		k.failAny([]string{"stripe.secret_key", "stripe.webhook_secret", "stripe.secret_key_file", "stripe.webhook_secret_file"},
			"secret_key and webhook_secret go together, or what is paid would never be credited; set both or neither")
	}
	if s.APIBase != "" {
		k.webURL("stripe.api_base", s.APIBase)
	}
}

// sandboxURL stands for the built-in sandbox, from which nothing leaves.
const sandboxURL = "sandbox:"

const (
	maxCredits = 1_000_000_000_000
	maxPrice   = 99_999_999 // what Stripe takes at most
)

var (
	hostname     = regexp.MustCompile(`^(?i:[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)(\.(?i:[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?))*$`)
	elementName  = regexp.MustCompile(`^[a-z][a-z0-9]*$`)
	bundleID     = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*$`)
	currencyCode = regexp.MustCompile(`^[a-z]{3}$`)
)
