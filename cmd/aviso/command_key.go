package main

import (
	"fmt"
	"io"

	"aviso/account"
	"aviso/db"
)

type keyCommand struct {
	Create  keyCreate  `cmd:"" help:"Make a key and print its token, once."`
	List    keyList    `cmd:"" help:"All keys, without their tokens."`
	Disable keyDisable `cmd:"" help:"Answer a key's calls with 403."`
	Enable  keyEnable  `cmd:"" help:"Undo disable."`
	Rotate  keyRotate  `cmd:"" help:"Replace a key's token; the old one is unknown at once."`
	Delete  keyDelete  `cmd:"" help:"Make a key unknown."`
}

type keyView struct {
	ID         string  `json:"id"`
	Email      string  `json:"email"`
	Name       string  `json:"name"`
	Prefix     string  `json:"prefix"`
	Last4      string  `json:"last4"`
	Enabled    bool    `json:"enabled"`
	CreatedAt  *string `json:"createdAt"`
	RotatedAt  *string `json:"rotatedAt"`
	LastUsedAt *string `json:"lastUsedAt"`
	Token      string  `json:"token,omitempty"` // when it was made just now
}

func viewKey(k account.Key, owner string) keyView {
	return keyView{ID: k.ID, Email: owner, Name: k.Name, Prefix: account.Email.Prefix(), Last4: k.Last4, Enabled: k.Enabled,
		CreatedAt: stamp(k.CreatedAt), RotatedAt: stamp(k.RotatedAt), LastUsedAt: stamp(k.LastUsedAt)}
}

type keyCreate struct {
	Account string `required:"" help:"Address or id of the account."`
	Name    string `required:"" help:"What the key is for."`
}

// Run makes a key.
func (c *keyCreate) Run(a *app) error {
	d, err := a.open()
	if err != nil {
		return err
	}
	var owner account.Account
	var k account.Key
	var token string
	err = d.Write(a.ctx, func(tx *db.Tx) error {
		if owner, err = account.Find(tx, c.Account); err != nil {
			return err
		}
		k, token, err = account.CreateKey(tx, actor, owner, account.Email, c.Name)
		return err
	})
	if err != nil {
		return err
	}
	return printToken(a, k, owner.Email, token)
}

func printToken(a *app, k account.Key, owner, token string) error {
	v := viewKey(k, owner)
	v.Token = token
	return a.print(v, func(w io.Writer) {
		fmt.Fprintf(w, "id\t%s\ntoken\t%s\n\nThe token is stored nowhere; keep it now.\n", k.ID, token)
	})
}

type keyList struct {
	Account string `help:"Address or id of the account; all when left out."`
}

// Run lists keys.
func (c *keyList) Run(a *app) error {
	d, err := a.open()
	if err != nil {
		return err
	}
	owner := ""
	if c.Account != "" {
		err := d.Read(a.ctx, func(tx *db.Tx) error {
			x, err := account.Find(tx, c.Account)
			owner = x.ID
			return err
		})
		if err != nil {
			return err
		}
	}
	store := account.NewStore(d)
	accounts, err := store.List(a.ctx)
	if err != nil {
		return err
	}
	addresses := map[string]string{}
	for _, x := range accounts {
		addresses[x.ID] = x.Email
	}
	keys, err := store.Keys(a.ctx, owner, account.Email)
	if err != nil {
		return err
	}
	list := make([]keyView, 0, len(keys))
	for _, k := range keys {
		list = append(list, viewKey(k, addresses[k.AccountID]))
	}
	return printList(a, list, "There is no key yet; `aviso key create` makes one.", "ID\tACCOUNT\tNAME\tTOKEN\tENABLED\tLAST USED", func(w io.Writer, v keyView) {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s...%s\t%t\t%s\n", v.ID, v.Email, printable(v.Name), v.Prefix, v.Last4, v.Enabled, cell(v.LastUsedAt))
	})
}

// whichKey is the key that a command is about.
type whichKey struct {
	ID string `arg:"" help:"The key's id."`
}

// change does something to the key in one transaction.
func (c *whichKey) change(a *app, do func(*db.Tx, account.Key) error) (k account.Key, owner string, err error) {
	d, err := a.open()
	if err != nil {
		return k, "", err
	}
	err = d.Write(a.ctx, func(tx *db.Tx) error {
		if k, err = account.FindKey(tx, "", c.ID); err != nil {
			return err
		}
		x, err := account.Find(tx, k.AccountID)
		if err != nil {
			return err
		}
		owner = x.Email
		return do(tx, k)
	})
	return k, owner, err
}

type keyDisable struct{ whichKey }

// Run disables a key.
func (c *keyDisable) Run(a *app) error { return c.enable(a, false, "disabled") }

type keyEnable struct{ whichKey }

// Run enables a key.
func (c *keyEnable) Run(a *app) error { return c.enable(a, true, "enabled") }

func (c *whichKey) enable(a *app, enabled bool, word string) error {
	k, owner, err := c.change(a, func(tx *db.Tx, k account.Key) error { return account.EnableKey(tx, actor, k, enabled) })
	if err != nil {
		return err
	}
	k.Enabled = enabled
	return a.print(viewKey(k, owner), func(w io.Writer) { fmt.Fprintf(w, "The key %q of %s is %s.\n", k.Name, owner, word) })
}

type keyRotate struct{ whichKey }

// Run replaces a key's token.
func (c *keyRotate) Run(a *app) error {
	var rotated account.Key
	var token string
	_, owner, err := c.change(a, func(tx *db.Tx, k account.Key) (err error) {
		if token, err = account.RotateKey(tx, actor, k, account.Email); err != nil {
			return err
		}
		rotated, err = account.FindKey(tx, "", k.ID)
		return err
	})
	if err != nil {
		return err
	}
	return printToken(a, rotated, owner, token)
}

type keyDelete struct{ whichKey }

// Run deletes a key.
func (c *keyDelete) Run(a *app) error {
	k, owner, err := c.change(a, func(tx *db.Tx, k account.Key) error { return account.DeleteKey(tx, actor, k) })
	if err != nil {
		return err
	}
	return a.print(map[string]any{"id": k.ID, "deleted": true}, func(w io.Writer) { fmt.Fprintf(w, "The key %q of %s is deleted.\n", k.Name, owner) })
}
