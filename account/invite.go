package account

import (
	"context"
	"time"

	"aviso/audit"
	"aviso/db"
	"aviso/fault"
)

const inviteLasts = 14 * 24 * time.Hour

// Invite lets one stranger register.
type Invite struct {
	ID        string
	Email     string // whom it is for; "" for whoever has it
	CreatedBy string // the operator's account
	CreatedAt int64  // milliseconds UTC
	ExpiresAt int64
	UsedAt    int64  // 0 if it was not
	UsedBy    string // the address of the account that came of it
}

// CreateInvite makes an invite and returns its token, which is stored nowhere.
// With an email it is good for that address only.
func CreateInvite(tx *db.Tx, actor, email string) (v Invite, token string, err error) {
	if email != "" {
		if email, err = normalise(email); err != nil {
			return v, "", err
		}
	}
	now, err := tx.Now()
	if err != nil {
		return v, "", err
	}
	token = newSecret()
	v = Invite{ID: db.NewID(), Email: email, CreatedBy: actor, CreatedAt: now, ExpiresAt: now + inviteLasts.Milliseconds()}
	_, err = tx.Exec(`INSERT INTO invites (id, hash, email, created_by, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)`,
		v.ID, hashToken(token), v.Email, v.CreatedBy, v.CreatedAt, v.ExpiresAt)
	if err != nil {
		return v, "", err
	}
	return v, token, audit.Append(tx, audit.Entry{Actor: actor, Action: "invite.create", Subject: v.ID, Detail: v.Email})
}

// Invites returns limit invites from offset on, newest first and older than the
// one with the id before, if it is not "", and how many there are in all.
func (s *Store) Invites(ctx context.Context, limit, offset int64, before string) (list []Invite, total int64, err error) {
	list = []Invite{}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		if err := tx.Row(`SELECT COUNT(*) FROM invites`, nil, &total); err != nil {
			return err
		}
		return tx.Rows(`SELECT i.id, i.email, i.created_by, i.created_at, i.expires_at, COALESCE(i.used_at, 0), COALESCE(a.email, '')
			FROM invites i LEFT JOIN accounts a ON a.id = i.used_by WHERE $1 = '' OR i.id < $1
			ORDER BY i.id DESC LIMIT $2 OFFSET $3`, []any{before, limit, offset}, func(scan func(...any) error) error {
			var v Invite
			err := scan(&v.ID, &v.Email, &v.CreatedBy, &v.CreatedAt, &v.ExpiresAt, &v.UsedAt, &v.UsedBy)
			list = append(list, v)
			return err
		})
	})
	return list, total, err
}

var errWrongGuest = fault.Field("INVALID_REQUEST", "email", "This invite is for another address.")

// checkInvite says whether an invite is good for an address.
func checkInvite(tx *db.Tx, token, email string) error {
	now, err := tx.Now()
	if err != nil {
		return err
	}
	var guest string
	err = tx.Row(`SELECT email FROM invites WHERE hash = $1 AND used_at IS NULL AND expires_at > $2`, []any{hashToken(token), now}, &guest)
	switch {
	case db.IsMissing(err):
		return errUninvited
	case err == nil && guest != "" && guest != email:
		return errWrongGuest
	}
	return err
}

// useInvite uses an invite up: of two that bring it at once, one gets through.
func useInvite(tx *db.Tx, token string, a Account) error {
	if err := checkInvite(tx, token, a.Email); err != nil {
		return err
	}
	n, err := tx.Exec(`UPDATE invites SET used_at = $1, used_by = $2 WHERE hash = $3 AND used_at IS NULL`, a.CreatedAt, a.ID, hashToken(token))
	if err == nil && n == 0 {
		err = errUninvited
	}
	return err
}

// InviteURL leads to the registration with an invite's token filled in. It
// stands behind a #, which browsers keep to themselves.
func (r *Reception) InviteURL(token string) string {
	return r.c.PublicURL + "/register#invite=" + token
}
