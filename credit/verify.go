package credit

import (
	"context"
	"fmt"

	"aviso/db"
)

// Problem is one row of the books that is not as it must be.
type Problem struct {
	Account string
	Product Product
	Row     string // which row, such as "balance", or the reference of an entry
	Text    string // what is wrong with it
}

// Verified is how much was looked at.
type Verified struct {
	Balances int64
	Entries  int64
}

// verifyPage is how many entries are read at a time. Reads are short, so that
// neither engine has to keep what a server replaces meanwhile.
const verifyPage = 1000

// Verify proves every balance from its entries: they are numbered from 1
// without a gap, each continues the sum of those before it, none falls below
// zero, and the balance is where the last one ends. It calls report for each
// row that is wrong. A server may go on: entries never change, and the end of
// an account's entries is compared with its balance in one snapshot.
func Verify(ctx context.Context, d *db.DB, report func(Problem)) (v Verified, err error) {
	at := owner{}
	for {
		var found bool
		err := d.Read(ctx, func(tx *db.Tx) (err error) {
			at, found, err = nextOwner(tx, at)
			return err
		})
		if err != nil || !found {
			return v, err
		}
		c := chain{owner: at, report: report}
		if err := c.follow(ctx, d); err != nil {
			return v, err
		}
		v.Balances++
		v.Entries += c.entries
	}
}

// nextOwner returns who comes next among all that have a balance or an entry.
func nextOwner(tx *db.Tx, after owner) (owner, bool, error) {
	err := tx.Row(`SELECT account_id, product FROM (
			SELECT account_id, product FROM (SELECT account_id, product FROM credit_balances
				WHERE (account_id, product) > ($1, $2) ORDER BY account_id, product LIMIT 1) b
			UNION SELECT account_id, product FROM (SELECT account_id, product FROM credit_entries
				WHERE (account_id, product) > ($3, $4) ORDER BY account_id, product LIMIT 1) e) o
		ORDER BY account_id, product LIMIT 1`,
		[]any{after.account, string(after.product), after.account, string(after.product)}, &after.account, &after.product)
	if db.IsMissing(err) {
		return after, false, nil
	}
	return after, err == nil, err
}

// chain follows the entries of one balance.
type chain struct {
	owner
	report  func(Problem)
	number  int64 // of the latest entry
	balance int64 // after it
	spent   int64 // by then
	entries int64
}

func (c *chain) follow(ctx context.Context, d *db.DB) error {
	for {
		read := 0
		err := d.Read(ctx, func(tx *db.Tx) error {
			err := tx.Rows(`SELECT number, ref, delta, balance_after, reason FROM credit_entries
				WHERE account_id = $1 AND product = $2 AND number > $3 ORDER BY number LIMIT $4`,
				[]any{c.account, string(c.product), c.number, verifyPage}, func(scan func(...any) error) error {
					var e Entry
					err := scan(&e.Number, &e.Ref, &e.Delta, &e.BalanceAfter, &e.Reason)
					read++
					c.entry(e)
					return err
				})
			if err != nil || read == verifyPage {
				return err
			}
			return c.end(tx)
		})
		if err != nil || read < verifyPage {
			return err
		}
	}
}

// entry compares one entry with those before it. What is wrong is reported
// once: what follows is compared with what stands there.
func (c *chain) entry(e Entry) {
	c.entries++
	if e.Number != c.number+1 {
		c.wrong(e.Ref, "its number is %d, the one before is %d", e.Number, c.number)
	}
	switch {
	case e.BalanceAfter != c.balance+e.Delta:
		c.wrong(e.Ref, "%d and %d credits are not %d", c.balance, e.Delta, e.BalanceAfter)
	case e.BalanceAfter < 0:
		c.wrong(e.Ref, "the balance is %d after it", e.BalanceAfter)
	}
	c.number, c.balance = e.Number, e.BalanceAfter
	if e.Reason == Charged || e.Reason == Refunded {
		c.spent -= e.Delta
	}
}

func (c *chain) end(tx *db.Tx) error {
	b, err := Read(tx, c.account, c.product)
	if err != nil {
		return err
	}
	if b.Credits != c.balance {
		c.wrong("balance", "it is %d, and its entries come to %d", b.Credits, c.balance)
	}
	if b.Spent != c.spent {
		c.wrong("balance", "it says that %d credits were spent, and its entries come to %d", b.Spent, c.spent)
	}
	if b.entries != c.number {
		c.wrong("balance", "it counts %d entries, and the last has the number %d", b.entries, c.number)
	}
	return nil
}

func (c *chain) wrong(row, format string, args ...any) {
	c.report(Problem{c.account, c.product, row, fmt.Sprintf(format, args...)})
}
