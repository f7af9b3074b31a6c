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
	Accounts int   `default:"100"`
	Keys     int   `default:"20" help:"Of each account."`
	Credits  int64 `default:"10000000" help:"Of each account."`
}

// Run prints one token a line.
func (c *benchSeedCommand) Run(a *app) error {
	d, err := a.open()
	if err != nil {
		return err
	}
	var tokens []string
	err = d.Write(a.ctx, func(tx *db.Tx) error {
		tokens = tokens[:0]
		for range c.Accounts {
			owner, err := account.Create(tx, actor, account.New{Email: db.NewID() + "@bench.invalid"})
			if err != nil {
				return err
			}
			if _, err := credit.Grant(tx, actor, owner.ID, credit.Email, c.Credits, "bench"); err != nil {
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
	for _, t := range tokens {
		fmt.Fprintln(a.out, t)
	}
	return err
}
