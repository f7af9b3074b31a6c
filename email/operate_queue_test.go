package email_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"aviso/db"
	"aviso/db/dbtest"
	"aviso/email"
	"aviso/transport"
)

func TestRetryIsCarriedAtOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		stopClock(d)
		h := open(t, d)
		tries := 0
		h.relay.answer = func(ctx context.Context, m *transport.Mail) transport.Report {
			if tries++; tries == 1 {
				return later(ctx, m)
			}
			return taken(ctx, m)
		}
		id := h.send("a@x.test")
		<-h.relay.sent
		if err := h.service.Retry(ctx, "op", id); err != nil {
			t.Fatal(err)
		}
		<-h.relay.sent // although no time has passed
		if got := fmt.Sprint(h.acts("email.")); got != "[email.retry "+id+"]" {
			t.Error(got)
		}
	})
}

// What is not queued can be neither retried nor cancelled, and is told why.
func TestQueueRefuses(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := open(t, d)
		s := operator(t, d)
		sent := h.send("a@x.test")
		cancel := func(id string) error { _, err := s.CancelAs(ctx, "op", id); return err }
		settle := func(id string) error { _, err := s.Settle(ctx, "op", id, email.Failed); return err }
		retry := func(id string) error { return s.Retry(ctx, "op", id) }
		for _, c := range []struct {
			name string
			do   func(string) error
			id   string
			code string
			says string
		}{
			{"retry of a sent one", retry, sent, "NOT_QUEUED", "The message is sent"},
			{"retry of none", retry, "x", "NOT_FOUND", "no message x"},
			{"cancel of a sent one", cancel, sent, "NOT_QUEUED", "The message is sent"},
			{"cancel of none", cancel, "x", "NOT_FOUND", "no message x"},
			{"settle of a sent one", settle, sent, "NOT_UNKNOWN", "The message is sent"},
			{"settle of none", settle, "x", "NOT_FOUND", "no message x"},
		} {
			if err := c.do(c.id); code(err) != c.code || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s: %v", c.name, err)
			}
		}
		if _, err := s.Settle(ctx, "op", sent, email.Queued); code(err) != "INVALID_REQUEST" {
			t.Error(err)
		}
		if _, err := s.Queue(ctx, email.QueueFilter{Status: email.Sent, Limit: 1}); code(err) != "INVALID_REQUEST" {
			t.Error(err)
		}
		if _, err := s.Queue(ctx, email.QueueFilter{Relay: "nope", Limit: 1}); err == nil || !strings.Contains(err.Error(), "there are: primary, second") {
			t.Error(err)
		}
		if got := h.acts("email."); len(got) != 0 {
			t.Errorf("the audit log has %v", got)
		}
	})
}

func TestCancelAsRefundsAndIsAudited(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := open(t, d)
		h.relay.answer = later
		id := h.send("a@x.test", "b@x.test")
		refunded, err := operator(t, d).CancelAs(ctx, "op", id)
		if err != nil || refunded != 2 || h.balance() != 1000 {
			t.Errorf("refunded %d, balance %d, %v", refunded, h.balance(), err)
		}
		if m := h.message(id); m.Status != email.Cancelled || m.Charged != 0 {
			t.Errorf("%+v", m)
		}
		if got := fmt.Sprint(h.acts("email.")); got != "[email.cancel "+id+"]" {
			t.Error(got)
		}
		h.sound()
	})
}

// An owner's cancel is no act of an operator.
func TestCancelOfTheOwnerIsNotAudited(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := open(t, d)
		h.relay.answer = later
		if err := h.service.Cancel(context.Background(), h.account.ID, h.send("a@x.test")); err != nil {
			t.Fatal(err)
		}
		if got := h.acts("email."); len(got) != 0 {
			t.Error(got)
		}
	})
}

func TestSettle(t *testing.T) {
	// The link breaks behind the dot, but for some who are spoken of before.
	doubt := func(m *transport.Mail, again bool) transport.Report {
		r := transport.Report{Reached: true}
		for _, to := range m.To {
			v := transport.Verdict{Outcome: transport.Unknown, Text: "the link broke"}
			switch {
			case strings.HasPrefix(to, "taken@"):
				v.Outcome = transport.Taken
			case strings.HasPrefix(to, "refused@") && again:
				v.Outcome = transport.Refused
			}
			r.Verdicts = append(r.Verdicts, v)
		}
		return r
	}
	for _, c := range []struct {
		name     string
		to       []string
		outcome  email.Status
		before   email.Status
		after    email.Status
		refunded int64
		states   string
	}{
		{"all arrived", []string{"a@x.test", "b@x.test"}, email.Sent, email.Unknown, email.Sent, 0, "[taken taken]"},
		{"none arrived", []string{"a@x.test", "b@x.test"}, email.Failed, email.Unknown, email.Failed, 2, "[refused refused]"},
		{"one was known", []string{"taken@x.test", "b@x.test"}, email.Failed, email.Sent, email.Sent, 1, "[taken refused]"},
		{"one was refused in the same attempt", []string{"refused@x.test", "b@x.test"}, email.Failed, email.Unknown, email.Failed, 1, "[refused refused]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, d *db.DB) {
				ctx := context.Background()
				stopClock(d)
				h := open(t, d)
				tries := 0
				h.relay.answer = func(_ context.Context, m *transport.Mail) transport.Report { tries++; return doubt(m, tries > 1) }
				id := h.send(c.to...)
				<-h.relay.sent
				if err := h.service.Retry(ctx, "op", id); err != nil {
					t.Fatal(err)
				}
				<-h.relay.sent
				h.service.Close(ctx)
				s := operator(t, d)
				if c.before == email.Unknown {
					list, err := s.Queue(ctx, email.QueueFilter{Status: email.Unknown, Limit: 10})
					if err != nil || len(list) != 1 || list[0].ID != id || list[0].AccountEmail != "owner@mail.test" {
						t.Fatalf("%+v, %v", list, err)
					}
				}
				if m := h.message(id); m.Status != c.before {
					t.Fatalf("%s before", m.Status)
				}
				before := h.balance()
				refunded, err := s.Settle(ctx, "op", id, c.outcome)
				if err != nil || refunded != c.refunded || h.balance() != before+c.refunded {
					t.Errorf("refunded %d, balance %d after %d, %v", refunded, h.balance(), before, err)
				}
				m := h.message(id)
				var states []email.RecipientState
				for _, r := range m.Recipients {
					states = append(states, r.State)
				}
				if m.Status != c.after || fmt.Sprint(states) != c.states || (m.SentAt != 0) != (c.after == email.Sent) {
					t.Errorf("%s %v, sent at %d", m.Status, states, m.SentAt)
				}
				if _, err := s.Settle(ctx, "op", id, c.outcome); code(err) != "NOT_UNKNOWN" {
					t.Error("again:", err)
				}
				if got := fmt.Sprint(h.acts("email.settle")); got != fmt.Sprintf("[email.settle %s %s]", id, c.outcome) {
					t.Error(got)
				}
				h.sound()
			})
		})
	}
}

func TestQueueFilters(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, now := context.Background(), stopClock(d)
		h := open(t, d)
		h.service.Close(ctx)
		h.queueMany(5, now.ms.Load())
		s := operator(t, d)
		all, err := s.Queue(ctx, email.QueueFilter{Limit: 100})
		if err != nil || len(all) != 5 {
			t.Fatal(all, err)
		}
		h.exec(`UPDATE email_messages SET status = 'sending' WHERE id = $1`, all[0].ID)
		h.exec(`UPDATE email_messages SET status = 'unknown', due_at = NULL WHERE id = $1`, all[1].ID)
		h.exec(`UPDATE email_messages SET relay = '', waits_for = 'relay/second' WHERE id = $1`, all[2].ID)
		h.exec(`UPDATE email_messages SET status = 'sent' WHERE id = $1`, all[3].ID)
		for _, c := range []struct {
			filter email.QueueFilter
			want   []int
		}{
			{email.QueueFilter{Limit: 100}, []int{0, 1, 2, 4}},
			{email.QueueFilter{Limit: 2}, []int{0, 1}},
			{email.QueueFilter{Limit: 2, After: all[1].ID}, []int{2, 4}},
			{email.QueueFilter{Limit: 100, Status: email.Queued}, []int{2, 4}},
			{email.QueueFilter{Limit: 100, Status: email.Sending}, []int{0}},
			{email.QueueFilter{Limit: 100, Status: email.Unknown}, []int{1}},
			{email.QueueFilter{Limit: 100, Relay: "second"}, []int{2}},
			{email.QueueFilter{Limit: 100, Relay: "primary", Status: email.Queued}, []int{4}},
			{email.QueueFilter{Limit: 100, Relay: "second", Status: email.Unknown}, nil},
		} {
			list, err := s.Queue(ctx, c.filter)
			if err != nil {
				t.Fatal(err)
			}
			var got, want []string
			for _, m := range list {
				got = append(got, m.ID)
				if (m.DueAt != 0) != (m.Status == email.Queued) {
					t.Errorf("%s is due at %d", m.Status, m.DueAt)
				}
			}
			for _, i := range c.want {
				want = append(want, all[i].ID)
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%+v: %v, want %v", c.filter, got, want)
			}
		}
		states, err := s.RelayStates(ctx)
		if err != nil || len(states) != 2 || states[0].Queued != 1 || states[1].Queued != 1 {
			t.Errorf("%+v, %v", states, err)
		}
	})
}
