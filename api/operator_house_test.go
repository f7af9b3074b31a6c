package api_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"aviso/account"
	"aviso/api"
	"aviso/audit"
	"aviso/credit"
	"aviso/db"
	"aviso/inbox"
	"aviso/sms"
	"aviso/transport"
	"aviso/transport/sandbox"
)

// operatorPages is what a house has for operators. Where there are carriers there
// is also a sandbox that receives texts.
func (h *house) operatorPages(t testing.TB) api.OperatorPages {
	t.Helper()
	nodes := func(context.Context) ([]api.Node, error) {
		return []api.Node{{Name: "here", StartedAt: h.now().UnixMilli(), LastSeenAt: h.now().UnixMilli()}}, nil
	}
	p := api.OperatorPages{Nodes: nodes, Accounts: account.NewOffice(h.db), Audit: audit.NewLog(h.db), Mails: inbox.NewStore(h.db, 100), Texts: inbox.NewTextStore(h.db, 100)}
	if len(h.carriers) > 0 {
		box := sandbox.NewGateway(sandbox.TextConfig{Name: "sandbox", Number: oursNumber, Store: p.Texts, Inbound: h.sms, NewID: db.NewID})
		t.Cleanup(box.Close)
		p.Inject = box.Inject
	}
	return p
}

// capture has the sandbox keep a message, and returns its id there.
func (h *house) capture(t *testing.T, data string) string {
	t.Helper()
	box := inbox.NewStore(h.db, 100)
	err := box.Keep(t.Context(), "primary", &transport.Mail{ID: db.NewID(), From: "a@mail.test", Data: []byte(strings.ReplaceAll(data, "\n", "\r\n"))}, []string{"b@x.test"})
	if err != nil {
		t.Fatal(err)
	}
	list, err := box.List(t.Context(), "", 1)
	if err != nil || len(list) != 1 {
		t.Fatal(list, err)
	}
	return list[0].ID
}

// owner is an account that may send email and texts, with credits for each.
type owner struct {
	*customer
	phone *texter
}

func (h *house) owner(t *testing.T) *owner {
	t.Helper()
	c := &owner{customer: h.customer(t, 100)}
	c.phone = &texter{house: h, account: c.account}
	var err error
	if c.phone.token, err = h.sms.ApproveAccount(t.Context(), "test", c.account.ID); err != nil {
		t.Fatal(err)
	}
	return c
}

// acts returns "ACTION SUBJECT" of what an account has done, oldest first.
func (h *house) acts(t *testing.T, actor string) []string {
	t.Helper()
	list := []string{}
	err := h.db.Read(t.Context(), func(tx *db.Tx) error {
		return tx.Rows(`SELECT action, subject FROM audit_entries WHERE actor = $1 ORDER BY id`, []any{actor}, func(scan func(...any) error) error {
			var action, subject string
			err := scan(&action, &subject)
			list = append(list, action+" "+subject)
			return err
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// did says whether an account has done something to a subject.
func (b *browser) did(t *testing.T, action, subject string) {
	t.Helper()
	if list := b.acts(t, b.account.ID); !slices.Contains(list, action+" "+subject) {
		t.Errorf("the audit log has no %s %s by the operator: %v", action, subject, list)
	}
}

// smsCredits returns an account's credits for texts.
func (h *house) smsCredits(t *testing.T, id string) int64 {
	t.Helper()
	b, _, err := credit.NewLedger(h.db).Balance(t.Context(), id, credit.SMS)
	if err != nil {
		t.Fatal(err)
	}
	return b.Credits
}

// apply has an account apply to use SMS, and returns the application's id.
func (h *house) apply(t *testing.T, id string) string {
	t.Helper()
	a, err := h.sms.Apply(t.Context(), id, sms.NewApplication{UseCase: "orders"})
	if err != nil {
		t.Fatal(err)
	}
	return a.ID
}
