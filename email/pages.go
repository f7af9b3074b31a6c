package email

import (
	"cmp"
	"context"
	"slices"

	"aviso/credit"
	"aviso/db"
	"aviso/nexthop"
)

// Detail is all that is known about one message.
type Detail struct {
	Message
	KeyName   string // also of a deleted key; "" if nothing is left of it
	ExpiresAt int64  // of a queued message, when who still waits has failed; else 0
	Standing  string // where it stands, in one sentence
	Next      string // what happens next by itself; "" if nothing does
	Credits   []credit.Entry
	Timeline  []Event
	Source    *Source // what the relay was given; nil if it is not kept

	relay, waitsFor string
	held, suspended bool
}

// Source is a message as it goes over the wire.
type Source struct {
	Data  []byte // its beginning
	Bytes int    // its whole length
}

// shownSource is how much of a message's source is shown.
const shownSource = 256 << 10

// Detail returns one message of an account with all that is known about it. A
// foreign id is as missing as one that never was.
func (s *Service) Detail(ctx context.Context, account, id string) (*Detail, error) {
	d := &Detail{}
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		m, err := readLogged(tx, account, id)
		if err != nil {
			return err
		}
		d.Message = *m
		var admissions, leases, suspendedAt int64
		err = tx.Row(`SELECT m.relay, m.waits_for, m.expires_at, m.admission, m.attempt, COALESCE(k.name, ''), COALESCE(a.suspended_at, 0)
			FROM email_messages m LEFT JOIN api_keys k ON k.id = m.key_id LEFT JOIN accounts a ON a.id = m.account_id WHERE m.id = $1`, []any{id},
			&d.relay, &d.waitsFor, &d.ExpiresAt, &admissions, &leases, &d.KeyName, &suspendedAt)
		if err != nil {
			return err
		}
		hold, err := nexthop.ReadHold(tx)
		if err != nil {
			return err
		}
		d.held, d.suspended = hold.Since != 0, suspendedAt != 0
		if d.Credits, err = credit.Entries(tx, references(id, admissions, leases)); err != nil {
			return err
		}
		slices.SortFunc(d.Credits, func(x, y credit.Entry) int { return cmp.Compare(x.Number, y.Number) })
		d.Source, err = readSource(tx, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	if d.Status != Queued {
		d.ExpiresAt = 0
	}
	d.Standing, d.Next = d.standing()
	d.Timeline = d.timeline()
	return d, nil
}

// references are those that a message's entries in the ledger can have.
func references(id string, admissions, leases int64) []string {
	var refs []string
	for n := range admissions {
		refs = append(refs, chargeRef(id, n+1))
	}
	for n := range leases {
		refs = append(refs, refundRef(id, n+1))
	}
	return refs
}

func readSource(tx *db.Tx, id string) (*Source, error) {
	var data []byte
	err := tx.Row(`SELECT data FROM email_bodies WHERE message_id = $1`, []any{id}, &data)
	if db.IsMissing(err) {
		return nil, nil
	}
	return &Source{data[:min(len(data), shownSource)], len(data)}, err
}
