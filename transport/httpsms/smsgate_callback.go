package httpsms

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"

	"aviso/transport"
)

// freshness is how far a callback's timestamp may be from our clock, so that
// one that was overheard cannot be played again later.
const freshness = 5 * time.Minute

// genuine checks X-Signature: an HMAC-SHA256 over the body and X-Timestamp, in
// hex, made by the phone itself.
func (k *smsgate) genuine(h http.Header, body []byte) *refusal {
	got, err := hex.DecodeString(h.Get("X-Signature"))
	if err != nil || k.cfg.SigningKey == "" {
		return errSignature
	}
	stamp := h.Get("X-Timestamp")
	mac := hmac.New(sha256.New, []byte(k.cfg.SigningKey))
	mac.Write(body)
	mac.Write([]byte(stamp))
	if !hmac.Equal(got, mac.Sum(nil)) {
		return errSignature
	}
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil || k.cfg.Now().Sub(time.Unix(seconds, 0)).Abs() > freshness {
		return errStale
	}
	return nil
}

// smsgateCallback is every field of the four events that is used. Older apps
// say phoneNumber for whoever is at the other end.
type smsgateCallback struct {
	ID      string `json:"id"`
	Event   string `json:"event"`
	Payload struct {
		MessageID   string `json:"messageId"`
		Message     string `json:"message"`
		Sender      string `json:"sender"`
		Recipient   string `json:"recipient"`
		PhoneNumber string `json:"phoneNumber"`
		ReceivedAt  string `json:"receivedAt"`
		SentAt      string `json:"sentAt"`
		DeliveredAt string `json:"deliveredAt"`
		FailedAt    string `json:"failedAt"`
		Reason      string `json:"reason"`
	} `json:"payload"`
}

// read takes every event at either door: it says itself what it is. Events
// that nobody asked for are thanked for, or the phone would bring them again
// and again.
func (k *smsgate) read(_ door, _ string, h http.Header, body []byte) (event, error) {
	if no := mediaType(h, jsonType); no != nil {
		return event{}, no
	}
	if no := k.genuine(h, body); no != nil {
		return event{}, no
	}
	var c smsgateCallback
	if err := json.Unmarshal(body, &c); err != nil {
		return event{}, malformed("The body is no event in JSON.")
	}
	p := &c.Payload
	if !party(p.Sender) || !party(p.Recipient) || !party(p.PhoneNumber) {
		return event{}, malformed("sender, recipient or phoneNumber is no number and no name.")
	}
	switch c.Event {
	case "":
		return event{}, malformed("event is missing.")
	case "sms:received":
		return k.text(&c)
	case "sms:sent":
		return k.receipt(&c, transport.Accepted, p.SentAt, body)
	case "sms:delivered":
		return k.receipt(&c, transport.Delivered, p.DeliveredAt, body)
	case "sms:failed":
		return k.receipt(&c, transport.Rejected, p.FailedAt, body)
	}
	return event{}, nil
}

// text: the app's id of a text is a hash of its content, equal for two equal
// texts; only with time and sender it tells a repetition from a second one.
func (k *smsgate) text(c *smsgateCallback) (event, error) {
	p := &c.Payload
	id, sender := cmp.Or(p.MessageID, c.ID), cmp.Or(p.Sender, p.PhoneNumber)
	from, kind := number(sender)
	if !identifier(id) || !identifier(p.ReceivedAt) || from == "" {
		return event{}, malformed("messageId, receivedAt or sender is missing.")
	}
	return event{text: &transport.InboundText{
		Gateway:   k.cfg.Name,
		From:      from,
		FromType:  kind,
		To:        cmp.Or(p.Recipient, k.cfg.Sender),
		Alphabet:  transport.UTF8,
		Data:      []byte(p.Message),
		RepeatKey: id + "/" + p.ReceivedAt + "/" + sender,
	}}, nil
}

func (k *smsgate) receipt(c *smsgateCallback, state transport.ReceiptState, at string, body []byte) (event, error) {
	p := &c.Payload
	if !identifier(p.MessageID) {
		return event{}, malformed("messageId is missing.")
	}
	done, err := time.Parse(time.RFC3339Nano, at)
	if err != nil {
		done = time.Time{} // a phone that cannot tell the time has still told the state
	}
	code := p.Reason
	if !identifier(code) {
		code = ""
	}
	return event{receipt: &transport.Receipt{
		Gateway:    k.cfg.Name,
		ProviderID: p.MessageID,
		TextID:     p.MessageID,
		To:         cmp.Or(p.Recipient, p.PhoneNumber),
		DoneAt:     done,
		State:      state,
		Code:       code,
		Text:       oneLine(string(body)),
	}}, nil
}
