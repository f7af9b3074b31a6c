package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"aviso/account"
	"aviso/credit"
	"aviso/db"
)

var oneCarrier = options{noRelay: true, carriers: []string{"carrier"}}

const goodForm = "recipient=%2B447700900123&content=hello"

// The 200 as it goes over the wire, to the order of its fields.
func TestTextSent(t *testing.T) {
	each(t, oneCarrier, func(t *testing.T, h *house) {
		c := h.texter(t)
		a := c.text(t, "recipient=%2B44+%287700%29+900-123&content=It+works%3A+%3Cb%3E+%26+%C3%A9")
		a.is(t, 200, "", "")
		id, _ := a.body["ID"].(string)
		want := `{"ID":"` + id + `","sent_from":"+2899682626","sent_to":"+447700900123","sent_to_parsed":{"isValid":true,"phoneNumber":"+447700900123",` +
			`"countryIso2":"GB","countryIso3":"GBR","countryCode":"+44"},"content":"It works: <b> & é","owner":"` + c.account.ID +
			`","creditCost":1,"status":"sent","encoding":"GSM-7","segments":1,"provider":{"name":"carrier","messageIds":["SMcarrier1"]}}`
		if string(a.raw) != want {
			t.Errorf("%s\nnot\n%s", a.raw, want)
		}
		if got := asJSON(h.handed()); got != asJSON([]string{"carrier +447700900123 It works: <b> & é"}) || c.ledger(t) != "[10,-1]" {
			t.Errorf("handed %s, the ledger is %s", got, c.ledger(t))
		}
	})
}

// Whatever a client makes of the two fields, it is one text.
func TestTextForms(t *testing.T) {
	x := strings.Repeat
	rows := []struct {
		name, kind, body string
		header           headers
		to, content      string
		cost             int
		encoding         string
		segments         int
		parsed           string // "" is not looked at
	}{
		{name: "a bare plus", body: "recipient=+447700900123&content=a"},
		{name: "a bare plus and blanks", body: "recipient=+44+7700+900123&content=a"},
		{name: "fields that are not listed", body: goodForm + "&content2=b&x=1&x=2", content: "hello"},
		{name: "a charset", kind: formType + "; charset=utf-8", body: goodForm, content: "hello"},
		{name: "Bearer", header: headers{"Authorization": "Bearer {token}"}, body: goodForm, content: "hello"},
		{name: "bearer", header: headers{"Authorization": "bearer  {token}"}, body: goodForm, content: "hello"},
		{name: "JSON", kind: jsonType, body: `{"recipient":"+447700900123","content":"a"}`},
		{name: "JSON with more", kind: jsonType + ";charset=utf-8", body: ` {"recipient":"+44.7700.900123","content":"a","x":{"y":null}} `},
		{name: "a number of no country", body: "recipient=%2B80012345678&content=a", to: "+80012345678",
			parsed: `{"isValid":true,"phoneNumber":"+80012345678","countryIso2":null,"countryIso3":null,"countryCode":"+800"}`},
		{name: "160", body: "recipient=%2B447700900123&content=" + x("a", 160), content: x("a", 160)},
		{name: "161", body: "recipient=%2B447700900123&content=" + x("a", 161), content: x("a", 161), cost: 2, segments: 2},
		{name: "799", body: "recipient=%2B447700900123&content=" + x("a", 799), content: x("a", 799), cost: 5, segments: 6},
		{name: "799 of UTF-16", body: "recipient=%2B447700900123&content=" + x("%F0%9F%98%80", 399) + "a", content: x("\U0001F600", 399) + "a",
			cost: 5, encoding: "UCS-2", segments: 13},
	}
	each(t, oneCarrier, func(t *testing.T, h *house) {
		for i, r := range rows {
			t.Run(r.name, func(t *testing.T) {
				c := h.texter(t)
				if r.kind == "" {
					r.kind = formType
				}
				with := headers{"Content-Type": r.kind}
				for k, v := range r.header {
					with[k] = strings.ReplaceAll(v, "{token}", c.token)
				}
				a := c.text(t, r.body, with)
				a.is(t, 200, "", "")
				to, content, cost, encoding, segments := or(r.to, "+447700900123"), or(r.content, "a"), max(r.cost, 1), or(r.encoding, "GSM-7"), max(r.segments, 1)
				for field, want := range (mail{"sent_to": to, "content": content, "creditCost": cost, "encoding": encoding, "segments": segments}) {
					if got := asJSON(a.body[field]); got != asJSON(want) {
						t.Errorf("%s is %s, not %s", field, got, asJSON(want))
					}
				}
				if r.parsed != "" && !strings.Contains(string(a.raw), `"sent_to_parsed":`+r.parsed) {
					t.Errorf("%s has no %s", a.raw, r.parsed)
				}
				if got := h.handed(); len(got) != i+1 || got[i] != "carrier "+to+" "+content {
					t.Errorf("handed %v", got)
				}
				if got := c.ledger(t); got != fmt.Sprintf("[10,-%d]", cost) {
					t.Errorf("the ledger is %s", got)
				}
			})
		}
	})
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// refusedText is a call that nothing may come of.
type refusedText struct {
	name, path, kind, body string
	status                 int
	code, field            string
}

// What is no text is refused, before anything is charged.
func TestTextRefused(t *testing.T) {
	x := strings.Repeat
	const number = "recipient=%2B447700900123"
	form := func(name, body, code, field string) refusedText {
		return refusedText{name: name, kind: formType, body: body, status: 400, code: code, field: field}
	}
	json := func(name, body, code, field string) refusedText {
		return refusedText{name: name, kind: jsonType, body: body, status: 400, code: code, field: field}
	}
	rows := []refusedText{
		form("nothing", "", "INVALID_RECIPIENT", "recipient"),
		form("no recipient", "content=a", "INVALID_RECIPIENT", "recipient"),
		form("no content", number, "INVALID_CONTENT", "content"),
		form("empty content", number+"&content=", "INVALID_CONTENT", "content"),
		form("800", number+"&content="+x("a", 800), "INVALID_CONTENT", "content"),
		form("800 of UTF-16", number+"&content="+x("%F0%9F%98%80", 400), "INVALID_CONTENT", "content"),
		form("not Unicode", number+"&content=%FF", "INVALID_CONTENT", "content"),
		form("NUL", number+"&content=a%00", "INVALID_CONTENT", "content"),
		form("two recipients", number+"&"+number+"&content=a", "INVALID_REQUEST", "recipient"),
		form("two contents", number+"&content=a&content=a", "INVALID_REQUEST", "content"),
		form("a lone percent", number+"&content=100%", "INVALID_REQUEST", ""),
		form("a semicolon", number+";content=a", "INVALID_REQUEST", ""),
		form("national", "recipient=07700900123&content=a", "INVALID_RECIPIENT", "recipient"),
		form("two zeros", "recipient=00447700900123&content=a", "INVALID_RECIPIENT", "recipient"),
		form("letters", "recipient=%2B44CALLME&content=a", "INVALID_RECIPIENT", "recipient"),
		form("six digits", "recipient=%2B447700&content=a", "INVALID_RECIPIENT", "recipient"),
		form("sixteen digits", "recipient=%2B4477009001234567&content=a", "INVALID_RECIPIENT", "recipient"),
		form("no calling code", "recipient=%2B2101234567&content=a", "INVALID_RECIPIENT", "recipient"),
		form("a satellite", "recipient=%2B870123456789&content=a", "INVALID_RECIPIENT", "recipient"),
		form("a line break behind it", "recipient=%2B447700900123%0A%2B447700900124&content=a", "INVALID_RECIPIENT", "recipient"),
		form("JSON in a form's place", `{"recipient":"+447700900123","content":"a"}`, "INVALID_RECIPIENT", "recipient"),
		json("a form in JSON's place", goodForm, "INVALID_REQUEST", ""),
		json("a list", `[]`, "INVALID_REQUEST", ""),
		json("a number", `{"recipient":447700900123,"content":"a"}`, "INVALID_REQUEST", "recipient"),
		json("a space for the plus, which only forms make of it", `{"recipient":" 447700900123","content":"a"}`, "INVALID_RECIPIENT", "recipient"),
		json("null", `{"recipient":null,"content":"a"}`, "INVALID_RECIPIENT", "recipient"),
		json("half a pair", `{"recipient":"+447700900123","content":"\ud83d"}`, "INVALID_REQUEST", "content"),
		json("a name twice", `{"recipient":"+447700900123","content":"a","content":"b"}`, "INVALID_REQUEST", "content"),
		json("another case", `{"Recipient":"+447700900123","content":"a"}`, "INVALID_RECIPIENT", "recipient"),
		{name: "no type", kind: "", body: goodForm, status: 400, code: "INVALID_REQUEST"},
		{name: "text", kind: "text/plain", body: goodForm, status: 400, code: "INVALID_REQUEST"},
		{name: "multipart", kind: "multipart/form-data; boundary=x", body: "--x--", status: 400, code: "INVALID_REQUEST"},
		{name: "in the URL", path: "/api/messages?" + goodForm, kind: formType, status: 400, code: "INVALID_RECIPIENT", field: "recipient"},
		{name: "half in the URL", path: "/api/messages?content=a", kind: formType, body: number, status: 400, code: "INVALID_CONTENT", field: "content"},
		{name: "a huge body", kind: formType, body: number + "&content=a&x=" + x("x", 64<<10), status: 413, code: "PAYLOAD_TOO_LARGE"},
	}
	each(t, oneCarrier, func(t *testing.T, h *house) {
		c := h.texter(t)
		for _, r := range rows {
			t.Run(r.name, func(t *testing.T) {
				a := c.call(t, request{method: "POST", path: or(r.path, "/api/messages"), header: headers{"Content-Type": r.kind}, body: []byte(r.body)})
				a.is(t, r.status, r.code, r.field)
				if a.body["response"] != a.body["error"] || a.body["ok"] != false {
					t.Errorf("%s", a.raw)
				}
			})
		}
		c.call(t, request{method: "POST", path: "/api/messages", header: headers{"Content-Type": formType}, chunked: true,
			body: []byte(number + "&content=" + x("x", 64<<10))}).is(t, 413, "PAYLOAD_TOO_LARGE", "")
		if got := h.handed(); len(got) != 0 || c.ledger(t) != "[10]" {
			t.Errorf("handed %v, the ledger is %s", got, c.ledger(t))
		}
	})
}

// wrong is one thing wrong with a call to send a text. What it arranges happens
// before the call, the last in the order first.
type wrong struct {
	name        string
	arrange     func(*testing.T, *texter)
	breaks      func(form *string, h headers)
	status      int
	code, field string
}

var wrongInOrder = []wrong{
	{name: "unknown token", breaks: func(_ *string, h headers) { h["Authorization"] = "hyd-sms-nobody" }, status: 401, code: "UNAUTHORIZED"},
	{name: "suspended account", arrange: func(t *testing.T, c *texter) {
		c.write(t, func(tx *db.Tx) error { return account.Suspend(tx, "test", c.account) })
	}, status: 403, code: "SMS_NOT_ENABLED"},
	{name: "suspended for SMS", arrange: func(t *testing.T, c *texter) {
		if err := c.sms.SuspendAccount(t.Context(), "test", c.account.ID, "test"); err != nil {
			t.Fatal(err)
		}
	}, status: 403, code: "SMS_NOT_ENABLED"},
	{name: "too large", breaks: func(form *string, _ headers) { *form += "&x=" + strings.Repeat("x", 64<<10) }, status: 413, code: "PAYLOAD_TOO_LARGE"},
	{name: "no content", breaks: func(form *string, _ headers) { *form = strings.Replace(*form, "content=", "other=", 1) }, status: 400, code: "INVALID_CONTENT", field: "content"},
	{name: "key of another body", arrange: func(t *testing.T, c *texter) {
		c.text(t, goodForm+"+otherwise", key("used")).is(t, 200, "", "")
	}, breaks: func(_ *string, h headers) { h["Idempotency-Key"] = "used" }, status: 409, code: "IDEMPOTENCY_KEY_REUSED"},
	{name: "opted out", arrange: func(t *testing.T, c *texter) { c.brings(t, db.NewID(), "+447700900123", "STOP") }, status: 403, code: "RECIPIENT_OPTED_OUT"},
	{name: "no credits", arrange: func(t *testing.T, c *texter) {
		c.write(t, func(tx *db.Tx) error {
			b, err := credit.Read(tx, c.account.ID, credit.SMS)
			if err == nil {
				_, err = credit.Grant(tx, "test", c.account.ID, credit.SMS, -b.Credits, "test")
			}
			return err
		})
	}, status: 403, code: "INSUFFICIENT_CREDITS"},
	{name: "on hold", arrange: func(t *testing.T, c *texter) {
		c.exec(t, `DELETE FROM sending_holds`)
		if _, err := c.email.HoldSending(t.Context(), "test", "test"); err != nil {
			t.Fatal(err)
		}
	}, status: 500, code: "UNAVAILABLE"},
}

// Every pair of things wrong at once is answered as the first of the two alone,
// and nothing is charged or handed on.
func TestOrderOfTextAnswers(t *testing.T) {
	each(t, oneCarrier, func(t *testing.T, h *house) {
		for i, first := range wrongInOrder {
			for _, second := range wrongInOrder[i+1:] {
				t.Run(first.name+" before "+second.name, func(t *testing.T) {
					h.exec(t, `DELETE FROM sending_holds`)
					h.exec(t, `DELETE FROM sms_optouts`)
					c := h.texter(t)
					form, with := goodForm, headers{}
					for _, w := range []wrong{first, second} { // the first may keep the second's from happening
						if w.breaks != nil {
							w.breaks(&form, with)
						}
					}
					for _, w := range []wrong{second, first} {
						if w.arrange != nil && w.name == "key of another body" {
							w.arrange(t, c)
						}
					}
					for _, w := range []wrong{second, first} {
						if w.arrange != nil && w.name != "key of another body" {
							w.arrange(t, c)
						}
					}
					ledger, handed := c.ledger(t), len(h.handed())
					c.text(t, form, with).is(t, first.status, first.code, first.field)
					if got := c.ledger(t); got != ledger || len(h.handed()) != handed {
						t.Errorf("the ledger is %s, handed %v", got, h.handed())
					}
				})
			}
		}
	})
}

// Who was never approved, and an installation without a gateway.
func TestTextNotEnabled(t *testing.T) {
	each(t, oneCarrier, func(t *testing.T, h *house) {
		c := h.stranger(t)
		c.text(t, goodForm).is(t, 403, "SMS_NOT_ENABLED", "")
		c.text(t, goodForm, headers{"Authorization": ""}).is(t, 401, "UNAUTHORIZED", "")
		c.text(t, goodForm, headers{"Authorization": "Basic " + c.token}).is(t, 401, "UNAUTHORIZED", "")
		if got := h.handed(); len(got) != 0 || c.ledger(t) != "[]" {
			t.Errorf("handed %v, the ledger is %s", got, c.ledger(t))
		}
	})
	each(t, options{noRelay: true}, func(t *testing.T, h *house) {
		c := h.texter(t)
		c.text(t, goodForm).is(t, 403, "SMS_NOT_ENABLED", "")
		if got := c.ledger(t); got != "[10]" {
			t.Errorf("the ledger is %s", got)
		}
	})
}

// What a carrier says becomes the answer; only what it certainly did not take
// goes to the next.
func TestTextOutcomes(t *testing.T) {
	const first, second = "first +447700900123 hello", "second +447700900123 hello"
	rows := []struct {
		name    string
		arrange func(first, second *carrier)
		status  int
		code    string
		state   string
		ledger  string
		handed  []string
		by      string
	}{
		{"taken", func(_, _ *carrier) {}, 200, "", "sent", "[10,-1]", []string{first}, "first"},
		{"the first is busy", func(a, _ *carrier) { a.answers(429, `{"code":20429,"message":"busy"}`) }, 200, "", "sent", "[10,-1]", []string{first, second}, "second"},
		{"the first is away", func(a, _ *carrier) { a.Listener.Close() }, 200, "", "sent", "[10,-1]", []string{second}, "second"},
		{"both are busy", func(a, b *carrier) { a.answers(429, ``); b.answers(429, ``) }, 500, "PROVIDER_FAILURE", "", "[10,-1,1]", []string{first, second}, ""},
		{"the number is refused", func(a, _ *carrier) { a.answers(400, `{"code":21211,"message":"no number"}`) }, 400, "RECIPIENT_REFUSED", "", "[10,-1,1]", []string{first}, ""},
		{"the number has opted out", func(a, _ *carrier) { a.answers(400, `{"code":21610,"message":"stop"}`) }, 400, "RECIPIENT_REFUSED", "", "[10,-1,1]", []string{first}, ""},
		{"refused otherwise", func(a, _ *carrier) { a.answers(400, `{"code":30003,"message":"no"}`) }, 500, "PROVIDER_FAILURE", "", "[10,-1,1]", []string{first}, ""},
		{"broken", func(a, _ *carrier) { a.answers(503, `oops`) }, 200, "", "unknown", "[10,-1]", []string{first}, "first"},
		{"it breaks off", func(a, _ *carrier) { a.says(func(string) (int, string) { panic(http.ErrAbortHandler) }) }, 200, "", "unknown", "[10,-1]", []string{first}, "first"},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			each(t, options{noRelay: true, carriers: []string{"first", "second"}}, func(t *testing.T, h *house) {
				r.arrange(h.carriers[0], h.carriers[1])
				c := h.texter(t)
				a := c.text(t, goodForm, key("k"))
				a.is(t, r.status, r.code, map[bool]string{true: "recipient"}[r.code == "RECIPIENT_REFUSED"])
				if state, _ := a.body["status"].(string); state != r.state {
					t.Errorf("it is %q, not %q", state, r.state)
				}
				if p, _ := a.body["provider"].(map[string]any); p != nil && p["name"] != r.by {
					t.Errorf("by %v", p)
				}
				again := c.text(t, goodForm, key("k"))
				if string(again.raw) != string(a.raw) || again.status != a.status || again.header.Get("Idempotency-Replayed") != "true" {
					t.Errorf("replayed as %d %s", again.status, again.raw)
				}
				if got := asJSON(h.handed()); got != asJSON(r.handed) || c.ledger(t) != r.ledger {
					t.Errorf("handed %s, the ledger is %s", got, c.ledger(t))
				}
			})
		})
	}
}

// A carrier that is silent for too long leaves the text unknown; its answer
// settles it afterwards.
func TestTextUnknownAfterAWhile(t *testing.T) {
	o := oneCarrier
	o.syncTimeout = 50 * time.Millisecond
	each(t, o, func(t *testing.T, h *house) {
		speak := h.carriers[0].silent(t)
		c := h.texter(t)
		a := c.text(t, goodForm, key("k"))
		a.is(t, 200, "", "")
		id, _ := a.body["ID"].(string)
		if a.body["status"] != "unknown" || c.look(t, id).body["status"] != "unknown" {
			t.Errorf("%s", a.raw)
		}
		speak()
		h.await(t, "text sent", id)
		if got := c.look(t, id); got.body["status"] != "sent" || c.ledger(t) != "[10,-1]" || len(h.handed()) != 1 {
			t.Errorf("%s, %s", got.raw, c.ledger(t))
		}
		if again := c.text(t, goodForm, key("k")); string(again.raw) != string(a.raw) {
			t.Errorf("replayed as %s", again.raw)
		}
	})
}

// While the first call runs, the same key is told to wait; of fifty calls one
// is a text.
func TestTextIdempotencyInProgress(t *testing.T) {
	each(t, oneCarrier, func(t *testing.T, h *house) {
		speak := h.carriers[0].silent(t)
		c := h.texter(t)
		first := make(chan *answer, 1)
		go func() { first <- c.text(t, goodForm, key("k")) }()
		h.carriers[0].await(t, 1)
		c.text(t, goodForm, key("k")).is(t, 409, "IDEMPOTENCY_IN_PROGRESS", "")
		c.text(t, goodForm+"2", key("k")).is(t, 409, "IDEMPOTENCY_KEY_REUSED", "")
		c.text(t, goodForm, key(strings.Repeat("k", 256))).is(t, 400, "INVALID_REQUEST", "Idempotency-Key")
		speak()
		(<-first).is(t, 200, "", "")
		if got := c.ledger(t); got != "[10,-1]" || len(h.handed()) != 1 {
			t.Errorf("the ledger is %s, handed %v", got, h.handed())
		}
	})
}
