package main

import (
	"fmt"
	"io"

	"aviso/account"
	"aviso/credit"
	"aviso/db"
)

type creditCommand struct {
	Grant   creditGrant   `cmd:"" help:"Give an account credits."`
	History creditHistory `cmd:"" help:"What came in and went out, newest first."`
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

type creditHistory struct {
	Account string `required:"" help:"Address or id of the account."`
	Product string `default:"email" enum:"email,sms" help:"email or sms."`
	Limit   int64  `default:"50" help:"How many."`
}

type historyView struct {
	ID        string `json:"id"`
	Delta     int64  `json:"delta"`
	Balance   int64  `json:"balance"`
	Reason    string `json:"reason"`
	Note      string `json:"note"`
	CreatedAt string `json:"createdAt"`
}

// Run lists an account's ledger with its running balance.
func (c *creditHistory) Run(a *app) error {
	d, err := a.open()
	if err != nil {
		return err
	}
	list := []historyView{}
	err = d.Read(a.ctx, func(tx *db.Tx) error {
		owner, err := account.Find(tx, c.Account)
		if err != nil {
			return err
		}
		entries, err := credit.History(tx, owner.ID, credit.Product(c.Product), 0, c.Limit)
		for _, e := range entries {
			list = append(list, historyView{e.Ref, e.Delta, e.BalanceAfter, string(e.Reason), e.Note, clock(e.CreatedAt)})
		}
		return err
	})
	if err != nil {
		return err
	}
	return printList(a, list, "The account has no entries.", "WHEN\tDELTA\tBALANCE\tREASON\tREFERENCE\tNOTE", func(w io.Writer, e historyView) {
		fmt.Fprintf(w, "%s\t%+d\t%d\t%s\t%s\t%s\n", e.CreatedAt, e.Delta, e.Balance, e.Reason, e.ID, printable(e.Note))
	})
}
