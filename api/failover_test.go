package api_test

import (
	"testing"

	"aviso/transport/smtprelay/smtptest"
)

// The relays are used in the order of the configuration; the next takes over
// from one with which no session can be had, not from one that has answered.
func TestFailover(t *testing.T) {
	first, second := "first ada@example.com", "second ada@example.com"
	rows := []struct {
		name     string
		arrange  func(first, second *relay)
		status   int
		relayed  []string
		attempts []string // "RELAY OUTCOME"
	}{
		{"both there", func(_, _ *relay) {}, 200, []string{first}, []string{"first taken"}},
		{"the first is away", func(a, _ *relay) { a.leave() }, 200, []string{second}, []string{"first later", "second taken"}},
		{"the first does not greet", func(a, _ *relay) { a.says(smtptest.Script{"CONNECT": {Say: "554 no", Then: smtptest.Drop}}) }, 200, []string{second}, []string{"first later", "second taken"}},
		{"the first is busy", func(a, _ *relay) { a.says(smtptest.Script{"RCPT": says("450 no")}) }, 202, nil, []string{"first later"}},
		{"the first refuses", func(a, _ *relay) { a.says(smtptest.Script{"RCPT": says("550 no")}) }, 502, nil, []string{"first refused"}},
		{"the first breaks after the dot", func(a, _ *relay) { a.says(breaks) }, 202, []string{first}, []string{"first unknown"}},
		{"the second refuses in its place", func(a, b *relay) { a.leave(); b.says(smtptest.Script{"RCPT": says("550 no")}) }, 502, nil, []string{"first later", "second refused"}},
		{"both are away", func(a, b *relay) { a.leave(); b.leave() }, 202, nil, []string{"first later", "second later"}},
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			each(t, options{relays: []relayConfig{{name: "first"}, {name: "second"}}}, func(t *testing.T, h *house) {
				r.arrange(h.relays[0], h.relays[1])
				want := row{body: hello().json(), status: r.status, ledger: []int64{-1}, messages: 1, relayed: r.relayed}
				if r.status == 502 {
					want.code, want.ledger = "SMTP_FAILURE", []int64{-1, 1}
				}
				c := h.customer(t, 10)
				a := want.check(t, c)
				var tried []string
				attempts, _ := c.look(t, a.id()).data("attempts").([]any)
				for _, x := range attempts {
					x, _ := x.(map[string]any)
					tried = append(tried, x["relay"].(string)+" "+x["outcome"].(string))
				}
				if asJSON(tried) != asJSON(r.attempts) {
					t.Errorf("tried %v, not %v", tried, r.attempts)
				}
			})
		})
	}
}

// Who takes over takes over the place under the cap, too.
func TestFailoverMovesTheReservation(t *testing.T) {
	each(t, options{relays: []relayConfig{{name: "first", cap: 1}, {name: "second", cap: 1}}}, func(t *testing.T, h *house) {
		c := h.customer(t, 10)
		h.relays[0].leave()
		c.sent(t, hello().json())
		h.relays[0].comeBack()
		c.sent(t, hello().json())
		c.capped(t, hello().json(), 1)
		if got := asJSON(h.relayed()); got != `["first ada@example.com","second ada@example.com"]` {
			t.Errorf("relayed %s", got)
		}
	})
}
