package email

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"aviso/account"
	"aviso/audit"
	"aviso/db"
	"aviso/fault"
)

// Sender is an address that may stand in From.
type Sender struct {
	ID          string
	Address     string // as Mailbox.Key has it
	DisplayName string // used when a call gives none
	Global      bool   // open to every account
	Relay       string // the only relay that it uses; "" for all, in file order
	DailyCap    int64  // recipients from 00:00 UTC; 0 for none
	Used        int64  // of the cap, today
	CreatedAt   int64  // milliseconds UTC
	Accounts    []SenderAccount
}

// SenderAccount is an account that may send from an address.
type SenderAccount struct {
	ID      string
	Email   string
	Default bool // what it sends from when a call names no sender
}

// Senders returns all senders by address.
func (s *Service) Senders(ctx context.Context) ([]Sender, error) {
	list := []Sender{}
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		now, err := tx.Now()
		if err != nil {
			return err
		}
		err = tx.Rows(senderQuery+` ORDER BY s.address`, []any{now / dayMillis}, func(scan func(...any) error) error {
			x, err := scanSender(scan)
			list = append(list, x)
			return err
		})
		if err != nil {
			return err
		}
		at := make(map[string]*Sender, len(list))
		for i := range list {
			at[list[i].ID] = &list[i]
		}
		return tx.Rows(assignments+` ORDER BY a.email`, nil, func(scan func(...any) error) error {
			var id string
			var a SenderAccount
			err := scan(&id, &a.ID, &a.Email, &a.Default)
			if x := at[id]; x != nil {
				x.Accounts = append(x.Accounts, a)
			}
			return err
		})
	})
	return list, err
}

const (
	senderQuery = `SELECT s.id, s.address, s.display_name, s.is_global, s.relay, s.daily_cap, COALESCE(c.used, 0), s.created_at
		FROM email_senders s LEFT JOIN email_caps c ON c.name = 'sender/' || s.address AND c.day = $1`
	assignments = `SELECT x.sender_id, a.id, a.email, COALESCE(e.default_sender_id, '') = x.sender_id
		FROM email_sender_accounts x JOIN accounts a ON a.id = x.account_id LEFT JOIN email_accounts e ON e.account_id = a.id`
)

func scanSender(scan func(...any) error) (Sender, error) {
	x := Sender{Accounts: []SenderAccount{}}
	err := scan(&x.ID, &x.Address, &x.DisplayName, &x.Global, &x.Relay, &x.DailyCap, &x.Used, &x.CreatedAt)
	return x, err
}

// findSender returns the sender with this id or address.
func findSender(tx *db.Tx, idOrAddress string) (Sender, error) {
	if !utf8.ValidString(idOrAddress) || strings.ContainsRune(idOrAddress, 0) { // which PostgreSQL would refuse
		return Sender{}, fault.New(fault.NotFound, "NOT_FOUND", "There is no such sender.")
	}
	key := idOrAddress
	if m, err := ParseAddress(idOrAddress); err == nil {
		key = m.Key()
	}
	x, err := scanSender(func(dest ...any) error {
		return tx.Row(senderQuery+` WHERE s.id = $2 OR s.address = $3`, []any{0, idOrAddress, key}, dest...)
	})
	if db.IsMissing(err) {
		err = fault.New(fault.NotFound, "NOT_FOUND", "There is no sender "+idOrAddress+"; add it first.")
	}
	return x, err
}

// NewSender is what a sender is made from.
type NewSender struct {
	Address     string // "a@b.c", or "Name <a@b.c>" when DisplayName is empty
	DisplayName string
	Global      bool
	Relay       string // "" for any
	DailyCap    int64  // 0 for none
}

// AddSender makes a sender. An address that is one already is a Conflict.
func (s *Service) AddSender(ctx context.Context, actor string, n NewSender) (Sender, error) {
	m, err := ParseAddress(n.Address)
	if err != nil {
		return Sender{}, fault.Field("INVALID_ADDRESS", "address", err.Error())
	}
	if n.DisplayName == "" {
		n.DisplayName = m.Name
	}
	x := Sender{ID: db.NewID(), Address: m.Key(), DisplayName: trimBlank(n.DisplayName), Global: n.Global, Relay: n.Relay, DailyCap: n.DailyCap,
		Accounts: []SenderAccount{}}
	if err := s.checkSender(&x); err != nil {
		return Sender{}, err
	}
	err = s.db.Write(ctx, func(tx *db.Tx) (err error) {
		if x.CreatedAt, err = tx.Now(); err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO email_senders (id, address, display_name, is_global, relay, daily_cap, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			x.ID, x.Address, x.DisplayName, x.Global, x.Relay, x.DailyCap, x.CreatedAt)
		if db.IsConflict(err) {
			return fault.New(fault.Conflict, "SENDER_TAKEN", x.Address+" is a sender already.")
		}
		if err != nil {
			return err
		}
		return audit.Append(tx, audit.Entry{Actor: actor, Action: "sender.add", Subject: x.ID, Detail: x.Address})
	})
	return x, err
}

// checkSender holds what an operator typed to what a message can carry.
func (s *Service) checkSender(x *Sender) error {
	if x.Relay != "" {
		if _, err := s.known(x.Relay); err != nil {
			return err
		}
	}
	switch {
	case x.DailyCap < 0:
		return fault.Field("INVALID_REQUEST", "dailyCap", "The cap must be 0 (none) or a number of recipients a day.")
	case !utf8.ValidString(x.DisplayName) || strings.ContainsFunc(x.DisplayName, isControl) || utf8.RuneCountInString(x.DisplayName) > maxFromName:
		return fault.Field("INVALID_REQUEST", "displayName", fmt.Sprintf("The name must have at most %d characters, none of them a control character.", maxFromName))
	}
	return nil
}

// AssignSender lets an account send from an address, and makes it what the
// account sends from when a call names no sender if byDefault is set.
// Assigning twice changes nothing.
func (s *Service) AssignSender(ctx context.Context, actor, sender, accountID string, byDefault bool) (x Sender, user SenderAccount, err error) {
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		if x, err = findSender(tx, sender); err != nil {
			return err
		}
		a, err := account.Find(tx, accountID)
		if err != nil {
			return err
		}
		user = SenderAccount{a.ID, a.Email, byDefault}
		_, err = tx.Exec(`INSERT INTO email_sender_accounts (sender_id, account_id) VALUES ($1, $2) ON CONFLICT (account_id, sender_id) DO NOTHING`, x.ID, a.ID)
		if err != nil {
			return err
		}
		detail := a.Email
		if byDefault {
			detail += " by default"
			_, err = tx.Exec(setDefault, a.ID, x.ID)
			if err != nil {
				return err
			}
		}
		return audit.Append(tx, audit.Entry{Actor: actor, Action: "sender.assign", Subject: x.ID, Detail: detail})
	})
	return x, user, err
}

// SenderChange is what an operator changes about a sender; nil keeps.
type SenderChange struct {
	DisplayName *string
	Global      *bool
	Relay       *string // "" for any
	DailyCap    *int64  // 0 for none
}

// UpdateSender changes a sender, found by its id or address. What is in flight
// or queued goes on as it was accepted, from the same address.
func (s *Service) UpdateSender(ctx context.Context, actor, sender string, c SenderChange) (Sender, error) {
	var x Sender
	err := s.db.Write(ctx, func(tx *db.Tx) (err error) {
		if x, err = findSender(tx, sender); err != nil {
			return err
		}
		if c.DisplayName != nil {
			x.DisplayName = trimBlank(*c.DisplayName)
		}
		if c.Global != nil {
			x.Global = *c.Global
		}
		if c.Relay != nil {
			x.Relay = *c.Relay
		}
		if c.DailyCap != nil {
			x.DailyCap = *c.DailyCap
		}
		if err := s.checkSender(&x); err != nil {
			return err
		}
		if x.Address == InstallationSender(s.domain) && !x.Global {
			return fault.Field("INVALID_REQUEST", "global", x.Address+" is the installation's own sender and open to all.")
		}
		if _, err := tx.Exec(`UPDATE email_senders SET display_name = $1, is_global = $2, relay = $3, daily_cap = $4 WHERE id = $5`,
			x.DisplayName, x.Global, x.Relay, x.DailyCap, x.ID); err != nil {
			return err
		}
		if !x.Global {
			if err := forgetDefaults(tx, x.ID); err != nil {
				return err
			}
		}
		return audit.Append(tx, audit.Entry{Actor: actor, Action: "sender.update", Subject: x.ID, Detail: x.Address})
	})
	return x, err
}

// forgetDefaults has accounts that may not use a sender (any more) send from
// the installation's by default: a default is used without asking again.
func forgetDefaults(tx *db.Tx, sender string) error {
	_, err := tx.Exec(`UPDATE email_accounts SET default_sender_id = NULL WHERE default_sender_id = $1 AND NOT EXISTS
		(SELECT 1 FROM email_sender_accounts x WHERE x.sender_id = email_accounts.default_sender_id AND x.account_id = email_accounts.account_id)`, sender)
	return err
}

// RemoveSender removes a sender, found by its id or address. Accounts whose
// default it was send from the installation's from then on; what is queued still
// goes out from the address. The installation's own sender stays.
func (s *Service) RemoveSender(ctx context.Context, actor, sender string) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		x, err := findSender(tx, sender)
		if err != nil {
			return err
		}
		if x.Address == InstallationSender(s.domain) {
			return fault.New(fault.Conflict, "SENDER_IN_USE", x.Address+" is the installation's own sender and cannot be removed.")
		}
		for _, statement := range []string{
			`UPDATE email_accounts SET default_sender_id = NULL WHERE default_sender_id = $1`,
			`DELETE FROM email_sender_accounts WHERE sender_id = $1`,
			`DELETE FROM email_senders WHERE id = $1`,
		} {
			if _, err := tx.Exec(statement, x.ID); err != nil {
				return err
			}
		}
		return audit.Append(tx, audit.Entry{Actor: actor, Action: "sender.remove", Subject: x.ID, Detail: x.Address})
	})
}

// UnassignSender takes a sender from an account, both found by id or address.
// One that was not assigned is NotFound.
func (s *Service) UnassignSender(ctx context.Context, actor, sender, accountID string) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		x, err := findSender(tx, sender)
		if err != nil {
			return err
		}
		a, err := account.Find(tx, accountID)
		if err != nil {
			return err
		}
		n, err := tx.Exec(`DELETE FROM email_sender_accounts WHERE sender_id = $1 AND account_id = $2`, x.ID, a.ID)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.New(fault.NotFound, "NOT_FOUND", x.Address+" is not assigned to "+a.Email+".")
		}
		if !x.Global {
			if err := forgetDefaults(tx, x.ID); err != nil {
				return err
			}
		}
		return audit.Append(tx, audit.Entry{Actor: actor, Action: "sender.unassign", Subject: x.ID, Detail: a.Email})
	})
}
