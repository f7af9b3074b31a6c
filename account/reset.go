package account

import (
	"context"
	"fmt"
	"strings"
	"time"

	"aviso/db"
	"aviso/fault"
)

var errManyLetters = fault.Later("Too many are asking at this moment. Try again.", 5*time.Second, nil)

// RequestReset has a link mailed with which the password can be set anew. It
// only notes the wish: whether there is such an account shows neither in the
// answer nor in its time.
func (r *Reception) RequestReset(email string) error {
	address, err := normalise(email)
	if err != nil {
		return err
	}
	if !r.post(letter{purpose: purposeReset, address: address}) {
		return errManyLetters
	}
	return nil
}

// ConfirmReset takes the token of a reset mail and sets the password. All
// sessions end, and the address is proven: its mail has arrived.
func (r *Reception) ConfirmReset(ctx context.Context, token, password string) (Account, error) {
	var a Account
	if err := checkPassword("password", password); err != nil {
		return a, err
	}
	// An invented token is refused before the work of hashing.
	err := r.db.Read(ctx, func(tx *db.Tx) error {
		_, err := findToken(tx, purposeReset, token)
		return err
	})
	if err != nil {
		return a, err
	}
	hash, err := r.c.Passwords.Hash(ctx, password)
	if err != nil {
		return a, err
	}
	return a, r.db.Write(ctx, func(tx *db.Tx) (err error) {
		if a, err = takeToken(tx, purposeReset, token); err != nil {
			return err
		}
		if a, err = prove(tx, a); err != nil {
			return err
		}
		if err := forgetAttempts(tx, a.Email); err != nil {
			return err
		}
		return setPassword(tx, a.ID, a, hash, false, "")
	})
}

// letter is a mail to be written to an address, if it is an account's.
type letter struct{ purpose, address string }

// post leaves a letter to Run, or says that there are too many.
func (r *Reception) post(l letter) bool {
	if r.c.Mail == nil {
		return true
	}
	select {
	case r.letters <- l:
		return true
	default:
		return false
	}
}

// Run writes the letters until ctx ends, and then those that wait already.
func (r *Reception) Run(ctx context.Context) {
	for {
		select {
		case l := <-r.letters:
			r.write(ctx, l)
		case <-ctx.Done():
			for len(r.letters) > 0 {
				r.write(ctx, <-r.letters)
			}
			return
		}
	}
}

// writeLasts bounds one letter, also while the server stops.
const writeLasts = 5 * time.Second

func (r *Reception) write(ctx context.Context, l letter) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeLasts)
	defer cancel()
	lasts := resetLasts
	if l.purpose == purposeVerify {
		lasts = verifyLasts
	}
	var token string
	err := r.db.Write(ctx, func(tx *db.Tx) error {
		a, err := Find(tx, l.address)
		if fault.Of(err).Kind == fault.NotFound && err != nil {
			return nil // a stranger's wish
		}
		if err != nil || l.purpose == purposeVerify && a.VerifiedAt != 0 {
			return err
		}
		token, err = makeToken(tx, l.purpose, a, lasts)
		return err
	})
	if err == nil && token != "" {
		subject, text := r.compose(l.purpose, token)
		err = r.c.Mail(ctx, l.address, subject, text)
	}
	if err != nil {
		r.c.Log.Error("a mail of this installation was not sent", "purpose", l.purpose, "error", err)
	}
}

// compose writes a letter. The token stands behind a #, so that no server and
// no proxy on the way writes it into a log.
func (r *Reception) compose(purpose, token string) (subject, text string) {
	host := strings.TrimPrefix(strings.TrimPrefix(r.c.PublicURL, "https://"), "http://")
	if purpose == purposeReset {
		return "Set a new password", fmt.Sprintf("Somebody, hopefully you, asked to set a new password at %s.\n\n"+
			"Open this link within an hour:\n\n%s/reset#token=%s\n\nIf it was not you, do nothing: the password stays as it is.\n", host, r.c.PublicURL, token)
	}
	return "Confirm your address", fmt.Sprintf("Welcome to %s.\n\nOpen this link within three days to confirm that this address is yours:\n\n%s/verify#token=%s\n\n"+
		"If you have not registered there, do nothing.\n", host, r.c.PublicURL, token)
}
