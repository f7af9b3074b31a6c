package sms

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"aviso/db"
)

// partsEnd routes a text of which parts are missing after a day, with what is
// there. Without its first part nobody knows whose it is.
type partsEnd struct {
	routing
	set  string
	gone bool // outcome: it was complete, or another node was first
}

// Want implements db.Work.
func (w *partsEnd) Want() {
	w.s.in.parts.wantID(w.set)
	w.want()
}

// Decide implements db.Work.
func (w *partsEnd) Decide(now int64) {
	w.reset()
	set := w.s.in.parts.byID[w.set]
	if w.gone = set == nil || set.finished || now-set.beganAt < partsWait.Milliseconds(); w.gone {
		return
	}
	w.read(joinParts(set.parts), int64(len(set.parts)))
	if _, first := set.parts[1]; !first {
		w.first = keyword{}
	}
	if w.route(now) {
		w.s.in.parts.finish(set)
	}
}

// Weight implements db.Work.
func (w *partsEnd) Weight() int { return 256 }

// partsAtOnce is how many incomplete texts are handed to the committer
// together.
const partsAtOnce = 200

// runParts ends the sets whose time is over.
func (s *Service) runParts(ctx context.Context) (time.Duration, error) {
	var over []*partsEnd
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		now, err := tx.Now()
		if err != nil {
			return err
		}
		return tx.Rows(`SELECT id, gateway, sender, recipient FROM sms_part_sets WHERE began_at <= $1 ORDER BY began_at LIMIT $2`,
			[]any{now - partsWait.Milliseconds(), partsAtOnce}, func(scan func(...any) error) error {
				w := &partsEnd{routing: routing{s: s, id: db.NewID()}}
				over = append(over, w)
				return scan(&w.set, &w.gateway, &w.sender, &w.ours)
			})
	})
	if err != nil {
		return 0, err
	}
	var all sync.WaitGroup
	var ended atomic.Int32
	for _, w := range over {
		all.Go(func() {
			if s.endParts(w) {
				ended.Add(1)
			}
		})
	}
	all.Wait()
	if len(over) == partsAtOnce && ended.Load() > 0 {
		return 0, nil
	}
	return s.in.partLoop.Poll, nil
}

// endParts says whether a set is no longer there.
func (s *Service) endParts(w *partsEnd) bool {
	for range storeTries {
		if err := s.committer.Do(db.Receiving, w); err != nil {
			s.log.Error("an incomplete text was not stored; trying again", "set", w.set, "error", err)
			return false
		}
		if !w.again {
			if !w.gone {
				w.told()
			}
			return true
		}
	}
	return false
}
