// Package accounttest makes customers for tests of what accounts pay for.
//
// It never goes by a door: an account, its credits and its keys are made as an
// operator would make them.
package accounttest

import (
	"context"
	"testing"

	"aviso/account"
	"aviso/credit"
	"aviso/db"
)

// Create makes an account with credits for a product, and a key of it.
func Create(tx *db.Tx, address string, p account.Product, credits int64) (a account.Account, k account.Key, token string, err error) {
	if a, err = account.Create(tx, "test", account.New{Email: address}); err != nil {
		return a, k, "", err
	}
	if credits > 0 {
		if _, err = credit.Grant(tx, "test", a.ID, credit.Product(p), credits, "test"); err != nil {
			return a, k, "", err
		}
	}
	k, token, err = account.CreateKey(tx, "test", a, p, "key")
	return a, k, token, err
}

// Callers makes accounts that are never short of credits, each with so many
// keys, and returns the caller that each key stands for.
func Callers(t testing.TB, d *db.DB, p account.Product, accounts, keys int) (callers []account.Caller) {
	t.Helper()
	var tokens []string
	err := d.Write(context.Background(), func(tx *db.Tx) error {
		for range accounts {
			a, _, token, err := Create(tx, db.NewID()+"@example.com", p, 1<<30)
			if err != nil {
				return err
			}
			tokens = append(tokens, token)
			for range keys - 1 {
				_, token, err := account.CreateKey(tx, "test", a, p, "another")
				if err != nil {
					return err
				}
				tokens = append(tokens, token)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	finder := account.NewCallers(d, p)
	for _, token := range tokens {
		c, err := finder.Identify(context.Background(), token)
		if err != nil {
			t.Fatal(err)
		}
		callers = append(callers, c)
	}
	return callers
}
