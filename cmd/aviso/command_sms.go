package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"aviso/account"
	"aviso/db"
	"aviso/fault"
	"aviso/inbox"
	"aviso/sms"
)

type smsCommand struct {
	Approve smsApprove `cmd:"" help:"Let an account use SMS, with its starter credits, and print a token if it has none."`
	Rotate  smsRotate  `cmd:"" help:"Replace an account's SMS token; the old one is unknown at once."`
	Unknown smsUnknown `cmd:"" help:"Texts of which nobody knows whether they left."`
	Inject  smsInject  `cmd:"" help:"Make a text come in through the sandbox."`
}

// whoseSMS is the account that a command is about.
type whoseSMS struct {
	Account string `required:"" help:"Address or id of the account."`
}

func (c *whoseSMS) find(a *app, d *db.DB) (x account.Account, err error) {
	return x, d.Read(a.ctx, func(tx *db.Tx) (err error) {
		x, err = account.Find(tx, c.Account)
		return err
	})
}

type smsTokenView struct {
	ID     string `json:"id"` // the account's: it has one token
	Email  string `json:"email"`
	Status string `json:"status"`
	Token  string `json:"token,omitempty"` // when it was made just now
}

func (v *smsTokenView) text(w io.Writer) {
	fmt.Fprintf(w, "account\t%s\nstatus\t%s\n", v.Email, v.Status)
	if v.Token != "" {
		fmt.Fprintf(w, "token\t%s\n\nThe token is stored nowhere; keep it now.\n", v.Token)
	}
}

type smsApprove struct{ whoseSMS }

// Run approves an account.
func (c *smsApprove) Run(a *app) error {
	return c.change(a, func(s *sms.Service, x account.Account) (string, error) {
		return s.ApproveAccount(a.ctx, actor, x.ID)
	})
}

type smsRotate struct{ whoseSMS }

// Run replaces an account's token.
func (c *smsRotate) Run(a *app) error {
	return c.change(a, func(_ *sms.Service, x account.Account) (token string, err error) {
		err = a.database.Write(a.ctx, func(tx *db.Tx) (err error) {
			token, err = account.RotateSMSToken(tx, actor, x)
			return err
		})
		return token, err
	})
}

// change has f change the account, and shows where it stands then, with the
// token if f made one.
func (c *whoseSMS) change(a *app, f func(*sms.Service, account.Account) (token string, err error)) error {
	s, err := a.operateTexts()
	if err != nil {
		return err
	}
	x, err := c.find(a, a.database)
	if err != nil {
		return err
	}
	token, err := f(s, x)
	if err != nil {
		return err
	}
	standing, err := s.Standing(a.ctx, x.ID)
	if err != nil {
		return err
	}
	v := smsTokenView{ID: x.ID, Email: x.Email, Status: standing.Status, Token: token}
	return a.print(v, v.text)
}

type smsUnknown struct {
	List   unknownList   `cmd:"" help:"The oldest first."`
	Settle unknownSettle `cmd:"" help:"Say what became of them."`
}

type unknownList struct {
	After string `placeholder:"ID" help:"Go on behind this id."`
	Limit int    `default:"100" help:"How many."`
}

type unknownView struct {
	ID        string  `json:"id"`
	Email     string  `json:"email"`
	To        string  `json:"to"`
	Gateway   string  `json:"gateway"`
	Charged   int64   `json:"charged"`
	LastError string  `json:"lastError"`
	CreatedAt *string `json:"createdAt"`
}

// Run lists texts whose fate is unknown.
func (c *unknownList) Run(a *app) error {
	s, err := a.operateTexts()
	if err != nil {
		return err
	}
	texts, err := s.Unknown(a.ctx, c.After, c.Limit)
	if err != nil {
		return err
	}
	owners, err := addressesOfAccounts(a.ctx, a.database)
	if err != nil {
		return err
	}
	list := make([]unknownView, 0, len(texts))
	for _, m := range texts {
		list = append(list, unknownView{m.ID, owners[m.Account], m.Peer, m.Gateway, m.Charged, m.LastError, stamp(m.CreatedAt)})
	}
	return printList(a, list, "No text's fate is unknown.", "ID\tACCOUNT\tTO\tGATEWAY\tSENT\tLAST ERROR", func(w io.Writer, v unknownView) {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", v.ID, v.Email, v.To, v.Gateway, cell(v.CreatedAt), orDash(printable(v.LastError)))
	})
}

// addressesOfAccounts returns each account's address by its id.
func addressesOfAccounts(ctx context.Context, d *db.DB) (map[string]string, error) {
	accounts, err := account.NewStore(d).List(ctx)
	addresses := map[string]string{}
	for _, x := range accounts {
		addresses[x.ID] = x.Email
	}
	return addresses, err
}

type unknownSettle struct {
	IDs     []string `arg:"" name:"id" help:"Of the texts."`
	Outcome string   `required:"" enum:"sent,failed" help:"sent, or failed, which refunds."`
}

type settledView struct {
	ID       string `json:"id"`
	Outcome  string `json:"outcome,omitempty"` // empty when it was not settled
	Refunded int64  `json:"refunded"`
	Error    string `json:"error,omitempty"`
}

// Run settles texts. It fails if one could not be, and says which.
func (c *unknownSettle) Run(a *app) error {
	s, err := a.operateTexts()
	if err != nil {
		return err
	}
	settled, err := s.Settle(a.ctx, actor, c.IDs, sms.Status(c.Outcome))
	if err != nil {
		return err
	}
	list := make([]settledView, 0, len(settled))
	for _, x := range settled {
		v := settledView{ID: x.ID, Outcome: c.Outcome, Refunded: x.Refunded}
		if x.Fault != nil {
			v.Outcome, v.Error, err = "", x.Fault.Message, errAnswered
		}
		list = append(list, v)
	}
	printed := printList(a, list, "", "ID\tOUTCOME\tREFUNDED\tERROR", func(w io.Writer, v settledView) {
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\n", printable(v.ID), orDash(v.Outcome), v.Refunded, orDash(v.Error))
	})
	if printed != nil {
		return printed
	}
	return err
}

type smsInject struct {
	From    string `required:"" help:"The number that it comes from."`
	Text    string `required:"" help:"What it says: a shortcode, and the rest."`
	Gateway string `help:"Which sandbox; the first when left out."`
}

// Run makes a text come in. A running server pushes it on and answers it.
func (c *smsInject) Run(a *app) error {
	s, err := a.operateTexts()
	if err != nil {
		return err
	}
	configured, err := c.sandbox(a.config)
	if err != nil {
		return err
	}
	box := newSandboxGateway(a.config, configured, inbox.NewTextStore(a.database, int64(a.config.Retention.Sandbox)), s)
	defer box.Close()
	if err := box.Inject(a.ctx, strings.TrimSpace(c.From), c.Text); err != nil {
		return err
	}
	return a.print(map[string]string{"from": c.From, "gateway": configured.Name}, func(w io.Writer) {
		fmt.Fprintf(w, "The text came in through %s.\n", configured.Name)
	})
}

// sandbox is the gateway that a text comes in through.
func (c *smsInject) sandbox(config *Config) (*GatewayConfig, error) {
	for i := range config.SMS.Gateway {
		if g := &config.SMS.Gateway[i]; g.Kind == sandboxKind && (c.Gateway == "" || c.Gateway == g.Name) {
			return g, nil
		}
	}
	if c.Gateway != "" {
		return nil, fault.New(fault.NotFound, "NOT_FOUND", fmt.Sprintf("There is no sandbox gateway %q in the configuration.", c.Gateway))
	}
	return nil, fault.New(fault.NotFound, "NOT_FOUND", "The configuration has no gateway of the kind sandbox, which texts could be injected into.")
}
