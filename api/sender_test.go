package api_test

import (
	"mime"
	netmail "net/mail"
	"strings"
	"testing"

	"aviso/email"
)

// Whom a message is from: the sender asked for, the account's default, or the
// installation's.
func TestSenders(t *testing.T) {
	none := func(*testing.T, *customer) {}
	assigned := func(t *testing.T, c *customer) { c.assign(t, "news@mail.test", false) }
	preferred := func(t *testing.T, c *customer) { c.assign(t, "news@mail.test", true) }
	rows := []struct {
		name         string
		arrange      func(*testing.T, *customer)
		body         mail
		from, called string
	}{
		{"the installation's", none, hello(), "noreply@mail.test", ""},
		{"the installation's, asked for", none, hello(mail{"from": "noreply@mail.test"}), "noreply@mail.test", ""},
		{"a name for it", none, hello(mail{"fromName": "Ada Lovelace"}), "noreply@mail.test", "Ada Lovelace"},
		{"assigned, but not asked for", assigned, hello(), "noreply@mail.test", ""},
		{"assigned", assigned, hello(mail{"from": "news@mail.test"}), "news@mail.test", "The News"},
		{"in another case", assigned, hello(mail{"from": "News@MAIL.test"}), "news@mail.test", "The News"},
		{"with a name", assigned, hello(mail{"from": "Old News <news@mail.test>"}), "news@mail.test", "Old News"},
		{"with two names", assigned, hello(mail{"from": "Old News <news@mail.test>", "fromName": "New"}), "news@mail.test", "New"},
		{"the account's default", preferred, hello(), "news@mail.test", "The News"},
		{"another than the default", preferred, hello(mail{"from": "noreply@mail.test"}), "noreply@mail.test", ""},
		{"one for all", none, hello(mail{"from": "all@mail.test"}), "all@mail.test", ""},
	}
	each(t, options{}, func(t *testing.T, h *house) {
		h.sender(t, email.NewSender{Address: "news@mail.test", DisplayName: "The News"})
		h.sender(t, email.NewSender{Address: "all@mail.test", Global: true})
		for _, r := range rows {
			t.Run(r.name, func(t *testing.T) {
				c := h.customer(t, 1)
				r.arrange(t, c)
				a := c.send(t, r.body.json())
				a.is(t, 200, "", "")
				if got := a.data("from"); got != r.from {
					t.Errorf("the answer's from is %v, not %s", got, r.from)
				}
				from, err := (&netmail.AddressParser{WordDecoder: &mime.WordDecoder{}}).Parse(lastMail(t, h.relays[0]).Header.Get("From"))
				if err != nil || from.Address != r.from || from.Name != r.called {
					t.Errorf("From is %v (%v), not %s <%s>", from, err, r.called, r.from)
				}
				if got := envelopeSender(h.relays[0]); got != r.from {
					t.Errorf("the envelope's sender is %s, not %s", got, r.from)
				}
			})
		}
	})
}

// A sender bound to a relay uses no other.
func TestBoundSender(t *testing.T) {
	each(t, options{relays: []relayConfig{{name: "first"}, {name: "second"}}}, func(t *testing.T, h *house) {
		h.sender(t, email.NewSender{Address: "bound@mail.test", Relay: "second"})
		arrange := func(t *testing.T, c *customer) { c.assign(t, "bound@mail.test", false) }
		r := row{arrange: arrange, body: hello(mail{"from": "bound@mail.test"}).json(), status: 200, ledger: []int64{-1}, messages: 1, relayed: []string{"second ada@example.com"}}
		r.run(t, h)
		h.relays[1].leave()
		r = row{arrange: arrange, body: r.body, status: 202, data: mail{"retryHint": unavailableHint}, ledger: []int64{-1}, messages: 1}
		r.run(t, h)
	})
}

// Where answers go.
func TestReplyTo(t *testing.T) {
	each(t, options{}, func(t *testing.T, h *house) {
		c := h.customer(t, 3)
		for body, want := range map[string]string{"": "", "help@x.test": "help@x.test", "Help Desk <help@x.test>": "help@x.test"} {
			c.send(t, hello(mail{"replyTo": body}).json()).is(t, 200, "", "")
			got := lastMail(t, h.relays[0]).Header.Get("Reply-To")
			if a, err := netmail.ParseAddress(got); want != "" && (err != nil || a.Address != want) || want == "" && got != "" {
				t.Errorf("Reply-To is %q for %q", got, body)
			}
		}
	})
}

// envelopeSender is the reverse-path of what a relay got last.
func envelopeSender(r *relay) string {
	all := r.Messages()
	path, _, _ := strings.Cut(strings.TrimPrefix(all[len(all)-1].Mail, "FROM:<"), ">")
	return path
}
