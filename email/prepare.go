package email

import (
	"context"

	"aviso/db"
)

// Prepare makes sure that the installation's own sender is there, open to
// every account.
func (s *Service) Prepare(ctx context.Context) error {
	address := InstallationSender(s.domain)
	return s.db.Write(ctx, func(tx *db.Tx) error {
		now, err := tx.Now()
		if err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO email_senders (id, address, display_name, is_global, relay, daily_cap, created_at)
			VALUES ($1, $2, '', TRUE, '', 0, $3) ON CONFLICT (address) DO NOTHING`, db.NewID(), address, now)
		return err
	})
}
