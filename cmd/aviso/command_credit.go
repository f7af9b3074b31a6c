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
	Account string `required:"" help:"Id or address of the account."`
	Product string `required:"" enum:"email,sms" help:"email or sms."`
	Amount  int64  `required:"" help:"Credits; a negative amount takes them."`
	Reason  string `required:"" help:"For the ledger."`
}

// Run grants credits.
func (c *creditGrant) Run(a *app) error {
	d, err := a.open()
	if err != nil {
		return err
	}
	var entry credit.Entry
	err = d.Write(a.ctx, func(tx *db.Tx) error {
		owner, err := account.Find(tx, c.Account)
		if err != nil {
			return err
		}
		entry, err = credit.Grant(tx, actor, owner.ID, credit.Product(c.Product), c.Amount, c.Reason)
		return err
	})
	if err != nil {
		return err
	}
	return a.print(map[string]any{"id": entry.Ref, "delta": entry.Delta, "balance": entry.BalanceAfter}, func(w io.Writer) {
		fmt.Fprintf(w, "balance\t%d\n", entry.BalanceAfter)
	})
}
