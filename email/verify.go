package email

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"aviso/credit"
	"aviso/db"
)

// Verified is how much was looked at.
type Verified struct {
	Messages int64
	Entries  int64
}

// verifyPage is how many messages or entries are compared in one snapshot.
const verifyPage = 500

// Verify proves what messages cost. What each was charged less what it was
// refunded is its price for the recipients not refused; nothing for an
// interrupted one; for a cancelled one its price for the recipients taken or
// unknown before. Its charges and refunds are those of the ledger, entry by
// entry. It calls report for each row that is wrong. A page is read in one
// snapshot, so that a server may go on.
func Verify(ctx context.Context, d *db.DB, report func(credit.Problem)) (v Verified, err error) {
	if v.Messages, err = pages(ctx, d, "", func(tx *db.Tx, after *string) (int, error) { return verifyMessages(tx, after, report) }); err != nil {
		return v, err
	}
	v.Entries, err = pages(ctx, d, entryKey{}, func(tx *db.Tx, after *entryKey) (int, error) { return verifyEntries(tx, after, report) })
	return v, err
}

// pages runs page, each time in a snapshot of its own and behind where the one
// before ended, until one is not full.
func pages[K any](ctx context.Context, d *db.DB, after K, page func(tx *db.Tx, after *K) (int, error)) (total int64, err error) {
	for {
		n := 0
		err := d.Read(ctx, func(tx *db.Tx) (err error) {
			n, err = page(tx, &after)
			return err
		})
		total += int64(n)
		if err != nil || n < verifyPage {
			return total, err
		}
	}
}

// bill is what a message says that it cost, and what others say.
type bill struct {
	id, account        string
	status             Status
	admission, attempt int64
	price              int64
	charged, refunded  int64
	recipients         map[RecipientState]int64
	posted, returned   int64 // in the ledger
}

const verifyColumns = `SELECT id, account_id, status, admission, attempt, price, charged, refunded FROM email_messages`

var (
	billRecipients = db.NewMany(`SELECT message_id, state, COUNT(*) FROM email_recipients WHERE message_id IN ({{$1}}) GROUP BY message_id, state`)
	billEntries    = db.NewMany(`SELECT account_id, product, ref, delta FROM credit_entries WHERE ref IN ({{$1}})`)
	billsOf        = db.NewMany(verifyColumns + ` WHERE id IN ({{$1}})`)
)

func scanBill(scan func(...any) error) (*bill, error) {
	b := &bill{recipients: map[RecipientState]int64{}}
	return b, scan(&b.id, &b.account, &b.status, &b.admission, &b.attempt, &b.price, &b.charged, &b.refunded)
}

// verifyMessages compares the next messages with their recipients and entries.
func verifyMessages(tx *db.Tx, after *string, report func(credit.Problem)) (int, error) {
	var list []*bill
	byID := map[string]*bill{}
	var ids, refs []any
	err := tx.Rows(verifyColumns+` WHERE id > $1 ORDER BY id LIMIT $2`, []any{*after, verifyPage}, func(scan func(...any) error) error {
		b, err := scanBill(scan)
		list, byID[b.id], ids = append(list, b), b, append(ids, b.id)
		for n := range b.admission {
			refs = append(refs, chargeRef(b.id, n+1))
		}
		for n := range b.attempt {
			refs = append(refs, refundRef(b.id, n+1))
		}
		*after = b.id
		return err
	})
	if err != nil {
		return 0, err
	}
	err = tx.Each(billRecipients, ids, func(scan func(...any) error) error {
		var id string
		var state RecipientState
		var n int64
		err := scan(&id, &state, &n)
		if b := byID[id]; b != nil {
			b.recipients[state] = n
		}
		return err
	})
	if err != nil {
		return 0, err
	}
	err = tx.Each(billEntries, refs, func(scan func(...any) error) error {
		var of entryKey
		var ref string
		var delta int64
		err := scan(&of.account, &of.product, &ref, &delta)
		if kind, id, _, ok := parseRef(ref); ok && of.product == credit.Email && byID[id].account == of.account {
			byID[id].post(kind, delta)
		}
		return err
	})
	for _, b := range list {
		if err == nil {
			b.check(report)
		}
	}
	return len(list), err
}

func (b *bill) post(kind string, delta int64) {
	if kind == refCharge {
		b.posted -= delta
	} else {
		b.returned += delta
	}
}

// due is what the message must have cost so far.
func (b *bill) due() int64 {
	r := b.recipients
	switch b.status {
	case Interrupted:
		return 0
	case Cancelled:
		return b.price * (r[RecipientTaken] + r[RecipientUnknown])
	}
	return b.price * (r[RecipientTaken] + r[RecipientUnknown] + r[RecipientWaiting])
}

func (b *bill) check(report func(credit.Problem)) {
	wrong := func(format string, args ...any) {
		report(credit.Problem{Account: b.account, Product: credit.Email, Row: "message/" + b.id, Text: fmt.Sprintf(format, args...)})
	}
	if cost := b.charged - b.refunded; cost != b.due() {
		wrong("it is %s and has cost %d credits, and must have cost %d", b.status, cost, b.due())
	}
	if b.posted != b.charged {
		wrong("it was charged %d credits, and the ledger says %d", b.charged, b.posted)
	}
	if b.returned != b.refunded {
		wrong("it was refunded %d credits, and the ledger says %d", b.refunded, b.returned)
	}
}

// The ledger's references to messages, as chargeRef and refundRef make them.
const (
	refCharge = "charge"
	refRefund = "refund"
)

func parseRef(ref string) (kind, id string, number int64, ok bool) {
	parts := strings.Split(ref, "/")
	if len(parts) != 3 || parts[0] != refCharge && parts[0] != refRefund {
		return "", "", 0, false
	}
	number, err := strconv.ParseInt(parts[2], 10, 64)
	return parts[0], parts[1], number, err == nil && number > 0
}

// entryKey is where an entry stands in the ledger.
type entryKey struct {
	account string
	product credit.Product
	number  int64
}

// posted is what an entry says about a message.
type posted struct {
	account string
	ref     string
	reason  credit.Reason
}

// verifyEntries looks the other way: an entry must belong to an admission or
// an attempt that its message has had. A message may be gone, since the ledger
// outlives it.
func verifyEntries(tx *db.Tx, after *entryKey, report func(credit.Problem)) (read int, err error) {
	var list []posted
	var ids []any
	err = tx.Rows(`SELECT account_id, product, number, ref, reason FROM credit_entries
		WHERE (account_id, product, number) > ($1, $2, $3) ORDER BY account_id, product, number LIMIT $4`,
		[]any{after.account, string(after.product), after.number, verifyPage}, func(scan func(...any) error) error {
			var e posted
			err := scan(&after.account, &after.product, &after.number, &e.ref, &e.reason)
			read++
			if e.account = after.account; after.product == credit.Email {
				list = append(list, e)
				if _, id, _, ok := parseRef(e.ref); ok {
					ids = append(ids, id)
				}
			}
			return err
		})
	if err != nil {
		return read, err
	}
	byID := map[string]*bill{}
	err = tx.Each(billsOf, ids, func(scan func(...any) error) error {
		b, err := scanBill(scan)
		byID[b.id] = b
		return err
	})
	for _, e := range list {
		if text := e.objection(byID); text != "" && err == nil {
			report(credit.Problem{Account: e.account, Product: credit.Email, Row: e.ref, Text: text})
		}
	}
	return read, err
}

// objection is what is wrong with an entry, "" if nothing is.
func (e *posted) objection(byID map[string]*bill) string {
	kind, id, number, ok := parseRef(e.ref)
	b := byID[id]
	switch {
	case (e.reason == credit.Charged || e.reason == credit.Refunded) != ok || ok && kind != string(e.reason):
		return "its reason is " + string(e.reason)
	case b == nil:
	case b.account != e.account:
		return "its message is of the account " + b.account
	case kind == refCharge && number > b.admission, kind == refRefund && number > b.attempt:
		return "its message knows nothing of it"
	}
	return ""
}
