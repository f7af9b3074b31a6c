package main

import (
	"context"
	"fmt"
	"io"

	"aviso/account"
	"aviso/db"
	"aviso/sms"
)

type shortcodeCommand struct {
	Add    shortcodeAdd    `cmd:"" help:"Give an account a shortcode."`
	List   shortcodeList   `cmd:"" help:"All shortcodes, and whether they are active."`
	Delete shortcodeDelete `cmd:"" help:"Take a shortcode away; it stays reserved for its account for 90 days."`
}

type shortcodeView struct {
	ID         string  `json:"id"`
	Email      string  `json:"email"`
	Code       string  `json:"code"`
	WebhookURL *string `json:"webhookUrl"`
	Active     bool    `json:"active"`
	LastStatus *int64  `json:"lastStatus"` // what the webhook answered last
	CreatedAt  *string `json:"createdAt"`
	Secret     string  `json:"secret,omitempty"` // when it was made just now
}

func viewShortcode(c sms.Shortcode, owner string) shortcodeView {
	v := shortcodeView{ID: c.ID, Email: owner, Code: c.Code, Active: c.Active, CreatedAt: stamp(c.CreatedAt)}
	if c.WebhookURL != "" {
		v.WebhookURL = &c.WebhookURL
	}
	if c.LastStatus != 0 {
		v.LastStatus = &c.LastStatus
	}
	return v
}

type shortcodeAdd struct {
	whoseSMS
	Code    string  `arg:"" help:"The word, in lower case."`
	Webhook *string `help:"URL that texts are pushed to; they are only listed when left out."`
	Secret  *string `help:"What the webhook is sent as auth; generated and printed when left out."`
}

// Run makes a shortcode.
func (c *shortcodeAdd) Run(a *app) error {
	s, err := a.operateTexts()
	if err != nil {
		return err
	}
	if err := checkSecretKey(a.ctx, a.database, string(a.config.Secrets.KeyPath)); err != nil {
		return err
	}
	x, err := c.find(a, a.database)
	if err != nil {
		return err
	}
	made, secret, err := s.CreateShortcode(a.ctx, actor, x.ID, sms.NewShortcode{Code: c.Code, WebhookURL: c.Webhook, Secret: c.Secret})
	if err != nil {
		return err
	}
	v := viewShortcode(made, x.Email)
	if c.Secret == nil {
		v.Secret = secret
	}
	return a.print(v, func(w io.Writer) {
		fmt.Fprintf(w, "id\t%s\ncode\t%s\n", v.ID, v.Code)
		if v.Secret != "" {
			fmt.Fprintf(w, "secret\t%s\n\nThe secret is shown nowhere again; keep it now.\n", v.Secret)
		}
	})
}

type shortcodeList struct {
	Account string `help:"Address or id of the account; all when left out."`
}

// Run lists shortcodes.
func (c *shortcodeList) Run(a *app) error {
	s, err := a.operateTexts()
	if err != nil {
		return err
	}
	var owner account.Account
	if c.Account != "" {
		if owner, err = (&whoseSMS{c.Account}).find(a, a.database); err != nil {
			return err
		}
	}
	codes, err := s.Shortcodes(a.ctx, owner.ID)
	if err != nil {
		return err
	}
	owners, err := addressesOfAccounts(a.ctx, a.database)
	if err != nil {
		return err
	}
	list := make([]shortcodeView, 0, len(codes))
	for _, x := range codes {
		list = append(list, viewShortcode(x, owners[x.Account]))
	}
	return printList(a, list, "There is no shortcode yet; `aviso shortcode add` makes one.", "CODE\tACCOUNT\tACTIVE\tWEBHOOK\tLAST STATUS", func(w io.Writer, v shortcodeView) {
		status := "-"
		if v.LastStatus != nil {
			status = fmt.Sprint(*v.LastStatus)
		}
		fmt.Fprintf(w, "%s\t%s\t%t\t%s\t%s\n", v.Code, v.Email, v.Active, printable(cell(v.WebhookURL)), status)
	})
}

type shortcodeDelete struct {
	Code string `arg:"" help:"The word, or its id."`
}

// Run deletes a shortcode.
func (c *shortcodeDelete) Run(a *app) error {
	s, err := a.operateTexts()
	if err != nil {
		return err
	}
	find := s.ShortcodeByCode
	if db.IsID(c.Code) { // longer than any code
		find = func(ctx context.Context, id string) (sms.Shortcode, error) { return s.Shortcode(ctx, "", id) }
	}
	x, err := find(a.ctx, c.Code)
	if err != nil {
		return err
	}
	if err := s.DeleteShortcode(a.ctx, actor, "", x.ID); err != nil {
		return err
	}
	return a.print(map[string]any{"id": x.ID, "deleted": true}, func(w io.Writer) { fmt.Fprintf(w, "The shortcode %s is deleted.\n", x.Code) })
}
