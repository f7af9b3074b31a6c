package sms

import (
	"context"
	"sync"
	"time"

	"aviso/db"
	"aviso/nexthop"
	"aviso/transport"
)

// How automatic replies are sent: once, through the gateway and from the number
// that the text came to, at nobody's cost. They are marked before, like pushes.
const (
	replyLasts  = 30 * time.Second
	replyStale  = time.Hour // an answer that comes later answers nothing
	replyPoll   = 2 * time.Second
	replyPlaces = 8
)

// unknownAnswer is the answer to a shortcode that nobody has (contract, SMS,
// "Unknown shortcode").
func unknownAnswer(code string) string {
	return "The shortcode " + code + " does not exist. Please include it as the first word of your message."
}

// reply says which automatic reply a text asks for, "" if it asks for none or
// must not have one, whatever was answered before.
func (r *routing) reply(code *codeFacts, asked reserved) (replyKind, string) {
	in := r.s.in
	switch {
	case !r.answers, r.sender == "" || r.sender[0] != '+' || !dialable(r.sender), r.s.isOurs(r.sender, r.ours), beginsLikeAReply(r.content):
		return "", ""
	}
	if g := r.s.gateway(r.gateway); g == nil || g.ReceiveOnly {
		return "", ""
	}
	// An invented sender must not make this installation write to where it
	// does not write otherwise.
	if country, ok := countryOf(r.sender); !ok || !in.Limits.allow(country) {
		return "", ""
	}
	switch {
	case asked == reservedHelp && in.HelpText != "":
		return replyHelp, in.HelpText
	case asked == reservedNot && code == nil && r.first.word != "" && in.RepliesPerHour > 0 && !in.optouts.blocked(r.sender):
		return replyUnknown, unknownAnswer(r.first.word)
	}
	return "", ""
}

// helpPerHour bounds the answers to HELP over all senders, so that machines
// which ask each other for help end it too.
const helpPerHour = 60

// inAll is how many replies of a kind may be sent in an hour.
func (in *inbound) inAll(kind replyKind) int {
	if kind == replyHelp {
		return helpPerHour
	}
	return in.RepliesPerHour
}

// replying is the work of marking one reply, and what is needed to send it.
type replying struct {
	s       *Service
	text    transport.Text
	kind    replyKind
	gateway *Gateway
	dueAt   int64
	asked   time.Duration
	marked  bool // outcome
}

// Want implements db.Work.
func (w *replying) Want() {
	w.s.in.replies.wantID(w.text.ID)
	w.s.in.optouts.want(w.text.To)
	w.s.holds.Want()
}

// Decide implements db.Work.
func (w *replying) Decide(now int64) {
	w.marked = false
	h, replies := w.s.holds, w.s.in.replies
	drop := func(why string) {
		if replies.start(w.text.ID, now) {
			replies.end(w.text.ID, now, transport.Later.String(), why)
		}
	}
	switch {
	case now-w.dueAt >= replyStale.Milliseconds():
		drop("an hour had passed")
	case w.kind == replyUnknown && w.s.in.optouts.blocked(w.text.To):
		drop("the number has asked for no more texts since")
	case !h.Held && !h.Paused[w.gateway.Name]:
		w.marked = replies.start(w.text.ID, now)
	}
}

// Weight implements db.Work.
func (w *replying) Weight() int { return 256 }

// replyEnd writes what became of a reply.
type replyEnd struct {
	s              *Service
	id             string
	outcome, words string
}

// Want implements db.Work.
func (w *replyEnd) Want() {}

// Decide implements db.Work.
func (w *replyEnd) Decide(now int64) {
	w.s.in.replies.end(w.id, now, w.outcome, plain(w.words, 500))
}

// Weight implements db.Work.
func (w *replyEnd) Weight() int { return 256 }

// runReplies marks what is due and sends it through the gateways that this
// node reaches.
func (s *Service) runReplies(ctx context.Context) (time.Duration, error) {
	found, err := s.dueReplies(ctx)
	var all sync.WaitGroup
	began := 0
	for _, w := range found {
		if !s.in.replying.enter("") {
			break
		}
		began++
		w.asked = s.leases.Elapsed()
		all.Go(func() {
			if err := s.committer.Do(db.Settling, w); err != nil {
				s.log.Error("automatic reply not marked; it stays due", "id", w.text.ID, "error", err)
				w.marked = false
			}
		})
	}
	all.Wait()
	pause := replyPoll
	for _, w := range found[:began] {
		if !w.marked {
			s.in.replying.leave("")
			continue
		}
		pause = 0
		go s.sendReply(w)
	}
	return pause, err
}

func (s *Service) dueReplies(ctx context.Context) (found []*replying, err error) {
	room := s.in.replying.room()
	if room <= 0 {
		return nil, nil
	}
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		if held, err := nexthop.IsHeld(tx); err != nil || held {
			return err
		}
		for _, g := range s.gateways {
			if !g.here() || len(found) >= room {
				continue
			}
			err := tx.Rows(`SELECT id, kind, sender, recipient, content, due_at FROM sms_auto_replies
				WHERE started_at IS NULL AND finished_at IS NULL AND gateway = $1
					AND NOT EXISTS (SELECT 1 FROM sms_gateways g WHERE g.name = $2 AND g.paused_at IS NOT NULL) ORDER BY due_at LIMIT $3`,
				[]any{g.Name, g.Name, room - len(found)}, func(scan func(...any) error) error {
					w := &replying{s: s, gateway: g}
					found = append(found, w)
					return scan(&w.text.ID, &w.kind, &w.text.From, &w.text.To, &w.text.Content, &w.dueAt)
				})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return found, err
}

// sendReply makes one attempt, in the replies' share of the gateway's places,
// and records it.
func (s *Service) sendReply(w *replying) {
	defer s.in.replyLoop.Wake()
	defer s.in.replying.leave("")
	v := s.submitReply(w)
	log := s.log.With("id", w.text.ID, "gateway", w.gateway.Name, "recipient", w.text.To, "outcome", v.Outcome.String())
	if err := s.insist(&replyEnd{s: s, id: w.text.ID, outcome: v.Outcome.String(), words: v.Text}); err != nil {
		log.Error("the outcome of an automatic reply was not stored", "error", err)
		return
	}
	log.Info("automatic reply sent", "words", v.Text)
}

func (s *Service) submitReply(w *replying) transport.TextVerdict {
	ctx, cancel := context.WithTimeout(s.ctx, replyLasts)
	defer cancel()
	gate := s.gates[w.gateway.Name]
	if err := gate.Enter(ctx, ""); err != nil {
		return transport.TextVerdict{Text: "the gateway had no place for it"}
	}
	defer gate.Leave("")
	if s.leases.Elapsed()-w.asked > replyLasts {
		return transport.TextVerdict{Text: "the server was too busy to send it in time"}
	}
	t := &w.text
	t.Unreported = true
	t.Encoding, t.Parts = Split(t.Content, w.gateway.Wide)
	t.Reference, t.PartReferences = uint16(s.references.Add(1)), references(t.ID, len(t.Parts))
	worst := transport.TextVerdict{Outcome: transport.Taken}
	for _, v := range w.gateway.Texter.Send(ctx, t).Verdicts {
		if v.Outcome != transport.Taken {
			return v
		}
		worst = v
	}
	return worst
}
