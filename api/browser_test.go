package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"aviso/account"
	"aviso/db"
)

// browser is somebody before the dashboard: it keeps the cookie that it is
// given, as a browser does.
type browser struct {
	*house
	account account.Account // once signed in by signIn
	cookie  string          // "name=value"
}

// browser opens one that nobody has signed in with.
func (h *house) browser() *browser { return &browser{house: h} }

// signIn opens one with a session of the account.
func (h *house) signIn(t *testing.T, a account.Account) *browser {
	t.Helper()
	b := &browser{house: h, account: a}
	h.write(t, func(tx *db.Tx) error {
		token, err := account.OpenSession(tx, a.ID, account.Place{IP: "192.0.2.7", UserAgent: "test"})
		b.cookie = h.cookieName() + "=" + token
		return err
	})
	return b
}

func (h *house) cookieName() string {
	if strings.HasPrefix(h.options.publicURL, "https:") {
		return "__Host-aviso"
	}
	return "aviso"
}

// page is a browser that the customer is signed in with.
func (c *customer) page(t *testing.T) *browser {
	t.Helper()
	return c.signIn(t, c.account)
}

// operator makes an operator and returns a browser of theirs.
func (h *house) operator(t *testing.T) *browser {
	t.Helper()
	var a account.Account
	h.write(t, func(tx *db.Tx) (err error) {
		a, err = account.Create(tx, "test", account.New{Email: db.NewID() + "@operator.test", Admin: true})
		return err
	})
	return h.signIn(t, a)
}

// at is the same browser before another node.
func (b *browser) at(h *house) *browser {
	there := *b
	there.house = h
	return &there
}

// do makes a call of the page. A body is anything that becomes JSON, nil for
// none; with replaces the usual headers.
func (b *browser) do(t *testing.T, method, path string, body any, with ...headers) *answer {
	t.Helper()
	q := request{method: method, path: path, header: headers{"Cookie": b.cookie, "Sec-Fetch-Site": "same-origin", "User-Agent": "test browser"}}
	if body != nil {
		var err error
		if q.body, err = json.Marshal(body); err != nil {
			t.Fatal(err)
		}
		q.header["Content-Type"] = "application/json"
	}
	for _, more := range with {
		for k, v := range more {
			q.header[k] = v
		}
	}
	a := b.exchange(t, q)
	for _, c := range (&http.Response{Header: a.header}).Cookies() {
		if c.Name == b.cookieName() {
			b.cookie = c.Name + "=" + c.Value
			if c.MaxAge < 0 {
				b.cookie = ""
			}
		}
	}
	return a
}

// get is do for what is only looked at.
func (b *browser) get(t *testing.T, path string) *answer {
	t.Helper()
	return b.do(t, "GET", path, nil)
}

// items returns the items of a list.
func (a *answer) items() []mail {
	list, _ := a.data("items").([]any)
	items := make([]mail, 0, len(list))
	for _, x := range list {
		item, _ := x.(map[string]any)
		items = append(items, item)
	}
	return items
}

// mentions says whether the log has a text anywhere.
func (j *journal) mentions(text string) bool {
	for _, l := range j.all() {
		if strings.Contains(l.message, text) {
			return true
		}
		for _, v := range l.fields {
			if strings.Contains(v, text) {
				return true
			}
		}
	}
	return false
}
