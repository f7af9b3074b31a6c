package api_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"testing"
)

// row is one line of the contract: a call, what it is answered, and what it
// brings about. What is not named must not happen: an empty ledger means that
// no entry was made, an empty relayed that no relay got anything.
type row struct {
	name    string
	credits int64 // the customer begins with; 10 if 0, none if negative
	arrange func(*testing.T, *customer)
	header  headers
	body    []byte

	status      int
	code, field string
	data        mail     // some fields of the answer
	ledger      []int64  // deltas of the entries made
	relayed     []string // "RELAY RECIPIENT"
	messages    int64    // added to the log
}

// run makes the row's call for a customer of its own.
func (r *row) run(t *testing.T, h *house) *answer {
	t.Helper()
	credits := r.credits
	if credits == 0 {
		credits = 10
	}
	c := h.customer(t, max(credits, 0))
	if r.arrange != nil {
		r.arrange(t, c)
	}
	return r.check(t, c)
}

func (r *row) check(t *testing.T, c *customer) *answer {
	t.Helper()
	ledger, relayed, messages, balance := len(c.ledger(t)), len(c.relayed()), c.messages(t), c.balance(t)
	a := c.send(t, r.body, r.header)
	a.is(t, r.status, r.code, r.field)
	for name, want := range r.data {
		if got := asJSON(a.data(name)); got != asJSON(want) {
			t.Errorf("%s is %s, not %s", name, got, asJSON(want))
		}
	}
	entries := c.ledger(t)[ledger:]
	if !slices.Equal(entries, r.ledger) {
		t.Errorf("the ledger's new entries are %v, not %v", entries, r.ledger)
	}
	for _, delta := range r.ledger {
		balance += delta
	}
	if got := c.balance(t); got != balance {
		t.Errorf("the balance is %d, not %d", got, balance)
	}
	if got := c.relayed()[relayed:]; !slices.Equal(got, r.relayed) {
		t.Errorf("relayed %v, not %v", got, r.relayed)
	}
	if got := c.messages(t) - messages; got != r.messages {
		t.Errorf("%d messages more in the log, not %d", got, r.messages)
	}
	return a
}

func asJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// is checks status, code and field, which a success has not, and that
// Retry-After is there exactly where the contract wants it.
func (a *answer) is(t *testing.T, status int, code, field string) {
	t.Helper()
	got, _ := a.body["code"].(string)
	gotField, _ := a.body["field"].(string)
	if a.status != status || got != code || gotField != field {
		t.Errorf("%d %s %q, not %d %s %q: %.300s", a.status, got, gotField, status, code, field, a.raw)
	}
	if want := status == http.StatusTooManyRequests || code == "UNAVAILABLE" || code == "IDEMPOTENCY_IN_PROGRESS"; want != (a.header.Get("Retry-After") != "") {
		t.Errorf("Retry-After is %q", a.header.Get("Retry-After"))
	}
}
