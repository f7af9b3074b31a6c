package sms_test

import (
	"context"
	"strings"
	"testing"

	"aviso/account"
	"aviso/credit"
	"aviso/db"
	"aviso/db/dbtest"
	"aviso/fault"
	"aviso/sms"
)

func (st *station) credits(owner string) int64 {
	st.t.Helper()
	var b credit.Balance
	err := st.db.Read(context.Background(), func(tx *db.Tx) (err error) {
		b, err = credit.Read(tx, owner, credit.SMS)
		return err
	})
	if err != nil {
		st.t.Fatal(err)
	}
	return b.Credits
}

func (st *station) standing() sms.Standing {
	st.t.Helper()
	got, err := st.service.Standing(context.Background(), st.account.ID)
	if err != nil {
		st.t.Fatal(err)
	}
	return got
}

func (st *station) apply() (sms.Application, error) {
	return st.service.Apply(context.Background(), st.account.ID, sms.NewApplication{UseCase: " Orders ", Website: "https://shop.test", MonthlyVolume: 500})
}

func TestApplicationIsDecidedOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		st := openStation(t, d)
		ctx := context.Background()
		if s := st.standing(); s.Status != "none" || s.Application != nil {
			t.Errorf("%+v", s)
		}
		a, err := st.apply()
		if err != nil || a.UseCase != "Orders" || a.Status != "pending" || a.AccountEmail != "shop@mail.test" {
			t.Fatalf("%+v, %v", a, err)
		}
		if _, err := st.apply(); code(err) != "ALREADY_APPLIED" {
			t.Error(err)
		}
		if _, err := st.service.RejectApplication(ctx, "root", a.ID, " "); code(err) != "INVALID_REQUEST" {
			t.Error(err)
		}
		if a, err = st.service.RejectApplication(ctx, "root", a.ID, "too little said"); err != nil || a.Status != "rejected" || a.Reason != "too little said" || a.DecidedBy != "root" {
			t.Errorf("%+v, %v", a, err)
		}
		if _, err := st.service.ApproveApplication(ctx, "root", a.ID); code(err) != "NOT_PENDING" {
			t.Error(err)
		}
		if st.credits(st.account.ID) != 0 {
			t.Error("a rejection gave credits")
		}
		if a, err = st.apply(); err != nil {
			t.Fatal(err)
		}
		if a, err = st.service.ApproveApplication(ctx, st.account.ID, a.ID); err != nil || a.Status != "approved" || a.DecidedAt == 0 || a.DecidedBy != "shop@mail.test" {
			t.Errorf("%+v, %v", a, err)
		}
		for why, f := range map[string]func() error{
			"NOT_PENDING":     func() error { _, err := st.service.ApproveApplication(ctx, "root", a.ID); return err },
			"ALREADY_APPLIED": func() error { _, err := st.apply(); return err },
			"NOT_FOUND":       func() error { _, err := st.service.ApproveApplication(ctx, "root", "x"); return err },
		} {
			if err := f(); code(err) != why {
				t.Errorf("%v instead of %s", err, why)
			}
		}
		if n := st.credits(st.account.ID); n != 1000 {
			t.Errorf("%d credits", n)
		}
		if s := st.standing(); s.Status != "approved" || s.Application.ID != a.ID {
			t.Errorf("%+v", s)
		}
		st.checkApplications(a)
	})
}

func (st *station) checkApplications(latest sms.Application) {
	st.t.Helper()
	ctx := context.Background()
	for status, want := range map[string]int{"": 2, "approved": 1, "rejected": 1, "pending": 0} {
		list, total, err := st.service.Applications(ctx, status, "", 0, 10)
		if err != nil || len(list) != want || int(total) != want {
			st.t.Errorf("%q: %+v, %d, %v", status, list, total, err)
		}
		if status == "" && list[0].ID != latest.ID {
			st.t.Error("the newest is not first")
		}
	}
	totals, err := st.service.Totals(ctx)
	if err != nil || totals.Accounts != 1 {
		st.t.Errorf("%+v, %v", totals, err)
	}
	if n := st.number(`SELECT COUNT(*) FROM audit_entries WHERE action IN ('sms.approve', 'sms.reject')`); n != 2 {
		st.t.Errorf("%d entries of the audit", n)
	}
}

func TestApproveAccount(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		st := openStation(t, d)
		ctx := context.Background()
		a, err := st.apply()
		if err != nil {
			t.Fatal(err)
		}
		token, err := st.service.ApproveAccount(ctx, "command", "shop@mail.test")
		if err != nil || !account.WellFormed(account.SMS, token) {
			t.Fatal(token, err)
		}
		if s := st.standing(); s.Status != "approved" || s.Application.ID != a.ID || s.Application.Status != "approved" {
			t.Errorf("%+v", s)
		}
		if err := st.service.SuspendAccount(ctx, "command", st.account.ID, "spam"); err != nil {
			t.Error(err)
		}
		if err := st.service.SuspendAccount(ctx, "command", st.account.ID, "spam"); code(err) != "NOT_APPROVED" {
			t.Error(err)
		}
		if s := st.standing(); s.Status != "suspended" {
			t.Errorf("%+v", s)
		}
		if totals, err := st.service.Totals(ctx); err != nil || totals.Accounts != 0 {
			t.Errorf("%+v, %v", totals, err)
		}
		for range 2 {
			if token, err = st.service.ApproveAccount(ctx, "command", st.account.ID); err != nil || token != "" {
				t.Errorf("a second token %q, %v", token, err)
			}
		}
		if n := st.credits(st.account.ID); n != 1000 {
			t.Errorf("%d credits", n)
		}
		if totals, err := st.service.Totals(ctx); err != nil || totals.Accounts != 1 {
			t.Errorf("%+v, %v", totals, err)
		}
	})
}

// What comes in for an account that is suspended is kept, and not pushed.
func TestSuspendedAccountIsNotPushedTo(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		st := openStation(t, d)
		st.shortcode("order", "https://shop.test/")
		if _, err := st.service.ApproveAccount(t.Context(), "command", st.account.ID); err != nil {
			t.Fatal(err)
		}
		if err := st.service.SuspendAccount(t.Context(), "command", st.account.ID, "spam"); err != nil {
			t.Fatal(err)
		}
		st.receive("order x")
		if n := st.number(`SELECT COUNT(*) FROM sms_pushes`); n != 0 || len(st.inbound()) != 1 {
			t.Errorf("%d pushes", n)
		}
	})
}

func TestApplicationsAreChecked(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		st := openStation(t, d)
		for field, n := range map[string]sms.NewApplication{
			"useCase": {UseCase: " "}, "website": {UseCase: "a", Website: strings.Repeat("a", 501)},
			"monthlyVolume": {UseCase: "a", MonthlyVolume: -1}, "useCase ": {UseCase: "a\x00"}, " useCase": {UseCase: strings.Repeat("a", 2001)},
		} {
			if _, err := st.service.Apply(t.Context(), st.account.ID, n); code(err) != "INVALID_REQUEST" || !strings.Contains(field, err.(*fault.Error).Field) {
				t.Errorf("%s: %v", field, err)
			}
		}
		if _, err := st.service.Apply(t.Context(), "nobody", sms.NewApplication{UseCase: "a"}); code(err) != "NOT_FOUND" {
			t.Error(err)
		}
		if s := st.standing(); s.Status != "none" {
			t.Errorf("%+v", s)
		}
	})
}
