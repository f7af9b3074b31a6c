package api_test

import (
	"slices"
	"strings"
	"testing"

	"aviso/billing"
	"aviso/db"
	"aviso/email"
	"aviso/transport/smtprelay/smtptest"
)

// example is something that a path names: it belongs to the owner, and the body
// is one with which the call would get as far as looking for it.
type example struct {
	name func(t *testing.T, o *owner) string // what stands for the last parameter
	body any
}

// examples has one for each operation whose path names something. A new one
// without is reported.
var examples = map[string]example{
	"DELETE /api/v1/auth/sessions/{id}":                         {name: ownSession},
	"PATCH /api/v1/email/addresses/{id}":                        {ownAddress, mail{"isDefault": true}},
	"PATCH /api/v1/email/keys/{id}":                             {ownKey, mail{}},
	"POST /api/v1/email/keys/{id}/rotate":                       {name: ownKey},
	"DELETE /api/v1/email/keys/{id}":                            {name: ownKey},
	"GET /api/v1/email/logs/{messageId}":                        {name: ownMail},
	"POST /api/v1/email/logs/{messageId}/cancel":                {name: ownMail},
	"GET /api/v1/sms/messages/{id}":                             {name: ownText},
	"PATCH /api/v1/sms/shortcodes/{id}":                         {ownShortcode, mail{}},
	"DELETE /api/v1/sms/shortcodes/{id}":                        {name: ownShortcode},
	"GET /api/v1/sms/shortcodes/{id}/pushes":                    {name: ownShortcode},
	"POST /api/v1/sms/shortcodes/{id}/test":                     {name: ownShortcode},
	"GET /api/v1/billing/checkouts/{sessionId}":                 {name: ownCheckout},
	"POST /api/v1/billing/sandbox/{sessionId}":                  {ownCheckout, mail{"action": "cancel"}},
	"GET /api/v1/operator/accounts/{id}":                        {name: itself},
	"POST /api/v1/operator/accounts/{id}/suspend":               {itself, mail{"reason": "spam"}},
	"POST /api/v1/operator/accounts/{id}/unsuspend":             {name: somebodySuspended},
	"POST /api/v1/operator/accounts/{id}/credits":               {itself, mail{"product": "sms", "amount": 5, "reason": "sorry"}},
	"POST /api/v1/operator/accounts/{id}/prime":                 {itself, mail{"until": nil}},
	"POST /api/v1/operator/sms/applications/{id}/approve":       {name: anApplication},
	"POST /api/v1/operator/sms/applications/{id}/reject":        {anApplication, mail{"reason": "no"}},
	"PATCH /api/v1/operator/senders/{id}":                       {aSender, mail{"dailyCap": 7}},
	"DELETE /api/v1/operator/senders/{id}":                      {name: aSender},
	"PUT /api/v1/operator/senders/{id}/accounts/{accountId}":    {anAssignment, mail{}},
	"DELETE /api/v1/operator/senders/{id}/accounts/{accountId}": {name: anAssignment},
	"POST /api/v1/operator/relays/{name}/pause":                 {name: named("primary")},
	"POST /api/v1/operator/relays/{name}/resume":                {name: named("primary")},
	"POST /api/v1/operator/relays/{name}/test":                  {named("primary"), mail{"to": "a@x.test"}},
	"POST /api/v1/operator/gateways/{name}/pause":               {name: named("air")},
	"POST /api/v1/operator/gateways/{name}/resume":              {name: named("air")},
	"POST /api/v1/operator/gateways/{name}/test":                {named("air"), mail{"to": "+447700900123"}},
	"POST /api/v1/operator/queue/{id}/retry":                    {name: ownMail},
	"POST /api/v1/operator/queue/{id}/cancel":                   {name: ownMail},
	"POST /api/v1/operator/queue/{id}/settle":                   {ownMail, mail{"outcome": "sent"}},
	"DELETE /api/v1/operator/sms/optouts/{number}":              {name: blockedNumber},
	"GET /api/v1/operator/sandbox/mail/{id}/raw":                {name: capturedMail},
	"GET /api/v1/operator/sandbox/mail/{id}/html":               {name: capturedMail},
}

func named(name string) func(*testing.T, *owner) string {
	return func(*testing.T, *owner) string { return name }
}

func itself(_ *testing.T, o *owner) string { return o.account.ID }

func somebodySuspended(t *testing.T, o *owner) string {
	c := o.house.customer(t, 0)
	c.suspend(t)
	return c.account.ID
}

func ownSession(t *testing.T, o *owner) string {
	id, _ := o.page(t).get(t, "/api/v1/auth/sessions").items()[0]["id"].(string)
	return id
}

func ownAddress(t *testing.T, o *owner) string {
	address := db.NewID() + "@mail.test"
	o.sender(t, email.NewSender{Address: address})
	o.assign(t, address, false)
	for _, x := range o.page(t).get(t, "/api/v1/email/addresses").items() {
		if x["address"] == address {
			return x["id"].(string)
		}
	}
	return ""
}

func ownKey(_ *testing.T, o *owner) string { return o.key.ID }

// ownMail is queued: the relay of the matrix is always busy.
func ownMail(t *testing.T, o *owner) string { return o.send(t, hello().json()).id() }

func ownText(t *testing.T, o *owner) string {
	a := o.phone.text(t, "recipient=%2B447700900123&content=hello")
	id, _ := a.body["ID"].(string)
	return id
}

func ownShortcode(t *testing.T, o *owner) string {
	a := o.page(t).do(t, "POST", "/api/v1/sms/shortcodes", mail{"code": "c" + db.NewID()[28:], "webhookUrl": "http://127.0.0.1:1/"})
	id, _ := a.data("id").(string)
	return id
}

func ownCheckout(t *testing.T, o *owner) string {
	id, _ := o.page(t).do(t, "POST", "/api/v1/prime/checkout", nil).data("sessionId").(string)
	return id
}

func anApplication(t *testing.T, o *owner) string {
	return o.apply(t, o.house.customer(t, 0).account.ID)
}

func aSender(t *testing.T, o *owner) string { return ownAddress(t, o) }

// anAssignment names a sender as well, before the account.
func anAssignment(t *testing.T, o *owner) string { return ownAddress(t, o) + "/" + o.account.ID }

func blockedNumber(t *testing.T, o *owner) string {
	number := "+4477009" + db.NewID()[30:]
	o.exec(t, `INSERT INTO sms_optouts (number, word, created_at) VALUES ($1, 'stop', 1)`, number)
	return number
}

func capturedMail(t *testing.T, o *owner) string {
	return o.capture(t, "Subject: hi\n\nhello\n")
}

// path puts an example into a pattern.
func (e example) path(t *testing.T, pattern string, o *owner) string {
	name := e.name(t, o)
	if name == "" {
		t.Fatalf("%s: there is no example", pattern)
	}
	first, last, two := strings.Cut(name, "/")
	if !two {
		first = name
	}
	parts := strings.Split(pattern, "/")
	for i, p := range parts {
		if strings.HasPrefix(p, "{") {
			parts[i], first = strings.ReplaceAll(first, "+", "%2B"), last
		}
	}
	return strings.Join(parts, "/")
}

// The matrix: each operation of the dashboard, there now or later, against
// nobody, a stranger, the owner, the owner when suspended, and an operator.
func TestMatrix(t *testing.T) {
	each(t, options{carriers: []string{"air"}, provider: billing.Sandbox{}}, func(t *testing.T, h *house) {
		h.relays[0].says(smtptest.Script{"MAIL": says("451 busy")})
		root := h.operator(t)
		m := &matrix{house: h, operator: root, stranger: h.owner(t), owner: h.owner(t), suspended: h.owner(t)}
		m.suspended.suspend(t)
		routes := h.api.PageRoutes()
		var order []string
		for route := range routes {
			order = append(order, route)
		}
		slices.Sort(order)
		for _, route := range order {
			m.try(t, route, routes[route])
		}
	})
}

type matrix struct {
	*house
	operator                   *browser
	stranger, owner, suspended *owner
}

func (m *matrix) try(t *testing.T, route, who string) {
	t.Helper()
	method, pattern, _ := strings.Cut(route, " ")
	e, named := examples[route]
	if strings.Contains(pattern, "{") && !named {
		t.Errorf("%s: give the matrix an example of what its path names", route)
		return
	}
	if strings.HasPrefix(pattern, "/api/v1/operator/") != (who == "operator") {
		t.Errorf("%s is for %s", route, who)
	}
	own, suspended := m.owner, m.suspended
	if named {
		own, suspended = m.house.owner(t), m.house.owner(t)
		pattern = e.path(t, pattern, own)
	}
	body := e.body
	if body == nil && method != "GET" && method != "DELETE" {
		body = mail{}
	}
	call := func(b *browser, path string) (int, string) {
		a := b.do(t, method, path, body)
		code, _ := a.body["code"].(string)
		if a.status == 500 || a.status > 500 && code != "BILLING_DISABLED" {
			t.Errorf("%s is %d %s", route, a.status, a.raw)
		}
		return a.status, code
	}
	expect := func(caller string, is int, code string, status int, want string) {
		if is != status || code != want {
			t.Errorf("%s by %s is %d %s, not %d %s", route, caller, is, code, status, want)
		}
	}
	through := func(caller string, is int, code string) {
		if is == 401 && code == "UNAUTHENTICATED" || code == "FORBIDDEN" || code == "ACCOUNT_SUSPENDED" || named && is == 404 {
			t.Errorf("%s by %s is %d %s", route, caller, is, code)
		}
	}
	if who == "anyone" {
		is, code := call(m.browser(), pattern)
		through("nobody", is, code)
		return
	}
	is, code := call(m.browser(), pattern)
	expect("nobody", is, code, 401, "UNAUTHENTICATED")
	if pattern == "/api/v1/events" {
		return // a stream has no end
	}
	is, code = call(m.stranger.page(t), pattern)
	switch {
	case who == "operator":
		expect("a stranger", is, code, 403, "FORBIDDEN")
	case named:
		expect("a stranger", is, code, 404, "NOT_FOUND")
	default:
		through("a stranger", is, code)
	}
	if who == "operator" {
		is, code = call(own.page(t), pattern)
		expect("the owner", is, code, 403, "FORBIDDEN")
		before := len(m.acts(t, m.operator.account.ID))
		is, code = call(m.operator, pattern)
		through("an operator", is, code)
		if method != "GET" && is < 300 && len(m.acts(t, m.operator.account.ID)) == before {
			t.Errorf("%s is not in the audit log", route)
		}
		return
	}
	is, code = call(own.page(t), pattern)
	through("the owner", is, code)
	if named {
		_, template, _ := strings.Cut(route, " ")
		pattern = e.path(t, template, suspended)
		suspended.suspend(t)
	}
	is, code = call(suspended.page(t), pattern)
	if who == "owner" && method != "GET" {
		expect("the suspended owner", is, code, 403, "ACCOUNT_SUSPENDED")
	} else {
		through("the suspended owner", is, code)
	}
	is, code = call(m.signIn(t, m.operator.account), pattern)
	if named {
		expect("an operator, whose it is not", is, code, 404, "NOT_FOUND")
	} else {
		through("an operator", is, code)
	}
}
