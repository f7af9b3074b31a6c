package sms

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"
	"unicode"

	"aviso/audit"
	"aviso/db"
	"aviso/fault"
)

// Shortcode is a first word by which texts come to an account.
type Shortcode struct {
	ID         string
	Account    string
	Code       string
	WebhookURL string // "" when texts are only listed
	Active     bool   // texts that come now are pushed
	CreatedAt  int64  // milliseconds UTC
	LastStatus int64  // what the webhook answered last; 0 if it did not
}

// NewShortcode is what a shortcode is made from.
type NewShortcode struct {
	Code       string
	WebhookURL *string // nil for none
	Secret     *string // nil for a new one
}

// Edit is what a change says about one field: nothing, null, or a value.
type Edit struct {
	Given bool
	Value *string // nil: null
}

// ShortcodeChange is a change to a shortcode's webhook. A null URL removes it,
// a null secret makes a new one.
type ShortcodeChange struct{ WebhookURL, Secret Edit }

// codeReservedFor is how long a deleted shortcode is kept for its account:
// people go on texting it.
const codeReservedFor = 90 * 24 * time.Hour

// CreateShortcode gives an account a shortcode, and returns the secret that its
// webhook will be sent, which is shown nowhere again. The faults are
// SHORTCODE_RESERVED (400), SHORTCODE_LIMIT (403) and SHORTCODE_TAKEN (409).
func (s *Service) CreateShortcode(ctx context.Context, actor, account string, n NewShortcode) (Shortcode, string, error) {
	c := Shortcode{ID: db.NewID(), Account: account, Code: n.Code}
	if f := checkCode(n.Code); f != nil {
		return c, "", f
	}
	if err := s.setURL(&c, Edit{Given: n.WebhookURL != nil, Value: n.WebhookURL}); err != nil {
		return c, "", err
	}
	secret, err := newSecret(n.Secret)
	if err != nil {
		return c, "", err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		now, err := tx.Now()
		if err != nil {
			return err
		}
		used, limit, err := s.lockShortcodes(tx, account, now)
		if err != nil {
			return err
		}
		if used >= limit {
			return fault.New(fault.Forbidden, "SHORTCODE_LIMIT", s.limitMessage(limit))
		}
		if err := checkFree(tx, c.Code, account, now); err != nil {
			return err
		}
		c.CreatedAt, c.Active = now, true
		sealed, err := s.in.seal(c.ID, secret)
		if err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO sms_shortcodes (id, account_id, code, webhook_url, secret, created_at) VALUES ($1, $2, $3, $4, $5, $6)`,
			c.ID, account, c.Code, c.WebhookURL, sealed, now)
		if db.IsConflict(err) {
			return errTaken(c.Code)
		}
		if err != nil {
			return err
		}
		return audit.Append(tx, audit.Entry{Actor: actor, Action: "shortcode.create", Subject: c.ID, Detail: c.Code})
	})
	return c, secret, err
}

// ChangeShortcode changes a shortcode's webhook, and returns the secret when it
// is another now. An account other than "" must own the shortcode.
func (s *Service) ChangeShortcode(ctx context.Context, actor, account, id string, change ShortcodeChange) (c Shortcode, secret string, err error) {
	if change.Secret.Given {
		if secret, err = newSecret(change.Secret.Value); err != nil {
			return c, "", err
		}
	}
	err = s.db.Write(ctx, func(tx *db.Tx) (err error) {
		if c, err = s.findShortcode(tx, account, id); err != nil {
			return err
		}
		if err := s.setURL(&c, change.WebhookURL); err != nil {
			return err
		}
		if _, err = tx.Exec(`UPDATE sms_shortcodes SET webhook_url = $1 WHERE id = $2`, c.WebhookURL, c.ID); err != nil {
			return err
		}
		if change.Secret.Given {
			sealed, err := s.in.seal(c.ID, secret)
			if err != nil {
				return err
			}
			if _, err = tx.Exec(`UPDATE sms_shortcodes SET secret = $1 WHERE id = $2`, sealed, c.ID); err != nil {
				return err
			}
		}
		return audit.Append(tx, audit.Entry{Actor: actor, Action: "shortcode.change", Subject: c.ID, Detail: c.Code})
	})
	return c, secret, err
}

// DeleteShortcode takes a shortcode from its account, for which it stays
// reserved. What was not pushed yet is not pushed any more.
func (s *Service) DeleteShortcode(ctx context.Context, actor, account, id string) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		c, err := s.findShortcode(tx, account, id)
		if err != nil {
			return err
		}
		now, err := tx.Now()
		if err != nil {
			return err
		}
		if _, err := tx.Exec(`UPDATE sms_shortcodes SET deleted_at = $1 WHERE id = $2`, now, c.ID); err != nil {
			return err
		}
		return audit.Append(tx, audit.Entry{Actor: actor, Action: "shortcode.delete", Subject: c.ID, Detail: c.Code})
	})
}

// checkCode says why a word can be nobody's shortcode.
func checkCode(code string) *fault.Error {
	if !codeForm.MatchString(code) {
		return fault.Field("INVALID_REQUEST", "code",
			"A shortcode has 2 to 20 characters of a-z, 0-9, _ and -, in lower case, and begins and ends with a letter or digit.")
	}
	if reservedWord(code) != reservedNot {
		return fault.Field("SHORTCODE_RESERVED", "code", code+" is a reserved word; choose another.")
	}
	return nil
}

// checkFree says whether somebody has a shortcode, or had it until lately.
func checkFree(tx *db.Tx, code, account string, now int64) error {
	var taken bool
	err := tx.Row(`SELECT EXISTS (SELECT 1 FROM sms_shortcodes WHERE code = $1 AND deleted_at IS NULL)
		OR EXISTS (SELECT 1 FROM sms_shortcodes WHERE code = $2 AND deleted_at > $3 AND account_id <> $4)`,
		[]any{code, code, now - codeReservedFor.Milliseconds(), account}, &taken)
	if err == nil && taken {
		return errTaken(code)
	}
	return err
}

func errTaken(code string) *fault.Error {
	f := fault.New(fault.Conflict, "SHORTCODE_TAKEN", "The shortcode "+code+" is taken.")
	f.Field = "code"
	return f
}

// lockShortcodes returns how many shortcodes an account has and how many it may
// have, and lets nobody else add one meanwhile.
func (s *Service) lockShortcodes(tx *db.Tx, account string, now int64) (used, limit int, err error) {
	var prime int64
	err = tx.Row(`SELECT COALESCE(prime_until, 0) FROM accounts WHERE id = $1 {lock}`, []any{account}, &prime)
	if db.IsMissing(err) {
		return 0, 0, fault.New(fault.NotFound, "NOT_FOUND", "There is no such account.")
	}
	if err != nil {
		return 0, 0, err
	}
	err = tx.Row(`SELECT COUNT(*) FROM sms_shortcodes WHERE account_id = $1 AND deleted_at IS NULL`, []any{account}, &used)
	return used, s.in.shortcodes(prime, now), err
}

func (s *Service) limitMessage(limit int) string {
	noun := "shortcodes"
	if limit == 1 {
		noun = "shortcode"
	}
	text := fmt.Sprintf("The account may have %d %s", limit, noun)
	if limit < s.in.PrimeShortcodes {
		return text + fmt.Sprintf("; with Prime it is %d.", s.in.PrimeShortcodes)
	}
	return text + "."
}

// setURL puts an edit of the webhook's URL into c.
func (s *Service) setURL(c *Shortcode, e Edit) error {
	switch {
	case !e.Given:
		return nil
	case e.Value == nil:
		c.WebhookURL = ""
		return nil
	}
	if problem := s.urlProblem(*e.Value); problem != "" {
		return fault.Field("INVALID_REQUEST", "webhookUrl", problem)
	}
	c.WebhookURL = *e.Value
	return nil
}

func (s *Service) urlProblem(text string) string {
	u, err := url.Parse(text)
	switch {
	case text == "":
		return "The webhook's URL is empty; leave it out, or send null to remove it."
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || len(text) > 2000 || strings.ContainsFunc(text, unicode.IsSpace):
		return "The webhook's URL must look like https://example.com/sms and have at most 2000 characters."
	case u.User != nil:
		return "The webhook's URL must hold no user name or password; the webhook is sent its own secret."
	case s.in.CheckURL == nil:
		return ""
	}
	if err := s.in.CheckURL(text); err != nil {
		return err.Error()
	}
	return ""
}
