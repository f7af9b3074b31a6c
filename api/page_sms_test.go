package api_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"aviso/db"
)

// From nothing to a token: an application, its rejection, another, its approval.
func TestSMSAccountPages(t *testing.T) {
	each(t, options{carriers: []string{"air"}}, func(t *testing.T, h *house) {
		c := h.customer(t, 0)
		b, root := c.page(t), h.operator(t)
		at := func(want string) *answer {
			t.Helper()
			a := b.get(t, "/api/v1/sms/account")
			if a.data("status") != want {
				t.Errorf("%s, not %s: %s", a.data("status"), want, a.raw)
			}
			return a
		}
		if a := at("none"); a.data("application") != nil || a.data("token") != nil || a.data("sender") != oursNumber || a.data("held") != false || a.data("prime") != false ||
			asJSON(a.data("shortcodes")) != `{"limit":1,"used":0}` {
			t.Errorf("%s", a.raw)
		}
		b.do(t, "POST", "/api/v1/sms/auth/rotate", nil).is(t, 403, "SMS_NOT_ENABLED", "")
		b.do(t, "POST", "/api/v1/sms/apply", mail{"useCase": " ", "monthlyVolume": 1}).is(t, 400, "INVALID_REQUEST", "useCase")
		b.do(t, "POST", "/api/v1/sms/apply", mail{"useCase": "orders"}).is(t, 400, "INVALID_REQUEST", "monthlyVolume")
		apply := mail{"useCase": "orders", "website": nil, "monthlyVolume": 500}
		b.do(t, "POST", "/api/v1/sms/apply", apply).is(t, 200, "", "")
		b.do(t, "POST", "/api/v1/sms/apply", apply).is(t, 409, "ALREADY_APPLIED", "")
		waiting := root.get(t, "/api/v1/operator/sms/applications?status=pending").items()
		if len(waiting) != 1 || waiting[0]["accountEmail"] != c.account.Email || waiting[0]["useCase"] != "orders" || waiting[0]["decidedBy"] != nil {
			t.Fatalf("%v", waiting)
		}
		path := "/api/v1/operator/sms/applications/"
		root.do(t, "POST", path+waiting[0]["id"].(string)+"/reject", mail{"reason": "say more"}).is(t, 200, "", "")
		if p, _ := at("rejected").data("application").(map[string]any); p["reason"] != "say more" || p["decidedAt"] == nil || p["website"] != "" {
			t.Errorf("%v", p)
		}
		b.do(t, "POST", "/api/v1/sms/apply", apply).is(t, 200, "", "")
		id := root.get(t, "/api/v1/operator/sms/applications?status=pending").items()[0]["id"].(string)
		root.do(t, "POST", path+id+"/approve", nil).is(t, 200, "", "")
		root.do(t, "POST", path+id+"/approve", nil).is(t, 409, "NOT_PENDING", "")
		root.did(t, "sms.approve", c.account.ID)
		root.did(t, "sms.reject", c.account.ID)
		at("approved")
		first, _ := b.do(t, "POST", "/api/v1/sms/auth/rotate", nil).data("token").(string)
		second, _ := b.do(t, "POST", "/api/v1/sms/auth/rotate", nil).data("token").(string)
		a := at("approved")
		if token, _ := a.data("token").(map[string]any); token["prefix"] != "hyd-sms-" || !strings.HasSuffix(second, token["last4"].(string)) || strings.Contains(string(a.raw), second) ||
			asJSON(a.data("credits")) != "10" {
			t.Errorf("%s", a.raw)
		}
		phone := &texter{house: h, account: c.account, token: first}
		phone.text(t, "recipient=%2B447700900123&content=hi").is(t, 401, "UNAUTHORIZED", "")
		phone.token = second
		phone.text(t, "recipient=%2B447700900123&content=hi").is(t, 200, "", "")
		if a := b.get(t, "/api/v1/sms/credits"); asJSON(a.body["data"]) != `{"balance":9}` {
			t.Errorf("%s", a.raw)
		}
		if l := b.get(t, "/api/v1/sms/credits/history").items(); len(l) != 2 || l[0]["reason"] != "charge" || l[0]["messageId"] == nil || l[1]["reason"] != "grant" {
			t.Errorf("%v", l)
		}
		if a := b.get(t, "/api/v1/sms/credits/bundles"); asJSON(a.data("items")) != `[{"credits":1000,"currency":"usd","id":"1k","price":1000}]` {
			t.Errorf("%s", a.raw)
		}
	})
}

// What is changed about a shortcode: absent keeps, null takes away or makes a new
// secret, which is shown once.
func TestShortcodePages(t *testing.T) {
	each(t, options{carriers: []string{"air"}}, func(t *testing.T, h *house) {
		b, stranger := h.owner(t).page(t), h.owner(t).page(t)
		b.do(t, "POST", "/api/v1/sms/shortcodes", mail{"code": "stop"}).is(t, 400, "SHORTCODE_RESERVED", "code")
		b.do(t, "POST", "/api/v1/sms/shortcodes", mail{"code": "Order"}).is(t, 400, "INVALID_REQUEST", "code")
		b.do(t, "POST", "/api/v1/sms/shortcodes", mail{"code": "order", "webhookUrl": "http://10.0.0.1/"}).is(t, 400, "INVALID_REQUEST", "webhookUrl")
		made := b.do(t, "POST", "/api/v1/sms/shortcodes", mail{"code": "order", "webhookUrl": "http://127.0.0.1:1/a"})
		made.is(t, 201, "", "")
		secret, _ := made.data("secret").(string)
		if secret == "" || made.data("active") != true || made.data("lastStatus") != nil {
			t.Errorf("%s", made.raw)
		}
		stranger.do(t, "POST", "/api/v1/sms/shortcodes", mail{"code": "order"}).is(t, 409, "SHORTCODE_TAKEN", "code")
		b.do(t, "POST", "/api/v1/sms/shortcodes", mail{"code": "more"}).is(t, 403, "SHORTCODE_LIMIT", "")
		if a := b.get(t, "/api/v1/sms/shortcodes"); len(a.items()) != 1 || strings.Contains(string(a.raw), secret) {
			t.Errorf("%s", a.raw)
		}
		path := "/api/v1/sms/shortcodes/" + made.data("id").(string)
		for _, r := range []struct {
			change      any
			status      int
			field       string
			url         any
			newSecret   bool
			givenSecret string
		}{
			{mail{}, 200, "", "http://127.0.0.1:1/a", false, ""},
			{mail{"webhookUrl": "http://127.0.0.1:1/b"}, 200, "", "http://127.0.0.1:1/b", false, ""},
			{mail{"webhookSecret": "mine"}, 200, "", "http://127.0.0.1:1/b", true, "mine"},
			{mail{"webhookSecret": nil}, 200, "", "http://127.0.0.1:1/b", true, ""},
			{mail{"webhookSecret": ""}, 400, "webhookSecret", nil, false, ""},
			{mail{"webhookUrl": ""}, 400, "webhookUrl", nil, false, ""},
			{mail{"webhookUrl": 7}, 400, "webhookUrl", nil, false, ""},
			{mail{"webhookUrl": nil}, 200, "", nil, false, ""},
		} {
			a := b.do(t, "PATCH", path, r.change)
			if r.status != 200 {
				a.is(t, r.status, "INVALID_REQUEST", r.field)
				continue
			}
			got, shown := a.data("secret").(string)
			if a.status != 200 || a.data("webhookUrl") != r.url || shown != r.newSecret || r.givenSecret != "" && got != r.givenSecret || got == secret {
				t.Errorf("%v: %s", r.change, a.raw)
			}
		}
		b.do(t, "POST", path+"/test", nil).is(t, 409, "NO_WEBHOOK", "")
		b.do(t, "PATCH", path, mail{"webhookUrl": "http://127.0.0.1:1/"}).is(t, 200, "", "")
		if a := b.do(t, "POST", path+"/test", nil); a.status != 202 || a.data("done") != false || a.data("test") != true || a.data("ms") != nil {
			t.Errorf("%s", a.raw)
		}
		if a := b.get(t, path+"/pushes"); len(a.items()) != 1 || asJSON(a.data("total")) != "1" {
			t.Errorf("%s", a.raw)
		}
		b.get(t, path+"/pushes?before=%00").is(t, 400, "INVALID_REQUEST", "before")
		b.do(t, "DELETE", path, nil).is(t, 204, "", "")
		b.do(t, "DELETE", path, nil).is(t, 404, "NOT_FOUND", "")
	})
}

// What a page of texts is asked for, and the numbers of the texts it has then.
// They are 1 to 6; the second was refused, the others were taken, and 3 and 6 came
// in.
func TestTextPages(t *testing.T) {
	each(t, options{carriers: []string{"air"}}, func(t *testing.T, h *house) {
		c := h.owner(t)
		b := c.page(t)
		c.phone.shortcode(t, "order", "")
		ids := map[string]string{}
		ada, bob := "+447700900123", "+447700900124"
		for i, step := range []string{ada, bob, "in " + ada, ada, bob, "in " + bob} {
			n := string(rune('1' + i))
			if from, in := strings.CutPrefix(step, "in "); in {
				h.brings(t, "SM"+n, from, "order Ünsinn "+n)
			} else {
				if h.carriers[0].says(nil); i == 1 {
					h.carriers[0].answers(400, `{"code":21610,"message":"no"}`)
				}
				c.phone.text(t, "recipient="+url.QueryEscape(step)+"&content=Hello+"+n)
			}
			ids[n] = b.get(t, "/api/v1/sms/messages?limit=1").items()[0]["id"].(string)
			c.advance(time.Minute)
		}
		for _, r := range []struct{ query, want, total string }{
			{"", "654321", "6"},
			{"limit=2&offset=3", "32", "6"},
			{"offset=6", "", "6"},
			{"limit=2&before=" + ids["5"], "43", "6"},
			{"direction=in", "63", "2"},
			{"direction=out&limit=1&offset=1", "4", "4"},
			{"direction=out&before=" + ids["4"], "21", "4"},
			{"peer=%2B447700900124", "652", "3"},
			{"peer=+447700900124", "652", "3"}, // as people type it
			{"peer=" + url.QueryEscape(ada) + "&direction=in", "3", "1"},
			{"peer=%2B1", "", "0"},
			{"q=hELLO", "5421", "4"},
			{"q=" + url.QueryEscape("üNS"), "63", "2"},
			{"q=%2B4477009001", "654321", "6"},
			{"q=sinn", "", "0"}, // the beginning only
			{"q=hello&peer=%2B447700900124", "52", "2"},
		} {
			a := b.get(t, "/api/v1/sms/messages?"+r.query)
			got := ""
			for _, m := range a.items() {
				content := m["content"].(string)
				got += content[len(content)-1:]
			}
			if got != r.want || asJSON(a.data("total")) != r.total || a.data("totalCapped") != nil || a.data("next") != nil {
				t.Errorf("%s: %s of %v, not %s of %s: %.200s", r.query, got, a.data("total"), r.want, r.total, a.raw)
			}
		}
		for query, field := range map[string]string{"direction=up": "direction", "q=%00": "q", "q=a&offset=10001": "offset", "before=x": "before",
			"before=" + db.NewID(): "before", "peer=%ff": "peer", "q=" + strings.Repeat("a", 201): "q"} {
			b.get(t, "/api/v1/sms/messages?"+query).is(t, 400, "INVALID_REQUEST", field)
		}
		sent := b.get(t, "/api/v1/sms/messages/"+ids["1"])
		if sent.data("status") != "sent" || asJSON(sent.data("creditCost")) != "1" || len(sent.data("attempts").([]any)) != 1 || len(sent.data("credits").([]any)) != 1 ||
			len(sent.data("segments").([]any)) != 1 || sent.data("push") != nil {
			t.Errorf("%s", sent.raw)
		}
		failed := b.get(t, "/api/v1/sms/messages/"+ids["2"])
		if failed.data("status") != "failed" || asJSON(failed.data("creditCost")) != "0" || len(failed.data("credits").([]any)) != 2 || failed.data("lastError") == nil {
			t.Errorf("%s", failed.raw)
		}
		if got := b.get(t, "/api/v1/sms/messages/"+ids["3"]); got.data("encoding") != nil || got.data("shortcode") != "order" || got.data("standing") != "Received for order; no webhook was to be called." {
			t.Errorf("%s", got.raw)
		}
		talks := b.get(t, "/api/v1/sms/conversations")
		if l := talks.items(); len(l) != 2 || l[0]["peer"] != bob || asJSON(l[0]["messages"]) != "3" || l[1]["lastMessage"].(map[string]any)["id"] != ids["4"] {
			t.Errorf("%s", talks.raw)
		}
		if l := b.get(t, "/api/v1/sms/conversations?before="+url.QueryEscape(bob)).items(); len(l) != 1 || l[0]["peer"] != ada {
			t.Errorf("%v", l)
		}
		b.get(t, "/api/v1/sms/conversations?before=nobody").is(t, 400, "INVALID_REQUEST", "before")
		days, _ := b.get(t, "/api/v1/sms/stats?days=2").data("days").([]any)
		if got := asJSON(days[1]); len(days) != 2 || got != `{"credits":3,"day":"2026-03-01","delivered":0,"failed":1,"received":2,"sent":3,"unknown":0}` {
			t.Errorf("%v", days)
		}
		stranger := h.owner(t).page(t)
		stranger.get(t, "/api/v1/sms/messages?before="+ids["5"]).is(t, 400, "INVALID_REQUEST", "before")
		if l := stranger.get(t, "/api/v1/sms/conversations").items(); len(l) != 0 {
			t.Errorf("%v", l)
		}
	})
}
