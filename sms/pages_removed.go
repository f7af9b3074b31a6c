package sms

import (
	"aviso/db"
	"aviso/numbered"
)

// removed is what retention has taken from accounts' lists, which stay countable:
// an offset is a number only as long as it is known how many are gone, and from
// which number on none is.
type removed struct {
	accounts      numbered.Removal
	conversations map[conversationKey]int64
}

func newRemoved() *removed {
	return &removed{accounts: numbered.Removal{}, conversations: map[conversationKey]int64{}}
}

func (r *removed) add(of conversationKey, number int64) {
	r.accounts.Add(of.account, number)
	if of.account != "" && of.peer != "" {
		r.conversations[of]++
	}
}

// note writes it down: accounts first and in order, as everywhere. A
// conversation goes with its last text.
func (r *removed) note(tx *db.Tx) error {
	var shrunk, ended []any
	for _, k := range sortedConversations(r.conversations) {
		shrunk = append(shrunk, k.account, k.peer, r.conversations[k])
		ended = append(ended, k.account, k.peer)
	}
	err := texts.Note(tx, r.accounts)
	if err == nil {
		err = tx.Each(shrinkConversations, shrunk, nil)
	}
	if err == nil {
		err = tx.Each(endConversations, ended, nil)
	}
	return err
}
