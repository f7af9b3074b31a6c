package credit_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"aviso/credit"
	"aviso/db"
)

// till is a Committer with a credit book.
type till struct {
	*db.Committer
	t    *testing.T
	db   *db.DB
	book *credit.Book
}

func openTill(t *testing.T, d *db.DB) *till {
	book := credit.NewBook()
	k := &till{d.NewCommitter(book), t, d, book}
	go k.Run()
	t.Cleanup(k.Close)
	return k
}

// move is a request to charge, or to refund, credits.
type move struct {
	book    *credit.Book
	account string
	product credit.Product
	charge  int64
	refund  int64
	ref     string
	enough  bool
}

func (w *move) Want() { w.book.Want(w.account, w.product) }

func (w *move) Decide(now int64) {
	line := w.book.Line(w.account, w.product)
	w.enough = line.Charge(w.charge, w.ref, now)
	line.Refund(w.refund, w.ref, now)
}

func (w *move) Weight() int { return 0 }

// charge says whether there were enough credits.
func (k *till) charge(account string, n int64, ref string) (bool, error) {
	w := &move{book: k.book, account: account, product: credit.Email, charge: n, ref: ref}
	err := k.Do(db.Admitting, w)
	return w.enough && err == nil, err
}

func (k *till) refund(account string, n int64, ref string) error {
	return k.Do(db.Settling, &move{book: k.book, account: account, product: credit.Email, refund: n, ref: ref})
}

func grant(t *testing.T, d *db.DB, account string, n int64) {
	t.Helper()
	err := d.Write(t.Context(), func(tx *db.Tx) error {
		_, err := credit.Grant(tx, "test", account, credit.Email, n, "")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// sum fails the test unless the balance is want and what its entries add up
// to, each of them saying so.
func sum(t interface {
	Helper()
	Errorf(string, ...any)
}, d *db.DB, account string, want int64) (entries []credit.Entry) {
	t.Helper()
	var b credit.Balance
	err := d.Read(context.Background(), func(tx *db.Tx) (err error) {
		b, err = credit.Read(tx, account, credit.Email)
		if err != nil {
			return err
		}
		entries, err = credit.History(tx, account, credit.Email, 0, 1_000_000)
		return err
	})
	total := int64(0)
	for i := range entries {
		e := entries[len(entries)-1-i]
		if total += e.Delta; e.BalanceAfter != total || e.Number != int64(i+1) || total < 0 {
			err = errors.Join(err, fmt.Errorf("entry %d: %+v", i+1, e))
		}
	}
	if err != nil || b.Credits != want || total != want {
		t.Errorf("the balance is %d and the entries add up to %d instead of %d: %v", b.Credits, total, want, err)
	}
	return entries
}
