package email_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"aviso/account"
	"aviso/db"
	"aviso/db/dbtest"
	"aviso/email"
)

// fill puts n messages of the account into the log, numbered from 1, a second
// apart, and returns their ids by number. Status is SQL over the number n; each
// message is to "a<number>@x.test".
func (h *house) fill(n int, from int64, status string) []string {
	h.t.Helper()
	const numbers = `WITH RECURSIVE s(n) AS (SELECT CAST($1 AS BIGINT) UNION ALL SELECT n + 1 FROM s WHERE n < $2) `
	const id = `'01900000-0000-7000-8000-' || CAST(100000000000 + n AS TEXT)`
	h.exec(numbers+`INSERT INTO email_messages (id, account_id, number, key_id, channel, status, sender, subject, smtp_message_id, recipients,
			created_at, admitted_at, admission, attempt, attempts, due_at, expires_at, promised, relay, waits_for, reserved_day, reserved,
			charged, refunded, price, last_error)
		SELECT `+id+`, $3, n, 'k', 'http', `+status+`, 'noreply@mail.test', 'Subject', '', 1, $4 + n * 1000, 0, 1, 1, 1, NULL, 0, TRUE, 'primary', '', 0, 0,
			1, 0, 1, '' FROM s`, 1, n, h.account.ID, from)
	h.exec(numbers+`INSERT INTO email_recipients (message_id, number, kind, name, address, wire, state, unknowns, code, enhanced, reply)
		SELECT `+id+`, 0, 'to', '', 'a' || CAST(n AS TEXT) || '@x.test', '', 'taken', 0, 0, '', '' FROM s`, 1, n)
	h.exec(`INSERT INTO email_accounts (account_id, messages) VALUES ($1, $2) ON CONFLICT (account_id) DO UPDATE SET messages = excluded.messages`, h.account.ID, n)
	ids := []string{""}
	for i := range n {
		ids = append(ids, fmt.Sprintf("01900000-0000-7000-8000-%d", 100_000_000_001+i))
	}
	return ids
}

// numbers reads a page and returns which messages it has.
func (h *house) numbers(ids []string, f email.LogFilter, span email.LogSpan) ([]int, email.LogPage) {
	h.t.Helper()
	p, err := h.service.Logs(context.Background(), h.account.ID, f, span)
	if err != nil {
		h.t.Fatal(err)
	}
	numbers := []int{}
	for _, r := range p.Rows {
		numbers = append(numbers, slices.Index(ids, r.ID))
	}
	return numbers, p
}

// Retention removes from the old end, but for what it must leave: the total
// stays exact, and each offset has its message.
func TestLogsAfterRetention(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, now := context.Background(), stopClock(d)
		h := open(t, d)
		ids := h.fill(20, now.ms.Load(), `CASE WHEN n IN (3, 5) THEN 'queued' ELSE 'sent' END`)
		h.exec(`UPDATE email_messages SET created_at = $1 WHERE number > 10`, now.ms.Load()+(2*day).Milliseconds())
		h.service.Close(ctx) // the queued ones would be tried
		// What is too young ends the walk: ids are by age.
		now.pass(day + time.Hour)
		if err := operator(t, d, keeping(day, day)).SweepOld(ctx); err != nil {
			t.Fatal(err)
		}
		all := []int{20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 5, 3}
		for offset := range len(all) + 2 {
			for _, limit := range []int{1, 3, 50} {
				want := all[min(offset, len(all)):min(offset+limit, len(all))]
				got, p := h.numbers(ids, email.LogFilter{}, email.LogSpan{Limit: int64(limit), Offset: int64(offset)})
				if !slices.Equal(got, want) || p.Total != int64(len(all)) || p.Capped {
					t.Errorf("%d from %d on: %v of %d, not %v", limit, offset, got, p.Total, want)
				}
			}
		}
		if got, _ := h.numbers(ids, email.LogFilter{}, email.LogSpan{Limit: 3, Before: ids[12]}); !slices.Equal(got, []int{11, 5, 3}) {
			t.Errorf("before 12: %v", got)
		}
		if got, p := h.numbers(ids, email.LogFilter{Status: email.Sent}, email.LogSpan{Limit: 50}); len(got) != 10 || p.Total != 10 || p.Capped {
			t.Errorf("%v of %d", got, p.Total)
		}
		if got, p := h.numbers(ids, email.LogFilter{From: 1}, email.LogSpan{Limit: 50}); !slices.Equal(got, all) || p.Total != 12 {
			t.Errorf("from the beginning: %v of %d", got, p.Total)
		}
		if got, _ := h.numbers(ids, email.LogFilter{Status: email.Queued}, email.LogSpan{Limit: 50}); !slices.Equal(got, []int{5, 3}) {
			t.Errorf("queued: %v", got)
		}
		// Another sweep adds to the first's count.
		now.pass(3 * day)
		if err := operator(t, d, keeping(day, day)).SweepOld(ctx); err != nil {
			t.Fatal(err)
		}
		if got, p := h.numbers(ids, email.LogFilter{}, email.LogSpan{Limit: 50}); !slices.Equal(got, []int{5, 3}) || p.Total != 2 {
			t.Errorf("%v of %d", got, p.Total)
		}
	})
}

// What is looked for far down is not found at once: the answer says so and how
// to go on, and going on finds it.
func TestLogsLookSoFar(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		now := stopClock(d)
		h := open(t, d)
		h.service.Close(context.Background()) // the queued ones would be tried
		h.service.SetReach(20, 100)
		const many = 120
		ids := h.fill(many, now.ms.Load(), `CASE WHEN n <= 2 THEN 'failed' WHEN n <= 27 THEN 'queued' WHEN n <= 30 THEN 'sending' ELSE 'sent' END`)
		at := now.ms.Load()
		rows := []struct {
			what   string
			filter email.LogFilter
			span   email.LogSpan
			want   []int
			total  int64
			capped bool
			next   int
		}{
			{"far down", email.LogFilter{Query: "A7@x"}, email.LogSpan{Limit: 5}, []int{}, 0, true, 71},
			{"further", email.LogFilter{Query: "A7@x"}, email.LogSpan{Limit: 5, Before: ids[71]}, []int{}, 0, true, 21},
			{"found", email.LogFilter{Query: "A7@x"}, email.LogSpan{Limit: 5, Before: ids[21]}, []int{7}, 0, true, 0},
			{"a rare status", email.LogFilter{Status: email.Failed}, email.LogSpan{Limit: 5}, []int{2, 1}, 2, false, 0},
			{"another", email.LogFilter{Status: email.Sending}, email.LogSpan{Limit: 2}, []int{30, 29}, 3, false, 0},
			{"a status of more than are counted", email.LogFilter{Status: email.Queued}, email.LogSpan{Limit: 5}, []int{27, 26, 25, 24, 23}, 7, true, 0},
			{"a time", email.LogFilter{From: at + 5000, To: at + 8000}, email.LogSpan{Limit: 5}, []int{7, 6, 5}, 3, false, 0},
			{"the last that is counted", email.LogFilter{Status: email.Sent}, email.LogSpan{Limit: 2, Offset: 19}, []int{101, 100}, 20, true, 0},
			{"behind it", email.LogFilter{Status: email.Sent}, email.LogSpan{Limit: 2, Before: ids[33]}, []int{32, 31}, 20, true, 0},
			{"the end", email.LogFilter{Status: email.Sent}, email.LogSpan{Limit: 2, Before: ids[32]}, []int{31}, 20, true, 0},
		}
		for _, r := range rows {
			got, p := h.numbers(ids, r.filter, r.span)
			if !slices.Equal(got, r.want) || p.Total != r.total || p.Capped != r.capped || p.Next != ids[r.next] {
				t.Errorf("%s: %v of %d, capped %v, next %d; not %v of %d, %v, %d", r.what, got, p.Total, p.Capped, slices.Index(ids, p.Next), r.want, r.total, r.capped, r.next)
			}
		}
	})
}

// A list names some of each kind of recipient, a message with a hundred too.
func TestLogsNameRecipients(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		call := h.call("a@x.test")
		r := &email.Request{To: []string{"a@x.test"}, ToList: true, Cc: []string{"c@x.test"}, CcList: true, BccList: true, Text: "t"}
		for i := range 12 {
			r.Bcc = append(r.Bcc, fmt.Sprintf("b%d@x.test", i))
		}
		if call.Draft, _ = email.NewDraft(r, email.Limits{BodyBytes: 100, Recipients: 100}); call.Draft == nil {
			t.Fatal("it is no draft")
		}
		if _, err := h.service.Send(call); err != nil {
			t.Fatal(err)
		}
		p, err := h.service.Logs(context.Background(), h.account.ID, email.LogFilter{}, email.LogSpan{Limit: 1})
		if err != nil || len(p.Rows) != 1 {
			t.Fatal(p, err)
		}
		m := p.Rows[0]
		if !slices.Equal(m.To, []string{"a@x.test"}) || !slices.Equal(m.Cc, []string{"c@x.test"}) || len(m.Bcc) != 10 || m.Bcc[9] != "b9@x.test" || m.Recipients != 14 || m.KeyName != "key" {
			t.Errorf("%+v", m)
		}
	})
}

// What an operator changes about senders holds for the next call.
func TestSendersAreChangedAndRemoved(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := open(t, d)
		s := operator(t, d)
		from := func() string {
			t.Helper()
			a, err := h.service.Send(h.call("a@x.test"))
			if err != nil {
				t.Fatal(err)
			}
			return a.Outcome.From
		}
		x, err := s.AddSender(ctx, "op", email.NewSender{Address: "shop@mail.test"})
		if err != nil {
			t.Fatal(err)
		}
		assign := func() {
			t.Helper()
			if _, _, err := s.AssignSender(ctx, "op", x.ID, h.account.ID, true); err != nil || from() != x.Address {
				t.Fatal(err)
			}
		}
		assign()
		name, cap, relay := " Shop ", int64(7), "second"
		got, err := s.UpdateSender(ctx, "op", "SHOP@mail.test", email.SenderChange{DisplayName: &name, DailyCap: &cap, Relay: &relay})
		if err != nil || got.DisplayName != "Shop" || got.DailyCap != 7 || got.Relay != "second" || got.Global {
			t.Errorf("%+v, %v", got, err)
		}
		relay = "gone"
		if _, err := s.UpdateSender(ctx, "op", x.ID, email.SenderChange{Relay: &relay}); err == nil {
			t.Error("a relay that is not there")
		}
		relay = ""
		if got, err := s.UpdateSender(ctx, "op", x.ID, email.SenderChange{Relay: &relay}); err != nil || got.Relay != "" || got.DailyCap != 7 {
			t.Errorf("%+v, %v", got, err)
		}
		if err := s.UnassignSender(ctx, "op", x.ID, h.account.ID); err != nil || from() != "noreply@mail.test" {
			t.Error("it is used after it was taken away", err)
		}
		if err := s.UnassignSender(ctx, "op", x.ID, h.account.ID); code(err) != "NOT_FOUND" {
			t.Error(err)
		}
		assign()
		if err := s.RemoveSender(ctx, "op", x.ID); err != nil || from() != "noreply@mail.test" {
			t.Error("it is used after it was removed", err)
		}
		if err := s.RemoveSender(ctx, "op", x.ID); code(err) != "NOT_FOUND" {
			t.Error(err)
		}
		if err := s.RemoveSender(ctx, "op", "\x00"); code(err) != "NOT_FOUND" {
			t.Error(err)
		}
		if err := s.RemoveSender(ctx, "op", "noreply@mail.test"); code(err) != "SENDER_IN_USE" {
			t.Error(err)
		}
		no := false
		if _, err := s.UpdateSender(ctx, "op", "noreply@mail.test", email.SenderChange{Global: &no}); code(err) != "INVALID_REQUEST" {
			t.Error(err)
		}
		// A global sender that was somebody's default, and is nobody's any more.
		g, err := s.AddSender(ctx, "op", email.NewSender{Address: "news@mail.test", Global: true})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.SetDefault(ctx, h.account.ID, h.account.ID, g.ID); err != nil || from() != g.Address {
			t.Error(err)
		}
		if _, err := s.UpdateSender(ctx, "op", g.ID, email.SenderChange{Global: &no}); err != nil || from() != "noreply@mail.test" {
			t.Error("it is used after it was closed", err)
		}
		if got := len(h.acts("sender.")); got != 10 {
			t.Errorf("%d entries in the audit log: %v", got, h.acts("sender."))
		}
	})
}

// An account that has never sent anything has empty pages.
func TestPagesOfNobody(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := open(t, d)
		var other account.Account
		h.write(func(tx *db.Tx) (err error) {
			other, err = account.Create(tx, "test", account.New{Email: "new@mail.test"})
			return err
		})
		if p, err := h.service.Logs(ctx, other.ID, email.LogFilter{Query: "x", From: 1, To: 2}, email.LogSpan{Limit: 50, Offset: 3}); err != nil || len(p.Rows) != 0 || p.Total != 0 || p.Capped {
			t.Errorf("%+v, %v", p, err)
		}
		if p, err := h.service.Logs(ctx, other.ID, email.LogFilter{}, email.LogSpan{Limit: 50, Offset: 3}); err != nil || len(p.Rows) != 0 || p.Total != 0 {
			t.Errorf("%+v, %v", p, err)
		}
		if x, err := h.service.Totals(ctx, other.ID); err != nil || x.SenderDefault != "noreply@mail.test" || x.Sent+x.Failed+x.Queued+x.Keys != 0 {
			t.Errorf("%+v, %v", x, err)
		}
		if list, err := h.service.Stats(ctx, other.ID, 3); err != nil || len(list) != 3 || list[2].Accepted != 0 {
			t.Errorf("%+v, %v", list, err)
		}
	})
}
