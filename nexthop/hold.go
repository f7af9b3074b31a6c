package nexthop

import (
	"aviso/audit"
	"aviso/db"
)

// Hold is whether, since when and why nothing is sent.
type Hold struct {
	Since  int64 // milliseconds UTC; 0 if sending is not on hold
	Reason string
}

// All is the scope of a hold, in audit entries too.
const All = "all"

// ReadHold returns the hold on sending.
func ReadHold(tx *db.Tx) (Hold, error) {
	var h Hold
	err := tx.Row(`SELECT held_at, reason FROM sending_holds WHERE scope = $1`, []any{All}, &h.Since, &h.Reason)
	if db.IsMissing(err) {
		err = nil
	}
	return h, err
}

// Place puts sending on hold. A hold that is on already stays as it is, and is
// returned.
func Place(tx *db.Tx, actor string, h Hold) (Hold, error) {
	n, err := tx.Exec(`INSERT INTO sending_holds (scope, held_at, reason) VALUES ($1, $2, $3) ON CONFLICT (scope) DO NOTHING`, All, h.Since, h.Reason)
	if err != nil {
		return h, err
	}
	if n == 0 {
		return ReadHold(tx)
	}
	return h, audit.Append(tx, audit.Entry{Actor: actor, Action: "queue.hold", Subject: All, Detail: h.Reason})
}

// Lift ends the hold; detail says what became of what had waited.
func Lift(tx *db.Tx, actor, detail string) error {
	if _, err := tx.Exec(`DELETE FROM sending_holds WHERE scope = $1`, All); err != nil {
		return err
	}
	return audit.Append(tx, audit.Entry{Actor: actor, Action: "queue.release", Subject: All, Detail: detail})
}

// IsHeld says whether sending is on hold.
func IsHeld(tx *db.Tx) (bool, error) {
	h, err := ReadHold(tx)
	return h.Since != 0, err
}
