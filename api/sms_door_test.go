package api_test

import (
	"testing"

	"aviso/account"
	"aviso/db"
)

// The SMS base URL has the SMS API and nothing else; the main one has it too,
// but for the totals.
func TestTextDoors(t *testing.T) {
	rows := []struct {
		method, path string
		main, texts  int
		allow        string
	}{
		{"GET", "/", 404, 200, ""},
		{"POST", "/", 404, 405, "GET, HEAD"},
		{"GET", "/healthz", 200, 200, ""},
		{"GET", "/readyz", 200, 200, ""},
		{"GET", "/api/messages", 401, 401, ""},
		{"GET", "/api/messages/x", 401, 401, ""},
		{"POST", "/api/messages", 401, 401, ""},
		{"PUT", "/api/messages", 405, 405, "GET, HEAD, POST"},
		{"DELETE", "/api/messages/x", 405, 405, "GET, HEAD"},
		{"POST", "/api/messages/", 404, 404, ""},
		{"POST", "//api/messages", 404, 404, ""},
		{"POST", "/api/v1/email/send", 401, 404, ""},
		{"GET", "/api/openapi.yaml", 200, 404, ""},
	}
	each(t, oneCarrier, func(t *testing.T, h *house) {
		for _, r := range rows {
			for _, texts := range []bool{false, true} {
				want := r.main
				if texts {
					want = r.texts
				}
				a := h.exchange(t, request{method: r.method, path: r.path, texts: texts})
				if a.status != want || (want == 405) != (a.header.Get("Allow") != "") || want == 405 && a.header.Get("Allow") != r.allow {
					t.Errorf("%s %s, texts %t: %d, not %d, Allow %q", r.method, r.path, texts, a.status, want, a.header.Get("Allow"))
				}
				if a.status >= 400 && a.body["code"] == nil {
					t.Errorf("%s %s: %s", r.method, r.path, a.raw)
				}
			}
		}
	})
}

// The totals count what was taken and what came in, of all accounts.
func TestTextTotals(t *testing.T) {
	each(t, oneCarrier, func(t *testing.T, h *house) {
		c := h.texter(t)
		c.text(t, goodForm).is(t, 200, "", "")
		h.carriers[0].answers(400, `{"code":21211}`)
		c.text(t, goodForm).is(t, 400, "RECIPIENT_REFUSED", "recipient")
		h.brings(t, "SM1", "+14155551212", "stop")
		a := h.exchange(t, request{method: "GET", path: "/", texts: true})
		if want := `{"messagesSent":1,"messagesReceived":1,"segmentsSent":1,"accounts":1,"since":"2026-03-01T12:00:00.000Z"}`; string(a.raw) != want {
			t.Errorf("%s, not %s", a.raw, want)
		}
	})
}

// Who may look at a text.
func TestLookAtText(t *testing.T) {
	each(t, oneCarrier, func(t *testing.T, h *house) {
		c, other := h.texter(t), h.texter(t)
		id, _ := c.text(t, goodForm).body["ID"].(string)
		a := c.look(t, id)
		want := `{"ID":"` + id + `","sent_from":"+2899682626","sent_to":"+447700900123","content":"hello","status":"sent","encoding":"GSM-7","creditCost":1,` +
			`"segments":[{"number":1,"status":"taken","gateway":"carrier","messageId":"SMcarrier1","code":null,"text":"queued",` +
			`"submittedAt":"2026-03-01T12:00:00.000Z","answeredAt":"2026-03-01T12:00:00.000Z","receiptAt":null}],` +
			`"receipts":[],"error":null,"created_at":"2026-03-01T12:00:00.000Z"}`
		if string(a.raw) != want {
			t.Errorf("%s\nnot\n%s", a.raw, want)
		}
		other.look(t, id).is(t, 404, "NOT_FOUND", "")
		c.look(t, db.NewID()).is(t, 404, "NOT_FOUND", "")
		c.look(t, "%00'%20OR%201=1").is(t, 404, "NOT_FOUND", "")
		h.write(t, func(tx *db.Tx) error { return account.Suspend(tx, "test", c.account) })
		c.look(t, id).is(t, 403, "SMS_NOT_ENABLED", "")
		h.write(t, func(tx *db.Tx) (err error) { _, err = account.RotateSMSToken(tx, "test", c.account); return err })
		c.look(t, id).is(t, 401, "UNAUTHORIZED", "")
	})
}

// A server that shuts down takes no more texts, and says so as this API does.
func TestTextsWhileDraining(t *testing.T) {
	each(t, oneCarrier, func(t *testing.T, h *house) {
		c := h.texter(t)
		h.api.Drain()
		for _, texts := range []bool{true, false} {
			a := h.exchange(t, request{method: "POST", path: "/api/messages", texts: texts, body: []byte(goodForm),
				header: headers{"Authorization": c.token, "Content-Type": formType}})
			a.is(t, 500, "UNAVAILABLE", "")
			if a.body["response"] == nil || c.ledger(t) != "[10]" || len(h.handed()) != 0 {
				t.Errorf("%s, %s, %v", a.raw, c.ledger(t), h.handed())
			}
			h.exchange(t, request{method: "GET", path: "/readyz", texts: texts}).is(t, 503, "UNAVAILABLE", "")
		}
	})
}

// Without its database the server says so.
func TestTextsWithoutDatabase(t *testing.T) {
	eachMortal(t, oneCarrier, func(t *testing.T, h *house) {
		c := h.texter(t)
		c.text(t, goodForm).is(t, 200, "", "")
		if err := h.db.Close(); err != nil {
			t.Fatal(err)
		}
		c.text(t, goodForm).is(t, 500, "UNAVAILABLE", "")
		c.received(t, "").is(t, 500, "UNAVAILABLE", "")
		c.look(t, db.NewID()).is(t, 500, "UNAVAILABLE", "")
		if a := h.exchange(t, request{method: "GET", path: "/", texts: true}); a.status != 500 {
			t.Errorf("%d %s", a.status, a.raw)
		}
		if got := len(h.handed()); got != 1 {
			t.Errorf("handed %d", got)
		}
	})
}
