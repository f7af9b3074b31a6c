package sms

import (
	"cmp"
	"maps"
	"slices"

	"aviso/db"
)

// conversationBook keeps, for each number that an account exchanges texts with,
// how many there are and which is the latest (docs/decisions/0011).
type conversationBook struct {
	entered map[conversationKey]conversation
}

type conversationKey struct{ account, peer string }

type conversation struct {
	texts  int64
	number int64 // of the latest
}

// enter adds a new text. What belongs to nobody, or came from no number, is in
// no conversation.
func (b *conversationBook) enter(m *message) {
	if m.account == "" || m.peer == "" {
		return
	}
	k := conversationKey{m.account, m.peer}
	c := b.entered[k]
	b.entered[k] = conversation{c.texts + 1, max(c.number, m.number)}
}

var (
	// Texts of one account are numbered one batch after the other, since its row
	// is locked: the latest number is the highest.
	writeConversations = db.NewMany(`INSERT INTO sms_conversations (account_id, peer, messages, number) VALUES {{($1, $2, $3, $4)}}
		ON CONFLICT (account_id, peer) DO UPDATE SET messages = sms_conversations.messages + excluded.messages, number = excluded.number`)
	shrinkConversations = db.NewMany(`WITH v(account_id, peer, messages) AS (VALUES {{(CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS BIGINT))}})
		UPDATE sms_conversations SET messages = sms_conversations.messages - v.messages FROM v
		WHERE sms_conversations.account_id = v.account_id AND sms_conversations.peer = v.peer`)
	endConversations = db.NewMany(`DELETE FROM sms_conversations WHERE messages <= 0 AND (account_id, peer) IN (VALUES {{($1, $2)}})`)
)

// Load implements db.Book.
func (b *conversationBook) Load(*db.Pipeline) {}

// Apply implements db.Book.
func (b *conversationBook) Apply(p *db.Pipeline) {
	var args []any
	for _, k := range sortedConversations(b.entered) {
		c := b.entered[k]
		args = append(args, k.account, k.peer, c.texts, c.number)
	}
	p.Exec(writeConversations, args)
}

// Reset implements db.Book.
func (b *conversationBook) Reset() { clear(b.entered) }

// sortedConversations is the order in which their rows are locked.
func sortedConversations[V any](m map[conversationKey]V) []conversationKey {
	return slices.SortedFunc(maps.Keys(m), func(x, y conversationKey) int {
		return cmp.Or(cmp.Compare(x.account, y.account), cmp.Compare(x.peer, y.peer))
	})
}
