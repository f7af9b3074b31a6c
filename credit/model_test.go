package credit_test

import (
	"context"
	"errors"
	"flag"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"aviso/credit"
	"aviso/db"
	"aviso/db/dbtest"
)

// ledger is what the books should say of one account.
type ledger struct {
	*till
	account string
	balance int64
	entries []credit.Entry // number, ref, delta, balance after and reason
}

func (l *ledger) used(ref string) bool {
	return slices.ContainsFunc(l.entries, func(e credit.Entry) bool { return e.Ref == ref })
}

func (l *ledger) note(ref string, delta int64, reason credit.Reason) {
	l.balance += delta
	l.entries = append(l.entries, credit.Entry{Number: int64(len(l.entries) + 1), Ref: ref, Delta: delta, BalanceAfter: l.balance, Reason: reason})
}

// drawRef is a reference that may have been used before.
func (l *ledger) drawRef(t *rapid.T) string {
	return l.account + "/" + rapid.StringMatching(`[a-e]{1,2}`).Draw(t, "ref")
}

func (l *ledger) charge(t *rapid.T) {
	ref, n := l.drawRef(t), rapid.Int64Range(0, 30).Draw(t, "credits")
	enough, err := l.till.charge(l.account, n, ref)
	switch {
	case n > l.balance:
		if enough || err != nil {
			t.Fatalf("%d of %d: %t, %v", n, l.balance, enough, err)
		}
	case n > 0 && l.used(ref):
		if !db.IsConflict(err) {
			t.Fatalf("the reference twice: %v", err)
		}
	default:
		if !enough || err != nil {
			t.Fatalf("%d of %d: %t, %v", n, l.balance, enough, err)
		}
		if n > 0 {
			l.note(ref, -n, credit.Charged)
		}
	}
}

func (l *ledger) refund(t *rapid.T) {
	ref, n := l.drawRef(t), rapid.Int64Range(0, 30).Draw(t, "credits")
	err := l.till.refund(l.account, n, ref)
	switch {
	case n > 0 && l.used(ref):
		if !db.IsConflict(err) {
			t.Fatalf("the reference twice: %v", err)
		}
	case err != nil:
		t.Fatal(err)
	case n > 0:
		l.note(ref, n, credit.Refunded)
	}
}

func (l *ledger) post(t *rapid.T) {
	ref, n := l.drawRef(t), rapid.Int64Range(-50, 50).Draw(t, "credits")
	err := l.db.Write(context.Background(), func(tx *db.Tx) error {
		_, err := credit.Post(tx, l.account, credit.Email, credit.Entry{Ref: ref, Delta: n, Reason: credit.Adjusted})
		return err
	})
	switch {
	case l.balance+n < 0:
		if !errors.Is(err, credit.ErrInsufficient) {
			t.Fatalf("%d of %d: %v", n, l.balance, err)
		}
	case l.used(ref):
		if !db.IsConflict(err) {
			t.Fatalf("the reference twice: %v", err)
		}
	case err != nil:
		t.Fatal(err)
	default:
		l.note(ref, n, credit.Adjusted)
	}
}

func (l *ledger) check(t *rapid.T) {
	got := sum(t, l.db, l.account, l.balance)
	for i := range got {
		got[i].CreatedAt = 0
	}
	slices.Reverse(got)
	if !slices.Equal(got, l.entries) {
		t.Fatalf("%+v\nnot %+v", got, l.entries)
	}
}

// Whatever is charged, refunded and posted in whatever order, with references
// old and new: the books say what plain arithmetic says.
func TestLedgerLikeItsModel(t *testing.T) {
	// Each step is a commit to a disk.
	checks := flag.Lookup("rapid.checks").Value
	defer checks.Set(checks.String())
	checks.Set("15")
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := openTill(t, d)
		rapid.Check(t, func(t *rapid.T) {
			l := &ledger{till: k, account: db.NewID()}
			t.Repeat(map[string]func(*rapid.T){"charge": l.charge, "refund": l.refund, "post": l.post, "": l.check})
		})
	})
}
