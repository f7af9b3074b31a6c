package sms

import (
	"context"

	"aviso/account"
	"aviso/credit"
	"aviso/db"
	"aviso/nexthop"
)

// Glance is an account's SMS at a glance.
type Glance struct {
	Standing
	Sender            string            // what its texts come from; "" if no gateway is configured
	Token             *account.SMSToken // nil until it was made
	Credits           int64
	Shortcodes        int // stored
	ShortcodesAllowed int // active at a time
	Prime             bool
	Held              bool // all sending is on hold
}

// Glance returns it.
func (s *Service) Glance(ctx context.Context, accountID string) (g Glance, err error) {
	return g, s.db.Read(ctx, func(tx *db.Tx) error {
		now, err := tx.Now()
		if err != nil {
			return err
		}
		a, err := account.Find(tx, accountID)
		if err != nil {
			return err
		}
		if g.Standing, err = readStanding(tx, a.ID); err != nil {
			return err
		}
		g.Prime = a.PrimeUntil != 0 && now < a.PrimeUntil+s.in.PrimeGrace.Milliseconds()
		g.ShortcodesAllowed = s.in.shortcodes(a.PrimeUntil, now)
		if len(s.gateways) > 0 {
			g.Sender = s.senderOf(s.gateways[0])
		}
		if t, has, err := account.FindSMSToken(tx, a.ID); err != nil {
			return err
		} else if has {
			g.Token = &t
		}
		b, err := credit.Read(tx, a.ID, credit.SMS)
		if err != nil {
			return err
		}
		g.Credits = b.Credits
		if g.Held, err = nexthop.IsHeld(tx); err != nil {
			return err
		}
		return tx.Row(`SELECT COUNT(*) FROM sms_shortcodes WHERE account_id = $1 AND deleted_at IS NULL`, []any{a.ID}, &g.Shortcodes)
	})
}

// RotateToken makes an account's first token, or another in place of the one it
// has, which is unknown at once. SMS_NOT_ENABLED (403) before its application is
// approved.
func (s *Service) RotateToken(ctx context.Context, actor, accountID string) (token string, err error) {
	return token, s.db.Write(ctx, func(tx *db.Tx) error {
		a, err := account.Find(tx, accountID)
		if err != nil {
			return err
		}
		st, err := readStanding(tx, a.ID)
		if err != nil {
			return err
		}
		if st.Status != applicationApproved {
			return errNotEnabled
		}
		token, err = account.RotateSMSToken(tx, actor, a)
		return err
	})
}

var statusesOf = db.NewMany(`SELECT account_id, status FROM sms_accounts WHERE account_id IN ({{$1}})`)

// Statuses returns whether accounts may use SMS, by their ids; one that has
// never applied is not there.
func (s *Service) Statuses(ctx context.Context, accounts []string) (map[string]string, error) {
	list := map[string]string{}
	args := make([]any, len(accounts))
	for i, id := range accounts {
		args[i] = id
	}
	return list, s.db.Read(ctx, func(tx *db.Tx) error {
		return tx.Each(statusesOf, args, func(scan func(...any) error) error {
			var id, status string
			err := scan(&id, &status)
			list[id] = status
			return err
		})
	})
}
