package sms_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"aviso/credit"
	"aviso/db"
	"aviso/db/dbtest"
	"aviso/fault"
	"aviso/sms"
	"aviso/transport"
)

// operator is a process beside the server.
func (h *house) operator() *sms.Service {
	c := config()
	c.Gateways = []*sms.Gateway{h.gateway}
	s := sms.New(h.db, c)
	if err := s.Operate(context.Background()); err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { s.Close(context.Background()) })
	return s
}

func (h *house) number(query string, args ...any) (n int64) {
	h.t.Helper()
	if err := h.db.Read(context.Background(), func(tx *db.Tx) error { return tx.Row(query, args, &n) }); err != nil {
		h.t.Fatal(err)
	}
	return n
}

func TestOperatorSettlesTheUnknown(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := open(t, d)
		var unknown []string
		for range 3 {
			unknown = append(unknown, h.sendAs("hello", ""))
		}
		sent := h.sendAs("hello", "1")
		s := h.operator()
		list, err := s.Unknown(ctx, "", 2)
		if err != nil || len(list) != 2 || list[0].ID != unknown[0] || list[0].Account != h.account.ID {
			t.Fatalf("%+v, %v", list, err)
		}
		if list, err = s.Unknown(ctx, list[1].ID, 2); err != nil || len(list) != 1 || list[0].ID != unknown[2] {
			t.Fatalf("%+v, %v", list, err)
		}
		settled, err := s.Settle(ctx, "op", []string{unknown[0], unknown[1], unknown[0], sent, db.NewID(), "?"}, sms.Failed)
		if err != nil || len(settled) != 6 {
			t.Fatalf("%+v, %v", settled, err)
		}
		codes := ""
		for _, r := range settled {
			if r.Fault != nil {
				codes += r.Fault.Code + " "
			} else {
				codes += "- "
			}
		}
		if settled[1].Refunded != 1 || strings.Count(codes, "NOT_UNKNOWN") != 2 || !strings.HasSuffix(codes, "NOT_UNKNOWN NOT_FOUND NOT_FOUND ") {
			t.Errorf("%s %+v", codes, settled)
		}
		if settled, err = s.Settle(ctx, "op", unknown[2:], sms.Sent); err != nil || settled[0].Fault != nil || settled[0].Refunded != 0 {
			t.Errorf("%+v, %v", settled, err)
		}
		h.is(unknown[0], sms.Failed)
		h.is(unknown[2], sms.Sent)
		h.receipt(transport.Receipt{TextID: unknown[0], State: transport.Delivered})
		h.is(unknown[0], sms.Failed)
		h.receipt(transport.Receipt{TextID: unknown[2], State: transport.Delivered})
		h.is(unknown[2], sms.Delivered)
		h.credits(998)
		if n := h.number(`SELECT COUNT(*) FROM audit_entries WHERE action = 'sms.settle'`); n != 3 {
			t.Errorf("%d acts are recorded", n)
		}
		if _, err := s.Settle(ctx, "op", nil, sms.Delivered); fault.Of(err).Field != "outcome" {
			t.Errorf("%v", err)
		}
	})
}

func TestOperatorPausesAGateway(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := open(t, d)
		s := h.operator()
		for range 2 {
			if err := s.PauseGateway(ctx, "op", "carrier"); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := h.service.Send(h.call("hello")); fault.Of(err).Code != "UNAVAILABLE" {
			t.Errorf("%v", err)
		}
		h.credits(1000)
		if states, err := s.GatewayStates(ctx); err != nil || states[0].PausedAt == 0 || states[0].Name != "carrier" || states[0].Sender != "+2899682626" {
			t.Errorf("%+v, %v", states, err)
		}
		for range 2 {
			if err := s.ResumeGateway(ctx, "op", "carrier"); err != nil {
				t.Fatal(err)
			}
		}
		h.sendAs("hello", "")
		if states, err := s.GatewayStates(ctx); err != nil || states[0].PausedAt != 0 || states[0].Unknown != 1 {
			t.Errorf("%+v, %v", states, err)
		}
		if n := h.number(`SELECT COUNT(*) FROM audit_entries WHERE action LIKE 'gateway.%'`); n != 2 {
			t.Errorf("%d acts are recorded", n)
		}
		for _, err := range []error{s.PauseGateway(ctx, "op", "third"), s.ResumeGateway(ctx, "op", "third")} {
			if f := fault.Of(err); f.Kind != fault.NotFound || !strings.Contains(f.Message, "carrier") {
				t.Errorf("%v", err)
			}
		}
	})
}

func TestOperatorTestsAGateway(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := open(t, d)
		h.network.script(verdict(transport.TextVerdict{Outcome: transport.Refused, Text: "go\naway\x00"}))
		got, err := h.service.TestGateway(ctx, "op", "carrier", "+44 7700 900123", 10*time.Second)
		if err != nil || got.Outcome != "refused" || got.Reply != "go away " || got.Recipient != "+447700900123" || got.FinishedAt == 0 {
			t.Errorf("%+v, %v", got, err)
		}
		if !h.network.last().Unreported {
			t.Error("its receipt would find no text")
		}
		h.credits(1000)
		if n := h.number(`SELECT COUNT(*) FROM sms_messages`); n != 0 {
			t.Errorf("%d texts", n)
		}
		if _, err := h.service.TestGateway(ctx, "op", "carrier", "nobody", time.Second); fault.Of(err).Field != "to" {
			t.Errorf("%v", err)
		}
		if _, err := h.service.TestGateway(ctx, "op", "third", "+447700900123", time.Second); fault.Of(err).Kind != fault.NotFound {
			t.Errorf("%v", err)
		}
	})
}

// Without a server nobody takes a test up, and it must not run later.
func TestOperatorTestsWithoutAServer(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := &house{t: t, db: d, network: &network{answer: taken}}
		h.gateway = &sms.Gateway{Name: "carrier", Texter: h.network, Places: 1}
		_, err := h.operator().TestGateway(context.Background(), "op", "carrier", "+447700900123", time.Millisecond)
		if fault.Of(err).Code != "UNAVAILABLE" || h.number(`SELECT COUNT(*) FROM sms_gateway_tests`) != 0 {
			t.Errorf("%v", err)
		}
	})
}

// Whatever is changed by hand, once, is found, and nothing else is accused.
func TestVerifyFindsWhatIsWrong(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		problems := func() (found []credit.Problem, v sms.Verified) {
			v, err := sms.Verify(context.Background(), d, func(p credit.Problem) { found = append(found, p) })
			if err != nil {
				t.Fatal(err)
			}
			return found, v
		}
		sent, failed := h.sendAs("hello", "1"), h.sendAs(long, "2", "3")
		h.receipt(transport.Receipt{ProviderID: "2", State: transport.Rejected})
		h.sendAs("hello", "")
		if found, v := problems(); len(found) != 0 || v.Messages != 3 || v.Entries != 5 {
			t.Fatalf("%+v, %+v", found, v)
		}
		for _, c := range []struct{ name, change, back, row, says string }{
			{"charged more", `UPDATE sms_messages SET charged = charged + 1 WHERE id = $1`, `UPDATE sms_messages SET charged = charged - 1 WHERE id = $1`, "text/", "must have been charged 1"},
			{"a longer text", `UPDATE sms_messages SET content = content || '` + long + `' WHERE id = $1`, `UPDATE sms_messages SET content = 'hello' WHERE id = $1`, "text/", "must have been charged 2"},
			{"another status", `UPDATE sms_messages SET status = 'failed' WHERE id = $1`, `UPDATE sms_messages SET status = 'sent' WHERE id = $1`, "text/", "refunded 1"},
			{"another account", `UPDATE sms_messages SET account_id = 'b' WHERE id = $1`, `UPDATE sms_messages SET account_id = '` + h.account.ID + `' WHERE id = $1`, "charge/", "is of the account b"},
			{"a charge for a grant", `UPDATE credit_entries SET reason = 'grant' WHERE ref = 'charge/' || $1 || '/1'`, `UPDATE credit_entries SET reason = 'charge' WHERE ref = 'charge/' || $1 || '/1'`, "charge/", "its reason is grant"},
			{"a charge of mail", `UPDATE credit_entries SET product = 'email' WHERE ref = 'charge/' || $1 || '/1'`, `UPDATE credit_entries SET product = 'sms' WHERE ref = 'charge/' || $1 || '/1'`, "text/", "the ledger says 0"},
			{"it came in", `UPDATE sms_messages SET direction = 'in' WHERE id = $1`, `UPDATE sms_messages SET direction = 'out' WHERE id = $1`, "charge/", "costs nothing"},
		} {
			h.exec(c.change, sent)
			found, _ := problems()
			said := false
			for _, p := range found {
				if !strings.Contains(p.Row, sent) || p.Product != credit.SMS {
					t.Errorf("%s: accused %+v", c.name, p)
				}
				said = said || strings.HasPrefix(p.Row, c.row) && strings.Contains(p.Text, c.says)
			}
			if !said {
				t.Errorf("%s: %+v", c.name, found)
			}
			h.exec(c.back, sent)
		}
		h.exec(`UPDATE sms_messages SET refunded = 0 WHERE id = $1`, failed)
		if found, _ := problems(); len(found) != 2 {
			t.Errorf("%+v", found)
		}
	})
}
