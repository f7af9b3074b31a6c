package main

import (
	"fmt"
	"io"
	"strings"

	"aviso/email"
)

type senderCommand struct {
	Add    senderAdd    `cmd:"" help:"Make an address that email can be sent from."`
	Assign senderAssign `cmd:"" help:"Let an account send from an address."`
	List   senderList   `cmd:"" help:"All senders, and who may use them."`
}

type senderView struct {
	ID        string       `json:"id"`
	Address   string       `json:"address"`
	Name      string       `json:"name"`
	Global    bool         `json:"global"`
	Relay     string       `json:"relay"` // empty: any
	Cap       int64        `json:"cap"`
	UsedToday int64        `json:"usedToday"`
	CreatedAt *string      `json:"createdAt"`
	Accounts  []senderUser `json:"accounts"`
}

type senderUser struct {
	ID      string `json:"id"`
	Email   string `json:"email"`
	Default bool   `json:"default"`
}

func viewSender(x email.Sender) senderView {
	v := senderView{ID: x.ID, Address: x.Address, Name: x.DisplayName, Global: x.Global, Relay: x.Relay, Cap: x.DailyCap, UsedToday: x.Used,
		CreatedAt: stamp(x.CreatedAt), Accounts: []senderUser{}}
	for _, user := range x.Accounts {
		v.Accounts = append(v.Accounts, senderUser{user.ID, user.Email, user.Default})
	}
	return v
}

// users says in a few words who may use a sender.
func (v *senderView) users() string {
	var names []string
	if v.Global {
		names = append(names, "all")
	}
	for _, user := range v.Accounts {
		name := user.Email
		if user.Default {
			name += " (default)"
		}
		names = append(names, name)
	}
	return orDash(strings.Join(names, ", "))
}

type senderAdd struct {
	Address string `arg:"" help:"The address."`
	Name    string `help:"Display name when a call gives none."`
	Relay   string `help:"The only relay that it uses; all, in file order, when left out."`
	Cap     int64  `help:"Recipients a day, from 00:00 UTC; 0 is none."`
	Global  bool   `help:"Open to every account."`
}

// Run makes a sender.
func (c *senderAdd) Run(a *app) error {
	s, err := a.operate()
	if err != nil {
		return err
	}
	x, err := s.AddSender(a.ctx, actor, email.NewSender{Address: c.Address, DisplayName: c.Name, Global: c.Global, Relay: c.Relay, DailyCap: c.Cap})
	if err != nil {
		return err
	}
	return a.print(viewSender(x), func(w io.Writer) {
		fmt.Fprintf(w, "id\t%s\naddress\t%s\n", x.ID, x.Address)
		if !x.Global {
			fmt.Fprintf(w, "\nNobody may use it yet: aviso sender assign %s --account ...\n", x.Address)
		}
	})
}

type senderAssign struct {
	Address string `arg:"" help:"The sender's address or id."`
	Account string `required:"" help:"Address or id of the account."`
	Default bool   `help:"What the account sends from when a call names no sender."`
}

type assignView struct {
	Address string `json:"address"`
	Email   string `json:"email"`
	Default bool   `json:"default"`
}

// Run assigns a sender.
func (c *senderAssign) Run(a *app) error {
	s, err := a.operate()
	if err != nil {
		return err
	}
	x, user, err := s.AssignSender(a.ctx, actor, c.Address, c.Account, c.Default)
	if err != nil {
		return err
	}
	return a.print(assignView{x.Address, user.Email, user.Default}, func(w io.Writer) {
		byDefault := ""
		if user.Default {
			byDefault = ", and does when a call names no sender"
		}
		fmt.Fprintf(w, "%s may send from %s%s.\n", user.Email, x.Address, byDefault)
	})
}

type senderList struct{}

// Run lists senders.
func (c *senderList) Run(a *app) error {
	s, err := a.operate()
	if err != nil {
		return err
	}
	senders, err := s.Senders(a.ctx)
	if err != nil {
		return err
	}
	list := make([]senderView, 0, len(senders))
	for _, x := range senders {
		list = append(list, viewSender(x))
	}
	return printList(a, list, "There is no sender yet; `aviso sender add` makes one.", "ADDRESS\tNAME\tRELAY\tCAP\tUSED\tACCOUNTS", func(w io.Writer, v senderView) {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%s\n", v.Address, orDash(printable(v.Name)), orDash(v.Relay), capacity(v.Cap), v.UsedToday, v.users())
	})
}

// capacity is a daily cap in a table.
func capacity(n int64) string {
	if n == 0 {
		return "-"
	}
	return fmt.Sprint(n)
}
