package credit

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"aviso/db"
	"aviso/fault"
)

// Grant gives an account credits, or takes them when amount is negative, by an
// operator's decision and for a reason. INSUFFICIENT_CREDITS (409) when there
// are fewer than are to be taken. Whether there is such an account is the
// caller's to know.
func (l *Ledger) Grant(ctx context.Context, actor, account string, p Product, amount int64, reason string) (e Entry, err error) {
	reason = strings.TrimSpace(reason)
	if n := utf8.RuneCountInString(reason); n == 0 || n > 500 || strings.ContainsRune(reason, 0) {
		return e, fault.Field("INVALID_REQUEST", "reason", "Say in 1 to 500 characters why.")
	}
	return e, l.db.Write(ctx, func(tx *db.Tx) error {
		e, err = Grant(tx, actor, account, p, amount, reason)
		var f *fault.Error
		if amount >= 0 || !errors.As(err, &f) {
			return err
		}
		b, err := Read(tx, account, p)
		if err != nil || b.Credits+amount >= 0 {
			return errors.Join(err, f)
		}
		few := fault.New(fault.Conflict, "INSUFFICIENT_CREDITS", fmt.Sprintf("The account has %d credits.", b.Credits))
		few.Field = "amount"
		return few
	})
}

var balancesOf = db.NewMany(`SELECT account_id, balance FROM credit_balances WHERE (account_id, product) IN (VALUES {{($1, $2)}})`)

// Balances returns what accounts have of one product, by their ids; one that
// never had any is not there.
func (l *Ledger) Balances(ctx context.Context, accounts []string, p Product) (map[string]int64, error) {
	list := map[string]int64{}
	var args []any
	for _, id := range accounts {
		args = append(args, id, string(p))
	}
	return list, l.db.Read(ctx, func(tx *db.Tx) error {
		return tx.Each(balancesOf, args, func(scan func(...any) error) error {
			var id string
			var credits int64
			err := scan(&id, &credits)
			list[id] = credits
			return err
		})
	})
}
