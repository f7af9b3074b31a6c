package email

import (
	"context"

	"aviso/audit"
	"aviso/db"
	"aviso/fault"
	"aviso/numbered"
)

// Address is a sender as an account that may use it sees it.
type Address struct {
	ID, Address, DisplayName string
	Global                   bool
	Default                  bool  // what the account sends from when a call names no sender
	DailyCap                 int64 // recipients from 00:00 UTC; 0 for none
	Used                     int64 // of the cap, today
}

// addressQuery has the installation's sender as the default of an account
// without one.
const addressQuery = `SELECT s.id, s.address, s.display_name, s.is_global, s.daily_cap, COALESCE(c.used, 0),
		COALESCE(e.default_sender_id = s.id, s.address = $1)
	FROM email_senders s LEFT JOIN email_sender_accounts x ON x.sender_id = s.id AND x.account_id = $2
	LEFT JOIN email_accounts e ON e.account_id = $3
	LEFT JOIN email_caps c ON c.name = 'sender/' || s.address AND c.day = $4
	WHERE (s.is_global OR x.account_id IS NOT NULL)`

// Addresses returns what an account may send from, by address.
func (s *Service) Addresses(ctx context.Context, account string) ([]Address, error) {
	list := []Address{}
	return list, s.db.Read(ctx, func(tx *db.Tx) (err error) {
		list, err = s.addresses(tx, account)
		return err
	})
}

func (s *Service) addresses(tx *db.Tx, account string) ([]Address, error) {
	now, err := tx.Now()
	if err != nil {
		return nil, err
	}
	list := []Address{}
	err = tx.Rows(addressQuery+` ORDER BY s.address`, []any{InstallationSender(s.domain), account, account, now / dayMillis},
		func(scan func(...any) error) error {
			var a Address
			err := scan(&a.ID, &a.Address, &a.DisplayName, &a.Global, &a.DailyCap, &a.Used, &a.Default)
			if a.DailyCap == 0 {
				a.Used = 0
			}
			list = append(list, a)
			return err
		})
	return list, err
}

// SetDefault makes an address what an account sends from when a call names no
// sender. One that the account may not use is as missing as one that never was.
func (s *Service) SetDefault(ctx context.Context, actor, account, id string) (a Address, err error) {
	return a, s.db.Write(ctx, func(tx *db.Tx) error {
		list, err := s.addresses(tx, account)
		if err != nil {
			return err
		}
		for _, a = range list {
			if a.ID != id {
				continue
			}
			if _, err := tx.Exec(setDefault, account, id); err != nil {
				return err
			}
			a.Default = true
			return audit.Append(tx, audit.Entry{Actor: actor, Action: "sender.default", Subject: id, Detail: a.Address})
		}
		return fault.New(fault.NotFound, "NOT_FOUND", "There is no such address.")
	})
}

// setDefault leaves the numbering of a new account to its first message.
const setDefault = `INSERT INTO email_accounts (account_id, messages, default_sender_id) VALUES ($1, 0, $2)
	ON CONFLICT (account_id) DO UPDATE SET default_sender_id = excluded.default_sender_id`

// CapState is a daily cap that an account's mail can meet.
type CapState struct {
	Relay    bool   // it is a relay's, else a sender's
	Name     string // the relay's name or the sender's address
	Cap      int64  // recipients from 00:00 UTC
	Used     int64  // by all accounts
	ResetsAt int64  // milliseconds UTC
	Queued   int64  // messages of the account that wait for it, among its first 10,000 due
}

// CapStates returns the caps of all relays, in the order of the configuration,
// and of the senders that the account may use.
func (s *Service) CapStates(ctx context.Context, account string) ([]CapState, error) {
	list := []CapState{}
	return list, s.db.Read(ctx, func(tx *db.Tx) error {
		now, err := tx.Now()
		if err != nil {
			return err
		}
		resets := (now/dayMillis + 1) * dayMillis
		waiting, err := readWaiting(tx, account)
		if err != nil {
			return err
		}
		for _, r := range s.relays {
			if r.DailyCap == 0 {
				continue
			}
			c := CapState{Relay: true, Name: r.Name, Cap: r.DailyCap, ResetsAt: resets, Queued: waiting[relayCap(r.Name)]}
			if err := tx.Row(`SELECT COALESCE((SELECT used FROM email_caps WHERE name = $1 AND day = $2), 0)`,
				[]any{string(relayCap(r.Name)), now / dayMillis}, &c.Used); err != nil {
				return err
			}
			list = append(list, c)
		}
		addresses, err := s.addresses(tx, account)
		for _, a := range addresses {
			if a.DailyCap > 0 {
				list = append(list, CapState{Name: a.Address, Cap: a.DailyCap, Used: a.Used, ResetsAt: resets, Queued: waiting[senderCap(a.Address)]})
			}
		}
		return err
	})
}

// readWaiting counts the queued messages of an account by the cap that they
// wait for. It looks at so many only, in the order in which they are due: the
// figure is for a person.
func readWaiting(tx *db.Tx, account string) (map[capName]int64, error) {
	waiting := map[capName]int64{}
	return waiting, tx.Rows(`SELECT waits_for, COUNT(*) FROM (SELECT waits_for FROM email_messages
			WHERE account_id = $1 AND status = 'queued' ORDER BY due_at LIMIT $2) q WHERE waits_for <> '' GROUP BY waits_for`,
		[]any{account, numbered.UsualReach.Counted}, func(scan func(...any) error) error {
			var name string
			var n int64
			err := scan(&name, &n)
			waiting[capName(name)] = n
			return err
		})
}

// OwnSender is the installation's own sender, which is always there.
func (s *Service) OwnSender() string { return InstallationSender(s.domain) }
