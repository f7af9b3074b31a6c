package email

import (
	"context"
	"slices"

	"aviso/credit"
	"aviso/db"
)

// Day is what became of the messages that an account had accepted on one day.
// Queued holds those that are being carried as well, Other the unknown,
// interrupted and cancelled ones.
type Day struct {
	Day                                   int64 // since 1970, UTC
	Accepted, Sent, Failed, Queued, Other int64
	Credits                               int64 // charged on this day, refunds taken off
}

// Stats returns an account's latest days, oldest first, today being the last.
// Days without messages are there. It reads a row for each day and one for each
// message that is being carried, however many there ever were.
func (s *Service) Stats(ctx context.Context, account string, days int64) ([]Day, error) {
	list := make([]Day, days)
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		now, err := tx.Now()
		if err != nil {
			return err
		}
		first := now/dayMillis - days + 1
		known, err := readDays(tx, account, first)
		for i := range list {
			list[i].Day = first + int64(i)
		}
		for _, d := range known {
			if at := d.Day - first; at < days { // a test's clock may have gone back
				list[at] = d
			}
		}
		return err
	})
	return list, err
}

// readDays returns the days of an account with messages, from one on.
func readDays(tx *db.Tx, account string, from int64) ([]Day, error) {
	log, err := logs.Of(tx, account)
	if err != nil {
		return nil, err
	}
	balance, err := credit.Read(tx, account, credit.Email)
	if err != nil {
		return nil, err
	}
	carried, err := readCarried(tx, account)
	if err != nil {
		return nil, err
	}
	var days []Day
	number, spent := log.Last+1, balance.Spent // where the day ends that is read
	err = tx.Rows(`SELECT day, number, spent, queued, failed, other FROM email_days WHERE account_id = $1 AND day >= $2 ORDER BY day DESC`,
		[]any{account, from}, func(scan func(...any) error) error {
			var d Day
			var began, spentBefore int64
			if err := scan(&d.Day, &began, &spentBefore, &d.Queued, &d.Failed, &d.Other); err != nil {
				return err
			}
			d.Accepted, d.Credits = number-began, spent-spentBefore
			d.Queued += carried[d.Day]
			d.Sent = d.Accepted - d.Queued - d.Failed - d.Other
			number, spent = began, spentBefore
			days = append(days, d)
			return nil
		})
	slices.Reverse(days)
	return days, err
}

// readCarried counts the messages of an account that are being carried now, by
// day. They are few, and SQLite must be kept from walking through the account's
// messages instead of theirs.
func readCarried(tx *db.Tx, account string) (map[int64]int64, error) {
	carried := map[int64]int64{}
	return carried, tx.Rows(`SELECT created_at FROM email_messages WHERE status = 'sending' AND account_id || '' = $1`, []any{account},
		func(scan func(...any) error) error {
			var at int64
			err := scan(&at)
			carried[at/dayMillis]++
			return err
		})
}

// Totals is an account's email at a glance.
type Totals struct {
	SenderDefault string // what it sends from when a call names no sender
	Credits       credit.Balance
	Keys          int64 // not deleted
	SentToday     int64 // of the messages accepted since 00:00 UTC
	Sent, Failed  int64 // over all time
	Queued        int64 // now, with those that are being carried
	Now           int64 // milliseconds UTC
}

// Totals returns an account's totals. They are told from the statistics: no
// message is read but those that are being carried.
func (s *Service) Totals(ctx context.Context, account string) (Totals, error) {
	t := Totals{SenderDefault: InstallationSender(s.domain)}
	err := s.db.Read(ctx, func(tx *db.Tx) (err error) {
		if t.Now, err = tx.Now(); err != nil {
			return err
		}
		if t.Credits, err = credit.Read(tx, account, credit.Email); err != nil {
			return err
		}
		days, err := readDays(tx, account, 0)
		for _, d := range days {
			t.Sent, t.Failed, t.Queued = t.Sent+d.Sent, t.Failed+d.Failed, t.Queued+d.Queued
			if d.Day == t.Now/dayMillis {
				t.SentToday = d.Sent
			}
		}
		if err != nil {
			return err
		}
		return tx.Row(`SELECT (SELECT COUNT(*) FROM api_keys WHERE account_id = $1 AND product = 'email' AND deleted_at IS NULL),
			COALESCE((SELECT s.address FROM email_accounts e JOIN email_senders s ON s.id = e.default_sender_id WHERE e.account_id = $2), $3)`,
			[]any{account, account, t.SenderDefault}, &t.Keys, &t.SenderDefault)
	})
	return t, err
}
