package sms

import (
	"slices"
	"strings"
	"time"

	"aviso/db"
	"aviso/transport"
)

// match is the segment that a receipt is about.
type match struct {
	message string
	number  int64
	account string
	by      string // how it was found, for the metrics
}

// candidate is a segment that a receipt may be about.
type candidate struct {
	match
	provider string
	sender   string
	to       string
	over     bool // a receipt has said already how it ended
}

const (
	// receiptsWait is how long a receipt waits for the segment it is about.
	receiptsWait = 72 * time.Hour
	// matchWindow is how old a segment may be: gateways use their ids again.
	matchWindow = 8 * 24 * time.Hour
	// guessWithin is how far a receipt's own submit time may be from ours
	// (contract, SMS, "What settles unknown").
	guessWithin = 5 * time.Minute
)

const selectCandidates = `SELECT g.message_id, g.number, m.account_id, g.provider_id, g.sender, g.recipient, g.receipt
	FROM sms_segments g JOIN sms_messages m ON m.id = g.message_id WHERE `

// find returns the segment that a receipt is about, nil while none can be told
// from the others: by our own id, by the gateway's, by the reference that went
// out with it, and last by sender, recipient and submit time.
func (r *receipt) find(tx *db.Tx, now int64) (*match, error) {
	for _, look := range []func(*db.Tx, int64) (*match, error){r.byText, r.byProvider, r.byReference, r.byTime} {
		if m, err := look(tx, now); m != nil || err != nil {
			return m, err
		}
	}
	return nil, nil
}

func candidates(tx *db.Tx, by, where string, args ...any) (list []candidate, err error) {
	err = tx.Rows(selectCandidates+where, args, func(scan func(...any) error) error {
		c := candidate{match: match{by: by}}
		var receipt transport.ReceiptState
		err := scan(&c.message, &c.number, &c.account, &c.provider, &c.sender, &c.to, &receipt)
		c.over = conclusive(receipt)
		list = append(list, c)
		return err
	})
	return list, err
}

func (r *receipt) byText(tx *db.Tx, _ int64) (*match, error) {
	if !db.IsID(r.TextID) {
		return nil, nil
	}
	list, err := candidates(tx, "text", `g.message_id = $1 AND g.gateway = $2 ORDER BY g.number`, r.TextID, r.Gateway)
	if err != nil {
		return nil, err
	}
	if same := r.sameProvider(list); same != nil {
		return only(same), nil
	}
	return only(list), nil
}

func (r *receipt) byProvider(tx *db.Tx, now int64) (*match, error) {
	var list []candidate
	for _, key := range providerKeys(r.ProviderID) {
		found, err := candidates(tx, "id", `g.gateway = $1 AND g.provider_key = $2 AND g.provider_key <> '' AND g.submitted_at > $3 ORDER BY g.message_id, g.number`,
			r.Gateway, key, now-matchWindow.Milliseconds())
		if err != nil {
			return nil, err
		}
		list = append(list, found...)
	}
	return only(r.sameProvider(r.sameRecipient(list))), nil
}

func (r *receipt) byReference(tx *db.Tx, now int64) (*match, error) {
	if r.Reference == 0 {
		return nil, nil
	}
	list, err := candidates(tx, "reference", `g.gateway = $1 AND g.reference = $2 AND g.reference <> 0 AND g.submitted_at > $3 ORDER BY g.message_id, g.number`,
		r.Gateway, int64(r.Reference), now-receiptsWait.Milliseconds())
	return only(r.sameRecipient(list)), err
}

// byTime guesses. It does not while a text to the same number is under way,
// whose receipt this may be: that text's settlement looks again.
func (r *receipt) byTime(tx *db.Tx, _ int64) (*match, error) {
	if r.From == "" || r.To == "" || r.SubmittedAt.IsZero() {
		return nil, nil
	}
	at := millis(r.SubmittedAt)
	list, err := candidates(tx, "time", `g.state = 'unknown' AND g.gateway = $1 AND g.recipient = $2 AND g.submitted_at BETWEEN $3 AND $4
		AND NOT EXISTS (SELECT 1 FROM sms_messages s WHERE s.status = 'sending' AND s.peer = g.recipient) ORDER BY g.message_id, g.number`,
		r.Gateway, r.To, at-guessWithin.Milliseconds(), at+guessWithin.Milliseconds())
	list = slices.DeleteFunc(list, func(c candidate) bool {
		return c.over || !sameNumber(c.sender, r.From)
	})
	return only(list), err
}

// sameRecipient drops what went to another number, if the receipt names one.
func (r *receipt) sameRecipient(list []candidate) []candidate {
	if r.To == "" {
		return list
	}
	return slices.DeleteFunc(list, func(c candidate) bool { return !sameNumber(c.to, r.To) })
}

// sameProvider returns the candidates that the gateway named most alike:
// exactly, but for case, but for leading zeros, in the other notation.
func (r *receipt) sameProvider(list []candidate) []candidate {
	if r.ProviderID == "" {
		return nil
	}
	keys := providerKeys(r.ProviderID)
	for _, alike := range []func(id string) bool{
		func(id string) bool { return id == r.ProviderID },
		func(id string) bool { return strings.EqualFold(id, r.ProviderID) },
		func(id string) bool { return providerKey(id) == r.key },
		func(id string) bool { return slices.Contains(keys, providerKey(id)) },
	} {
		var same []candidate
		for _, c := range list {
			if c.provider != "" && alike(c.provider) {
				same = append(same, c)
			}
		}
		if same != nil {
			return same
		}
	}
	return nil
}

// only returns the candidate that is meant: nil when they are of several texts.
// Of one text it is the first that nothing is known of yet, since some gateways
// give all its segments one id.
func only(list []candidate) *match {
	var first *candidate
	for i := range list {
		c := &list[i]
		if c.message != list[0].message {
			return nil
		}
		if first == nil || first.over && !c.over {
			first = c
		}
	}
	if first == nil {
		return nil
	}
	return &first.match
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}
