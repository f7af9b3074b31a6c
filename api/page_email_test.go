package api_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"aviso/db"
	"aviso/email"
	"aviso/transport/smtprelay/smtptest"
)

// numbers are those of an account: sent today, sent, failed, queued; and those of
// its today: accepted, credits, failed, other, queued, sent.
func (b *browser) numbers(t *testing.T) string {
	t.Helper()
	a, s := b.get(t, "/api/v1/email/account"), b.get(t, "/api/v1/email/stats?days=1")
	a.is(t, 200, "", "")
	s.is(t, 200, "", "")
	list := []any{a.data("sentToday"), a.data("sentTotal"), a.data("failedTotal"), a.data("queued")}
	days, _ := s.data("days").([]any)
	for _, day := range days {
		day, _ := day.(map[string]any)
		for _, name := range []string{"accepted", "credits", "failed", "other", "queued", "sent"} {
			list = append(list, day[name])
		}
	}
	return asJSON(list)
}

// Each outcome moves the numbers as it should, and moves them back.
func TestEmailNumbers(t *testing.T) {
	each(t, options{}, func(t *testing.T, h *house) {
		c := h.customer(t, 20)
		b := c.page(t)
		wants := func(what, want string) {
			t.Helper()
			if got := b.numbers(t); got != want {
				t.Errorf("%s: %s, not %s", what, got, want)
			}
		}
		wants("nothing", `[0,0,0,0,0,0,0,0,0,0]`)
		c.send(t, three).is(t, 200, "", "")
		wants("sent", `[1,1,0,0,1,3,0,0,0,1]`)
		h.relays[0].says(smtptest.Script{"RCPT": says("550 no")})
		c.send(t, hello().json()).is(t, 502, "SMTP_FAILURE", "")
		wants("failed", `[1,1,1,0,2,3,1,0,0,1]`)
		h.relays[0].says(smtptest.Script{"MAIL": says("451 busy")})
		dropped, kept := c.send(t, hello().json()).id(), c.send(t, hello(mail{"to": "kept@x.test"}).json()).id()
		wants("queued", `[1,1,1,2,4,5,1,0,2,1]`)
		b.do(t, "POST", "/api/v1/email/logs/"+dropped+"/cancel", nil).is(t, 200, "", "")
		wants("cancelled", `[1,1,1,1,4,4,1,1,1,1]`)
		h.relays[0].says(nil)
		c.advance(time.Hour)
		c.restart(t)
		c.await(t, "email sent", kept)
		b = b.at(h) // at the new door
		wants("sent later", `[2,2,1,0,4,4,1,1,0,2]`)
	})
}

// A day is what was accepted on it, whatever became of it later; its credits are
// what was spent on it.
func TestEmailStatsByDay(t *testing.T) {
	each(t, options{}, func(t *testing.T, h *house) {
		c := h.customer(t, 20)
		h.relays[0].says(smtptest.Script{"MAIL": says("451 busy")})
		waiting := c.send(t, three).id()
		h.relays[0].says(nil)
		c.send(t, hello().json()).is(t, 200, "", "")
		c.tomorrow()
		c.send(t, hello().json()).is(t, 200, "", "")
		c.cancel(t, waiting).is(t, 200, "", "") // the refund is of the second day
		a := c.page(t).get(t, "/api/v1/email/stats?days=3")
		want := `[{"accepted":0,"credits":0,"day":"2026-02-28","failed":0,"other":0,"queued":0,"sent":0},` +
			`{"accepted":2,"credits":4,"day":"2026-03-01","failed":0,"other":1,"queued":0,"sent":1},` +
			`{"accepted":1,"credits":-2,"day":"2026-03-02","failed":0,"other":0,"queued":0,"sent":1}]`
		if got := asJSON(a.data("days")); got != want {
			t.Errorf("%s, not %s", got, want)
		}
		if got := c.page(t).get(t, "/api/v1/email/account"); asJSON(got.data("sentToday")) != "1" || asJSON(got.data("sentTotal")) != "2" {
			t.Errorf("%s", got.raw)
		}
		c.page(t).get(t, "/api/v1/email/stats?days=367").is(t, 400, "INVALID_REQUEST", "days")
	})
}

// The token of a key is shown once, and what is done to the key holds at once.
func TestEmailKeys(t *testing.T) {
	each(t, options{}, func(t *testing.T, h *house) {
		c, other := h.customer(t, 10), h.customer(t, 10)
		b := c.page(t)
		made := b.do(t, "POST", "/api/v1/email/keys", mail{"name": " shop "})
		made.is(t, 201, "", "")
		key := *c
		key.token, _ = made.data("token").(string)
		path := "/api/v1/email/keys/" + made.data("id").(string)
		key.send(t, hello().json()).is(t, 200, "", "")

		listed := b.get(t, "/api/v1/email/keys")
		if k := listed.items(); len(k) != 2 || k[1]["name"] != "shop" || k[1]["lastUsedAt"] == nil || strings.Contains(string(listed.raw), key.token) ||
			!strings.HasSuffix(key.token, k[1]["last4"].(string)) {
			t.Errorf("%s", listed.raw)
		}
		if a := b.do(t, "PATCH", path, mail{"enabled": false}); a.data("enabled") != false || a.data("name") != "shop" {
			t.Errorf("%s", a.raw)
		}
		key.send(t, hello().json()).is(t, 403, "KEY_DISABLED", "")
		if a := b.do(t, "PATCH", path, mail{"enabled": true, "name": "till"}); a.data("enabled") != true || a.data("name") != "till" {
			t.Errorf("%s", a.raw)
		}
		key.send(t, hello().json()).is(t, 200, "", "")
		before := key.token
		key.token, _ = b.do(t, "POST", path+"/rotate", nil).data("token").(string)
		key.send(t, hello().json()).is(t, 200, "", "")
		key.token, before = before, key.token
		key.send(t, hello().json()).is(t, 401, "UNAUTHORIZED", "")
		key.token = before

		stranger := other.page(t)
		for _, id := range []string{made.data("id").(string), "nothing", "%00", db.NewID()} {
			at := "/api/v1/email/keys/" + id
			stranger.do(t, "PATCH", at, mail{"enabled": false}).is(t, 404, "NOT_FOUND", "")
			stranger.do(t, "POST", at+"/rotate", nil).is(t, 404, "NOT_FOUND", "")
			stranger.do(t, "DELETE", at, nil).is(t, 404, "NOT_FOUND", "")
		}
		key.send(t, hello().json()).is(t, 200, "", "")
		b.do(t, "DELETE", path, nil).is(t, 204, "", "")
		key.send(t, hello().json()).is(t, 401, "UNAUTHORIZED", "")
		b.do(t, "DELETE", path, nil).is(t, 404, "NOT_FOUND", "")
		if k := b.get(t, "/api/v1/email/keys").items(); len(k) != 1 {
			t.Errorf("%v", k)
		}
		if row := b.get(t, "/api/v1/email/logs").items()[0]; row["keyName"] != "till" {
			t.Errorf("the log forgot the key: %v", row)
		}
		b.do(t, "POST", "/api/v1/email/keys", mail{"name": "\n"}).is(t, 400, "INVALID_REQUEST", "name")
	})
}

// What is another's is not there, nobody gets in without a session, and a
// suspended account may look but not touch.
func TestEmailPagesAreTheOwners(t *testing.T) {
	each(t, options{}, func(t *testing.T, h *house) {
		h.relays[0].says(smtptest.Script{"MAIL": says("451 busy")})
		c := h.customer(t, 10)
		id := c.send(t, hello().json()).id()
		stranger := h.customer(t, 10).page(t)
		stranger.get(t, "/api/v1/email/logs/"+id).is(t, 404, "NOT_FOUND", "")
		stranger.do(t, "POST", "/api/v1/email/logs/"+id+"/cancel", nil).is(t, 404, "NOT_FOUND", "")
		stranger.get(t, "/api/v1/email/logs?before="+id).is(t, 400, "INVALID_REQUEST", "before")
		if n := stranger.get(t, "/api/v1/email/logs?keyId="+c.key.ID).items(); len(n) != 0 {
			t.Errorf("%v", n)
		}
		for _, path := range []string{"account", "addresses", "cap-status", "keys", "logs", "logs/" + id, "credits", "credits/bundles", "credits/history", "stats"} {
			h.browser().get(t, "/api/v1/email/"+path).is(t, 401, "UNAUTHENTICATED", "")
			c.page(t).get(t, "/api/v1/email/"+path).is(t, 200, "", "")
		}
		c.suspend(t)
		b := c.page(t)
		b.get(t, "/api/v1/email/logs/"+id).is(t, 200, "", "")
		b.do(t, "POST", "/api/v1/email/keys", mail{"name": "more"}).is(t, 403, "ACCOUNT_SUSPENDED", "")
		b.do(t, "POST", "/api/v1/email/logs/"+id+"/cancel", nil).is(t, 403, "ACCOUNT_SUSPENDED", "")
	})
}

// A message's panel: where it stands, what comes next, its life and source.
func TestEmailLogDetail(t *testing.T) {
	rows := []struct {
		name           string
		script         smtptest.Script
		arrange        func(*testing.T, *house)
		standing, next string
		timeline       string // kinds
		cancellable    bool
	}{
		{"sent", nil, nil, "Sent: relay primary took it for 3 recipients.", "", "accepted charged attempt sent", false},
		{"partly", smtptest.Script{"RCPT b@x.test": says("550 no")}, nil, "Sent: relay primary took it for 2 recipients; 1 was refused, and refunded.", "",
			"accepted charged attempt refunded sent", false},
		{"failed", smtptest.Script{"RCPT": says("550 no")}, nil, "Failed: relay primary refused every recipient: no. The credits were refunded.", "", "accepted charged attempt refunded failed", false},
		{"busy", smtptest.Script{"MAIL": says("451 busy")}, nil, "Queued: relay primary could not take it for everybody: busy.",
			"It is tried again by itself; who still waits when its 24 hours are over fails and is refunded.", "accepted charged attempt", true},
		{"held", nil, func(t *testing.T, h *house) {
			if _, err := h.email.HoldSending(t.Context(), "test", "why not"); err != nil {
				t.Fatal(err)
			}
		}, "Queued: all sending is on hold.", "It goes on when the operator releases sending; its 24 hours stand still until then.", "accepted charged", true},
	}
	each(t, options{}, func(t *testing.T, h *house) {
		for _, r := range rows {
			t.Run(r.name, func(t *testing.T) {
				h.relays[0].says(r.script)
				if r.arrange != nil {
					r.arrange(t, h)
				}
				c := h.customer(t, 10)
				c.send(t, three)
				b := c.page(t)
				id, _ := b.get(t, "/api/v1/email/logs").items()[0]["messageId"].(string)
				a := b.get(t, "/api/v1/email/logs/"+id)
				a.is(t, 200, "", "")
				var kinds []string
				for _, e := range a.data("timeline").([]any) {
					kinds = append(kinds, e.(map[string]any)["kind"].(string))
				}
				next, _ := a.data("next").(string)
				source, _ := a.data("source").(map[string]any)
				if a.data("standing") != r.standing || next != r.next || strings.Join(kinds, " ") != r.timeline || a.data("cancellable") != r.cancellable {
					t.Errorf("%v | %v | %v\n%s", a.data("standing"), next, kinds, a.raw)
				}
				if (source != nil) != r.cancellable || r.cancellable && !strings.Contains(source["text"].(string), "From: noreply@mail.test\r\n") {
					t.Errorf("the source is %v", source)
				}
			})
		}
	})
}

// What a page of the log is asked for, and the numbers of the messages it has
// then; they are sent as 1 to 6, and 4 is refused.
func TestEmailLogs(t *testing.T) {
	each(t, options{}, func(t *testing.T, h *house) {
		c := h.customer(t, 20)
		second := c.another(t)
		ids := map[string]string{}
		for i, to := range []string{"ada@x.test", "Bob@x.test", "carl@x.test", "dora@x.test", "Élodie@x.test", "frank@x.test"} {
			sender, n := c, string(rune('1'+i))
			if i == 1 {
				sender = second
			}
			h.relays[0].says(nil)
			if i == 3 {
				h.relays[0].says(smtptest.Script{"RCPT": says("550 no")})
			}
			sender.send(t, hello(mail{"to": strings.Replace(to, "Élodie", "elodie", 1), "subject": map[bool]string{true: "Ünsinn " + n, false: "Order " + n}[i == 4]}).json())
			ids[n] = c.page(t).get(t, "/api/v1/email/logs?limit=1").items()[0]["messageId"].(string)
			c.advance(time.Minute)
		}
		rows := []struct{ query, want, total string }{
			{"", "654321", "6"},
			{"limit=2", "65", "6"},
			{"limit=2&offset=2", "43", "6"},
			{"limit=2&offset=5", "1", "6"},
			{"offset=6", "", "6"},
			{"limit=2&before=" + ids["5"], "43", "6"},
			{"keyId=" + second.key.ID, "2", "1"},
			{"keyId=" + db.NewID(), "", "0"},
			{"keyId=%00", "", "0"},
			{"keyId=%FF", "", "0"},
			{"q=%00%FF", "", "0"},
			{"status=failed", "4", "1"},
			{"status=sent", "65321", "5"},
			{"status=sent&limit=2&offset=1", "53", "5"},
			{"status=sent&limit=2&before=" + ids["5"], "32", "5"},
			{"status=queued", "", "0"},
			{"status=sending", "", "0"},
			{"q=bOB", "2", "1"},
			{"q=order", "64321", "5"},
			{"q=" + url.QueryEscape("üNS"), "5", "1"},
			{"q=x.test", "", "0"}, // the beginning only
			{"q=order&keyId=" + second.key.ID, "2", "1"},
			{"from=2026-03-01T12:02:00Z", "6543", "4"},
			{"to=2026-03-01T12:02:00Z", "21", "2"},
			{"from=2026-03-01T12:01:00Z&to=2026-03-01T13:03:00%2B01:00&status=sent", "32", "2"},
			{"from=2026-03-02T00:00:00Z", "", "0"},
		}
		b := c.page(t)
		for _, r := range rows {
			a := b.get(t, "/api/v1/email/logs?"+r.query)
			got := ""
			for _, m := range a.items() {
				subject := m["subject"].(string)
				got += subject[len(subject)-1:]
			}
			if got != r.want || asJSON(a.data("total")) != r.total || a.data("totalCapped") != nil || a.data("next") != nil {
				t.Errorf("%s: %s of %v, not %s of %s: %.200s", r.query, got, a.data("total"), r.want, r.total, a.raw)
			}
		}
		for query, field := range map[string]string{"status=gone": "status", "limit=201": "limit", "q=a&offset=10001": "offset", "from=yesterday": "from", "before=x": "before", "before=%00": "before", "q=" + strings.Repeat("a", 201): "q"} {
			b.get(t, "/api/v1/email/logs?"+query).is(t, 400, "INVALID_REQUEST", field)
		}
		b.get(t, "/api/v1/email/logs?offset=1000000").is(t, 200, "", "")
	})
}

// Credits, their history and what is for sale.
func TestEmailCredits(t *testing.T) {
	each(t, options{}, func(t *testing.T, h *house) {
		c := h.customer(t, 10)
		b := c.page(t)
		id := c.send(t, three).id()
		if a := b.get(t, "/api/v1/email/credits"); asJSON(a.body["data"]) != `{"balance":7,"unlimitedUntil":null}` {
			t.Errorf("%s", a.raw)
		}
		all := b.get(t, "/api/v1/email/credits/history")
		if l := all.items(); len(l) != 2 || asJSON(l[0]["delta"]) != "-3" || l[0]["messageId"] != id || l[1]["reason"] != "grant" || l[1]["messageId"] != nil {
			t.Errorf("%s", all.raw)
		}
		for query, want := range map[string]string{"limit=1&offset=1": "1", "before=2": "1", "before=1": "", "offset=2": "", "limit=1": "2"} {
			a := b.get(t, "/api/v1/email/credits/history?"+query)
			got := ""
			for _, e := range a.items() {
				got += e["id"].(string)
			}
			if got != want || asJSON(a.data("total")) != "2" {
				t.Errorf("%s: %s of %v, not %s", query, got, a.data("total"), want)
			}
		}
		b.get(t, "/api/v1/email/credits/history?before=x").is(t, 400, "INVALID_REQUEST", "before")
		c.buyUnlimited(t)
		if a := b.get(t, "/api/v1/email/credits"); a.data("unlimitedUntil") != "2026-03-31T12:00:00.000Z" {
			t.Errorf("%s", a.raw)
		}
		c.advance(31 * 24 * time.Hour)
		if a := c.page(t).get(t, "/api/v1/email/credits"); a.data("unlimitedUntil") != nil {
			t.Errorf("%s", a.raw)
		}
		want := `[{"credits":10000,"currency":"usd","id":"10k","price":500},{"currency":"usd","days":30,"id":"unlimited","price":1500}]`
		if a := c.page(t).get(t, "/api/v1/email/credits/bundles"); asJSON(a.data("items")) != want {
			t.Errorf("%s", a.raw)
		}
	})
}

// Addresses, their default, and the caps that mail can meet.
func TestEmailAddressesAndCaps(t *testing.T) {
	each(t, options{relays: []relayConfig{{name: "primary", cap: 2}}}, func(t *testing.T, h *house) {
		c := h.customer(t, 10)
		h.sender(t, email.NewSender{Address: "Shop <shop@mail.test>", DailyCap: 5})
		h.sender(t, email.NewSender{Address: "other@mail.test"})
		c.assign(t, "shop@mail.test", false)
		b := c.page(t)
		list := b.get(t, "/api/v1/email/addresses").items()
		if len(list) != 2 || list[0]["address"] != "noreply@mail.test" || list[0]["isDefault"] != true || list[1]["isDefault"] != false || list[1]["displayName"] != "Shop" {
			t.Fatalf("%v", list)
		}
		path := "/api/v1/email/addresses/" + list[1]["id"].(string)
		b.do(t, "PATCH", path, mail{"isDefault": false}).is(t, 400, "INVALID_REQUEST", "isDefault")
		h.customer(t, 0).page(t).do(t, "PATCH", path, mail{"isDefault": true}).is(t, 404, "NOT_FOUND", "")
		b.do(t, "PATCH", path, mail{"isDefault": true}).is(t, 200, "", "")
		if a := c.send(t, hello().json()); a.data("from") != "shop@mail.test" {
			t.Errorf("%s", a.raw)
		}
		c.send(t, to(2, "x.test")).is(t, 202, "", "")
		got := asJSON(b.get(t, "/api/v1/email/cap-status").data("items"))
		want := `[{"cap":2,"name":"primary","queued":1,"remaining":1,"resetsAt":"2026-03-02T00:00:00.000Z","scope":"relay","used":1},` +
			`{"cap":5,"name":"shop@mail.test","queued":0,"remaining":4,"resetsAt":"2026-03-02T00:00:00.000Z","scope":"sender","used":1}]`
		if got != want {
			t.Errorf("%s, not %s", got, want)
		}
		if a := b.get(t, "/api/v1/email/logs?status=queued"); len(a.items()) != 1 || a.data("items").([]any)[0].(map[string]any)["nextAttemptAt"] == nil {
			t.Errorf("%s", a.raw)
		}
	})
}
