package email

import (
	"context"
	"time"

	"aviso/db"
	"aviso/fault"
)

// System is the channel of mail that the installation itself sends.
const System Channel = "system"

// nobody is the account of such mail. No account has this id, so that it is in
// no customer's log and nobody pays for it; operators see it in the queue.
const nobody = ""

// systemBodyBytes bounds what the installation says.
const systemBodyBytes = 16 << 10

// SendSystem sends a mail from the installation's own sender. It is put into
// the queue, due at once, and carried from there like any other: also after a
// restart, and for as long as a relay that is away would be waited for. It is
// answered when the message is durable, which is before the network is asked.
//
// A hold on sending holds it too. A RelayTest's way, past the queue, was not
// taken because its outcome is lost with the process.
func (s *Service) SendSystem(ctx context.Context, to, subject, text string) error {
	if len(s.relays) == 0 {
		return fault.Later("Email is switched off: no relay is configured.", time.Minute, nil)
	}
	d, f := NewDraft(&Request{To: []string{to}, Subject: subject, Text: text}, Limits{BodyBytes: systemBodyBytes, Recipients: 1})
	if f != nil {
		return f
	}
	w := &systemMail{s: s, draft: d, id: db.NewID()}
	from := InstallationSender(s.domain)
	w.composed = d.Compose(Heading{From: from, MessageID: s.messageID(w.id), Date: s.now()})
	var err error
	for range 3 {
		// Two nodes may give the first of all the same number.
		if err = s.committer.Do(db.Admitting, w); !db.IsConflict(err) {
			break
		}
	}
	if err != nil {
		return err
	}
	s.retry.Wake()
	return s.db.Write(ctx, func(tx *db.Tx) error { return forgetSystemBodies(tx, w.number) })
}

// forgetSystemBodies removes what the latest of these mails said, once they are
// over: a link in one may still be good, and is nobody's to read here.
func forgetSystemBodies(tx *db.Tx, number int64) error {
	_, err := tx.Exec(`DELETE FROM email_bodies WHERE message_id IN (SELECT id FROM email_messages
		WHERE account_id = $1 AND number > $2 AND status NOT IN ('queued', 'sending'))`, nobody, number-200)
	return err
}

// systemMail puts one of these mails into the queue.
type systemMail struct {
	s        *Service
	draft    *Draft
	id       string
	composed Composed
	number   int64 // among them
}

// Want implements db.Work.
func (w *systemMail) Want() {
	w.s.messages.want(w.id)
	w.s.senders.want(nobody, "")
}

// Decide implements db.Work.
func (w *systemMail) Decide(now int64) {
	s := w.s
	m := &message{id: w.id, account: nobody, channel: System, status: Queued, sender: InstallationSender(s.domain), subject: w.draft.Subject,
		smtpMessageID: s.messageID(w.id), recipients: 1, createdAt: now, admittedAt: now, admission: 1, attempt: 1,
		dueAt: now, expiresAt: now + s.retryFor.Milliseconds(), promised: true, changed: true}
	w.number = s.senders.number(nobody)
	s.messages.insert(m, w.number, w.draft.Recipients)
	s.messages.body(m.id, &w.composed)
	s.messages.wanted[m.id] = m // written as sending, like all that is inserted, and corrected in the same commit
}

// Weight implements db.Work.
func (w *systemMail) Weight() int { return len(w.composed.Data) }
