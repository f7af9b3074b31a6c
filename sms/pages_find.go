package sms

import (
	"aviso/db"
	"aviso/numbered"
)

// findStep is how many texts are asked for at a time.
const findStep = 2000

// source chooses the index that has the least of what the filter does not want.
// Its texts have numbers up to $3, newest first, $4 at most.
func (f TextFilter) source() (query string, of any) {
	columns := `SELECT number, direction, peer, `
	if f.Query != "" {
		columns += `content`
	} else {
		columns += `''`
	}
	columns += ` FROM sms_messages WHERE account_id = $1 AND `
	const order = ` AND number <= $3 ORDER BY number DESC LIMIT $4`
	switch {
	case f.Peer != "":
		return columns + `peer = $2` + order, f.Peer
	case f.Direction != "":
		return columns + `direction = $2` + order, string(f.Direction)
	}
	return columns + `number >= $2` + order, int64(1)
}

// newTextSearch looks for the texts that a filter lets through.
func newTextSearch(tx *db.Tx, account string, f TextFilter, reach numbered.Reach) numbered.Search {
	query, of := f.source()
	begins := numbered.NewBeginning(f.Query)
	look := func(top, most int64) (seen numbered.Seen, err error) {
		err = tx.Rows(query, []any{account, of, top, most}, func(scan func(...any) error) error {
			var peer, content string
			var direction Direction
			if err := scan(&seen.Last, &direction, &peer, &content); err != nil {
				return err
			}
			seen.Rows++
			if (f.Direction == "" || f.Direction == direction) && (f.Peer == "" || f.Peer == peer) && (begins.Of(peer) || begins.Of(content)) {
				seen.Matches = append(seen.Matches, seen.Last)
			}
			return nil
		})
		return seen, err
	}
	return numbered.Search{Reach: reach, Step: findStep, Look: look}
}
