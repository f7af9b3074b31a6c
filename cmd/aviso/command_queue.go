package main

import (
	"fmt"
	"io"

	"aviso/email"
)

type queueCommand struct {
	List    queueList    `cmd:"" help:"Messages that wait, are being carried, or whose fate is unknown."`
	Retry   queueRetry   `cmd:"" help:"Make a queued message due now."`
	Cancel  queueCancel  `cmd:"" help:"Take a message out of the queue and refund it."`
	Settle  queueSettle  `cmd:"" help:"Say what became of recipients whose fate is unknown."`
	Hold    queueHold    `cmd:"" help:"Stop all sending; the 24 hours stand still."`
	Release queueRelease `cmd:"" help:"Undo hold."`
}

type queueList struct {
	State string `enum:",queued,sending,unknown" default:"" help:"queued, sending or unknown; all when left out."`
	Relay string `help:"Only messages that this relay was tried for last, or whose cap they wait for."`
	After string `placeholder:"ID" help:"Go on behind this id."`
	Limit int    `default:"100" help:"How many."`
}

type queuedView struct {
	ID         string  `json:"id"`
	Email      string  `json:"email"`
	Status     string  `json:"status"`
	From       string  `json:"from"`
	Recipients int64   `json:"recipients"`
	Relay      string  `json:"relay"`
	WaitsFor   string  `json:"waitsFor"`
	Attempts   int64   `json:"attempts"`
	LastError  string  `json:"lastError"`
	CreatedAt  *string `json:"createdAt"`
	DueAt      *string `json:"dueAt"`
	ExpiresAt  *string `json:"expiresAt"`
}

// Run lists the queue.
func (c *queueList) Run(a *app) error {
	s, err := a.operate()
	if err != nil {
		return err
	}
	hold, err := s.Hold(a.ctx)
	if err != nil {
		return err
	}
	messages, err := s.Queue(a.ctx, email.QueueFilter{Status: email.Status(c.State), Relay: c.Relay, After: c.After, Limit: c.Limit})
	if err != nil {
		return err
	}
	list := make([]queuedView, 0, len(messages))
	for _, m := range messages {
		list = append(list, queuedView{m.ID, m.AccountEmail, string(m.Status), m.From, m.Recipients, m.Relay, m.WaitsFor, m.Attempts, m.LastError,
			stamp(m.CreatedAt), stamp(m.DueAt), stamp(m.ExpiresAt)})
	}
	if hold.Since != 0 && !a.json {
		fmt.Fprintf(a.out, "Sending is on hold since %s: %s\n", clock(hold.Since), printable(hold.Reason))
	}
	return printList(a, list, "Nothing waits.", "ID\tSTATUS\tACCOUNT\tRELAY\tWAITS FOR\tDUE\tATTEMPTS\tLAST ERROR", func(w io.Writer, v queuedView) {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%d\t%s\n", v.ID, v.Status, v.Email, orDash(v.Relay), orDash(v.WaitsFor), cell(v.DueAt), v.Attempts,
			orDash(printable(v.LastError)))
	})
}

// whichMessage is the message that a command is about.
type whichMessage struct {
	ID string `arg:"" help:"The message's id."`
}

type messageView struct {
	ID       string `json:"id"`
	Status   string `json:"status,omitempty"`
	Outcome  string `json:"outcome,omitempty"`
	Refunded *int64 `json:"refunded,omitempty"`
}

type queueRetry struct{ whichMessage }

// Run makes a message due.
func (c *queueRetry) Run(a *app) error {
	s, err := a.operate()
	if err != nil {
		return err
	}
	if err := s.Retry(a.ctx, actor, c.ID); err != nil {
		return err
	}
	return a.print(messageView{ID: c.ID, Status: string(email.Queued)}, func(w io.Writer) {
		fmt.Fprintln(w, "The message is due now; a running server takes it up within seconds.")
	})
}

type queueCancel struct{ whichMessage }

// Run cancels a message.
func (c *queueCancel) Run(a *app) error {
	s, err := a.operate()
	if err != nil {
		return err
	}
	refunded, err := s.CancelAs(a.ctx, actor, c.ID)
	if err != nil {
		return err
	}
	return a.print(messageView{ID: c.ID, Status: string(email.Cancelled), Refunded: &refunded}, func(w io.Writer) {
		fmt.Fprintf(w, "The message is cancelled. Credits refunded: %d.\n", refunded)
	})
}

type queueSettle struct {
	whichMessage
	Outcome string `required:"" enum:"sent,failed" help:"sent, or failed, which refunds."`
}

// Run settles unknown recipients.
func (c *queueSettle) Run(a *app) error {
	s, err := a.operate()
	if err != nil {
		return err
	}
	refunded, err := s.Settle(a.ctx, actor, c.ID, email.Status(c.Outcome))
	if err != nil {
		return err
	}
	return a.print(messageView{ID: c.ID, Outcome: c.Outcome, Refunded: &refunded}, func(w io.Writer) {
		fmt.Fprintf(w, "The unknown recipients are settled as %s. Credits refunded: %d.\n", c.Outcome, refunded)
	})
}

type queueHold struct {
	Reason string `default:"by the operator" help:"For whoever wonders later."`
}

type holdView struct {
	Held      bool    `json:"held"`
	Since     *string `json:"since,omitempty"`
	Reason    string  `json:"reason,omitempty"`
	Resumed   *int64  `json:"resumed,omitempty"`
	Cancelled *int64  `json:"cancelled,omitempty"`
}

// Run holds all sending.
func (c *queueHold) Run(a *app) error {
	s, err := a.operate()
	if err != nil {
		return err
	}
	h, err := s.HoldSending(a.ctx, actor, c.Reason)
	if err != nil {
		return err
	}
	return a.print(holdView{Held: true, Since: stamp(h.Since), Reason: h.Reason}, func(w io.Writer) {
		fmt.Fprintf(w, "Sending is on hold since %s: %s\n", clock(h.Since), printable(h.Reason))
	})
}

type queueRelease struct {
	CancelQueued bool `help:"Cancel and refund everything queued instead of sending it."`
}

// Run ends the hold.
func (c *queueRelease) Run(a *app) error {
	s, err := a.operate()
	if err != nil {
		return err
	}
	r, err := s.ReleaseSending(a.ctx, actor, c.CancelQueued)
	if err != nil {
		return err
	}
	return a.print(holdView{Resumed: &r.Resumed, Cancelled: &r.Cancelled}, func(w io.Writer) {
		fmt.Fprintf(w, "Sending goes on. Messages cancelled: %d, whose clock goes on: %d.\n", r.Cancelled, r.Resumed)
	})
}
