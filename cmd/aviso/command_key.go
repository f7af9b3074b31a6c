package main

import (
	"fmt"
	"io"

	"aviso/account"
	"aviso/db"
)

type keyCommand struct {
	Create keyCreate `cmd:"" help:"Make a key and print its token, once."`
}

type keyCreate struct {
	Account string `required:"" help:"Id or address of the account."`
	Name    string `required:"" help:"What the key is for."`
}

// Run makes a key.
func (c *keyCreate) Run(a *app) error {
	d, err := a.open()
	if err != nil {
		return err
	}
	var k account.Key
	var token string
	err = d.Write(a.ctx, func(tx *db.Tx) error {
		owner, err := account.Find(tx, c.Account)
		if err != nil {
			return err
		}
		k, token, err = account.CreateKey(tx, actor, owner, account.Email, c.Name)
		return err
	})
	if err != nil {
		return err
	}
	return a.print(map[string]any{"id": k.ID, "name": k.Name, "token": token}, func(w io.Writer) {
		fmt.Fprintf(w, "id\t%s\ntoken\t%s\n\nThe token is stored nowhere; keep it now.\n", k.ID, token)
	})
}
