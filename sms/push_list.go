package sms

import (
	"context"

	"aviso/db"
	"aviso/fault"
)

// Push is one call of a webhook.
type Push struct {
	ID         string
	MessageID  string // "" for a test
	Test       bool
	At         int64  // when it was asked for, milliseconds UTC
	StartedAt  int64  // 0 while it waits
	FinishedAt int64  // 0 while it is not over
	Status     int64  // what the webhook answered; 0 if it did not
	Error      string // why there is no answer
	MS         int64  // how long it took
	Answer     string // the beginning of the answer's body
}

const pushColumns = `id, message_id, is_test, due_at, COALESCE(started_at, 0), COALESCE(finished_at, 0), status, error, ms, answer`

func scanPush(scan func(...any) error) (p Push, err error) {
	err = scan(&p.ID, &p.MessageID, &p.Test, &p.At, &p.StartedAt, &p.FinishedAt, &p.Status, &p.Error, &p.MS, &p.Answer)
	return p, err
}

// PushList is a part of a shortcode's pushes, newest first.
type PushList struct {
	Items  []Push
	Total  int64
	Capped bool // there are more than Total
}

// pushesCounted is up to where pushes are counted.
const pushesCounted = 10_000

// Pushes returns pushes of a shortcode, newest first: limit of them behind
// offset, or behind the one with the id before. An account other than "" must
// own the shortcode.
func (s *Service) Pushes(ctx context.Context, account, shortcode, before string, offset, limit int64) (PushList, error) {
	list := PushList{Items: []Push{}}
	return list, s.db.Read(ctx, func(tx *db.Tx) error {
		if _, err := s.findShortcode(tx, account, shortcode); err != nil {
			return err
		}
		err := tx.Row(`SELECT COUNT(*) FROM (SELECT 1 FROM sms_pushes WHERE shortcode_id = $1 LIMIT $2) AS counted`,
			[]any{shortcode, pushesCounted + 1}, &list.Total)
		if err != nil {
			return err
		}
		if list.Total > pushesCounted {
			list.Total, list.Capped = pushesCounted, true
		}
		if before == "" {
			before = "g" // behind every id, which are hexadecimal
		} else {
			offset = 0
		}
		return tx.Rows(`SELECT `+pushColumns+` FROM sms_pushes WHERE shortcode_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3 OFFSET $4`,
			[]any{shortcode, before, limit, offset}, func(scan func(...any) error) error {
				p, err := scanPush(scan)
				list.Items = append(list.Items, p)
				return err
			})
	})
}

// What a test push says. The number is of the range that fiction may use.
const (
	testSender     = "+12025550123"
	testContent    = "This is a test."
	testsPerMinute = 10
)

// TestPush has a shortcode's webhook called with a made-up text, and returns
// the call as it begins; Pushes tells how it ends. NO_WEBHOOK (409) when there
// is none, 429 after ten a minute.
func (s *Service) TestPush(ctx context.Context, account, shortcode string) (p Push, err error) {
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		c, err := s.findShortcode(tx, account, shortcode)
		if err != nil {
			return err
		}
		if c.WebhookURL == "" {
			return fault.New(fault.Conflict, "NO_WEBHOOK", c.Code+" has no webhook to call.")
		}
		if f := s.in.tests.Take(c.ID); f != nil {
			f.Message = "Too many tests of this shortcode in the last 60 seconds. Wait as long as Retry-After says."
			return f
		}
		now, err := tx.Now()
		if err != nil {
			return err
		}
		p = Push{ID: db.NewID(), Test: true, At: now}
		_, err = tx.Exec(`INSERT INTO sms_pushes (id, message_id, shortcode_id, url, due_at, status, error, ms, answer, is_test)
			VALUES ($1, '', $2, $3, $4, 0, '', 0, '', TRUE)`, p.ID, c.ID, c.WebhookURL, now)
		return err
	})
	if err == nil {
		s.in.pushLoop.Wake()
	}
	return p, err
}
