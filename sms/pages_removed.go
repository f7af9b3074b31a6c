package sms

import "aviso/db"

// removed is what retention has taken from accounts' lists, which stay countable:
// an offset is a number only as long as it is known how many are gone, and from
// which number on none is.
type removed struct {
	accounts      map[string]numbering
	conversations map[conversationKey]int64
}

func newRemoved() *removed {
	return &removed{accounts: map[string]numbering{}, conversations: map[conversationKey]int64{}}
}

func (r *removed) add(of conversationKey, number int64) {
	n := r.accounts[of.account]
	r.accounts[of.account] = numbering{removed: n.removed + 1, keptFrom: max(n.keptFrom, number+1)}
	if of.account != "" && of.peer != "" {
		r.conversations[of]++
	}
}

var noteRemoved = db.NewMany(`WITH v(account_id, removed, kept_from) AS (VALUES {{(CAST($1 AS TEXT), CAST($2 AS BIGINT), CAST($3 AS BIGINT))}})
	UPDATE sms_accounts SET removed = sms_accounts.removed + v.removed,
		kept_from = CASE WHEN v.kept_from > sms_accounts.kept_from THEN v.kept_from ELSE sms_accounts.kept_from END
	FROM v WHERE sms_accounts.account_id = v.account_id`)

// note writes it down: accounts first and in order, as everywhere. A
// conversation goes with its last text.
func (r *removed) note(tx *db.Tx) error {
	var accounts, shrunk, ended []any
	for _, id := range db.SortedKeys(r.accounts) {
		n := r.accounts[id.(string)]
		accounts = append(accounts, id, n.removed, n.keptFrom)
	}
	for _, k := range sortedConversations(r.conversations) {
		shrunk = append(shrunk, k.account, k.peer, r.conversations[k])
		ended = append(ended, k.account, k.peer)
	}
	err := tx.Each(noteRemoved, accounts, nil)
	if err == nil {
		err = tx.Each(shrinkConversations, shrunk, nil)
	}
	if err == nil {
		err = tx.Each(endConversations, ended, nil)
	}
	return err
}
