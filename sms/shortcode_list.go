package sms

import (
	"context"

	"aviso/db"
	"aviso/fault"
)

const shortcodeColumns = `SELECT c.id, c.account_id, c.code, c.webhook_url, c.created_at, COALESCE(a.prime_until, 0),
		a.suspended_at IS NOT NULL OR COALESCE(s.status, '') = 'suspended',
		(SELECT COUNT(*) FROM sms_shortcodes o WHERE o.account_id = c.account_id AND o.deleted_at IS NULL AND (o.created_at, o.id) < (c.created_at, c.id)),
		COALESCE((SELECT p.status FROM sms_pushes p WHERE p.shortcode_id = c.id AND p.finished_at IS NOT NULL ORDER BY p.id DESC LIMIT 1), 0)
	FROM sms_shortcodes c JOIN accounts a ON a.id = c.account_id LEFT JOIN sms_accounts s ON s.account_id = c.account_id
	WHERE c.deleted_at IS NULL `

func (s *Service) scanShortcode(scan func(...any) error, now int64) (c Shortcode, err error) {
	var f codeFacts
	err = scan(&c.ID, &c.Account, &c.Code, &c.WebhookURL, &c.CreatedAt, &f.primeUntil, &f.suspended, &f.older, &c.LastStatus)
	c.Active = s.in.codes.active(&f, now)
	return c, err
}

// findShortcode returns a shortcode by its id. A foreign one is as missing as
// one that never was.
func (s *Service) findShortcode(tx *db.Tx, account, id string) (c Shortcode, err error) {
	missing := fault.New(fault.NotFound, "NOT_FOUND", "There is no such shortcode.")
	if !db.IsID(id) {
		return c, missing
	}
	now, err := tx.Now()
	if err != nil {
		return c, err
	}
	c, err = s.scanShortcode(func(dest ...any) error {
		return tx.Row(shortcodeColumns+`AND c.id = $1 AND ($2 = '' OR c.account_id = $3)`, []any{id, account, account}, dest...)
	}, now)
	if db.IsMissing(err) {
		return c, missing
	}
	return c, err
}

// Shortcode returns a shortcode of an account, or of any with "".
func (s *Service) Shortcode(ctx context.Context, account, id string) (c Shortcode, err error) {
	return c, s.db.Read(ctx, func(tx *db.Tx) (err error) {
		c, err = s.findShortcode(tx, account, id)
		return err
	})
}

// ShortcodeByCode returns the shortcode that is called so, for the operator.
func (s *Service) ShortcodeByCode(ctx context.Context, code string) (c Shortcode, err error) {
	list, err := s.listShortcodes(ctx, `AND c.code = $1`, code)
	if err == nil && len(list) == 0 {
		err = fault.New(fault.NotFound, "NOT_FOUND", "There is no shortcode "+plain(code, 40)+".")
	}
	if err != nil {
		return c, err
	}
	return list[0], nil
}

// Shortcodes returns the shortcodes of an account, or of all with "", oldest
// first: the first of an account are active, as many as it may have.
func (s *Service) Shortcodes(ctx context.Context, account string) ([]Shortcode, error) {
	if account == "" {
		return s.listShortcodes(ctx, `ORDER BY c.created_at, c.id`)
	}
	return s.listShortcodes(ctx, `AND c.account_id = $1 ORDER BY c.created_at, c.id`, account)
}

func (s *Service) listShortcodes(ctx context.Context, where string, args ...any) ([]Shortcode, error) {
	list := []Shortcode{}
	return list, s.db.Read(ctx, func(tx *db.Tx) error {
		now, err := tx.Now()
		if err != nil {
			return err
		}
		return tx.Rows(shortcodeColumns+where, args, func(scan func(...any) error) error {
			c, err := s.scanShortcode(scan, now)
			list = append(list, c)
			return err
		})
	})
}

// ShortcodeCount returns how many shortcodes an account has, and how many it may
// have now.
func (s *Service) ShortcodeCount(ctx context.Context, account string) (used, limit int, err error) {
	return used, limit, s.db.Read(ctx, func(tx *db.Tx) error {
		now, err := tx.Now()
		if err != nil {
			return err
		}
		var prime int64
		err = tx.Row(`SELECT COALESCE(a.prime_until, 0), (SELECT COUNT(*) FROM sms_shortcodes c WHERE c.account_id = a.id AND c.deleted_at IS NULL)
			FROM accounts a WHERE a.id = $1`, []any{account}, &prime, &used)
		if db.IsMissing(err) {
			return fault.New(fault.NotFound, "NOT_FOUND", "There is no such account.")
		}
		limit = s.in.shortcodes(prime, now)
		return err
	})
}
