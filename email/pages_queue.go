package email

import (
	"context"

	"aviso/db"
	"aviso/fault"
)

// queueCounts counts the messages of the queue by status, so many at most. The
// relay is looked for among as many, the oldest: each status has its own index,
// and none is for relays.
var queueCounts = map[Status]string{Queued: countQueue(Queued), Sending: countQueue(Sending), Unknown: countQueue(Unknown)}

func countQueue(status Status) string {
	return `SELECT COUNT(*) FROM (SELECT m.relay, m.waits_for FROM email_messages m WHERE m.status = '` + string(status) + `' LIMIT $1) m
		WHERE $2 = '' OR m.relay = $2 OR m.waits_for = $3`
}

// QueueTotal returns how many messages Queue would list without a limit. Capped
// says that there are more: they are counted to 10,000.
func (s *Service) QueueTotal(ctx context.Context, f QueueFilter) (total int64, capped bool, err error) {
	statuses := []Status{Queued, Sending, Unknown}
	if f.Status != "" {
		if queueCounts[f.Status] == "" {
			return 0, false, fault.Field("INVALID_REQUEST", "state", "The state must be queued, sending or unknown.")
		}
		statuses = []Status{f.Status}
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		for _, status := range statuses {
			var n int64
			err := tx.Row(queueCounts[status], []any{s.reach.Counted + 1, f.Relay, string(relayCap(f.Relay))}, &n)
			if err != nil {
				return err
			}
			total += n
		}
		return nil
	})
	if total > s.reach.Counted {
		total, capped = s.reach.Counted, true
	}
	return total, capped, err
}
