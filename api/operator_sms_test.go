package api_test

import (
	"strings"
	"testing"

	"aviso/db"
)

// Texts of which nobody knows are the operator's to settle, one by one or many.
func TestUnknownTexts(t *testing.T) {
	each(t, options{carriers: []string{"air"}}, func(t *testing.T, h *house) {
		c, root := h.owner(t), h.operator(t)
		h.carriers[0].answers(500, `{}`)
		for range 3 {
			c.phone.text(t, "recipient=%2B447700900123&content=hi")
		}
		list := root.get(t, "/api/v1/operator/sms/unknown")
		l := list.items()
		if len(l) != 3 || asJSON(list.data("total")) != "3" || l[0]["accountEmail"] != c.account.Email || l[0]["content"] != "hi" || l[0]["gateway"] != "air" || asJSON(l[0]["creditCost"]) != "1" {
			t.Fatalf("%s", list.raw)
		}
		ids := []string{l[0]["id"].(string), l[1]["id"].(string), l[2]["id"].(string)}
		if rest := root.get(t, "/api/v1/operator/sms/unknown?limit=1&after="+ids[0]).items(); len(rest) != 1 || rest[0]["id"] != ids[1] {
			t.Errorf("%v", rest)
		}
		path := "/api/v1/operator/sms/unknown/settle"
		root.do(t, "POST", path, mail{"ids": []string{}, "outcome": "sent"}).is(t, 400, "INVALID_REQUEST", "ids")
		root.do(t, "POST", path, mail{"ids": ids, "outcome": "gone"}).is(t, 400, "INVALID_REQUEST", "outcome")
		strange := db.NewID()
		a := root.do(t, "POST", path, mail{"ids": []string{ids[0], ids[1], strange, ids[0], "x"}, "outcome": "failed"})
		if a.status != 200 || asJSON(a.data("settled")) != "2" || asJSON(a.data("refunded")) != "2" || len(a.data("missed").([]any)) != 2 {
			t.Errorf("%s", a.raw)
		}
		root.do(t, "POST", path, mail{"ids": ids, "outcome": "sent"}).is(t, 200, "", "")
		if n := h.smsCredits(t, c.account.ID); n != 9 {
			t.Errorf("%d credits", n)
		}
		root.did(t, "sms.settle", ids[0])
		if n := len(root.get(t, "/api/v1/operator/sms/unknown").items()); n != 0 {
			t.Errorf("%d are unknown still", n)
		}
		root.get(t, "/api/v1/operator/sms/unknown?after=x").is(t, 400, "INVALID_REQUEST", "after")
	})
}

// What came for nobody, and who wants nothing more.
func TestUnroutedAndOptOuts(t *testing.T) {
	each(t, options{carriers: []string{"air"}}, func(t *testing.T, h *house) {
		c, root := h.owner(t), h.operator(t)
		h.brings(t, "SM1", "+447700900123", "hello there")
		h.brings(t, "SM2", "+447700900124", "stop")
		h.brings(t, "SM3", "+12025550123", "STOP it")
		list := root.get(t, "/api/v1/operator/sms/unrouted")
		if l := list.items(); len(l) != 3 || l[2]["content"] != "hello there" || l[2]["from"] != "+447700900123" || l[2]["to"] != oursNumber || asJSON(list.data("total")) != "3" {
			t.Errorf("%s", list.raw)
		}
		for query, want := range map[string]string{"": "2", "?q=%2B44": "1", "?q=+44": "1", "?q=%2B49": "0", "?before=%2B12025550123": "2"} {
			a := root.get(t, "/api/v1/operator/sms/optouts"+query)
			if asJSON(a.data("total")) != want {
				t.Errorf("%s: %s", query, a.raw)
			}
		}
		root.get(t, "/api/v1/operator/sms/optouts?before=x").is(t, 400, "INVALID_REQUEST", "before")
		c.phone.text(t, "recipient=%2B447700900124&content=hi").is(t, 403, "RECIPIENT_OPTED_OUT", "")
		root.do(t, "DELETE", "/api/v1/operator/sms/optouts/%2B447700900124", nil).is(t, 204, "", "")
		root.do(t, "DELETE", "/api/v1/operator/sms/optouts/+447700900124", nil).is(t, 404, "NOT_FOUND", "")
		root.do(t, "DELETE", "/api/v1/operator/sms/optouts/a%00b", nil).is(t, 404, "NOT_FOUND", "")
		root.did(t, "optout.delete", "+447700900124")
		c.phone.text(t, "recipient=%2B447700900124&content=hi").is(t, 200, "", "")
	})
}

// The sandbox: what it captured, hostile as it may be, and what it receives.
func TestSandboxPages(t *testing.T) {
	const evil = `<script>alert(1)</script><img src="https://evil.test/x.png"><img src="cid:logo@x"><meta http-equiv="refresh" content="0;url=https://evil.test">`
	const page = "Subject: =?utf-8?q?=C3=9Cber?=\nMIME-Version: 1.0\nContent-Type: multipart/related; boundary=b\n\n--b\nContent-Type: text/html; charset=iso-8859-1\n" +
		"Content-Transfer-Encoding: quoted-printable\n\n" + `<p>gr=FCn</p><img src=3D"cid:logo@x"><script>alert(1)</script>` +
		"\n--b\nContent-Type: image/png\nContent-Id: <logo@x>\nContent-Transfer-Encoding: base64\n\niVBORw==\n--b--\n"
	each(t, options{carriers: []string{"air"}}, func(t *testing.T, h *house) {
		root := h.operator(t)
		for _, m := range []struct{ data, has, not string }{
			{page, `<p>grün</p><img src="data:image/png;base64,iVBORw==">`, "cid:"},
			{"Subject: hi\n\n" + evil + "\n", "&lt;script&gt;alert(1)&lt;/script&gt;", "<script"},
			{"no mail at all", "no mail at all", "<script"},
			{"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/html\n\n" + evil, "<script>", ""}, // shown as it is; the policy is what protects
		} {
			path := "/api/v1/operator/sandbox/mail/" + h.capture(t, m.data)
			a := root.get(t, path+"/html")
			if a.status != 200 || !strings.Contains(string(a.raw), m.has) || m.not != "" && strings.Contains(string(a.raw), m.not) {
				t.Errorf("%s", a.raw)
			}
			raw := root.get(t, path+"/raw")
			if raw.status != 200 || string(raw.raw) != strings.ReplaceAll(m.data, "\n", "\r\n") || !strings.HasPrefix(raw.header.Get("Content-Disposition"), "attachment") {
				t.Errorf("%s", raw.raw)
			}
			for _, answer := range []*answer{a, raw} {
				policy := answer.header.Get("Content-Security-Policy")
				if !strings.HasPrefix(policy, "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'") || strings.Contains(policy, "allow-") ||
					answer.header.Get("X-Content-Type-Options") != "nosniff" || answer.header.Get("Referrer-Policy") != "no-referrer" {
					t.Errorf("%v", answer.header)
				}
			}
			h.customer(t, 0).page(t).get(t, path+"/html").is(t, 403, "FORBIDDEN", "")
			h.browser().get(t, path+"/raw").is(t, 401, "UNAUTHENTICATED", "")
		}
		list := root.get(t, "/api/v1/operator/sandbox/mail?limit=2&offset=2")
		if l := list.items(); len(l) != 2 || asJSON(list.data("total")) != "4" || l[1]["subject"] != "Über" || asJSON(l[1]["to"]) != `["b@x.test"]` ||
			asJSON(l[1]["bytes"]) != asJSON(len(strings.ReplaceAll(page, "\n", "\r\n"))) {
			t.Errorf("%s", list.raw)
		}
		root.get(t, "/api/v1/operator/sandbox/mail/"+db.NewID()+"/html").is(t, 404, "NOT_FOUND", "")
		root.get(t, "/api/v1/operator/sandbox/mail/%00/raw").is(t, 404, "NOT_FOUND", "")

		c := h.owner(t)
		c.phone.shortcode(t, "order", "")
		root.do(t, "POST", "/api/v1/operator/sandbox/inbound", mail{"from": "+447700900123", "text": "order two"}).is(t, 204, "", "")
		root.do(t, "POST", "/api/v1/operator/sandbox/inbound", mail{"from": "", "text": "x"}).is(t, 400, "INVALID_REQUEST", "from")
		root.do(t, "POST", "/api/v1/operator/sandbox/inbound", mail{"from": "1", "text": strings.Repeat("a", 1601)}).is(t, 400, "INVALID_REQUEST", "text")
		root.did(t, "sms.inject", "+447700900123")
		if l := c.page(t).get(t, "/api/v1/sms/messages").items(); len(l) != 1 || l[0]["content"] != "two" {
			t.Errorf("%v", l)
		}
		if l := root.get(t, "/api/v1/operator/sandbox/texts").items(); len(l) != 1 || l[0]["direction"] != "in" || l[0]["content"] != "order two" || l[0]["messageId"] != nil || l[0]["encoding"] != nil {
			t.Errorf("%v", l)
		}
	})
}

// Without a sandbox nothing can be made up.
func TestNoSandbox(t *testing.T) {
	each(t, options{noRelay: true}, func(t *testing.T, h *house) {
		root := h.operator(t)
		root.do(t, "POST", "/api/v1/operator/sandbox/inbound", mail{"from": "1", "text": "x"}).is(t, 409, "NO_SANDBOX", "")
		if list := h.acts(t, root.account.ID); len(list) != 0 {
			t.Errorf("%v", list)
		}
		a := root.get(t, "/api/v1/operator/overview")
		if !strings.Contains(string(a.raw), `"kind":"no_relay"`) || !strings.Contains(string(a.raw), `"kind":"no_gateway"`) {
			t.Errorf("%s", a.raw)
		}
	})
}
