package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"aviso/inbox"
)

type inboxCommand struct {
	List inboxList `cmd:"" help:"The latest captured messages."`
	Show inboxShow `cmd:"" help:"One message as it would have gone out."`
}

type inboxList struct {
	Limit int64 `default:"20" help:"How many."`
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
	list := make([]map[string]any, 0, len(mails))
	for _, m := range mails {
		list = append(list, map[string]any{"id": m.ID, "messageId": m.MessageID, "from": m.From, "to": m.To, "subject": m.Subject, "receivedAt": clock(m.ReceivedAt)})
	}
	return a.print(list, func(w io.Writer) {
		if len(mails) == 0 {
			fmt.Fprintln(w, "Nothing was captured yet.")
			return
		}
		fmt.Fprintln(w, "MESSAGE\tRECEIVED\tTO\tSUBJECT")
		for _, m := range mails {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", m.MessageID, clock(m.ReceivedAt), printable(strings.Join(m.To, ", ")), printable(m.Subject))
		}
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
	_, err = a.out.Write(data)
	return err
}

// clock writes milliseconds UTC as a person and a machine can read them.
func clock(ms int64) string {
	if ms == 0 {
		return ""
	}
	return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.000Z")
}

// printable keeps what others wrote from steering the operator's terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 127 || r >= 0x80 && r < 0xa0 || r == 0x2028 || r == 0x2029 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return '?'
		}
		return r
	}, s)
}
