package sms

import (
	"context"
	"fmt"
	"strings"

	"aviso/credit"
	"aviso/db"
)

// Verified is how much was looked at.
type Verified struct {
	Messages int64 // that went out
	Entries  int64
}

// verifyPage is how many texts or entries are compared in one snapshot.
const verifyPage = 500

// Verify proves what texts cost. One that went out was charged the price of its
// content, once; one that failed or was interrupted has that back, and no other
// has; and the ledger says the same, entry by entry. It calls report for each
// row that is wrong. A page is read in one snapshot, so that a server may go on.
func Verify(ctx context.Context, d *db.DB, report func(credit.Problem)) (v Verified, err error) {
	if v.Messages, err = pages(ctx, d, "", func(tx *db.Tx, after *string) (int, int64, error) { return verifyTexts(tx, after, report) }); err != nil {
		return v, err
	}
	v.Entries, err = pages(ctx, d, entryKey{}, func(tx *db.Tx, after *entryKey) (int, int64, error) { return verifyEntries(tx, after, report) })
	return v, err
}

// pages runs page, each time in a snapshot of its own and behind where the one
// before ended, until one has read less than a page. It adds up what each counts.
func pages[K any](ctx context.Context, d *db.DB, after K, page func(tx *db.Tx, after *K) (read int, counted int64, err error)) (total int64, err error) {
	for {
		read, counted := 0, int64(0)
		err := d.Read(ctx, func(tx *db.Tx) (err error) {
			read, counted, err = page(tx, &after)
			return err
		})
		total += counted
		if err != nil || read < verifyPage {
			return total, err
		}
	}
}

// bill is what a text says that it cost, and what others say.
type bill struct {
	id, account       string
	direction         Direction
	status            Status
	content           string
	charged, refunded int64
	posted, returned  int64 // in the ledger
}

const verifyColumns = `SELECT id, account_id, direction, status, content, charged, refunded FROM sms_messages`

var (
	billEntries = db.NewMany(`SELECT account_id, product, ref, delta FROM credit_entries WHERE ref IN ({{$1}})`)
	billsOf     = db.NewMany(verifyColumns + ` WHERE id IN ({{$1}})`)
)

func scanBill(scan func(...any) error) (*bill, error) {
	b := &bill{}
	return b, scan(&b.id, &b.account, &b.direction, &b.status, &b.content, &b.charged, &b.refunded)
}

// verifyTexts compares the next texts with their entries.
func verifyTexts(tx *db.Tx, after *string, report func(credit.Problem)) (read int, counted int64, err error) {
	var list []*bill
	byID := map[string]*bill{}
	var refs []any
	err = tx.Rows(verifyColumns+` WHERE id > $1 ORDER BY id LIMIT $2`, []any{*after, verifyPage}, func(scan func(...any) error) error {
		b, err := scanBill(scan)
		read++
		*after = b.id
		if b.direction == Out {
			counted++
		}
		list, byID[b.id] = append(list, b), b
		refs = append(refs, chargeRef(b.id), refundRef(b.id))
		return err
	})
	if err != nil {
		return read, counted, err
	}
	err = tx.Each(billEntries, refs, func(scan func(...any) error) error {
		var of entryKey
		var ref string
		var delta int64
		err := scan(&of.account, &of.product, &ref, &delta)
		kind, id, ok := parseRef(ref)
		if b := byID[id]; ok && b != nil && of.product == credit.SMS && b.account == of.account {
			if kind == refCharge {
				b.posted -= delta
			} else {
				b.returned += delta
			}
		}
		return err
	})
	for _, b := range list {
		if err == nil {
			b.check(report)
		}
	}
	return read, counted, err
}

func (b *bill) check(report func(credit.Problem)) {
	wrong := func(format string, args ...any) {
		report(credit.Problem{Account: b.account, Product: credit.SMS, Row: "text/" + b.id, Text: fmt.Sprintf(format, args...)})
	}
	charge, back := int64(0), int64(0)
	if b.direction == Out {
		charge = price(utf16Units(b.content))
	}
	if b.status == Failed || b.status == Interrupted {
		back = charge
	}
	if b.charged != charge || b.refunded != back {
		wrong("it is %s, was charged %d credits and refunded %d, and must have been charged %d and refunded %d", b.status, b.charged, b.refunded, charge, back)
	}
	if b.posted != b.charged {
		wrong("it was charged %d credits, and the ledger says %d", b.charged, b.posted)
	}
	if b.returned != b.refunded {
		wrong("it was refunded %d credits, and the ledger says %d", b.refunded, b.returned)
	}
}

// The ledger's references to texts, as chargeRef and refundRef make them.
const (
	refCharge = "charge"
	refRefund = "refund"
)

func parseRef(ref string) (kind, id string, ok bool) {
	parts := strings.Split(ref, "/")
	if len(parts) != 3 || parts[0] != refCharge && parts[0] != refRefund {
		return "", "", false
	}
	return parts[0], parts[1], parts[2] == "1"
}

// entryKey is where an entry stands in the ledger.
type entryKey struct {
	account string
	product credit.Product
	number  int64
}

// posted is what an entry says about a text.
type posted struct {
	account string
	ref     string
	reason  credit.Reason
}

// verifyEntries looks the other way: an entry must belong to a text of its
// account. The text may be gone, since the ledger outlives it.
func verifyEntries(tx *db.Tx, after *entryKey, report func(credit.Problem)) (read int, counted int64, err error) {
	var list []posted
	var ids []any
	err = tx.Rows(`SELECT account_id, product, number, ref, reason FROM credit_entries
		WHERE (account_id, product, number) > ($1, $2, $3) ORDER BY account_id, product, number LIMIT $4`,
		[]any{after.account, string(after.product), after.number, verifyPage}, func(scan func(...any) error) error {
			var e posted
			err := scan(&after.account, &after.product, &after.number, &e.ref, &e.reason)
			read++
			if e.account = after.account; after.product == credit.SMS {
				counted++
				list = append(list, e)
				if _, id, ok := parseRef(e.ref); ok {
					ids = append(ids, id)
				}
			}
			return err
		})
	if err != nil {
		return read, counted, err
	}
	byID := map[string]*bill{}
	err = tx.Each(billsOf, ids, func(scan func(...any) error) error {
		b, err := scanBill(scan)
		byID[b.id] = b
		return err
	})
	for _, e := range list {
		if text := e.objection(byID); text != "" && err == nil {
			report(credit.Problem{Account: e.account, Product: credit.SMS, Row: e.ref, Text: text})
		}
	}
	return read, counted, err
}

// objection is what is wrong with an entry, "" if nothing is.
func (e *posted) objection(byID map[string]*bill) string {
	kind, id, ok := parseRef(e.ref)
	b := byID[id]
	switch {
	case (e.reason == credit.Charged || e.reason == credit.Refunded) != ok || ok && kind != string(e.reason):
		return "its reason is " + string(e.reason)
	case b == nil:
	case b.account != e.account:
		return "its text is of the account " + b.account
	case b.direction != Out:
		return "its text came in, and costs nothing"
	}
	return ""
}
