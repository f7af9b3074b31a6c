package main

import (
	"fmt"
	"io"

	"aviso/account"
	"aviso/db"
)

type accountCommand struct {
	Create accountCreate `cmd:"" help:"Make an account."`
	List   accountList   `cmd:"" help:"All accounts."`
}

type accountCreate struct {
	Email    string `required:"" help:"Address to sign in with."`
	Password string `help:"Generated and printed when left out."`
	Admin    bool   `help:"An operator."`
}

// Run makes an account.
func (c *accountCreate) Run(a *app) error {
	d, err := a.open()
	if err != nil {
		return err
	}
	password := c.Password
	if password == "" {
		password = generatePassword()
	}
	hash, err := account.NewPasswords(1).Hash(a.ctx, password)
	if err != nil {
		return err
	}
	var made account.Account
	err = d.Write(a.ctx, func(tx *db.Tx) error {
		made, err = account.Create(tx, actor, account.New{Email: c.Email, PasswordHash: hash, Admin: c.Admin, MustChangePassword: c.Password == ""})
		return err
	})
	if err != nil {
		return err
	}
	answer := map[string]any{"id": made.ID, "email": made.Email}
	if c.Password == "" {
		answer["password"] = password
	}
	return a.print(answer, func(w io.Writer) {
		fmt.Fprintf(w, "id\t%s\nemail\t%s\n", made.ID, made.Email)
		if c.Password == "" {
			fmt.Fprintf(w, "password\t%s\n", password)
		}
	})
}

type accountList struct{}

// Run lists all accounts.
func (c *accountList) Run(a *app) error {
	d, err := a.open()
	if err != nil {
		return err
	}
	accounts, err := account.NewStore(d).List(a.ctx)
	if err != nil {
		return err
	}
	list := make([]map[string]any, 0, len(accounts))
	for _, x := range accounts {
		list = append(list, map[string]any{"id": x.ID, "email": x.Email, "name": x.Name, "admin": x.Admin, "suspended": x.SuspendedAt != 0})
	}
	return a.print(list, func(w io.Writer) {
		fmt.Fprintln(w, "ID\tEMAIL\tADMIN\tSUSPENDED")
		for _, x := range accounts {
			fmt.Fprintf(w, "%s\t%s\t%t\t%t\n", x.ID, x.Email, x.Admin, x.SuspendedAt != 0)
		}
	})
}
