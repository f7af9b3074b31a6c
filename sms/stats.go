package sms

import (
	"context"
	"slices"

	"aviso/db"
	"aviso/numbered"
)

// Day is what became of the texts that an account sent and received on one day.
type Day struct {
	Day         int64 // since 1970, UTC
	Sent        int64 // a gateway took them; with those delivered, without those undelivered
	Delivered   int64 // of Sent
	Undelivered int64
	Failed      int64 // or interrupted
	Unknown     int64
	Received    int64
	Credits     int64 // that its texts have cost, refunds taken off
}

// Stats returns an account's latest days, oldest first, today being the last.
// Days without texts are there. It reads a row for each day and one for each
// text that is being submitted, however many there ever were.
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

// readDays returns the days of an account with texts, from one on.
func readDays(tx *db.Tx, account string, from int64) ([]Day, error) {
	number, received, charged := int64(0), int64(0), int64(0) // where the day ends that is read
	err := tx.Row(`SELECT messages + 1, received, charged FROM sms_accounts WHERE account_id = $1`, []any{account}, &number, &received, &charged)
	if err != nil && !db.IsMissing(err) {
		return nil, err
	}
	carried, err := readCarried(tx, account)
	if err != nil {
		return nil, err
	}
	var days []Day
	err = tx.Rows(`SELECT day, number, received, charged, delivered, undelivered, failed, unknown, refunded FROM sms_days
		WHERE account_id = $1 AND day >= $2 ORDER BY day DESC`, []any{account, from}, func(scan func(...any) error) error {
		var d Day
		var began, receivedBefore, chargedBefore, refunded int64
		if err := scan(&d.Day, &began, &receivedBefore, &chargedBefore, &d.Delivered, &d.Undelivered, &d.Failed, &d.Unknown, &refunded); err != nil {
			return err
		}
		d.Received, d.Credits = received-receivedBefore, charged-chargedBefore-refunded
		d.Sent = number - began - d.Received - d.Undelivered - d.Failed - d.Unknown - carried[d.Day]
		number, received, charged = began, receivedBefore, chargedBefore
		days = append(days, d)
		return nil
	})
	slices.Reverse(days)
	return days, err
}

// readCarried counts the texts of an account that are being submitted now, by
// day. They are few, and SQLite must be kept from walking through the account's
// texts instead of theirs.
func readCarried(tx *db.Tx, account string) (map[int64]int64, error) {
	carried := map[int64]int64{}
	return carried, tx.Rows(`SELECT created_at FROM sms_messages WHERE status = 'sending' AND account_id || '' = $1`, []any{account},
		func(scan func(...any) error) error {
			var at int64
			err := scan(&at)
			carried[at/dayMillis]++
			return err
		})
}

// Numbers are the installation's texts of the last 24 hours, to ten minutes;
// Unknown is of now.
type Numbers struct {
	Accepted, Sent, Delivered, Failed, Received int64 // Sent has the delivered, Failed the undelivered and interrupted
	Unknown                                     int64
}

const recentSums = `COALESCE(SUM(accepted), 0), COALESCE(SUM(received), 0), COALESCE(SUM(delivered), 0), COALESCE(SUM(undelivered), 0),
	COALESCE(SUM(failed), 0), COALESCE(SUM(unknown), 0)`

// recentSince is the first of the periods that the last 24 hours are told from.
func recentSince(now int64) int64 { return (now - dayMillis) / periodMillis }

// Numbers returns them from counters, however many texts there are.
func (s *Service) Numbers(ctx context.Context) (n Numbers, err error) {
	return n, s.db.Read(ctx, func(tx *db.Tx) error {
		now, err := tx.Now()
		if err != nil {
			return err
		}
		var undelivered, unknown, carried int64
		err = tx.Row(`SELECT `+recentSums+` FROM sms_recent WHERE period > $1`, []any{recentSince(now)},
			&n.Accepted, &n.Received, &n.Delivered, &undelivered, &n.Failed, &unknown)
		if err != nil {
			return err
		}
		err = tx.Row(`SELECT (SELECT COUNT(*) FROM sms_messages WHERE status = 'sending'),
			(SELECT COUNT(*) FROM (SELECT 1 FROM sms_messages WHERE status = 'unknown' LIMIT $1) u)`, []any{numbered.UsualReach.Counted}, &carried, &n.Unknown)
		n.Failed += undelivered
		n.Sent = max(0, n.Accepted-n.Failed-unknown-carried)
		return err
	})
}
