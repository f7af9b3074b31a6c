package main

import (
	"fmt"
	"io"
	"time"

	"aviso/account"
	"aviso/db"
	"aviso/fault"
)

type accountCommand struct {
	Create    accountCreate    `cmd:"" help:"Make an account."`
	List      accountList      `cmd:"" help:"All accounts."`
	Suspend   accountSuspend   `cmd:"" help:"Stop an account's keys and hold its queued mail."`
	Unsuspend accountUnsuspend `cmd:"" help:"Let a suspended account send again."`
	Password  accountPassword  `cmd:"" help:"Set a new password."`
	Prime     accountPrime     `cmd:"" help:"Set when an account's Prime ends."`
}

type accountView struct {
	ID          string  `json:"id"`
	Email       string  `json:"email"`
	Name        string  `json:"name"`
	Admin       bool    `json:"admin"`
	Suspended   bool    `json:"suspended"`
	SuspendedAt *string `json:"suspendedAt"`
	PrimeUntil  *string `json:"primeUntil"`
	CreatedAt   *string `json:"createdAt"`
	Password    string  `json:"password,omitempty"` // when it was generated just now
	Resumed     *int64  `json:"resumed,omitempty"`  // messages whose clock goes on
}

func viewAccount(x account.Account) accountView {
	return accountView{ID: x.ID, Email: x.Email, Name: x.Name, Admin: x.Admin, Suspended: x.SuspendedAt != 0,
		SuspendedAt: stamp(x.SuspendedAt), PrimeUntil: stamp(x.PrimeUntil), CreatedAt: stamp(x.CreatedAt)}
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
	p, err := choosePassword(a, c.Password)
	if err != nil {
		return err
	}
	var made account.Account
	err = d.Write(a.ctx, func(tx *db.Tx) (err error) {
		made, err = account.Create(tx, actor, account.New{Email: c.Email, PasswordHash: p.hash, Admin: c.Admin, MustChangePassword: p.generated != ""})
		return err
	})
	if err != nil {
		return err
	}
	return printPassword(a, made, p)
}

// password is one to be stored, and its text if nobody has seen it yet.
type password struct{ hash, generated string }

// choosePassword takes the password that was typed, or makes one.
func choosePassword(a *app, typed string) (p password, err error) {
	text := typed
	if text == "" {
		p.generated = generatePassword()
		text = p.generated
	}
	p.hash, err = account.NewPasswords(1).Hash(a.ctx, text)
	return p, err
}

func printPassword(a *app, x account.Account, p password) error {
	v := viewAccount(x)
	v.Password = p.generated
	return a.print(v, func(w io.Writer) {
		fmt.Fprintf(w, "id\t%s\nemail\t%s\n", v.ID, v.Email)
		if p.generated != "" {
			fmt.Fprintf(w, "password\t%s  (to be changed)\n", p.generated)
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
	list := make([]accountView, 0, len(accounts))
	for _, x := range accounts {
		list = append(list, viewAccount(x))
	}
	return printList(a, list, "There is no account yet; `aviso account create` makes one.", "ID\tEMAIL\tROLE\tSUSPENDED\tPRIME UNTIL", func(w io.Writer, v accountView) {
		role := "customer"
		if v.Admin {
			role = "admin"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", v.ID, v.Email, role, cell(v.SuspendedAt), cell(v.PrimeUntil))
	})
}

// whose is the account that a command is about.
type whose struct {
	Email string `required:"" aliases:"account" help:"Address or id of the account."`
}

type accountSuspend struct{ whose }

// Run suspends an account.
func (c *accountSuspend) Run(a *app) error {
	x, err := c.change(a, func(tx *db.Tx, x account.Account) error { return account.Suspend(tx, actor, x) })
	if err != nil {
		return err
	}
	v := viewAccount(x)
	return a.print(v, func(w io.Writer) {
		fmt.Fprintf(w, "%s is suspended since %s. Its keys answer 403 and its queued mail waits, with its clock stopped.\n", v.Email, cell(v.SuspendedAt))
	})
}

// change does something to the account in one transaction and returns how it
// is afterwards.
func (c *whose) change(a *app, do func(*db.Tx, account.Account) error) (x account.Account, err error) {
	d, err := a.open()
	if err != nil {
		return x, err
	}
	err = d.Write(a.ctx, func(tx *db.Tx) error {
		if x, err = account.Find(tx, c.Email); err != nil {
			return err
		}
		if err := do(tx, x); err != nil {
			return err
		}
		x, err = account.Find(tx, x.ID)
		return err
	})
	return x, err
}

type accountUnsuspend struct{ whose }

// Run lets an account send again.
func (c *accountUnsuspend) Run(a *app) error {
	s, err := a.operate()
	if err != nil {
		return err
	}
	x, resumed, err := s.Unsuspend(a.ctx, actor, c.Email)
	if err != nil {
		return err
	}
	v := viewAccount(x)
	v.Resumed = &resumed
	return a.print(v, func(w io.Writer) {
		fmt.Fprintf(w, "%s may send. Queued messages whose clock goes on: %d.\n", v.Email, resumed)
	})
}

type accountPassword struct {
	whose
	Password string `help:"Generated and printed when left out."`
}

// Run sets a new password.
func (c *accountPassword) Run(a *app) error {
	p, err := choosePassword(a, c.Password)
	if err != nil {
		return err
	}
	x, err := c.change(a, func(tx *db.Tx, x account.Account) error {
		return account.SetPassword(tx, actor, x, p.hash, p.generated != "")
	})
	if err != nil {
		return err
	}
	return printPassword(a, x, p)
}

type accountPrime struct {
	whose
	Until string `required:"" help:"A date (from 00:00 UTC on it is over) or a time as in RFC 3339."`
}

// Run sets the end of an account's Prime.
func (c *accountPrime) Run(a *app) error {
	until, err := time.Parse(time.DateOnly, c.Until)
	if err != nil {
		until, err = time.Parse(time.RFC3339, c.Until)
	}
	if err != nil {
		return fault.Field("INVALID_REQUEST", "until", "The date must look like 2027-01-31, or like 2027-01-31T12:00:00Z.")
	}
	x, err := c.change(a, func(tx *db.Tx, x account.Account) error { return account.SetPrime(tx, actor, x, until.UnixMilli()) })
	if err != nil {
		return err
	}
	v := viewAccount(x)
	return a.print(v, func(w io.Writer) { fmt.Fprintf(w, "%s has Prime until %s.\n", v.Email, cell(v.PrimeUntil)) })
}
