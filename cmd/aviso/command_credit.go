package main

import (
	"fmt"
	"io"

	"aviso/account"
	"aviso/credit"
	"aviso/db"
)

type creditCommand struct {
	Grant creditGrant `cmd:"" help:"Give an account credits."`
}

type creditGrant struct {
	Account string `required:"" help:"Address or id of the account."`
	Product string `required:"" enum:"email,sms" help:"email or sms."`
	Amount  int64  `required:"" help:"Credits; a negative amount takes them."`
	Reason  string `required:"" help:"For the ledger."`
}

type entryView struct {
	ID      string `json:"id"`
	Email   string `json:"email"`
	Product string `json:"product"`
	Delta   int64  `json:"delta"`
	Balance int64  `json:"balance"`
}

// Run grants credits.
func (c *creditGrant) Run(a *app) error {
	d, err := a.open()
	if err != nil {
		return err
	}
	var owner account.Account
	var entry credit.Entry
	err = d.Write(a.ctx, func(tx *db.Tx) error {
		if owner, err = account.Find(tx, c.Account); err != nil {
			return err
		}
		entry, err = credit.Grant(tx, actor, owner.ID, credit.Product(c.Product), c.Amount, c.Reason)
		return err
	})
	if err != nil {
		return err
	}
	return a.print(entryView{entry.Ref, owner.Email, c.Product, entry.Delta, entry.BalanceAfter}, func(w io.Writer) {
		fmt.Fprintf(w, "%s has %d %s credits now.\n", owner.Email, entry.BalanceAfter, c.Product)
	})
}
