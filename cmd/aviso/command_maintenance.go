package main

import (
	"fmt"
	"io"
	"strconv"

	"aviso/account"
	"aviso/credit"
	"aviso/db"
)

type migrateCommand struct{}

// Run opens the database, which migrates it.
func (c *migrateCommand) Run(a *app) error {
	_, err := a.open()
	if err != nil {
		return err
	}
	return a.print(map[string]any{"migrated": true}, func(w io.Writer) { fmt.Fprintln(w, "The database is at this version.") })
}

type versionCommand struct{}

func (c *versionCommand) unconfigured() {}

// Run prints the version.
func (c *versionCommand) Run(a *app) error {
	return a.print(map[string]any{"version": version}, func(w io.Writer) { fmt.Fprintln(w, version) })
}

// benchSeedCommand makes many accounts and keys at once; one by one they would
// take longer than the benchmark.
type benchSeedCommand struct {
	Product  string `default:"email" enum:"email,sms"`
	Accounts int    `default:"100"`
	Keys     int    `default:"20" help:"Of each account; of SMS it has one."`
	Credits  int64  `default:"10000000" help:"Of each account."`
}

// Run prints one token a line.
func (c *benchSeedCommand) Run(a *app) error {
	seed := c.email
	if c.Product == string(credit.SMS) {
		seed = c.sms
	}
	tokens, err := seed(a)
	for _, t := range tokens {
		fmt.Fprintln(a.out, t)
	}
	return err
}

func (c *benchSeedCommand) email(a *app) (tokens []string, err error) {
	d, err := a.open()
	if err != nil {
		return nil, err
	}
	err = d.Write(a.ctx, func(tx *db.Tx) error {
		tokens = tokens[:0]
		for range c.Accounts {
			owner, err := c.account(tx, credit.Email)
			if err != nil {
				return err
			}
			for k := range c.Keys {
				_, token, err := account.CreateKey(tx, actor, owner, account.Email, strconv.Itoa(k))
				if err != nil {
					return err
				}
				tokens = append(tokens, token)
			}
		}
		return nil
	})
	return tokens, err
}

// sms approves the accounts one by one, as an operator does, which makes the
// only token that each has.
func (c *benchSeedCommand) sms(a *app) (tokens []string, err error) {
	s, err := a.operateTexts()
	if err != nil {
		return nil, err
	}
	for range c.Accounts {
		var owner account.Account
		err := a.database.Write(a.ctx, func(tx *db.Tx) (err error) {
			owner, err = c.account(tx, credit.SMS)
			return err
		})
		if err != nil {
			return nil, err
		}
		token, err := s.ApproveAccount(a.ctx, actor, owner.ID)
		if err != nil {
			return nil, err
		}
		tokens = append(tokens, token)
	}
	return tokens, nil
}

func (c *benchSeedCommand) account(tx *db.Tx, product credit.Product) (account.Account, error) {
	owner, err := account.Create(tx, actor, account.New{Email: db.NewID() + "@bench.invalid"})
	if err == nil {
		_, err = credit.Grant(tx, actor, owner.ID, product, c.Credits, "bench")
	}
	return owner, err
}
