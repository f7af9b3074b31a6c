package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"aviso/inbox"
)

type inboxCommand struct {
	List  inboxList  `cmd:"" help:"The latest captured email."`
	Show  inboxShow  `cmd:"" help:"One email as it would have gone out."`
	Texts inboxTexts `cmd:"" help:"The latest texts, captured and injected."`
}

type inboxList struct {
	Limit int64 `default:"20" help:"How many."`
}

type mailView struct {
	ID         string   `json:"id"`
	MessageID  string   `json:"messageId"`
	From       string   `json:"from"`
	To         []string `json:"to"`
	Subject    string   `json:"subject"`
	ReceivedAt *string  `json:"receivedAt"`
}

// Run lists captured messages.
func (c *inboxList) Run(a *app) error {
	d, err := a.open()
	if err != nil {
		return err
	}
	mails, err := inbox.NewStore(d, 0).List(a.ctx, "", c.Limit)
	if err != nil {
		return err
	}
	list := make([]mailView, 0, len(mails))
	for _, m := range mails {
		list = append(list, mailView{m.ID, m.MessageID, m.From, m.To, m.Subject, stamp(m.ReceivedAt)})
	}
	return printList(a, list, "Nothing was captured yet.", "MESSAGE\tRECEIVED\tTO\tSUBJECT", func(w io.Writer, m mailView) {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", m.MessageID, *m.ReceivedAt, printable(strings.Join(m.To, ", ")), printable(m.Subject))
	})
}

type inboxShow struct {
	ID string `arg:"" help:"The message's id."`
}

// Run prints one captured message.
func (c *inboxShow) Run(a *app) error {
	d, err := a.open()
	if err != nil {
		return err
	}
	data, err := inbox.NewStore(d, 0).Data(a.ctx, c.ID)
	if err != nil {
		return err
	}
	if data == nil {
		return errors.New("the sandbox has no message " + c.ID)
	}
	if a.json {
		return a.print(map[string]string{"id": c.ID, "source": string(data)}, nil)
	}
	_, err = a.out.Write(data)
	return err
}

type inboxTexts struct {
	Limit int64 `default:"20" help:"How many."`
}

type capturedText struct {
	ID         string  `json:"id"`
	Gateway    string  `json:"gateway"`
	MessageID  string  `json:"messageId"`
	Direction  string  `json:"direction"`
	From       string  `json:"from"`
	To         string  `json:"to"`
	Content    string  `json:"content"`
	Segments   int64   `json:"segments"`
	ReceivedAt *string `json:"receivedAt"`
}

// Run lists texts that went through a sandbox gateway.
func (c *inboxTexts) Run(a *app) error {
	d, err := a.open()
	if err != nil {
		return err
	}
	texts, err := inbox.NewTextStore(d, 0).List(a.ctx, "", c.Limit)
	if err != nil {
		return err
	}
	list := make([]capturedText, 0, len(texts))
	for _, t := range texts {
		list = append(list, capturedText{t.ID, t.Gateway, t.MessageID, string(t.Direction), t.From, t.To, t.Content, t.Segments, stamp(t.ReceivedAt)})
	}
	return printList(a, list, "Nothing was captured yet.", "RECEIVED\tWAY\tFROM\tTO\tCONTENT", func(w io.Writer, t capturedText) {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", *t.ReceivedAt, t.Direction, printable(t.From), printable(t.To), printable(t.Content))
	})
}
