package main

import (
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"aviso/account"
	"aviso/credit"
	"aviso/db"
)

// demoConfig makes every message end in the sandbox, on loopback, with data in
// ./data.
func demoConfig(c *Config) {
	c.Email.Relay = []RelayConfig{{Name: "sandbox", URL: sandboxScheme}}
}

const (
	demoCredits  = 1000
	demoAdmin    = "admin@localhost"
	demoCustomer = "demo@localhost"
)

// demo makes an administrator, an account with credits and a key when there is
// no account yet, and returns what to print once calls are answered.
func demo(a *app, url string, smtp []string) (func(io.Writer), error) {
	var password, token string
	err := a.database.Write(a.ctx, func(tx *db.Tx) error {
		password, token = "", ""
		var made int64
		if err := tx.Row(`SELECT COUNT(*) FROM accounts`, nil, &made); err != nil || made > 0 {
			return err
		}
		password = generatePassword()
		hash, err := account.NewPasswords(1).Hash(a.ctx, password)
		if err != nil {
			return err
		}
		if _, err := account.Create(tx, actor, account.New{Email: demoAdmin, PasswordHash: hash, Admin: true, MustChangePassword: true}); err != nil {
			return err
		}
		customer, err := account.Create(tx, actor, account.New{Email: demoCustomer, PasswordHash: hash, MustChangePassword: true})
		if err != nil {
			return err
		}
		if _, err := credit.Grant(tx, actor, customer.ID, credit.Email, demoCredits, "demo"); err != nil {
			return err
		}
		_, token, err = account.CreateKey(tx, actor, customer, account.Email, "demo")
		return err
	})
	return func(w io.Writer) { greet(w, url, smtp, password, token) }, err
}

func greet(w io.Writer, url string, smtp []string, password, token string) {
	fmt.Fprintf(w, "\nAviso runs as a sandbox: every message is captured, nothing leaves this machine.\n\n  API   %s\n", url)
	for _, address := range smtp {
		fmt.Fprintf(w, "  SMTP  %s, any user name, the key as the password\n", address)
	}
	if token == "" {
		fmt.Fprintf(w, "\nForgot the password or the key? `bin/aviso account password --email %s`, `bin/aviso key create --account %s --name new`\n", demoAdmin, demoCustomer)
		return
	}
	fmt.Fprintf(w, "  Admin %s  password %s  (to be changed)\n  Key   %s\n\nSend the first email:\n\n", demoAdmin, password, token)
	fmt.Fprintf(w, "  curl %s/api/v1/email/send -H 'Authorization: Bearer %s' -H 'Content-Type: application/json' -d '{\"to\":\"you@example.com\",\"subject\":\"Hello\",\"text\":\"It works.\"}'\n", url, token)
	fmt.Fprintf(w, "\nand look at it: bin/aviso inbox list\n\n")
}

// generatePassword returns 20 characters of base32: 100 bits.
func generatePassword() string { return strings.ToLower(rand.Text()[:20]) }

func makeParent(path string) error { return os.MkdirAll(filepath.Dir(path), 0o700) }
