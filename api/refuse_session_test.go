package api

import (
	"testing"

	"aviso/account"
	"aviso/fault"
)

// Who is refused what, and why first, without a database.
func TestRefuseSession(t *testing.T) {
	none := account.Account{}
	admin := account.Account{Admin: true}
	given := account.Account{MustChangePassword: true}
	suspended := account.Account{SuspendedAt: 1}
	worst := account.Account{MustChangePassword: true, SuspendedAt: 1}
	rows := []struct {
		name   string
		who    account.Account
		caller caller
		method string
		code   string
	}{
		{"an owner reads", none, owner, "GET", ""},
		{"an owner writes", none, owner, "DELETE", ""},
		{"a customer at an operator's", none, operator, "GET", "FORBIDDEN"},
		{"an operator", admin, operator, "POST", ""},
		{"an operator's own things", admin, owner, "POST", ""},
		{"a suspended operator reads", account.Account{Admin: true, SuspendedAt: 1}, operator, "HEAD", ""},
		{"a suspended operator writes", account.Account{Admin: true, SuspendedAt: 1}, operator, "POST", "ACCOUNT_SUSPENDED"},
		{"a suspended owner reads", suspended, owner, "GET", ""},
		{"a suspended owner writes", suspended, owner, "PATCH", "ACCOUNT_SUSPENDED"},
		{"a suspended owner signs out elsewhere", suspended, guardian, "DELETE", ""},
		{"a suspended owner signs out", suspended, signedIn, "POST", ""},
		{"a given password reads", given, owner, "GET", "MUST_CHANGE_PASSWORD"},
		{"a given password signs out elsewhere", given, guardian, "DELETE", "MUST_CHANGE_PASSWORD"},
		{"a given password is changed", given, signedIn, "POST", ""},
		{"everything at once", worst, operator, "POST", "FORBIDDEN"},
		{"both", worst, owner, "POST", "MUST_CHANGE_PASSWORD"},
	}
	for _, r := range rows {
		var code string
		if err := (session{Account: r.who}).refuse(r.caller, r.method); err != nil {
			code = fault.Of(err).Code
		}
		if code != r.code {
			t.Errorf("%s: %q, not %q", r.name, code, r.code)
		}
	}
}
