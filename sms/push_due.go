package sms

import (
	"context"
	"slices"

	"aviso/db"
	"aviso/nexthop"
)

// walkShortcodes goes from shortcode to shortcode in the index of what waits,
// instead of reading everybody's backlog.
const walkShortcodes = `WITH RECURSIVE c(id) AS (
		SELECT MIN(shortcode_id) FROM sms_pushes WHERE started_at IS NULL AND finished_at IS NULL
		UNION ALL
		SELECT (SELECT MIN(p.shortcode_id) FROM sms_pushes p WHERE p.started_at IS NULL AND p.finished_at IS NULL AND p.shortcode_id > c.id)
		FROM c WHERE c.id IS NOT NULL)
	`

const dueShortcodes = walkShortcodes + `SELECT id FROM c WHERE id IS NOT NULL`

const duePushes = `SELECT p.id, p.url, p.is_test, s.account_id, p.message_id, s.code, s.secret, COALESCE(s.deleted_at, 0), COALESCE(m.peer, ''), COALESCE(m.content, '')
	FROM sms_pushes p JOIN sms_shortcodes s ON s.id = p.shortcode_id LEFT JOIN sms_messages m ON m.id = p.message_id
	WHERE p.shortcode_id = $1 AND p.started_at IS NULL AND p.finished_at IS NULL AND p.due_at <= $2 ORDER BY p.due_at, p.id LIMIT $3`

// duePushes finds what may be pushed now: in turn over the shortcodes that have
// something waiting, those with the fewest under way first, the oldest of each.
func (s *Service) duePushes(ctx context.Context) (found []*pushing, err error) {
	room := s.in.pushing.room()
	if room <= 0 || s.in.Pusher == nil {
		return nil, nil // a push that ends wakes the loop
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		now, err := tx.Now()
		if err != nil {
			return err
		}
		codes, err := waitingShortcodes(tx)
		if err != nil || len(codes) == 0 {
			return err
		}
		if held, err := nexthop.IsHeld(tx); err != nil || held {
			return err
		}
		codes = slices.DeleteFunc(codes, func(id string) bool { return s.in.pushing.roomFor(id) <= 0 })
		slices.SortStableFunc(codes, func(a, b string) int { return s.in.pushing.roomFor(b) - s.in.pushing.roomFor(a) })
		share := max(1, room/max(1, len(codes)))
		for _, id := range codes {
			if len(found) >= room {
				break
			}
			list, err := s.readDue(tx, id, now, min(share, room-len(found), s.in.pushing.roomFor(id)))
			if err != nil {
				return err
			}
			found = append(found, list...)
		}
		return nil
	})
	return found, err
}

func waitingShortcodes(tx *db.Tx) (codes []string, err error) {
	err = tx.Rows(dueShortcodes, nil, func(scan func(...any) error) error {
		var id string
		err := scan(&id)
		codes = append(codes, id)
		return err
	})
	return codes, err
}

func (s *Service) readDue(tx *db.Tx, shortcode string, now int64, limit int) (list []*pushing, err error) {
	err = tx.Rows(duePushes, []any{shortcode, now, limit}, func(scan func(...any) error) error {
		w := &pushing{s: s, shortcode: shortcode}
		var test bool
		var code, sender, content string
		var secret []byte
		var deleted int64
		if err := scan(&w.id, &w.url, &test, &w.account, &w.message, &code, &secret, &deleted, &sender, &content); err != nil {
			return err
		}
		if test {
			sender, content = testSender, testContent
		}
		auth, err := s.in.open(shortcode, secret)
		switch {
		case deleted != 0:
			w.problem = "the shortcode was deleted before its turn came"
		case err != nil:
			s.log.Error("the secret of a webhook does not open; nothing is pushed to it", "shortcode", code, "error", err)
			w.problem = "the webhook's secret cannot be read; ask the operator, or make a new one"
		}
		w.body = pushBody(sender, auth, code, content)
		list = append(list, w)
		return nil
	})
	return list, err
}
