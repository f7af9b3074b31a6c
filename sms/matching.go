package sms

import (
	"context"
	"sync"
	"time"

	"aviso/db"
	"aviso/queue"
)

// settledTexts are what the matching of waiting receipts has to look at: texts
// that were settled, and receipts that came just then.
type settledTexts struct {
	mu       sync.Mutex
	texts    []any
	receipts []any

	// Of remindMatching, and of nobody else's.
	reminded time.Duration // when it looked at all, since the service began; 0 before
	after    string        // the receipt to go on behind
}

// add says whether it is the first that waits.
func (l *settledTexts) add(text, receipt string) (first bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	first = len(l.texts)+len(l.receipts) == 0
	if text != "" {
		l.texts = append(l.texts, text)
	}
	if receipt != "" {
		l.receipts = append(l.receipts, receipt)
	}
	return first
}

// take returns what has come together, a step of it, and whether there is more.
func (l *settledTexts) take() (texts, receipts []any, more bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	texts, l.texts = split(l.texts)
	receipts, l.receipts = split(l.receipts)
	return texts, receipts, len(l.texts)+len(l.receipts) > 0
}

func split(list []any) (step, rest []any) {
	n := min(len(list), queue.StepRows)
	return list[:n:n], list[n:]
}

// rematchAfter is how long a receipt that was faster than its text's settlement
// may wait for it: all texts that settle meanwhile are one look.
const rematchAfter = 100 * time.Millisecond

// rematch has the receipts that wait for a text found, soon.
func (s *Service) rematch(text string) {
	if s.unmatched.add(text, "") {
		s.matching.WakeAfter(rematchAfter)
	}
}

const receiptColumns = `id, gateway, provider_id, provider_key, reference, text_id, sender, recipient, COALESCE(submitted_at, 0), state, code, words`

var (
	keysOfTexts      = db.NewMany(`SELECT message_id, gateway, provider_id, reference, recipient FROM sms_segments WHERE message_id IN ({{$1}})`)
	waitingReceipts  = db.NewMany(`SELECT ` + receiptColumns + ` FROM sms_receipts WHERE message_id = '' AND id IN ({{$1}})`)
	waitingText      = db.NewMany(`SELECT ` + receiptColumns + ` FROM sms_receipts WHERE message_id = '' AND text_id <> '' AND text_id IN ({{$1}})`)
	waitingProvider  = db.NewMany(`SELECT ` + receiptColumns + ` FROM sms_receipts WHERE message_id = '' AND (gateway, provider_key) IN (VALUES {{($1, $2)}})`)
	waitingReference = db.NewMany(`SELECT ` + receiptColumns + ` FROM sms_receipts WHERE message_id = '' AND reference <> 0 AND (gateway, reference) IN (VALUES {{($1, CAST($2 AS BIGINT))}})`)
	waitingRecipient = db.NewMany(`SELECT ` + receiptColumns + ` FROM sms_receipts WHERE message_id = '' AND (gateway, recipient) IN (VALUES {{($1, $2)}})`)
)

// runMatching tries the receipts that wait for what was settled.
func (s *Service) runMatching(ctx context.Context) (time.Duration, error) {
	texts, receipts, more := s.unmatched.take()
	if len(texts)+len(receipts) == 0 {
		return s.remindMatching(ctx)
	}
	found, err := s.waiting(ctx, texts, receipts)
	if err != nil {
		for _, id := range texts {
			s.unmatched.add(id.(string), "")
		}
		for _, id := range receipts {
			s.unmatched.add("", id.(string))
		}
		return 0, err
	}
	var all sync.WaitGroup // one commit for many of them
	for _, w := range found {
		all.Go(func() {
			if err := s.note(w); err != nil {
				s.unmatched.add("", w.receipt.id)
			}
		})
	}
	all.Wait()
	if more {
		return 0, nil
	}
	return s.remindMatching(ctx)
}

// waiting returns the receipts that waited for one of the texts, or are named,
// and whose segment is known now. Usually none waits, and texts settle all the
// time, so that a glance says whether to read: a receipt that this might miss is
// one that will be named, and finds its text by itself if that has settled.
func (s *Service) waiting(ctx context.Context, texts, receipts []any) (found []*noting, err error) {
	if len(receipts) == 0 {
		waits := false
		err := s.db.Glance(ctx, func(tx *db.Tx) error {
			return tx.Row(`SELECT EXISTS (SELECT 1 FROM sms_receipts WHERE message_id = '')`, nil, &waits)
		})
		if err != nil || !waits {
			return nil, err
		}
	}
	return found, s.db.Read(ctx, func(tx *db.Tx) error {
		found, err = s.match(tx, texts, receipts)
		return err
	})
}

func (s *Service) match(tx *db.Tx, texts, receipts []any) ([]*noting, error) {
	byProvider, byReference, byRecipient, err := keysOf(tx, texts)
	if err != nil {
		return nil, err
	}
	found := map[string]*receipt{}
	scan := func(scan func(...any) error) error {
		r := &receipt{}
		var submitted int64
		err := scan(&r.id, &r.Gateway, &r.ProviderID, &r.key, &r.Reference, &r.TextID, &r.From, &r.To, &submitted, &r.State, &r.Code, &r.Text)
		if submitted != 0 {
			r.SubmittedAt = time.UnixMilli(submitted)
		}
		found[r.id] = r
		return err
	}
	for _, look := range []struct {
		many *db.Many
		args []any
	}{{waitingReceipts, receipts}, {waitingText, texts}, {waitingProvider, byProvider}, {waitingReference, byReference}, {waitingRecipient, byRecipient}} {
		if err := tx.Each(look.many, look.args, scan); err != nil {
			return nil, err
		}
	}
	now, err := tx.Now()
	if err != nil {
		return nil, err
	}
	var list []*noting
	for _, id := range db.SortedKeys(found) {
		r := found[id.(string)]
		at, err := r.find(tx, now)
		if err != nil {
			return nil, err
		}
		if at != nil {
			list = append(list, &noting{s: s, receipt: r, at: at, waited: true})
		}
	}
	return list, nil
}

// keysOf returns by what receipts of these texts would be found.
func keysOf(tx *db.Tx, texts []any) (byProvider, byReference, byRecipient []any, err error) {
	err = tx.Each(keysOfTexts, texts, func(scan func(...any) error) error {
		var message, gateway, provider, recipient string
		var reference int64
		err := scan(&message, &gateway, &provider, &reference, &recipient)
		for _, key := range providerKeys(provider) {
			byProvider = append(byProvider, gateway, key)
		}
		if reference != 0 {
			byReference = append(byReference, gateway, reference)
		}
		byRecipient = append(byRecipient, gateway, recipient)
		return err
	})
	return byProvider, byReference, byRecipient, err
}
