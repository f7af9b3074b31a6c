package sms

import (
	"time"

	"aviso/db"
	"aviso/queue"
)

var renewLeases = db.NewMany(`WITH v(id, attempt, due_at) AS (VALUES {{(CAST($1 AS TEXT), CAST($2 AS BIGINT), CAST($3 AS BIGINT))}})
	UPDATE sms_messages SET due_at = v.due_at FROM v
	WHERE sms_messages.id = v.id AND sms_messages.attempt = v.attempt AND sms_messages.status = 'sending' RETURNING sms_messages.id`)

// newLeases are the texts that this node works at.
func newLeases(length time.Duration) *queue.Leases[*flight] {
	return queue.NewLeases(length, renewLeases, func(f *flight) queue.Lease { return queue.Lease{ID: f.id, Attempt: f.attempt, Ends: &f.lease} })
}
