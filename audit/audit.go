// Package audit is the record of who did what: every act of an operator, and
// every act of a customer that changes who may send.
//
// It only appends. It never decides, and nothing reads it to decide.
package audit

import "aviso/db"

// Entry is one act.
type Entry struct {
	Actor   string // an account id, or "command" for the operator's shell
	Action  string // a noun and a verb, such as "account.suspend"
	Subject string // the id or name acted upon
	Detail  string // what a person wants to know later; never a secret
}

// Append records e in the transaction of the act itself.
func Append(tx *db.Tx, e Entry) error {
	now, err := tx.Now()
	if err != nil {
		return err
	}
	_, err = tx.Exec(`INSERT INTO audit_entries (id, actor, action, subject, detail, created_at) VALUES ($1, $2, $3, $4, $5, $6)`,
		db.NewID(), e.Actor, e.Action, e.Subject, e.Detail, now)
	return err
}
