package sms

import (
	"context"

	"aviso/db"
	"aviso/fault"
)

const selectApplications = `SELECT p.id, p.account_id, a.email, a.name, p.use_case, p.website, p.monthly_volume, p.status, p.reason, p.submitted_at,
		COALESCE(p.decided_at, 0), COALESCE(o.email, p.decided_by)
	FROM sms_applications p JOIN accounts a ON a.id = p.account_id LEFT JOIN accounts o ON o.id = p.decided_by `

func scanApplication(scan func(...any) error) (a Application, err error) {
	err = scan(&a.ID, &a.Account, &a.AccountEmail, &a.AccountName, &a.UseCase, &a.Website, &a.MonthlyVolume, &a.Status, &a.Reason, &a.SubmittedAt,
		&a.DecidedAt, &a.DecidedBy)
	return a, err
}

func findApplication(tx *db.Tx, id string) (a Application, err error) {
	missing := fault.New(fault.NotFound, "NOT_FOUND", "There is no such application.")
	if !db.IsID(id) {
		return a, missing
	}
	a, err = scanApplication(func(dest ...any) error { return tx.Row(selectApplications+`WHERE p.id = $1`, []any{id}, dest...) })
	if db.IsMissing(err) {
		err = missing
	}
	return a, err
}

// lockPending returns an application that waits, and keeps others from deciding
// about its account: the account is locked first, as everywhere.
func lockPending(tx *db.Tx, id string) (Application, error) {
	a, err := findApplication(tx, id)
	if err != nil {
		return a, err
	}
	if _, err := lockStanding(tx, a.Account); err != nil {
		return a, err
	}
	var status string
	if err := tx.Row(`SELECT status FROM sms_applications WHERE id = $1 {lock}`, []any{id}, &status); err != nil {
		return a, err
	}
	if status != applicationPending {
		return a, fault.New(fault.Conflict, "NOT_PENDING", "The application was decided before: it is "+status+".")
	}
	return a, nil
}

// Applications returns how many applications there are with a status, or in all
// with "", and limit of them, newest first: behind offset, or behind the one with
// the id before.
func (s *Service) Applications(ctx context.Context, status, before string, offset, limit int64) (list []Application, total int64, err error) {
	list = []Application{}
	if before != "" {
		offset = 0
	} else {
		before = "g" // behind every id, which are hexadecimal
	}
	return list, total, s.db.Read(ctx, func(tx *db.Tx) error {
		// Each of the two texts has an index of its own.
		count, counted, where, args := "", []any{}, `WHERE p.id < $1 ORDER BY p.id DESC LIMIT $2 OFFSET $3`, []any{before, limit, offset}
		if status != "" {
			count, counted = `WHERE p.status = $1`, []any{status}
			where, args = `WHERE p.status = $1 AND p.id < $2 ORDER BY p.id DESC LIMIT $3 OFFSET $4`, []any{status, before, limit, offset}
		}
		if err := tx.Row(`SELECT COUNT(*) FROM sms_applications p `+count, counted, &total); err != nil {
			return err
		}
		return tx.Rows(selectApplications+where, args, func(scan func(...any) error) error {
			a, err := scanApplication(scan)
			list = append(list, a)
			return err
		})
	})
}

// Standing is whether an account may use SMS.
type Standing struct {
	Status      string       // none, pending, approved, rejected or suspended
	Application *Application // the latest; nil if there is none
}

// Standing returns whether an account may use SMS, and its latest application.
func (s *Service) Standing(ctx context.Context, accountID string) (st Standing, err error) {
	return st, s.db.Read(ctx, func(tx *db.Tx) (err error) {
		st, err = readStanding(tx, accountID)
		return err
	})
}

func readStanding(tx *db.Tx, accountID string) (Standing, error) {
	st := Standing{Status: applicationNone}
	err := tx.Row(`SELECT status FROM sms_accounts WHERE account_id = $1`, []any{accountID}, &st.Status)
	if err != nil && !db.IsMissing(err) {
		return st, err
	}
	a, err := scanApplication(func(dest ...any) error {
		return tx.Row(selectApplications+`WHERE p.account_id = $1 ORDER BY p.id DESC LIMIT 1`, []any{accountID}, dest...)
	})
	if db.IsMissing(err) {
		return st, nil
	}
	st.Application = &a
	return st, err
}
