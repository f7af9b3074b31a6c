package api_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// received calls GET /api/messages.
func (c *texter) received(t *testing.T, query string) *answer {
	t.Helper()
	return c.call(t, request{method: "GET", path: "/api/messages" + query})
}

// fields are one field of every text in a list.
func (a *answer) fields(name string) string {
	list := []any{}
	for _, x := range a.list {
		list = append(list, x[name])
	}
	return asJSON(list)
}

// What came in is listed newest first, in parts, to whom it belongs.
func TestReceivedTexts(t *testing.T) {
	each(t, oneCarrier, func(t *testing.T, h *house) {
		c, other := h.texter(t), h.texter(t)
		if a := c.received(t, ""); string(a.raw) != "[]" {
			t.Errorf("%d %s", a.status, a.raw)
		}
		c.shortcode(t, "order", "")
		other.shortcode(t, "other", "")
		h.brings(t, "SMa", "+14155551212", "Order, two pizzas")
		h.brings(t, "SMb", "+14155551212", "other one")
		for n := range 4 {
			h.brings(t, fmt.Sprint("SM", n), "+14155551212", fmt.Sprint("order ", n))
		}
		all := c.received(t, "")
		if got := all.fields("content"); all.status != 200 || got != `["3","2","1","0","two pizzas"]` {
			t.Fatalf("%d %s", all.status, all.raw)
		}
		last := all.list[4]
		want := `{"id":"` + last["id"].(string) + `","userID":"` + c.account.ID + `","sender":"+14155551212","shortcode":"order","content":"two pizzas",` +
			`"webhook_status":null,"created_at":"2026-03-01T12:00:00.000Z"}]`
		if !strings.HasSuffix(string(all.raw), want) {
			t.Errorf("%s does not end with %s", all.raw, want)
		}
		second := all.list[1]["id"].(string)
		for query, want := range map[string]string{
			"?limit=2": `["3","2"]`, "?limit=100": all.fields("content"), "?before=" + second: `["1","0","two pizzas"]`, "?limit=1&before=" + second: `["1"]`,
			"?before=" + last["id"].(string): `[]`, "?offset=3": all.fields("content"),
		} {
			if a := c.received(t, query); a.status != 200 || a.fields("content") != want {
				t.Errorf("%s: %d %s", query, a.status, a.raw)
			}
		}
		foreign := other.received(t, "").list[0]["id"].(string)
		for query, field := range map[string]string{
			"?limit=0": "limit", "?limit=101": "limit", "?limit=": "limit", "?limit=x": "limit",
			"?before=x": "before", "?before=%ff": "before", "?before=" + foreign: "before", "?before=" + strings.Repeat("x", 5000): "before",
		} {
			c.received(t, query).is(t, 400, "INVALID_REQUEST", field)
		}
		c.look(t, last["id"].(string)).is(t, 404, "NOT_FOUND", "")
		c.call(t, request{method: "GET", path: "/api/messages", header: headers{"Authorization": ""}}).is(t, 401, "UNAUTHORIZED", "")
		if got := c.ledger(t); got != "[10]" {
			t.Errorf("the ledger is %s", got)
		}
	})
}

// A text is pushed to its shortcode's webhook, as the contract writes it, once.
func TestTextIsPushed(t *testing.T) {
	each(t, oneCarrier, func(t *testing.T, h *house) {
		pushed := make(chan string, 10)
		hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			pushed <- r.Method + " " + r.Header.Get("Content-Type") + " " + r.Header.Get("Authorization") + string(body)
			w.WriteHeader(http.StatusTeapot)
		}))
		defer hook.Close()
		c := h.texter(t)
		c.shortcode(t, "order", hook.URL+"/order")
		h.brings(t, "SM1", "+14155551212", "ORDER <two> & \u00e9")
		h.brings(t, "SM1", "+14155551212", "ORDER <two> & \u00e9")
		h.awaitAny(t, "text pushed")
		if got, want := <-pushed, `POST application/json {"sender":"+14155551212","auth":"secret of order","shortcode":"order","messageContent":"<two> & é"}`; got != want {
			t.Errorf("pushed %s, not %s", got, want)
		}
		if a := c.received(t, ""); a.fields("webhook_status") != "[418]" || len(pushed) != 0 {
			t.Errorf("%s, and %d more pushes", a.raw, len(pushed))
		}
	})
}

// What a carrier calls is believed only with its signature, over the public URL.
func TestHooks(t *testing.T) {
	text := url.Values{"MessageSid": {"SM1"}, "From": {"+14155551212"}, "To": {oursNumber}, "Body": {"order x"}}
	const at = "/hooks/sms/carrier/inbound"
	rows := []struct {
		name, method, at string
		header           headers
		body             string
		status           int
		stored           int
	}{
		{name: "no signature", header: headers{signingName: ""}, status: 403},
		{name: "another's signature", header: headers{signingName: sign("/hooks/sms/carrier/status", text)}, status: 403},
		{name: "another body", body: strings.Replace(text.Encode(), "order", "other", 1), status: 403},
		{name: "no such gateway", at: "/hooks/sms/nobody/inbound", status: 404},
		{name: "no such event", at: "/hooks/sms/carrier/other", status: 404},
		{name: "GET", method: "GET", status: 405},
		{name: "JSON", header: headers{"Content-Type": jsonType}, status: 415},
		{name: "too large", body: strings.Repeat("x", 64<<10+1), status: 413},
		{name: "good", status: 200, stored: 1},
		{name: "the same again", status: 200, stored: 1},
		{name: "at another host", header: headers{"X-Forwarded-Host": "evil.test"}, status: 200, stored: 1},
	}
	each(t, oneCarrier, func(t *testing.T, h *house) {
		c := h.texter(t)
		c.shortcode(t, "order", "")
		for _, r := range rows {
			for _, door := range []bool{true, false} {
				q := request{method: or(r.method, "POST"), path: or(r.at, at), texts: door, body: []byte(or(r.body, text.Encode())),
					header: headers{"Content-Type": formType, signingName: sign(at, text)}}
				for k, v := range r.header {
					q.header[k] = v
				}
				if q.method == "GET" {
					q.body = nil
				}
				a := h.exchange(t, q)
				if got := len(c.received(t, "").list); a.status != r.status || got != r.stored {
					t.Errorf("%s: %d %s, %d stored", r.name, a.status, a.raw, got)
				}
			}
		}
	})
}

// Reports change a text as the contract says, whenever they come.
func TestTextReports(t *testing.T) {
	rows := []struct {
		name, say, status, segment string
		charged                    float64
		ledger                     string
	}{
		{"delivered", "delivered", "delivered", "delivered", 1, "[10,-1]"},
		{"undelivered", "undelivered", "undelivered", "undelivered", 1, "[10,-1]"},
		{"never left", "failed", "failed", "taken", 0, "[10,-1,1]"},
		{"on its way", "sent", "sent", "taken", 1, "[10,-1]"},
	}
	each(t, oneCarrier, func(t *testing.T, h *house) {
		for i, r := range rows {
			t.Run(r.name, func(t *testing.T) {
				c := h.texter(t)
				sent := c.text(t, goodForm)
				id, _ := sent.body["ID"].(string)
				report := url.Values{"MessageSid": {fmt.Sprintf("SMcarrier%d", i+1)}, "MessageStatus": {r.say}, "From": {oursNumber}, "To": {"+447700900123"}}
				for range 2 {
					if a := h.calls(t, "/hooks/sms/carrier/status", report, nil); a.status != 204 && a.status != 200 {
						t.Fatalf("%d %s", a.status, a.raw)
					}
				}
				a := c.look(t, id)
				a.is(t, 200, "", "")
				segments, _ := a.body["segments"].([]any)
				receipts, _ := a.body["receipts"].([]any)
				if a.body["status"] != r.status || a.body["creditCost"] != r.charged || c.ledger(t) != r.ledger || len(segments) != 1 || len(receipts) == 0 {
					t.Errorf("%s, the ledger is %s", a.raw, c.ledger(t))
				}
			})
		}
	})
}

// STOP blocks the number until START, whatever account writes to it.
func TestTextOptOut(t *testing.T) {
	each(t, oneCarrier, func(t *testing.T, h *house) {
		c := h.texter(t)
		h.brings(t, "SM1", "+447700900123", " Stop. ")
		for _, x := range []*texter{c, h.texter(t)} {
			x.text(t, goodForm).is(t, 403, "RECIPIENT_OPTED_OUT", "")
			if x.ledger(t) != "[10]" {
				t.Errorf("the ledger is %s", x.ledger(t))
			}
		}
		c.text(t, "recipient=%2B447700900124&content=hello").is(t, 200, "", "")
		h.brings(t, "SM2", "+447700900123", "START")
		c.text(t, goodForm).is(t, 200, "", "")
		if got := asJSON(h.handed()); got != `["carrier +447700900124 hello","carrier +447700900123 hello"]` {
			t.Errorf("handed %s", got)
		}
	})
}

// Unknown words and HELP are answered at nobody's cost.
func TestTextsThatAreAnswered(t *testing.T) {
	each(t, oneCarrier, func(t *testing.T, h *house) {
		h.brings(t, "SM1", "+447700900123", "Nothing here")
		h.carriers[0].await(t, 1)
		h.brings(t, "SM2", "+447700900124", "help")
		h.carriers[0].await(t, 2)
		want := []string{"carrier +447700900123 The shortcode nothing does not exist. Please include it as the first word of your message.",
			"carrier +447700900124 " + helpAnswer}
		if got := asJSON(h.handed()); got != asJSON(want) {
			t.Errorf("handed %s", got)
		}
	})
}
