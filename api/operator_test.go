package api_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"aviso/db"
	"aviso/transport/smtprelay/smtptest"
)

// What operators do to an account holds at once, and is in the audit log.
func TestOperatorAccounts(t *testing.T) {
	each(t, options{carriers: []string{"air"}}, func(t *testing.T, h *house) {
		c := h.owner(t)
		h.exec(t, `UPDATE accounts SET email = 'ada@shop.test', name = 'Ädas Shop' WHERE id = $1`, c.account.ID)
		other := h.customer(t, 0)
		root := h.operator(t)
		path := "/api/v1/operator/accounts/" + c.account.ID
		for query, want := range map[string]string{"ADA@": "1", "ädas": "1", c.account.ID: "1", "shop": "0", "nobody": "0", "": "3"} {
			a := root.get(t, "/api/v1/operator/accounts?q="+url.QueryEscape(query))
			if asJSON(a.data("total")) != want {
				t.Errorf("%q finds %v, not %s", query, a.data("total"), want)
			}
		}
		if l := root.get(t, "/api/v1/operator/accounts?before="+other.account.ID).items(); len(l) != 1 || l[0]["id"] != c.account.ID || l[0]["smsStatus"] != "approved" ||
			asJSON(l[0]["emailCredits"]) != "100" || asJSON(l[0]["smsCredits"]) != "10" {
			t.Errorf("%v", l)
		}
		root.get(t, "/api/v1/operator/accounts?before=x").is(t, 400, "INVALID_REQUEST", "before")
		root.get(t, "/api/v1/operator/accounts?q=%00").is(t, 400, "INVALID_REQUEST", "q")

		root.do(t, "POST", path+"/suspend", mail{"reason": "spam"}).is(t, 200, "", "")
		c.send(t, hello().json()).is(t, 403, "ACCOUNT_SUSPENDED", "")
		c.phone.text(t, "recipient=%2B447700900123&content=hi").is(t, 403, "SMS_NOT_ENABLED", "")
		root.do(t, "POST", path+"/suspend", mail{}).is(t, 200, "", "")
		root.do(t, "POST", "/api/v1/operator/accounts/"+root.account.ID+"/suspend", mail{}).is(t, 400, "INVALID_REQUEST", "")
		if a := root.do(t, "POST", path+"/unsuspend", nil); a.status != 200 || a.data("suspendedAt") != nil {
			t.Errorf("%s", a.raw)
		}
		c.send(t, hello().json()).is(t, 200, "", "")

		if a := root.do(t, "POST", path+"/credits", mail{"product": "sms", "amount": 5, "reason": "sorry"}); a.status != 200 || asJSON(a.data("balanceAfter")) != "15" || a.data("note") != "sorry" {
			t.Errorf("%s", a.raw)
		}
		root.do(t, "POST", path+"/credits", mail{"product": "sms", "amount": -16, "reason": "back"}).is(t, 409, "INSUFFICIENT_CREDITS", "amount")
		if a := root.do(t, "POST", path+"/credits", mail{"product": "sms", "amount": -15, "reason": "back"}); a.data("reason") != "adjust" {
			t.Errorf("%s", a.raw)
		}
		for field, body := range map[string]mail{"amount": {"product": "sms", "amount": 0, "reason": "r"}, "product": {"product": "fax", "amount": 1, "reason": "r"}, "reason": {"product": "sms", "amount": 1, "reason": " "}} {
			root.do(t, "POST", path+"/credits", body).is(t, 400, "INVALID_REQUEST", field)
		}
		if n := h.smsCredits(t, c.account.ID); n != 0 {
			t.Errorf("%d credits", n)
		}

		if a := root.do(t, "POST", path+"/prime", mail{"until": "2026-04-01T00:00:00Z"}); a.data("primeUntil") != "2026-04-01T00:00:00.000Z" {
			t.Errorf("%s", a.raw)
		}
		if a := root.do(t, "POST", path+"/prime", mail{"until": nil}); a.data("primeUntil") != nil || a.data("smsAccount").(map[string]any)["prime"] != false {
			t.Errorf("%s", a.raw)
		}
		root.do(t, "POST", path+"/prime", mail{}).is(t, 400, "INVALID_REQUEST", "until")
		root.do(t, "POST", path+"/prime", mail{"until": "soon"}).is(t, 400, "INVALID_REQUEST", "until")
		root.get(t, "/api/v1/operator/accounts/"+db.NewID()).is(t, 404, "NOT_FOUND", "")
		root.get(t, "/api/v1/operator/accounts/%00").is(t, 404, "NOT_FOUND", "")

		for _, action := range []string{"account.suspend", "account.unsuspend", "credit.grant", "account.prime"} {
			root.did(t, action, c.account.ID)
		}
		if l := root.get(t, "/api/v1/operator/audit?q=account.suspend").items(); len(l) != 1 || l[0]["actorEmail"] != root.account.Email || !strings.Contains(l[0]["detail"].(string), "spam") {
			t.Errorf("%v", l)
		}
		if a := root.get(t, "/api/v1/operator/audit?q="+c.account.ID); len(a.items()) < 6 || asJSON(a.data("total")) != asJSON(len(a.items())) {
			t.Errorf("%s", a.raw)
		}
		all := root.get(t, "/api/v1/operator/audit")
		rest := root.get(t, "/api/v1/operator/audit?limit=2&before="+all.items()[0]["id"].(string))
		if asJSON(all.data("total")) != asJSON(len(all.items())) || rest.items()[1]["id"] != all.items()[2]["id"] {
			t.Errorf("%s\n%s", all.raw, rest.raw)
		}
	})
}

// An invite's token is shown once, and lets one register.
func TestInvites(t *testing.T) {
	each(t, options{noRelay: true, registration: "invite"}, func(t *testing.T, h *house) {
		root := h.operator(t)
		made := root.do(t, "POST", "/api/v1/operator/invites", mail{"email": "New@shop.test"})
		made.is(t, 201, "", "")
		token, _ := made.data("token").(string)
		if link, _ := made.data("url").(string); token == "" || !strings.HasSuffix(link, "/register#invite="+token) || made.data("email") != "new@shop.test" {
			t.Errorf("%s", made.raw)
		}
		root.did(t, "invite.create", made.data("id").(string))
		list := root.get(t, "/api/v1/operator/invites")
		if l := list.items(); len(l) != 1 || l[0]["usedAt"] != nil || strings.Contains(string(list.raw), token) {
			t.Errorf("%s", list.raw)
		}
		join := mail{"email": "new@shop.test", "password": "correct horse battery", "name": "New", "invite": token}
		h.browser().do(t, "POST", "/api/v1/auth/register", join).is(t, 201, "", "")
		if l := root.get(t, "/api/v1/operator/invites").items(); l[0]["usedBy"] != "new@shop.test" {
			t.Errorf("%v", l)
		}
		root.do(t, "POST", "/api/v1/operator/invites", mail{"email": "x"}).is(t, 400, "INVALID_ADDRESS", "email")
		root.get(t, "/api/v1/operator/invites?before=x").is(t, 400, "INVALID_REQUEST", "before")
	})
}

// Senders are added, changed, given and taken; what is sent follows at once.
func TestOperatorSenders(t *testing.T) {
	each(t, options{}, func(t *testing.T, h *house) {
		c, root := h.customer(t, 100), h.operator(t)
		made := root.do(t, "POST", "/api/v1/operator/senders", mail{"address": "Shop <shop@mail.test>", "dailyCap": 3, "relay": nil})
		made.is(t, 201, "", "")
		if made.data("displayName") != "Shop" || asJSON(made.data("dailyCap")) != "3" || made.data("installation") != false || asJSON(made.data("accounts")) != "[]" {
			t.Errorf("%s", made.raw)
		}
		root.do(t, "POST", "/api/v1/operator/senders", mail{"address": "shop@mail.test"}).is(t, 409, "SENDER_TAKEN", "")
		root.do(t, "POST", "/api/v1/operator/senders", mail{"address": "shop"}).is(t, 400, "INVALID_ADDRESS", "address")
		root.do(t, "POST", "/api/v1/operator/senders", mail{"address": "b@mail.test", "relay": "gone"}).is(t, 400, "INVALID_REQUEST", "relay")
		id := made.data("id").(string)
		path := "/api/v1/operator/senders/" + id
		use := path + "/accounts/" + c.account.ID
		if a := root.do(t, "PUT", use, mail{"isDefault": true}); asJSON(a.data("accounts")) != asJSON([]any{mail{"id": c.account.ID, "email": c.account.Email, "isDefault": true}}) {
			t.Errorf("%s", a.raw)
		}
		if a := c.send(t, hello().json()); a.data("from") != "shop@mail.test" {
			t.Errorf("%s", a.raw)
		}
		for _, r := range []struct {
			change   mail
			cap, rel any
		}{{mail{"relay": "primary"}, 3.0, "primary"}, {mail{"dailyCap": nil}, nil, "primary"}, {mail{"relay": nil, "displayName": nil}, nil, nil}, {mail{"dailyCap": 9}, 9.0, nil}} {
			if a := root.do(t, "PATCH", path, r.change); a.status != 200 || a.data("dailyCap") != r.cap || a.data("relay") != r.rel || len(a.data("accounts").([]any)) != 1 {
				t.Errorf("%v: %s", r.change, a.raw)
			}
		}
		root.do(t, "PATCH", path, mail{"dailyCap": -1}).is(t, 400, "INVALID_REQUEST", "dailyCap")
		root.do(t, "PATCH", path, mail{"dailyCap": 0}).is(t, 400, "INVALID_REQUEST", "dailyCap")
		root.do(t, "POST", "/api/v1/operator/senders", mail{"address": "zero@mail.test", "dailyCap": 0}).is(t, 400, "INVALID_REQUEST", "dailyCap")
		root.do(t, "PATCH", "/api/v1/operator/senders/shop@mail.test", mail{}).is(t, 404, "NOT_FOUND", "")
		root.do(t, "PUT", path+"/accounts/"+db.NewID(), mail{}).is(t, 404, "NOT_FOUND", "")
		root.do(t, "DELETE", use, nil).is(t, 204, "", "")
		root.do(t, "DELETE", use, nil).is(t, 404, "NOT_FOUND", "")
		if a := c.send(t, hello().json()); a.data("from") != "noreply@mail.test" {
			t.Errorf("%s", a.raw)
		}
		var own string
		for _, x := range root.get(t, "/api/v1/operator/senders").items() {
			if x["installation"] == true {
				own, _ = x["id"].(string)
			}
		}
		root.do(t, "DELETE", "/api/v1/operator/senders/"+own, nil).is(t, 409, "SENDER_IN_USE", "")
		root.do(t, "DELETE", path, nil).is(t, 204, "", "")
		root.do(t, "DELETE", path, nil).is(t, 404, "NOT_FOUND", "")
		for _, action := range []string{"sender.add", "sender.assign", "sender.update", "sender.unassign", "sender.remove"} {
			root.did(t, action, id)
		}
	})
}

// The queue, from what waits in it to a hold and its end.
func TestOperatorQueue(t *testing.T) {
	each(t, options{}, func(t *testing.T, h *house) {
		h.relays[0].says(smtptest.Script{"MAIL": says("451 busy")})
		c, root := h.customer(t, 100), h.operator(t)
		first, second := c.send(t, hello(mail{"subject": "one"}).json()).id(), c.send(t, hello(mail{"subject": "two"}).json()).id()
		list := root.get(t, "/api/v1/operator/queue")
		if l := list.items(); len(l) != 2 || l[0]["id"] != first || l[0]["subject"] != "one" || l[0]["accountEmail"] != c.account.Email || l[0]["nextAttemptAt"] == nil || asJSON(list.data("total")) != "2" {
			t.Errorf("%s", list.raw)
		}
		for query, want := range map[string]int{"state=queued": 2, "state=unknown": 0, "relay=primary": 2, "offset=1": 1, "after=" + first: 1, "limit=1": 1} {
			if l := root.get(t, "/api/v1/operator/queue?"+query).items(); len(l) != want {
				t.Errorf("%s: %v", query, l)
			}
		}
		for query, field := range map[string]string{"state=sent": "state", "relay=gone": "relay", "offset=10001": "offset", "after=%00": "after"} {
			root.get(t, "/api/v1/operator/queue?"+query).is(t, 400, "INVALID_REQUEST", field)
		}
		path := "/api/v1/operator/queue/"
		if a := root.do(t, "POST", path+first+"/cancel", nil); a.data("status") != "cancelled" || asJSON(a.data("refunded")) != "1" {
			t.Errorf("%s", a.raw)
		}
		root.do(t, "POST", path+first+"/cancel", nil).is(t, 409, "NOT_QUEUED", "")
		root.do(t, "POST", path+first+"/retry", nil).is(t, 409, "NOT_QUEUED", "")
		root.do(t, "POST", path+first+"/settle", mail{"outcome": "sent"}).is(t, 409, "NOT_UNKNOWN", "")
		root.do(t, "POST", path+second+"/settle", mail{"outcome": "gone"}).is(t, 400, "INVALID_REQUEST", "outcome")
		root.do(t, "POST", path+second+"/retry", nil).is(t, 200, "", "")
		root.do(t, "POST", path+db.NewID()+"/retry", nil).is(t, 404, "NOT_FOUND", "")

		root.do(t, "POST", path+"release", mail{}).is(t, 409, "NOT_HELD", "")
		if a := root.do(t, "POST", path+"hold", mail{"reason": "repairs"}); a.data("held") != true || a.data("reason") != "repairs" || a.data("heldAt") == nil {
			t.Errorf("%s", a.raw)
		}
		if a := root.do(t, "POST", path+"hold", mail{}); a.data("reason") != "repairs" {
			t.Errorf("%s", a.raw)
		}
		c.send(t, hello().json()).is(t, 202, "", "")
		if a := root.get(t, "/api/v1/operator/overview"); !strings.Contains(string(a.raw), `"kind":"held"`) {
			t.Errorf("%s", a.raw)
		}
		if a := root.do(t, "POST", path+"release", mail{"cancelQueued": true}); a.status != 200 || asJSON(a.data("cancelled")) != "2" {
			t.Errorf("%s", a.raw)
		}
		if n := c.balance(t); n != 100 {
			t.Errorf("%d credits", n)
		}
		root.did(t, "queue.hold", "all")
		root.did(t, "queue.release", "all")
		root.did(t, "email.retry", second)
	})
}

// Relays and gateways stop, go on and are tried; nothing of their credentials is
// anywhere.
func TestOperatorLinks(t *testing.T) {
	each(t, options{relays: []relayConfig{{name: "primary", cap: 50}}, carriers: []string{"air"}}, func(t *testing.T, h *house) {
		c, root := h.owner(t), h.operator(t)
		c.send(t, hello().json()).is(t, 200, "", "")
		one := func(path string) mail {
			t.Helper()
			a := root.get(t, path)
			if len(a.items()) != 1 || strings.Contains(string(a.raw), carrierKey) {
				t.Fatalf("%s", a.raw)
			}
			return a.items()[0]
		}
		if r := one("/api/v1/operator/relays"); r["state"] != "up" || asJSON(r["dailyCap"]) != "50" || asJSON(r["usedToday"]) != "1" || r["p50Ms"] == nil {
			t.Errorf("%v", r)
		}
		c.phone.text(t, "recipient=%2B447700900123&content=hi").is(t, 200, "", "")
		if g := one("/api/v1/operator/gateways"); g["state"] != "up" || g["kind"] != "twilio" || g["lastSeenAt"] == nil || asJSON(g["receiptsPercent"]) != "0" || g["sender"] != oursNumber || g["binds"] != nil {
			t.Errorf("%v", g)
		}
		for _, r := range []struct{ path, name, action, to, refusal string }{
			{"/api/v1/operator/relays/", "primary", "relay", "you@x.test", "INVALID_ADDRESS"},
			{"/api/v1/operator/gateways/", "air", "gateway", "+447700900123", "INVALID_REQUEST"}} {
			if a := root.do(t, "POST", r.path+r.name+"/pause", nil); a.data("state") != "paused" || a.data("pausedAt") == nil {
				t.Errorf("%s", a.raw)
			}
			if a := root.do(t, "POST", r.path+r.name+"/resume", nil); a.data("state") != "up" || a.data("pausedAt") != nil {
				t.Errorf("%s", a.raw)
			}
			if a := root.do(t, "POST", r.path+r.name+"/test", mail{"to": r.to}); a.data("outcome") != "taken" || a.data("to") != r.to {
				t.Errorf("%s", a.raw)
			}
			root.do(t, "POST", r.path+r.name+"/test", mail{"to": "x"}).is(t, 400, r.refusal, "to")
			root.do(t, "POST", r.path+"gone/pause", nil).is(t, 404, "NOT_FOUND", "")
			root.do(t, "POST", r.path+"%ff/resume", nil).is(t, 404, "NOT_FOUND", "")
			for _, verb := range []string{"pause", "resume", "test"} {
				root.did(t, r.action+"."+verb, r.name)
			}
		}
	})
}

// The overview's figures are those of what happened, and forget it after a day.
func TestOverview(t *testing.T) {
	each(t, options{carriers: []string{"air"}}, func(t *testing.T, h *house) {
		c, root := h.owner(t), h.operator(t)
		h.apply(t, h.customer(t, 0).account.ID)
		c.send(t, hello().json())
		h.relays[0].says(smtptest.Script{"RCPT": says("550 no")})
		c.send(t, hello().json())
		h.relays[0].says(smtptest.Script{"MAIL": says("451 busy")})
		c.send(t, hello().json())
		c.phone.text(t, "recipient=%2B447700900123&content=hi")
		h.carriers[0].answers(400, `{"code":21610,"message":"no"}`)
		c.phone.text(t, "recipient=%2B447700900123&content=hi")
		h.carriers[0].answers(500, `{}`)
		c.phone.text(t, "recipient=%2B447700900123&content=hi")
		h.brings(t, "SM1", "+447700900124", "nothing for anybody")
		last := func() string {
			t.Helper()
			a := root.get(t, "/api/v1/operator/overview")
			day, _ := a.data("last24h").(map[string]any)
			mails, _ := day["email"].(map[string]any)
			if (mails["oldestQueuedAt"] == nil) != (asJSON(mails["queued"]) == "0") {
				t.Errorf("%s", a.raw)
			}
			delete(mails, "oldestQueuedAt")
			return asJSON(day)
		}
		if got := last(); got != `{"email":{"accepted":3,"failed":1,"queued":1,"sent":1},"sms":{"accepted":3,"delivered":0,"failed":1,"received":1,"sent":1,"unknown":1}}` {
			t.Error(got)
		}
		a := root.get(t, "/api/v1/operator/overview")
		var kinds []string
		for _, x := range a.data("todo").([]any) {
			kinds = append(kinds, x.(map[string]any)["kind"].(string))
		}
		if strings.Join(kinds, " ") != "unknown_texts applications" || len(a.data("relays").([]any)) != 1 || len(a.data("gateways").([]any)) != 1 || len(a.data("nodes").([]any)) != 1 {
			t.Errorf("%s", a.raw)
		}
		h.advance(25 * time.Hour)
		root = h.signIn(t, root.account)
		if got := last(); !strings.Contains(got, `"email":{"accepted":0,"failed":0,`) || !strings.Contains(got, `"sms":{"accepted":0,"delivered":0,"failed":0,"received":0,"sent":0,"unknown":1}`) {
			t.Error(got)
		}
	})
}
