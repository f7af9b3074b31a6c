package sms

import (
	"context"
	"fmt"
	"time"

	"aviso/db"
	"aviso/transport"
)

// sweepPoll is how often what dead nodes left behind is looked for.
const sweepPoll = 10 * time.Second

// How long what is over is kept. Replies decide about later ones for a day, and
// are shown to the operator for a while.
const (
	keepNarrowRepeats = time.Hour // they mean something for ten minutes
	keepReplies       = 30 * 24 * time.Hour
	sweepRows         = 500
)

// sweepInbound ends what was marked by nodes that are gone, which is never done
// again, and removes what has no meaning any more.
func (s *Service) sweepInbound(ctx context.Context) (time.Duration, error) {
	if err := s.endMarked(ctx, pushDead.Milliseconds()); err != nil {
		return 0, err
	}
	return sweepPoll, s.removeOld(ctx)
}

// endMarked ends pushes and replies that were marked at least age milliseconds
// ago and have no outcome.
func (s *Service) endMarked(ctx context.Context, age int64) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		now, err := tx.Now()
		if err != nil {
			return err
		}
		_, err = tx.Exec(`UPDATE sms_pushes SET finished_at = $1, error = 'the server stopped while it was pushed; the webhook may have it'
			WHERE finished_at IS NULL AND started_at <= $2`, now, now-age)
		if err != nil {
			return err
		}
		_, err = tx.Exec(`UPDATE sms_auto_replies SET finished_at = $1, outcome = $2, words = 'the server stopped while it was sent'
			WHERE finished_at IS NULL AND started_at <= $3`, now, transport.Unknown.String(), now-age)
		if err != nil {
			return err
		}
		// Replies that no node of this installation has a gateway for, too.
		_, err = tx.Exec(`UPDATE sms_auto_replies SET finished_at = $1, outcome = $2, words = 'an hour had passed'
			WHERE finished_at IS NULL AND started_at IS NULL AND due_at <= $3`, now, transport.Later.String(), now-replyStale.Milliseconds())
		return err
	})
}

// removeOld removes a page of each kind; the next page has to wait for the next
// sweep, so that nothing else waits for this.
func (s *Service) removeOld(ctx context.Context) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		now, err := tx.Now()
		if err != nil {
			return err
		}
		for _, old := range []struct {
			query string
			keep  time.Duration
		}{
			{`DELETE FROM sms_repeats WHERE id IN (SELECT id FROM sms_repeats WHERE bind <> '' AND seen_at < $1 ORDER BY seen_at LIMIT $2)`, keepNarrowRepeats},
			{`DELETE FROM sms_repeats WHERE id IN (SELECT id FROM sms_repeats WHERE bind = '' AND seen_at < $1 ORDER BY seen_at LIMIT $2)`, keepRepeats},
			{`DELETE FROM sms_auto_replies WHERE id IN (SELECT id FROM sms_auto_replies WHERE kind = 'unknown' AND due_at < $1 AND finished_at IS NOT NULL
				ORDER BY due_at LIMIT $2)`, keepReplies},
			{`DELETE FROM sms_auto_replies WHERE id IN (SELECT id FROM sms_auto_replies WHERE kind = 'help' AND due_at < $1 AND finished_at IS NOT NULL
				ORDER BY due_at LIMIT $2)`, keepReplies},
		} {
			if _, err := tx.Exec(old.query, now-old.keep.Milliseconds(), sweepRows); err != nil {
				return err
			}
		}
		if s.keepLogs == 0 {
			return nil
		}
		_, err = tx.Exec(`DELETE FROM sms_pushes WHERE id IN (SELECT id FROM sms_pushes WHERE id < $1 AND finished_at IS NOT NULL ORDER BY id LIMIT $2)`,
			idAt(now-s.keepLogs.Milliseconds()), sweepRows)
		return err
	})
}

// idAt is where the ids that are made at a moment begin (RFC 9562, 5.7), so
// that what is old is found in the order of ids.
func idAt(ms int64) string {
	h := fmt.Sprintf("%012x", max(ms, 0))
	return h[:8] + "-" + h[8:]
}
