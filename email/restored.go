package email

import (
	"aviso/audit"
	"aviso/db"
	"aviso/nexthop"
)

// MakeRoom removes what Prepare has made, so that a database in which nothing
// else is counts as empty when a backup is restored into it.
func (s *Service) MakeRoom(tx *db.Tx) error {
	_, err := tx.Exec(`DELETE FROM email_senders WHERE address = $1 AND NOT EXISTS (SELECT 1 FROM accounts)`, InstallationSender(s.domain))
	return err
}

// Restored puts sending on hold in a database that a backup was restored into.
// Elsewhere the same messages may have been sent since, and only a person knows.
// The hold begins when the backup was made: since then no clock has run.
func (s *Service) Restored(tx *db.Tx, actor string, b db.Backup) error {
	if _, err := nexthop.Place(tx, actor, nexthop.Hold{Since: b.MadeAt, Reason: "restored from a backup"}); err != nil {
		return err
	}
	return audit.Append(tx, audit.Entry{Actor: actor, Action: "database.restore", Subject: b.Engine})
}
