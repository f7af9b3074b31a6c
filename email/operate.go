package email

import (
	"fmt"

	"aviso/db"
	"aviso/fault"
	"aviso/nexthop"
	"aviso/queue"
)

// Operate starts the committer alone, in place of Start: what an operator
// changes in a process beside the server goes the same way as everything else
// that moves a message. Nothing is carried and nothing taken over. Close ends it.
func (s *Service) Operate() { go s.committer.Run() }

const queuedIDs = `SELECT id FROM email_messages WHERE status = 'queued' AND id > $1 AND ($2 = '' OR account_id = $2) ORDER BY id LIMIT $3`

// queued returns the ids of the next queued messages after one: of an account,
// or of all with "".
func queued(tx *db.Tx, account, after string) (ids []any, last string, err error) {
	err = tx.Rows(queuedIDs, []any{after, account, queue.StepRows}, func(scan func(...any) error) error {
		err := scan(&last)
		ids = append(ids, last)
		return err
	})
	return ids, last, err
}

// known returns the configured relay of a name, or says which there are.
func (s *Service) known(name string) (*Relay, error) {
	if r := s.relay(name); r != nil {
		return r, nil
	}
	names := make([]string, len(s.relays))
	for i, r := range s.relays {
		names[i] = r.Name
	}
	return nil, nexthop.Relays.Unknown(name, names)
}

// wrongState is the refusal of something that a message's status does not allow.
func wrongState(code string, is Status, only string) *fault.Error {
	return fault.New(fault.Conflict, code, fmt.Sprintf("The message is %s; only %s.", is, only))
}
