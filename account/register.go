package account

import (
	"context"
	"log/slog"

	"aviso/db"
	"aviso/fault"
)

// ReceptionConfig is what a Reception is made from.
type ReceptionConfig struct {
	Passwords    *Passwords
	Registration string // open, invite or closed
	// Live says whether messages leave this installation. Accounts of an open
	// registration then prove their address before they send.
	Live bool
	// PublicURL is what links in mail begin with, without a slash at its end. It
	// is never taken from a request, whose Host anybody can choose.
	PublicURL string
	// Opened is called in the transaction that opens an account, for what others
	// give it to begin with; nil for nothing.
	Opened func(*db.Tx, Account) error
	// Mail sends a mail of this installation, without waiting for the network.
	// With nil none is sent: links are then the operator's to replace.
	Mail func(ctx context.Context, to, subject, text string) error
	Log  *slog.Logger
}

// Reception is where strangers become accounts, and accounts become sessions:
// it registers, signs in, confirms addresses and resets passwords.
type Reception struct {
	db      *db.DB
	c       ReceptionConfig
	letters chan letter
}

// NewReception returns the reception of d. Its mail waits until Run.
func NewReception(d *db.DB, c ReceptionConfig) *Reception {
	return &Reception{db: d, c: c, letters: make(chan letter, lettersWaiting)}
}

// Registration is what a stranger asks to be registered with.
type Registration struct {
	Email    string
	Password string
	Name     string
	Invite   string // the token of an invite; "" for none
}

// Visitor is the one who asks: where from, and the token of the session they
// come with, "" for none, which ends when another begins: a session planted in
// a browser before must not become somebody's.
type Visitor struct {
	Place
	Session string
}

// Refusals of a registration.
var (
	errClosed    = fault.New(fault.Forbidden, "REGISTRATION_CLOSED", "Registration is closed here. Ask the operator for an account.")
	errUninvited = &fault.Error{Kind: fault.Forbidden, Code: "INVITE_INVALID", Field: "invite",
		Message: "Registration is by invite, and this is none, or one that was used or is too old. Ask the operator for one."}
)

// Register opens an account and its first session, and returns the session's
// token.
func (r *Reception) Register(ctx context.Context, n Registration, from Visitor) (token string, a Account, err error) {
	if n, err = r.checkRegistration(ctx, n); err != nil {
		return "", a, err
	}
	hash, err := r.c.Passwords.Hash(ctx, n.Password)
	if err != nil {
		return "", a, err
	}
	mustVerify := r.c.Registration == "open" && r.c.Live && n.Invite == ""
	err = r.db.Write(ctx, func(tx *db.Tx) (err error) {
		a, err = Create(tx, "registration", New{Email: n.Email, Name: n.Name, PasswordHash: hash, MustVerify: mustVerify})
		if err != nil {
			return err
		}
		if n.Invite != "" {
			if err := useInvite(tx, n.Invite, a); err != nil {
				return err
			}
		}
		if r.c.Opened != nil {
			if err := r.c.Opened(tx, a); err != nil {
				return err
			}
		}
		token, err = begin(tx, a.ID, from)
		return err
	})
	if err == nil {
		r.post(letter{purpose: purposeVerify, address: a.Email})
	}
	return token, a, err
}

// checkRegistration says what is wrong before the work of hashing.
func (r *Reception) checkRegistration(ctx context.Context, n Registration) (Registration, error) {
	var err error
	switch r.c.Registration {
	case "open", "invite":
	default:
		return n, errClosed
	}
	if n.Email, err = normalise(n.Email); err != nil {
		return n, err
	}
	if n.Name, err = checkName(n.Name, "account"); err != nil {
		return n, err
	}
	if err := checkPassword("password", n.Password); err != nil {
		return n, err
	}
	if n.Invite == "" {
		if r.c.Registration == "invite" {
			return n, errUninvited
		}
		return n, nil
	}
	return n, r.db.Read(ctx, func(tx *db.Tx) error { return checkInvite(tx, n.Invite, n.Email) })
}

// begin opens a session in place of the one that the visitor came with.
func begin(tx *db.Tx, accountID string, from Visitor) (token string, err error) {
	if from.Session != "" {
		if _, err := tx.Exec(`DELETE FROM sessions WHERE hash = $1`, hashToken(from.Session)); err != nil {
			return "", err
		}
	}
	return OpenSession(tx, accountID, from.Place)
}

// Rename gives an account another name and returns it as it is then.
func (r *Reception) Rename(ctx context.Context, a Account, name string) (Account, error) {
	name, err := checkName(name, "account")
	if err != nil {
		return a, err
	}
	a.Name = name
	return a, r.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(`UPDATE accounts SET name = $1 WHERE id = $2`, a.Name, a.ID)
		return err
	})
}
