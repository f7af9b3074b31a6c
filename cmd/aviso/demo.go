package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"

	"aviso/account"
	"aviso/credit"
	"aviso/db"
	"aviso/sms"
)

// checkDemo refuses a demo that others could reach: whoever reads its key may use
// it.
func checkDemo(c *Config) error {
	for _, l := range []struct{ key, address string }{
		{"http.listen", c.HTTP.Listen}, {"sms_http.listen", c.SMSHTTP.Listen}, {"smtp.listen", c.SMTP.Listen}, {"smtp.tls_listen", c.SMTP.TLSListen}, {"metrics.listen", c.Metrics.Listen},
	} {
		if host, _, err := net.SplitHostPort(l.address); err == nil && !isLoopback(host) {
			return fmt.Errorf("%s: %s can be reached from other machines, and a demo is for this one alone; give localhost, or leave --demo out", l.key, l.address)
		}
	}
	return nil
}

// demoConfig makes every message end in the sandbox.
func demoConfig(c *Config) {
	c.Email.Relay = []RelayConfig{{Name: sandboxKind, URL: sandboxScheme}}
	c.SMS.Gateway = []GatewayConfig{{Name: sandboxKind, Kind: sandboxKind}}
	c.SMS.Gateway[0].setDefaults()
}

// markDemo notes in the database whether a demo serves it, so that commands
// know the sandbox, which no file names.
func markDemo(ctx context.Context, d *db.DB, demo bool) error {
	return d.Write(ctx, func(tx *db.Tx) error {
		query := `DELETE FROM installation WHERE name = 'demo'`
		if demo {
			query = `INSERT INTO installation (name, value) VALUES ('demo', 'true') ON CONFLICT (name) DO NOTHING`
		}
		_, err := tx.Exec(query)
		return err
	})
}

// joinDemo makes a command's configuration that of the demo whose database it
// is about, if it is one's.
func (a *app) joinDemo(d *db.DB) error {
	return d.Read(a.ctx, func(tx *db.Tx) error {
		err := tx.Row(`SELECT EXISTS (SELECT 1 FROM installation WHERE name = 'demo')`, nil, &a.demo)
		if a.demo {
			demoConfig(a.config)
		}
		return err
	})
}

const (
	demoCredits   = 1000
	demoAdmin     = "admin@localhost"
	demoCustomer  = "demo@localhost"
	demoShortcode = "demo"
)

// made is what a demo's first start has made, and shows once.
type made struct{ password, key, token string }

// demo makes an administrator, and an account with credits, a key, a token and
// a shortcode, when there is no account yet. It returns what to print once calls
// are answered.
func demo(a *app, s *server) (func(io.Writer), error) {
	var m made
	var customer account.Account
	err := a.database.Write(a.ctx, func(tx *db.Tx) error {
		m = made{}
		var accounts int64
		if err := tx.Row(`SELECT COUNT(*) FROM accounts`, nil, &accounts); err != nil || accounts > 0 {
			return err
		}
		m.password = generatePassword()
		hash, err := account.NewPasswords(1).Hash(a.ctx, m.password)
		if err != nil {
			return err
		}
		if _, err := account.Create(tx, actor, account.New{Email: demoAdmin, PasswordHash: hash, Admin: true, MustChangePassword: true}); err != nil {
			return err
		}
		if customer, err = account.Create(tx, actor, account.New{Email: demoCustomer, PasswordHash: hash, MustChangePassword: true}); err != nil {
			return err
		}
		if _, err := credit.Grant(tx, actor, customer.ID, credit.Email, demoCredits, "demo"); err != nil {
			return err
		}
		_, m.key, err = account.CreateKey(tx, actor, customer, account.Email, "demo")
		return err
	})
	if err != nil || m.key == "" {
		return func(w io.Writer) { greetAgain(w, s) }, err
	}
	if m.token, err = s.texts.ApproveAccount(a.ctx, actor, customer.ID); err != nil {
		return nil, err
	}
	if _, _, err = s.texts.CreateShortcode(a.ctx, actor, customer.ID, sms.NewShortcode{Code: demoShortcode}); err != nil {
		return nil, err
	}
	return func(w io.Writer) { greet(w, s, m) }, nil
}

// addresses begins what a demo says at each start.
func addresses(w io.Writer, s *server) {
	fmt.Fprintf(w, "\nAviso runs as a sandbox: every message is captured, nothing leaves this machine.\n\n")
	fmt.Fprintf(w, "  Dashboard  %s\n  Email API  %s\n  SMS API    %s\n", s.url, s.url, s.smsURL)
	for _, address := range s.smtp.addresses {
		fmt.Fprintf(w, "  SMTP       %s, any user name, the email key as the password\n", address)
	}
}

func greetAgain(w io.Writer, s *server) {
	addresses(w, s)
	fmt.Fprintf(w, "\nForgot the password, the key or the token? Make new ones:\n\n")
	fmt.Fprintf(w, "  bin/aviso account password --email %s\n  bin/aviso key create --account %s --name new\n  bin/aviso sms rotate --account %s\n\n",
		demoAdmin, demoCustomer, demoCustomer)
}

func greet(w io.Writer, s *server, m made) {
	addresses(w, s)
	fmt.Fprintf(w, "\n  Administrator  %s\n  Customer       %s, whose are the key and the token\n  Password       %s  (of both, to be changed)\n  Email key      %s\n  SMS token      %s\n",
		demoAdmin, demoCustomer, m.password, m.key, m.token)
	fmt.Fprintf(w, "\nSend the first email:\n\n")
	fmt.Fprintf(w, "  curl %s/api/v1/email/send -H 'Authorization: Bearer %s' -H 'Content-Type: application/json' -d '{\"to\":\"you@example.com\",\"subject\":\"Hello\",\"text\":\"It works.\"}'\n", s.url, m.key)
	fmt.Fprintf(w, "\nand the first text:\n\n")
	fmt.Fprintf(w, "  curl %s/api/messages -H 'Authorization: %s' --data-urlencode 'recipient=+14155551212' --data-urlencode 'content=It works.'\n", s.smsURL, m.token)
	fmt.Fprintf(w, "\nLook at them with `bin/aviso inbox list` and `bin/aviso inbox texts`, and let a text come in:\n\n")
	fmt.Fprintf(w, "  bin/aviso sms inject --from +14155551212 --text '%s hello'\n\n", demoShortcode)
}

// generatePassword returns 20 characters of base32: 100 bits.
func generatePassword() string { return strings.ToLower(rand.Text()[:20]) }

func makeParent(path string) error { return os.MkdirAll(filepath.Dir(path), 0o700) }
