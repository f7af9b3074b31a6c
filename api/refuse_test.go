package api_test

import (
	"fmt"
	"strings"
	"testing"

	"aviso/account"
	"aviso/db"
	"aviso/email"
)

// Every call that is refused: it sends nothing, costs nothing and is in no log.
func TestRefusals(t *testing.T) {
	rows := []row{
		{name: "no key", header: headers{"Authorization": ""}, status: 401, code: "UNAUTHORIZED"},
		{name: "another scheme", header: headers{"Authorization": "Basic aHlkOm1haWw="}, status: 401, code: "UNAUTHORIZED"},
		{name: "no token", header: headers{"Authorization": "Bearer"}, status: 401, code: "UNAUTHORIZED"},
		{name: "an invented token", header: headers{"Authorization": "Bearer hyd-mail-" + strings.Repeat("a", 40)}, status: 401, code: "UNAUTHORIZED"},
		{name: "a token that nobody has", header: headers{"Authorization": "Bearer " + account.NewToken(account.Email)}, status: 401, code: "UNAUTHORIZED"},
		{name: "a token for texts", header: headers{"Authorization": "Bearer " + account.NewToken(account.SMS)}, status: 401, code: "UNAUTHORIZED"},
		{name: "a deleted key", arrange: deleteKey, status: 401, code: "UNAUTHORIZED"},
		{name: "a key deleted after a call", arrange: both(used, deleteKey), status: 401, code: "UNAUTHORIZED"},
		{name: "a key rotated after a call", arrange: both(used, rotateKey), status: 401, code: "UNAUTHORIZED"},

		{name: "a disabled key", arrange: disableKey, status: 403, code: "KEY_DISABLED"},
		{name: "a key disabled after a call", arrange: both(used, disableKey), status: 403, code: "KEY_DISABLED"},
		{name: "a suspended account", arrange: suspend, status: 403, code: "ACCOUNT_SUSPENDED"},
		{name: "an account suspended after a call", arrange: both(used, suspend), status: 403, code: "ACCOUNT_SUSPENDED"},

		{name: "no Content-Type", header: headers{"Content-Type": ""}, status: 415, code: "UNSUPPORTED_MEDIA_TYPE"},
		{name: "a form", header: headers{"Content-Type": "application/x-www-form-urlencoded"}, status: 415, code: "UNSUPPORTED_MEDIA_TYPE"},
		{name: "something like JSON", header: headers{"Content-Type": "application/json5"}, status: 415, code: "UNSUPPORTED_MEDIA_TYPE"},
		{name: "a broken Content-Type", header: headers{"Content-Type": "application/json; ="}, status: 415, code: "UNSUPPORTED_MEDIA_TYPE"},

		{name: "no to", body: []byte(`{"text":"hello"}`), status: 400, code: "INVALID_REQUEST", field: "to"},
		{name: "an empty to", body: hello(mail{"to": []string{}}).json(), status: 400, code: "INVALID_REQUEST", field: "to"},
		{name: "only cc", body: []byte(`{"cc":"ada@example.com","text":"hello"}`), status: 400, code: "INVALID_REQUEST", field: "to"},
		{name: "no body", body: []byte(`{"to":"ada@example.com"}`), status: 400, code: "MISSING_BODY", field: "html"},
		{name: "empty bodies", body: hello(mail{"text": "", "html": ""}).json(), status: 400, code: "MISSING_BODY", field: "html"},
		{name: "a bad to", body: hello(mail{"to": "ada"}).json(), status: 400, code: "INVALID_ADDRESS", field: "to"},
		{name: "a bad to in a list", body: hello(mail{"to": []string{"a@b.c", "b@b.c", "c@b.c", "d"}}).json(), status: 400, code: "INVALID_ADDRESS", field: "to[3]"},
		{name: "a bad cc", body: hello(mail{"cc": []string{"a@b.c", "b"}}).json(), status: 400, code: "INVALID_ADDRESS", field: "cc[1]"},
		{name: "a bad bcc", body: hello(mail{"bcc": "@b.c"}).json(), status: 400, code: "INVALID_ADDRESS", field: "bcc"},
		{name: "a bad from", body: hello(mail{"from": "me"}).json(), status: 400, code: "INVALID_ADDRESS", field: "from"},
		{name: "a bad replyTo", body: hello(mail{"replyTo": "you"}).json(), status: 400, code: "INVALID_ADDRESS", field: "replyTo"},

		{name: "a sender nobody has", body: hello(mail{"from": "stranger@mail.test"}).json(), status: 403, code: "SENDER_NOT_ALLOWED"},
		{name: "somebody else's sender", arrange: somebodyElses("else@mail.test"), body: hello(mail{"from": "else@mail.test"}).json(), status: 403, code: "SENDER_NOT_ALLOWED"},

		{name: "no credits", credits: -1, status: 402, code: "INSUFFICIENT_CREDITS"},
		{name: "a credit too few", credits: 2, body: hello(mail{"to": []string{"a@b.c", "b@b.c"}, "bcc": "c@b.c"}).json(), status: 402, code: "INSUFFICIENT_CREDITS"},
	}
	each(t, options{}, func(t *testing.T, h *house) {
		for _, r := range rows {
			t.Run(r.name, func(t *testing.T) {
				if r.body == nil {
					r.body = hello().json()
				}
				a := r.run(t, h)
				if got := a.header.Get("WWW-Authenticate"); (a.status == 401) != (got == "Bearer") {
					t.Errorf("WWW-Authenticate is %q", got)
				}
			})
		}
	})
}

// Ways to write a good key.
func TestKeyIsTaken(t *testing.T) {
	each(t, options{}, func(t *testing.T, h *house) {
		for _, format := range []string{"Bearer %s", "bearer %s", "BEARER %s", "Bearer   %s"} {
			c := h.customer(t, 1)
			c.send(t, hello().json(), headers{"Authorization": fmt.Sprintf(format, c.token)}).is(t, 200, "", "")
		}
		c := h.customer(t, 1)
		c.exchange(t, request{method: "POST", path: sendPath + "?key=" + c.token, header: headers{"Content-Type": "application/json"}}).is(t, 401, "UNAUTHORIZED", "")
	})
}

// A rotated key is the same key with another token.
func TestRotatedKey(t *testing.T) {
	each(t, options{}, func(t *testing.T, h *house) {
		c := h.customer(t, 2)
		c.send(t, hello().json()).is(t, 200, "", "")
		old := *c
		rotateKeyTo(t, c)
		old.send(t, hello().json()).is(t, 401, "UNAUTHORIZED", "")
		c.send(t, hello().json()).is(t, 200, "", "")
	})
}

// What the source document says about the last credit.
func TestLastCredit(t *testing.T) {
	each(t, options{}, func(t *testing.T, h *house) {
		r := row{credits: 3, body: hello(mail{"to": []string{"a@b.c", "b@b.c", "c@b.c"}}).json(), status: 200,
			data: mail{"recipients": 3, "creditsCharged": 3}, ledger: []int64{-3}, messages: 1,
			relayed: []string{"primary a@b.c", "primary b@b.c", "primary c@b.c"}}
		r.run(t, h)
	})
}

// Arrangements of a row.

func both(first, second func(*testing.T, *customer)) func(*testing.T, *customer) {
	return func(t *testing.T, c *customer) {
		first(t, c)
		second(t, c)
	}
}

// used makes the node remember the key.
func used(t *testing.T, c *customer) {
	c.send(t, []byte(`{}`)).is(t, 400, "INVALID_REQUEST", "to")
}

func disableKey(t *testing.T, c *customer) { c.enable(t, false) }
func suspend(t *testing.T, c *customer)    { c.suspend(t) }

func deleteKey(t *testing.T, c *customer) {
	c.write(t, func(tx *db.Tx) error { return account.DeleteKey(tx, "test", c.key) })
}

func rotateKey(t *testing.T, c *customer) {
	same := *c
	rotateKeyTo(t, &same)
}

func rotateKeyTo(t *testing.T, c *customer) {
	c.write(t, func(tx *db.Tx) (err error) {
		c.token, err = account.RotateKey(tx, "test", c.key, account.Email)
		return err
	})
}

func somebodyElses(address string) func(*testing.T, *customer) {
	return func(t *testing.T, c *customer) {
		c.sender(t, email.NewSender{Address: address})
		c.house.customer(t, 0).assign(t, address, false)
	}
}
