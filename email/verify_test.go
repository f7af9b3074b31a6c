package email_test

import (
	"context"
	"strings"
	"testing"

	"aviso/credit"
	"aviso/db"
	"aviso/db/dbtest"
	"aviso/email"
	"aviso/transport"
)

// problems is all that either half of the verification finds.
func problems(t testing.TB, d *db.DB) []credit.Problem {
	t.Helper()
	var found []credit.Problem
	report := func(p credit.Problem) { found = append(found, p) }
	if _, err := credit.Verify(context.Background(), d, report); err != nil {
		t.Fatal(err)
	}
	if _, err := email.Verify(context.Background(), d, report); err != nil {
		t.Fatal(err)
	}
	return found
}

// Whatever is changed by hand, once, is found, and nothing else is accused.
func TestVerifyFindsWhatIsWrong(t *testing.T) {
	cases := map[string]struct {
		change string // $1 is the message's id
		row    string
		says   string
	}{
		"charged more":             {`UPDATE email_messages SET charged = charged + 1, refunded = refunded + 1 WHERE id = $1`, "message/", "the ledger says"},
		"refunded less":            {`UPDATE email_messages SET refunded = refunded - 1 WHERE id = $1`, "message/", "must have cost 2"},
		"another price":            {`UPDATE email_messages SET price = 5 WHERE id = $1`, "message/", "must have cost 10"},
		"another status":           {`UPDATE email_messages SET status = 'interrupted' WHERE id = $1`, "message/", "must have cost 0"},
		"a recipient refused":      {`UPDATE email_recipients SET state = 'refused' WHERE number = 0 AND message_id = $1`, "message/", "must have cost 1"},
		"a recipient gone":         {`DELETE FROM email_recipients WHERE number = 0 AND message_id = $1`, "message/", "must have cost 1"},
		"a charge gone":            {`DELETE FROM credit_entries WHERE ref = 'charge/' || $1 || '/1'`, "message/", "charged 3 credits, and the ledger says 0"},
		"a charge of another":      {`UPDATE credit_entries SET ref = 'charge/' || $1 || '/2' WHERE ref = 'charge/' || $2 || '/1'`, "charge/", "knows nothing of it"},
		"a charge for a grant":     {`UPDATE credit_entries SET reason = 'grant' WHERE ref = 'charge/' || $1 || '/1'`, "charge/", "its reason is grant"},
		"a charge for no message":  {`UPDATE credit_entries SET ref = 'x' WHERE ref = 'charge/' || $1 || '/1'`, "x", "its reason is charge"},
		"a charge that refunds":    {`UPDATE credit_entries SET reason = 'refund' WHERE ref = 'charge/' || $1 || '/1'`, "charge/", "its reason is refund"},
		"a charge of a stranger":   {`UPDATE email_messages SET account_id = 'b' WHERE id = $1`, "charge/", "its message is of the account b"},
		"a charge of texts":        {`UPDATE credit_entries SET product = 'sms' WHERE ref = 'charge/' || $1 || '/1'`, "message/", "charged 3 credits, and the ledger says 0"},
		"a refund of another try":  {`UPDATE email_messages SET attempt = 0 WHERE id = $1`, "refund/", "knows nothing of it"},
		"an entry of another size": {`UPDATE credit_entries SET delta = delta - 1 WHERE ref = 'charge/' || $1 || '/1'`, "charge/", "1000 and -4 credits are not 997"},
		"an entry numbered twice":  {`UPDATE credit_entries SET number = 7 WHERE ref = 'charge/' || $1 || '/1'`, "charge/", "its number is 7"},
		"a balance":                {`UPDATE credit_balances SET balance = balance + 1`, "balance", "its entries come to"},
		"a balance's count":        {`UPDATE credit_balances SET entries = entries + 1`, "balance", "it counts"},
		"a balance gone":           {`DELETE FROM credit_balances`, "balance", "it is 0"},
		"a balance below zero":     {`UPDATE credit_entries SET balance_after = -5 WHERE ref = 'charge/' || $1 || '/1'`, "charge/", "not -5"},
		"a grant gone":             {`DELETE FROM credit_entries WHERE reason = 'grant'`, "charge/", "the one before is 0"},
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		h.relay.answer = refuseSome
		id, other := h.send("a@x.test", "b@x.test", "refused@x.test"), h.send("a@x.test")
		h.service.Close(context.Background())
		h.sound()
		changed := []string{"email_messages", "email_recipients", "credit_entries", "credit_balances"}
		for _, table := range changed {
			h.exec(`CREATE TABLE saved_` + table + ` AS SELECT * FROM ` + table)
		}
		for name, c := range cases {
			t.Run(name, func(t *testing.T) {
				h.exec(c.change, []any{id, other}[:strings.Count(c.change, "$")]...)
				found := problems(t, d)
				hit := false
				for _, p := range found {
					hit = hit || strings.HasPrefix(p.Row, c.row) && strings.Contains(p.Text, c.says)
					if strings.Contains(p.Row, other) && !strings.Contains(c.change, "$2") {
						t.Errorf("accused wrongly: %+v", p)
					}
				}
				if !hit {
					t.Errorf("found %+v", found)
				}
				for _, table := range changed {
					h.exec(`DELETE FROM ` + table)
					h.exec(`INSERT INTO ` + table + ` SELECT * FROM saved_` + table)
				}
				h.sound()
			})
		}
	})
}

// Every way in which a message can end is in order.
func TestVerifyAcceptsEveryEnd(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := open(t, d)
		s := operator(t, d)
		h.send("a@x.test")
		h.relay.answer = refuseSome
		h.send("refused@x.test")
		h.send("a@x.test", "refused@x.test")
		h.relay.answer = later
		h.send("a@x.test")
		if _, err := s.CancelAs(ctx, "op", h.send("a@x.test", "b@x.test")); err != nil {
			t.Fatal(err)
		}
		h.write(func(tx *db.Tx) error {
			_, err := credit.ExtendUnlimited(tx, h.account.ID, credit.Email, 1<<40)
			return err
		})
		h.send("a@x.test")
		h.sound()
		v, err := email.Verify(ctx, d, func(credit.Problem) {})
		if err != nil || v.Messages != 6 {
			t.Errorf("%+v, %v", v, err)
		}
	})
}

// mailer is a relay that nobody watches.
type mailer func(context.Context, *transport.Mail) transport.Report

func (f mailer) Send(ctx context.Context, m *transport.Mail) transport.Report { return f(ctx, m) }

// Beside a server that charges and refunds all the time nothing looks wrong.
func TestVerifyBesideAServer(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := open(t, d, func(c *email.Config) { c.RateLimit, c.Relays[0].Mailer = 0, mailer(refuseSome) })
		stop, done := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(done)
			for {
				select {
				case <-stop:
					return
				default:
				}
				if _, err := h.service.Send(h.call("a@x.test", "refused@x.test")); err != nil {
					t.Error(err)
					return
				}
			}
		}()
		for range 20 {
			h.sound()
		}
		close(stop)
		<-done
	})
}
