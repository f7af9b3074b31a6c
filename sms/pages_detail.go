package sms

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"aviso/credit"
	"aviso/db"
	"aviso/transport"
)

// TextDetail is all that is known about one text.
type TextDetail struct {
	Message
	Standing string // where it stands, in one sentence
	Attempts []Attempt
	Push     *Push // of a received text whose shortcode had a webhook
	Credits  []credit.Entry
}

// Attempt is one gateway that a text was taken to.
type Attempt struct {
	Gateway    string
	Outcome    string // of transport.Outcome: taken, refused, later or unknown
	Code       string
	Words      string
	StartedAt  int64 // milliseconds UTC
	DurationMS int64
}

// Text returns one text of an account with all that is known about it. A foreign
// id is as missing as one that never was.
func (s *Service) Text(ctx context.Context, account, id string) (*TextDetail, error) {
	m, err := s.Message(ctx, account, id)
	if err != nil {
		return nil, err
	}
	d := &TextDetail{Message: *m, Attempts: []Attempt{}}
	err = s.db.Read(ctx, func(tx *db.Tx) (err error) {
		if d.Credits, err = credit.Entries(tx, []string{chargeRef(id), refundRef(id)}); err != nil {
			return err
		}
		slices.SortFunc(d.Credits, func(x, y credit.Entry) int { return cmp.Compare(x.Number, y.Number) })
		err = tx.Rows(`SELECT gateway, outcome, code, words, started_at, duration_ms FROM sms_attempts WHERE message_id = $1 ORDER BY number`, []any{id},
			func(scan func(...any) error) error {
				var a Attempt
				err := scan(&a.Gateway, &a.Outcome, &a.Code, &a.Words, &a.StartedAt, &a.DurationMS)
				d.Attempts = append(d.Attempts, a)
				return err
			})
		if err != nil {
			return err
		}
		return tx.Rows(`SELECT `+pushColumns+` FROM sms_pushes WHERE message_id = $1 ORDER BY id LIMIT 1`, []any{id}, func(scan func(...any) error) error {
			p, err := scanPush(scan)
			d.Push = &p
			return err
		})
	})
	if len(d.Segments) > 0 {
		d.Attempts = append(d.Attempts, d.submitted())
	}
	d.Standing = d.standing()
	return d, err
}

// submitted is the attempt that took something of the text, or may have: its
// segments tell of it, with what receipts have said of them since.
func (d *TextDetail) submitted() Attempt {
	outcomes := map[SegmentState]transport.Outcome{SegmentTaken: transport.Taken, SegmentWaiting: transport.Later,
		SegmentRefused: transport.Refused, SegmentUnknown: transport.Unknown}
	a := Attempt{Gateway: d.Segments[0].Gateway, StartedAt: d.Segments[0].SubmittedAt}
	worst := transport.Taken
	for _, g := range d.Segments {
		if o := outcomes[g.State]; worst == transport.Taken && o != transport.Taken {
			worst, a.Code, a.Words = o, g.Code, g.Words
		}
		a.DurationMS = max(a.DurationMS, g.AnsweredAt-a.StartedAt)
	}
	if last := d.Segments[len(d.Segments)-1]; worst == transport.Taken {
		a.Code, a.Words = last.Code, last.Words
	}
	a.Outcome = worst.String()
	return a
}

// standing says where a text stands.
func (d *TextDetail) standing() string {
	gateway := "the gateway"
	if d.Gateway != "" {
		gateway = "gateway " + d.Gateway
	}
	switch d.Status {
	case Sending:
		return "Being handed to " + gateway + " now."
	case Sent:
		return "Sent: " + gateway + " took it; nothing was reported about its delivery yet."
	case Delivered:
		return "Delivered, says the network."
	case Undelivered:
		return "Undelivered, says the network" + reason(d.undelivered()) + " It is not refunded."
	case Failed:
		return "Failed" + reason(d.LastError) + " The credits were refunded."
	case Unknown:
		return "Unknown: " + gateway + " may have taken it. A report or the operator settles it; until then it stays charged."
	case Interrupted:
		return "Interrupted: the server stopped before the call was answered; " + gateway + " may have taken it. The credits were refunded."
	case Received:
		return d.received()
	}
	return string(d.Status)
}

// reason ends a sentence with why, if that is known.
func reason(words string) string {
	words = strings.TrimRight(words, ". ")
	if words == "" {
		return "."
	}
	return ": " + words + "."
}

// undelivered is what was reported of the segment that did not arrive.
func (d *TextDetail) undelivered() string {
	for _, g := range d.Segments {
		if g.Standing() == "undelivered" {
			return cmp.Or(string(g.Receipt), g.Code)
		}
	}
	return ""
}

func (d *TextDetail) received() string {
	switch p := d.Push; {
	case d.Account == "":
		return "Received for nobody."
	case p == nil:
		return "Received for " + d.Shortcode + "; no webhook was to be called."
	case p.FinishedAt == 0:
		return "Received for " + d.Shortcode + "; its webhook is being called."
	case p.Status != 0:
		return fmt.Sprintf("Received for %s; its webhook answered %d.", d.Shortcode, p.Status)
	default:
		return "Received for " + d.Shortcode + "; its webhook did not answer" + reason(p.Error)
	}
}
