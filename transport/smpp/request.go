package smpp

import (
	"time"

	"aviso/transport"
)

// phase is how far a submit has come. It only ever grows.
type phase uint8

const (
	queued  phase = iota // nothing has left
	written              // it may have left
	settled              // whoever sent it has its verdict
)

// request is one submit_sm of a session. The session's lock guards it; whoever
// waits for done may read the verdict once that is closed.
type request struct {
	frame    []byte
	sequence uint32
	mayStart func() bool
	text     string // the message's id
	part     int

	phase   phase
	at      time.Time // when it was written
	holds   bool      // a place in the window
	doubt   bool      // it was given up without an answer, which may yet come
	unsent  bool      // it did not leave, and may go over another link
	verdict transport.TextVerdict
	done    chan struct{}
}

// settle gives the sender its verdict, unless it has one. s.mu is held.
func (r *request) settle(v transport.TextVerdict) {
	if r.phase == settled {
		return
	}
	r.phase, r.verdict = settled, v
	close(r.done)
}

// giveUp settles what may have left as unknown. s.mu is held.
func (r *request) giveUp(why error) {
	if r.phase == settled {
		return
	}
	r.doubt = true
	r.settle(transport.TextVerdict{Outcome: transport.Unknown, Text: why.Error()})
}

// verdictOf is what an answer to a submit_sm means. Some give no body with an
// error, others an id.
func verdictOf(h header, body []byte) transport.TextVerdict {
	v := transport.TextVerdict{Outcome: h.status.outcome(), Code: h.status.code(), Text: h.status.words()}
	if h.command == genericNack {
		if v.Outcome == transport.Taken { // it took nothing, whatever its status says
			v.Outcome, v.Text = transport.Refused, "the gateway did not understand the message"
		}
		return v
	}
	v.Recipient = h.status == statusRecipient
	f := fields{rest: body}
	id := f.text()
	if f.err != nil {
		id = textField(body)
	}
	if v.Outcome == transport.Taken {
		v.ProviderID = storable(id)
	}
	if all, _ := parseTLVs(f.rest); all.text(tagStatusText) != "" {
		v.Text = line(all.text(tagStatusText))
	}
	return v
}

func later(why error) transport.TextVerdict {
	return transport.TextVerdict{Outcome: transport.Later, Text: why.Error()}
}
