package account

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"strings"
	"time"
	"unicode"

	"aviso/db"
	"aviso/fault"
)

// How long a session lasts: SessionIdle after it was last used, and never
// longer than SessionLife.
const (
	SessionIdle = 14 * 24 * time.Hour
	SessionLife = 90 * 24 * time.Hour
)

const (
	seenEvery      = time.Minute // last-seen is written no more often
	sessionsAtMost = 50          // of one account; the one unused the longest goes
	maxUserAgent   = 300         // bytes of what a browser says of itself
)

// Session is one place where an account is signed in.
type Session struct {
	ID        string
	IP        string // where it was last used from
	UserAgent string
	CreatedAt int64 // milliseconds UTC
	SeenAt    int64 // to the minute
}

// Place is where a call comes from, for the owner to recognise.
type Place struct{ IP, UserAgent string }

// ErrUnauthenticated is the answer to a call without a session.
var ErrUnauthenticated = fault.New(fault.Unauthorized, "UNAUTHENTICATED", "Sign in first: there is no session, or it has ended.")

// Sessions knows who is signed in, over all nodes.
type Sessions struct{ db *db.DB }

// NewSessions returns the sessions in d.
func NewSessions(d *db.DB) *Sessions { return &Sessions{d} }

// newSecret returns 256 random bits as 43 characters that are fit for cookies
// and links.
func newSecret() string {
	var b [32]byte
	rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// OpenSession signs an account in and returns the token, which is stored
// nowhere.
func OpenSession(tx *db.Tx, accountID string, p Place) (token string, err error) {
	now, err := tx.Now()
	if err != nil {
		return "", err
	}
	token = newSecret()
	_, err = tx.Exec(`INSERT INTO sessions (id, account_id, hash, ip, user_agent, created_at, seen_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		db.NewID(), accountID, hashToken(token), p.IP, readable(p.UserAgent), now, now)
	if err != nil {
		return "", err
	}
	_, err = tx.Exec(`DELETE FROM sessions WHERE account_id = $1 AND id NOT IN
		(SELECT id FROM sessions WHERE account_id = $1 ORDER BY seen_at DESC, id DESC LIMIT $2)`, accountID, sessionsAtMost)
	return token, err
}

// readable is what both databases can keep, and a page can show, of what a
// stranger has sent.
func readable(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	if len(s) > maxUserAgent {
		s = strings.ToValidUTF8(s[:maxUserAgent], "")
	}
	return s
}

// endSessions ends the sessions of an account but the one with the id except.
func endSessions(tx *db.Tx, accountID, except string) error {
	_, err := tx.Exec(`DELETE FROM sessions WHERE account_id = $1 AND id <> $2`, accountID, except)
	return err
}

// Visit is one use of a session.
type Visit struct {
	Account Account
	Session Session
	Now     int64 // the database's time, milliseconds UTC
}

// Look returns whose session a token is, or ErrUnauthenticated. It leaves no
// trace: what a page asks for by itself keeps no session alive.
func (s *Sessions) Look(ctx context.Context, token string) (v Visit, err error) {
	if len(token) != base64.RawURLEncoding.EncodedLen(32) {
		return v, ErrUnauthenticated
	}
	err = s.db.Read(ctx, func(tx *db.Tx) (err error) {
		if v.Now, err = tx.Now(); err != nil {
			return err
		}
		v.Account, err = scanAccount(func(dest ...any) error {
			dest = append([]any{&v.Session.ID, &v.Session.IP, &v.Session.UserAgent, &v.Session.CreatedAt, &v.Session.SeenAt}, dest...)
			return tx.Row(`SELECT s.id, s.ip, s.user_agent, s.created_at, s.seen_at, `+columns+` FROM sessions s JOIN accounts a ON a.id = s.account_id
				WHERE s.hash = $1 AND s.seen_at > $2 AND s.created_at > $3`,
				[]any{hashToken(token), v.Now - SessionIdle.Milliseconds(), v.Now - SessionLife.Milliseconds()}, dest...)
		})
		return err
	})
	if db.IsMissing(err) {
		return Visit{}, ErrUnauthenticated
	}
	return v, err
}

// Use is Look for a call that its owner makes, from the address ip: the session
// lives on.
func (s *Sessions) Use(ctx context.Context, token, ip string) (Visit, error) {
	v, err := s.Look(ctx, token)
	if err != nil || v.Now-v.Session.SeenAt < seenEvery.Milliseconds() {
		return v, err
	}
	v.Session.SeenAt, v.Session.IP = v.Now, ip
	return v, s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(`UPDATE sessions SET seen_at = $1, ip = $2 WHERE id = $3 AND seen_at < $1`, v.Now, ip, v.Session.ID)
		return err
	})
}

// List returns the sessions of an account, the one used last first.
func (s *Sessions) List(ctx context.Context, accountID string) ([]Session, error) {
	list := []Session{}
	return list, s.db.Read(ctx, func(tx *db.Tx) error {
		now, err := tx.Now()
		if err != nil {
			return err
		}
		return tx.Rows(`SELECT id, ip, user_agent, created_at, seen_at FROM sessions WHERE account_id = $1 AND seen_at > $2 AND created_at > $3
			ORDER BY seen_at DESC, id DESC`, []any{accountID, now - SessionIdle.Milliseconds(), now - SessionLife.Milliseconds()},
			func(scan func(...any) error) error {
				var x Session
				err := scan(&x.ID, &x.IP, &x.UserAgent, &x.CreatedAt, &x.SeenAt)
				list = append(list, x)
				return err
			})
	})
}

// End ends one session of an account; a foreign one is as missing as one that
// never was.
func (s *Sessions) End(ctx context.Context, accountID, id string) error {
	if !db.IsID(id) {
		return errNoSession
	}
	return s.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(`DELETE FROM sessions WHERE id = $1 AND account_id = $2`, id, accountID)
		if err == nil && n == 0 {
			err = errNoSession
		}
		return err
	})
}

var errNoSession = fault.New(fault.NotFound, "NOT_FOUND", "There is no such session.")

// Sweep removes what time has ended: sessions, links and invites nobody can use any
// more, and the count of sign-ins that have been quiet.
func (s *Sessions) Sweep(ctx context.Context) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		now, err := tx.Now()
		if err != nil {
			return err
		}
		for _, old := range []struct {
			statement string
			age       time.Duration
		}{
			{`DELETE FROM sessions WHERE seen_at <= $1`, SessionIdle},
			{`DELETE FROM account_tokens WHERE expires_at <= $1`, 0},
			{`DELETE FROM login_attempts WHERE last_at <= $1`, attemptsForgotten},
		} {
			if _, err := tx.Exec(old.statement, now-old.age.Milliseconds()); err != nil {
				return err
			}
		}
		return nil
	})
}
