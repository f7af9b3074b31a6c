package sms

import (
	"context"
	"strings"
	"unicode/utf8"

	"aviso/account"
	"aviso/audit"
	"aviso/credit"
	"aviso/db"
	"aviso/fault"
)

// Application is what a customer says about what SMS is wanted for, and what
// the operator made of it.
type Application struct {
	ID            string
	Account       string
	AccountEmail  string
	AccountName   string
	UseCase       string
	Website       string // may be empty
	MonthlyVolume int64  // texts
	Status        string // pending, approved or rejected
	Reason        string // the operator's words
	SubmittedAt   int64  // milliseconds UTC
	DecidedAt     int64  // 0 while it waits
	DecidedBy     string // the operator's address, or "command"
}

// NewApplication is what an application is made from.
type NewApplication struct {
	UseCase, Website string
	MonthlyVolume    int64
}

func (n *NewApplication) check() *fault.Error {
	n.UseCase, n.Website = strings.TrimSpace(n.UseCase), strings.TrimSpace(n.Website)
	switch {
	case !plainText(n.UseCase, 1, 2000):
		return fault.Field("INVALID_REQUEST", "useCase", "Say in 1 to 2000 characters what the texts are for.")
	case !plainText(n.Website, 0, 500):
		return fault.Field("INVALID_REQUEST", "website", "The website must have at most 500 characters.")
	case n.MonthlyVolume < 0 || n.MonthlyVolume > 1_000_000_000:
		return fault.Field("INVALID_REQUEST", "monthlyVolume", "The monthly volume must be from 0 to 1000000000 texts.")
	}
	return nil
}

// plainText says whether s has from low to high characters, all of which a
// database can keep.
func plainText(s string, low, high int) bool {
	n := utf8.RuneCountInString(s)
	return n >= low && n <= high && utf8.ValidString(s) && !strings.ContainsRune(s, 0)
}

// Apply asks the operator to let an account use SMS. ALREADY_APPLIED (409)
// while an application waits or was approved; after a rejection it may be asked
// again.
func (s *Service) Apply(ctx context.Context, accountID string, n NewApplication) (a Application, err error) {
	if f := n.check(); f != nil {
		return a, f
	}
	err = s.db.Write(ctx, func(tx *db.Tx) error {
		now, err := tx.Now()
		if err != nil {
			return err
		}
		owner, err := account.Find(tx, accountID)
		if err != nil {
			return err
		}
		state, err := lockStanding(tx, accountID)
		if err != nil {
			return err
		}
		switch state.status {
		case applicationPending:
			return fault.New(fault.Conflict, "ALREADY_APPLIED", "The application waits for the operator.")
		case applicationApproved, applicationSuspended:
			return fault.New(fault.Conflict, "ALREADY_APPLIED", "The application was approved before.")
		}
		a = Application{ID: db.NewID(), Account: accountID, AccountEmail: owner.Email, AccountName: owner.Name, UseCase: n.UseCase,
			Website: n.Website, MonthlyVolume: n.MonthlyVolume, Status: applicationPending, SubmittedAt: now}
		_, err = tx.Exec(`INSERT INTO sms_applications (id, account_id, use_case, website, monthly_volume, status, reason, submitted_at, decided_by)
			VALUES ($1, $2, $3, $4, $5, $6, '', $7, '')`, a.ID, a.Account, a.UseCase, a.Website, a.MonthlyVolume, a.Status, a.SubmittedAt)
		if err != nil {
			return err
		}
		return setStanding(tx, accountID, applicationPending)
	})
	return a, err
}

// standing is where an account's application is, in the row that admission
// looks at.
type standing struct {
	status    string
	grantedAt int64 // when it got its starter credits; 0 if it has not
}

// lockStanding reads an account's row, and makes it first if there is none, so
// that whoever decides about it at the same time waits.
func lockStanding(tx *db.Tx, accountID string) (st standing, err error) {
	_, err = tx.Exec(`INSERT INTO sms_accounts (account_id, status, messages) VALUES ($1, 'none', 0) ON CONFLICT (account_id) DO NOTHING`, accountID)
	if err != nil {
		return st, err
	}
	err = tx.Row(`SELECT status, COALESCE(granted_at, 0) FROM sms_accounts WHERE account_id = $1 {lock}`, []any{accountID}, &st.status, &st.grantedAt)
	return st, err
}

func setStanding(tx *db.Tx, accountID, status string) error {
	_, err := tx.Exec(`UPDATE sms_accounts SET status = $1 WHERE account_id = $2`, status, accountID)
	return err
}

// ApproveApplication lets the account of a waiting application use SMS, and
// gives it its starter credits if it never had them. It makes no token: that is
// shown once, to whom it belongs.
func (s *Service) ApproveApplication(ctx context.Context, actor, id string) (a Application, err error) {
	return a, s.db.Write(ctx, func(tx *db.Tx) (err error) {
		if a, err = lockPending(tx, id); err != nil {
			return err
		}
		if err = s.approve(tx, actor, a.Account); err != nil {
			return err
		}
		a, err = findApplication(tx, id)
		return err
	})
}

// ApproveAccount lets an account use SMS, whether it has applied or not, and
// ends a suspension. It returns the account's token if it had none.
func (s *Service) ApproveAccount(ctx context.Context, actor, accountID string) (token string, err error) {
	return token, s.db.Write(ctx, func(tx *db.Tx) error {
		token = ""
		owner, err := account.Find(tx, accountID)
		if err != nil {
			return err
		}
		if err := s.approve(tx, actor, owner.ID); err != nil {
			return err
		}
		_, has, err := account.FindSMSToken(tx, owner.ID)
		if err == nil && !has {
			token, err = account.RotateSMSToken(tx, actor, owner)
		}
		return err
	})
}

func (s *Service) approve(tx *db.Tx, actor, accountID string) error {
	st, err := lockStanding(tx, accountID)
	if err != nil {
		return err
	}
	now, err := tx.Now()
	if err != nil {
		return err
	}
	if st.status != applicationApproved {
		if err := setStanding(tx, accountID, applicationApproved); err != nil {
			return err
		}
		if err := s.totals.countAccounts(tx, 1); err != nil {
			return err
		}
	}
	if st.grantedAt == 0 {
		if _, err := tx.Exec(`UPDATE sms_accounts SET granted_at = $1 WHERE account_id = $2`, now, accountID); err != nil {
			return err
		}
		if n := s.in.StarterCredits; n > 0 {
			// The reference is there once, like the credits.
			_, err := credit.Post(tx, accountID, credit.SMS, credit.Entry{Ref: "starter/sms/" + accountID, Delta: n, Reason: credit.Granted, Note: "starter credits"})
			if err != nil {
				return err
			}
		}
	}
	if err := decide(tx, actor, accountID, applicationApproved, "", now); err != nil {
		return err
	}
	return audit.Append(tx, audit.Entry{Actor: actor, Action: "sms.approve", Subject: accountID})
}

// decide ends an account's waiting application, if there is one.
func decide(tx *db.Tx, actor, accountID, status, reason string, now int64) error {
	_, err := tx.Exec(`UPDATE sms_applications SET status = $1, reason = $2, decided_at = $3, decided_by = $4 WHERE account_id = $5 AND status = 'pending'`,
		status, reason, now, actor, accountID)
	return err
}

// RejectApplication ends a waiting application with a reason that the applicant reads.
func (s *Service) RejectApplication(ctx context.Context, actor, id, reason string) (a Application, err error) {
	reason = strings.TrimSpace(reason)
	if !plainText(reason, 1, 500) {
		return a, fault.Field("INVALID_REQUEST", "reason", "Say in 1 to 500 characters why; the applicant reads it.")
	}
	return a, s.db.Write(ctx, func(tx *db.Tx) (err error) {
		if a, err = lockPending(tx, id); err != nil {
			return err
		}
		if err := setStanding(tx, a.Account, applicationRejected); err != nil {
			return err
		}
		now, err := tx.Now()
		if err != nil {
			return err
		}
		if err := decide(tx, actor, a.Account, applicationRejected, reason, now); err != nil {
			return err
		}
		if err := audit.Append(tx, audit.Entry{Actor: actor, Action: "sms.reject", Subject: a.Account, Detail: reason}); err != nil {
			return err
		}
		a, err = findApplication(tx, id)
		return err
	})
}

// SuspendAccount takes SMS from an account, its token included, until ApproveAccount.
// What comes in for it is stored and not pushed.
func (s *Service) SuspendAccount(ctx context.Context, actor, accountID, reason string) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		owner, err := account.Find(tx, accountID)
		if err != nil {
			return err
		}
		st, err := lockStanding(tx, owner.ID)
		if err != nil {
			return err
		}
		if st.status != applicationApproved {
			return fault.New(fault.Conflict, "NOT_APPROVED", "The account may not use SMS as it is.")
		}
		if err := setStanding(tx, owner.ID, applicationSuspended); err != nil {
			return err
		}
		if err := s.totals.countAccounts(tx, -1); err != nil {
			return err
		}
		return audit.Append(tx, audit.Entry{Actor: actor, Action: "sms.suspend", Subject: owner.ID, Detail: plain(reason, 500)})
	})
}
