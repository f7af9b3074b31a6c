package api_test

import (
	"strings"
	"testing"

	"aviso/email"
)

// windowInOrder is the rate limit of the houses that fill it.
const windowInOrder = 5

// broken is a call on its way to have several things wrong.
type broken struct {
	credits int64
	header  headers
	body    mail
}

// violation is one thing wrong. What it arranges happens before the call, in
// the contract's order from the last violation to the first.
type violation struct {
	name    string
	breaks  func(*broken)
	arrange func(*testing.T, *customer)
	status  int
	code    string
	field   string
}

// inOrder is the contract's order of answers.
var inOrder = []violation{
	{name: "unknown key", breaks: func(b *broken) { b.header["Authorization"] = "Bearer hyd-mail-nobody" }, status: 401, code: "UNAUTHORIZED"},
	{name: "disabled key", arrange: disableKey, status: 403, code: "KEY_DISABLED"},
	{name: "full window", arrange: fillWindow, status: 429, code: "RATE_LIMITED"},
	{name: "no JSON", breaks: func(b *broken) { b.header["Content-Type"] = "text/plain" }, status: 415, code: "UNSUPPORTED_MEDIA_TYPE"},
	{name: "too large", breaks: func(b *broken) { b.body["html"] = strings.Repeat("x", 512_001) }, status: 413, code: "PAYLOAD_TOO_LARGE"},
	{name: "bad address", breaks: func(b *broken) { b.body["to"] = "nobody" }, status: 400, code: "INVALID_ADDRESS", field: "to"},
	{name: "key of another body", breaks: func(b *broken) { b.header["Idempotency-Key"] = "used" }, arrange: useKeyOtherwise, status: 409, code: "IDEMPOTENCY_KEY_REUSED"},
	{name: "foreign sender", breaks: func(b *broken) { b.body["from"] = "stranger@mail.test" }, status: 403, code: "SENDER_NOT_ALLOWED"},
	{name: "no credits", breaks: func(b *broken) { b.credits = 1 }, arrange: spendAll, status: 402, code: "INSUFFICIENT_CREDITS"},
}

// fillWindow makes calls until one more would be 429. None is, so that no node
// knows the window to be full.
func fillWindow(t *testing.T, c *customer) {
	for c.calls < windowInOrder {
		c.send(t, []byte(`{}`)).is(t, 400, "INVALID_REQUEST", "to")
	}
}

// useKeyOtherwise uses the Idempotency-Key "used" for another message.
func useKeyOtherwise(t *testing.T, c *customer) {
	c.grant(t, 1)
	c.send(t, hello(mail{"subject": "other"}).json(), headers{"Idempotency-Key": "used"}).is(t, 200, "", "")
}

func useIdempotencyKey(t *testing.T, c *customer) {
	c.grant(t, 1)
	c.send(t, hello().json(), headers{"Idempotency-Key": "used"}).is(t, 200, "", "")
}

func spendAll(t *testing.T, c *customer) {
	c.send(t, hello().json()).is(t, 200, "", "")
}

// Every pair of violations at once is answered as the first of the two alone.
func TestOrderOfAnswers(t *testing.T) {
	each(t, options{rateLimit: windowInOrder}, func(t *testing.T, h *house) {
		for i, first := range inOrder {
			for _, second := range inOrder[i+1:] {
				t.Run(first.name+" before "+second.name, func(t *testing.T) {
					b := broken{credits: 1000, header: headers{}, body: hello()}
					r := row{status: first.status, code: first.code, field: first.field}
					for _, v := range []violation{second, first} {
						if v.breaks != nil {
							v.breaks(&b)
						}
					}
					r.credits, r.header, r.body = b.credits, b.header, b.body.json()
					r.arrange = func(t *testing.T, c *customer) {
						for _, v := range []violation{second, first} {
							if v.arrange != nil {
								v.arrange(t, c)
							}
						}
					}
					r.run(t, h)
				})
			}
		}
	})
}

// Pairs that need more than one change to a call.
func TestOrderOfAnswersInside(t *testing.T) {
	tooLong := append([]byte(`{"to":`), make([]byte, 4<<20)...)
	stored := headers{"Idempotency-Key": "used"}
	rows := []row{
		{name: "a disabled key before a suspended account", arrange: both(suspend, disableKey), status: 403, code: "KEY_DISABLED"},
		{name: "415 before a body over 4 MiB", header: headers{"Content-Type": "text/plain"}, body: tooLong, status: 415, code: "UNSUPPORTED_MEDIA_TYPE"},
		{name: "a body over 4 MiB before what it holds", body: tooLong, status: 413, code: "PAYLOAD_TOO_LARGE"},
		{name: "413 before too many recipients", body: hello(mail{"to": addresses(101), "text": strings.Repeat("x", 512_001)}).json(), status: 413, code: "PAYLOAD_TOO_LARGE"},
		{name: "400 before a bad Idempotency-Key is looked at", header: headers{"Idempotency-Key": strings.Repeat("k", 256)}, body: []byte(`{}`), status: 400, code: "INVALID_REQUEST", field: "to"},
		{name: "a bad Idempotency-Key before a foreign sender", header: headers{"Idempotency-Key": strings.Repeat("k", 256)},
			body: hello(mail{"from": "stranger@mail.test"}).json(), status: 400, code: "INVALID_REQUEST", field: "Idempotency-Key"},
		{name: "400 before a replay", arrange: useIdempotencyKey, header: stored, body: []byte(`{}`), status: 400, code: "INVALID_REQUEST", field: "to"},
		{name: "a replay before 402", credits: -1, arrange: useIdempotencyKey, header: stored, status: 200},
		{name: "a replay before a sender that was taken away", arrange: usedSenderTakenAway, header: stored, body: hello(mail{"from": "lost@mail.test"}).json(), status: 200},
	}
	each(t, options{}, func(t *testing.T, h *house) {
		for _, r := range rows {
			t.Run(r.name, func(t *testing.T) {
				if r.body == nil {
					r.body = hello().json()
				}
				r.run(t, h)
			})
		}
	})
}

func usedSenderTakenAway(t *testing.T, c *customer) {
	c.sender(t, email.NewSender{Address: "lost@mail.test"})
	c.assign(t, "lost@mail.test", false)
	c.send(t, hello(mail{"from": "lost@mail.test"}).json(), headers{"Idempotency-Key": "used"}).is(t, 200, "", "")
	c.exec(t, `DELETE FROM email_sender_accounts WHERE account_id = $1`, c.account.ID)
}
