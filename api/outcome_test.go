package api_test

import (
	"testing"

	"aviso/transport/smtprelay/smtptest"
)

const (
	unavailableHint = "Provider temporarily unavailable; will retry within 24h."
	cappedHint      = "Daily provider cap reached; will retry within 24h."
	holdHint        = "Sending is on hold."
)

func says(words string) smtptest.Answer { return smtptest.Answer{Say: words} }

// three are a message's recipients here.
var three = hello(mail{"to": []string{"a@x.test", "b@x.test", "c@x.test"}}).json()

// What the relay says to three recipients, and what the caller is told.
func TestOutcomes(t *testing.T) {
	const (
		a, b, c  = "RCPT a@x.test", "RCPT b@x.test", "RCPT c@x.test"
		pa       = "primary a@x.test"
		pb       = "primary b@x.test"
		pc       = "primary c@x.test"
		nobody   = "550 5.1.1 nobody here"
		notNow   = "450 4.2.1 not now"
		shutdown = "421 4.3.2 going down"
	)
	refused := func(address string) mail { return mail{"address": address, "code": 550, "message": "nobody here"} }
	all := func(code int, message string) []mail {
		return []mail{{"address": "a@x.test", "code": code, "message": message}, {"address": "b@x.test", "code": code, "message": message}, {"address": "c@x.test", "code": code, "message": message}}
	}
	rows := []struct {
		script smtptest.Script
		row
	}{
		{nil, row{name: "all taken", status: 200, data: mail{"status": "sent", "from": "noreply@mail.test", "recipients": 3, "creditsCharged": 3, "rejected": nil, "retryHint": nil},
			ledger: []int64{-3}, relayed: []string{pa, pb, pc}}},
		{smtptest.Script{b: says(nobody)}, row{name: "one refused", status: 200, data: mail{"status": "sent", "recipients": 2, "creditsCharged": 2, "rejected": []mail{refused("b@x.test")}},
			ledger: []int64{-3, 1}, relayed: []string{pa, pc}}},
		{smtptest.Script{a: says(nobody), b: says(nobody)}, row{name: "two refused", status: 200, data: mail{"recipients": 1, "creditsCharged": 1, "rejected": []mail{refused("a@x.test"), refused("b@x.test")}},
			ledger: []int64{-3, 2}, relayed: []string{pc}}},

		{smtptest.Script{"RCPT": says(nobody)}, row{name: "all refused", status: 502, data: mail{"rejected": all(550, "nobody here")}, ledger: []int64{-3, 3}}},
		{smtptest.Script{"MAIL": says("550 5.7.1 not you")}, row{name: "the sender refused", status: 502, data: mail{"rejected": all(550, "not you")}, ledger: []int64{-3, 3}}},
		{smtptest.Script{"DATA": says("554 5.3.0 no")}, row{name: "DATA refused", status: 502, data: mail{"rejected": all(554, "no")}, ledger: []int64{-3, 3}}},
		{smtptest.Script{"DOT": says("554 5.6.0 spam")}, row{name: "the message refused", status: 502, data: mail{"rejected": all(554, "spam")}, ledger: []int64{-3, 3}, relayed: []string{pa, pb, pc}}},

		{smtptest.Script{"RCPT": says("550 5.1.1 caf\xe9\x00\x1b[31m <b>")}, row{name: "refused in odd words", status: 502, data: mail{"rejected": all(550, "caf\ufffd  [31m <b>")}, ledger: []int64{-3, 3}}},

		{smtptest.Script{"RCPT": says(notNow)}, row{name: "all later", status: 202, data: mail{"status": "queued", "recipients": 3, "creditsCharged": 3, "retryHint": unavailableHint, "rejected": nil, "smtpMessageId": nil},
			ledger: []int64{-3}}},
		{smtptest.Script{"MAIL": says("451 4.3.0 busy")}, row{name: "the sender later", status: 202, data: mail{"recipients": 3}, ledger: []int64{-3}}},
		{smtptest.Script{"DATA": says("451 4.3.0 busy")}, row{name: "DATA later", status: 202, data: mail{"recipients": 3}, ledger: []int64{-3}}},
		{smtptest.Script{"DOT": says("452 4.3.1 disk full")}, row{name: "the message later", status: 202, data: mail{"recipients": 3}, ledger: []int64{-3}, relayed: []string{pa, pb, pc}}},
		{smtptest.Script{"MAIL": {Say: shutdown, Then: smtptest.Drop}}, row{name: "the relay goes", status: 202, data: mail{"recipients": 3}, ledger: []int64{-3}}},
		{smtptest.Script{"DATA": {Then: smtptest.Drop}}, row{name: "the link breaks before the dot", status: 202, data: mail{"recipients": 3}, ledger: []int64{-3}}},
		{smtptest.Script{"DOT": {Then: smtptest.Drop}}, row{name: "the link breaks after the dot", status: 202, data: mail{"recipients": 3, "creditsCharged": 3, "retryHint": unavailableHint},
			ledger: []int64{-3}, relayed: []string{pa, pb, pc}}},

		{smtptest.Script{b: says(notNow)}, row{name: "taken and later", status: 202, data: mail{"recipients": 3, "creditsCharged": 3, "retryHint": unavailableHint, "rejected": nil},
			ledger: []int64{-3}, relayed: []string{pa, pc}}},
		{smtptest.Script{"RCPT": says(nobody), c: says(notNow)}, row{name: "refused and later", status: 202, data: mail{"recipients": 1, "creditsCharged": 1, "rejected": []mail{refused("a@x.test"), refused("b@x.test")}},
			ledger: []int64{-3, 2}}},
		{smtptest.Script{a: says(nobody), b: says(notNow)}, row{name: "taken, refused and later", status: 202, data: mail{"recipients": 2, "creditsCharged": 2, "rejected": []mail{refused("a@x.test")}},
			ledger: []int64{-3, 1}, relayed: []string{pc}}},
	}
	each(t, options{}, func(t *testing.T, h *house) {
		for _, r := range rows {
			t.Run(r.name, func(t *testing.T) {
				h.relays[0].says(r.script)
				r.body, r.messages = three, 1
				if r.status == 502 {
					r.code = "SMTP_FAILURE"
				}
				if a := r.run(t, h); a.id() == "" {
					t.Errorf("there is no messageId: %s", a.raw)
				}
			})
		}
	})
}

// A relay that cannot be reached is as good as one that says later.
func TestNoConnection(t *testing.T) {
	each(t, options{relays: []relayConfig{{name: "primary", away: true}}}, func(t *testing.T, h *house) {
		r := row{body: three, status: 202, data: mail{"recipients": 3, "creditsCharged": 3, "retryHint": unavailableHint}, ledger: []int64{-3}, messages: 1}
		r.run(t, h)
	})
}

// An address that the relay cannot be told is refused without asking it.
func TestAddressBeyondTheRelay(t *testing.T) {
	o := options{relays: []relayConfig{{name: "primary", extensions: []string{"PIPELINING", "8BITMIME"}}}}
	each(t, o, func(t *testing.T, h *house) {
		r := row{body: hello(mail{"to": "jörg@x.test"}).json(), status: 502, code: "SMTP_FAILURE", ledger: []int64{-1, 1}, messages: 1}
		a := r.run(t, h)
		rejected, _ := a.data("rejected").([]any)
		if len(rejected) != 1 || asJSON(rejected[0].(map[string]any)["code"]) != "0" {
			t.Errorf("%s", a.raw)
		}
	})
}

// The given answers, field for field: nothing is missing and nothing is more.
func TestAnswersAsGiven(t *testing.T) {
	each(t, options{}, func(t *testing.T, h *house) {
		c := h.customer(t, 10)
		a := c.send(t, hello().json())
		id := a.id()
		want := mail{"ok": true, "data": mail{"messageId": id, "smtpMessageId": "<" + id + "@mail.test>", "status": "sent", "from": "noreply@mail.test", "recipients": 1, "creditsCharged": 1}}
		if asJSON(a.body) != asJSON(want) {
			t.Errorf("%s, not %s", a.raw, want.json())
		}
		if got := lastMail(t, h.relays[0]).Header.Get("Message-ID"); got != "<"+id+"@mail.test>" {
			t.Errorf("Message-ID is %s", got)
		}
		h.relays[0].says(smtptest.Script{"MAIL": says("451 4.3.0 busy")})
		a = c.send(t, hello().json())
		want = mail{"ok": true, "data": mail{"messageId": a.id(), "status": "queued", "recipients": 1, "creditsCharged": 1, "retryHint": unavailableHint}}
		if asJSON(a.body) != asJSON(want) {
			t.Errorf("%s, not %s", a.raw, want.json())
		}
	})
}
