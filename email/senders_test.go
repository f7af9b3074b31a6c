package email_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"aviso/db"
	"aviso/db/dbtest"
	"aviso/email"
)

func TestSenders(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := open(t, d)
		s := operator(t, d)
		x, err := s.AddSender(ctx, "op", email.NewSender{Address: "Ada <Hello@BÜCHER.test>", Relay: "primary", DailyCap: 5})
		if err != nil || x.Address != "hello@xn--bcher-kva.test" || x.DisplayName != "Ada" {
			t.Fatalf("%+v, %v", x, err)
		}
		// Not yet assigned: neither by name nor by default.
		call := h.call("a@x.test")
		call.Draft.From = x.Address
		if _, err := h.service.Send(call); code(err) != "SENDER_NOT_ALLOWED" {
			t.Error(err)
		}
		if _, _, err := s.AssignSender(ctx, "op", "HELLO@bücher.test", "Owner@mail.test", false); err != nil {
			t.Fatal(err)
		}
		if a, err := h.service.Send(h.call("a@x.test")); err != nil || a.Outcome.From != "noreply@mail.test" {
			t.Errorf("%+v, %v", a, err)
		}
		if a, err := h.service.Send(call); err != nil || a.Outcome.From != x.Address {
			t.Errorf("%+v, %v", a, err)
		}
		got, user, err := s.AssignSender(ctx, "op", x.ID, h.account.ID, true)
		if err != nil || got.ID != x.ID || user != (email.SenderAccount{ID: h.account.ID, Email: "owner@mail.test", Default: true}) {
			t.Fatal(got, user, err)
		}
		if a, err := h.service.Send(h.call("a@x.test")); err != nil || a.Outcome.From != x.Address {
			t.Errorf("%+v, %v", a, err)
		}
		list, err := s.Senders(ctx)
		if err != nil || len(list) != 2 || list[0].Address != x.Address || list[0].Used != 2 || !list[1].Global {
			t.Fatalf("%+v, %v", list, err)
		}
		if len(list[0].Accounts) != 1 || list[0].Accounts[0] != user || len(list[1].Accounts) != 0 {
			t.Errorf("%+v", list)
		}
		want := []string{"sender.add " + x.ID + " " + x.Address, "sender.assign " + x.ID + " owner@mail.test", "sender.assign " + x.ID + " owner@mail.test by default"}
		if got := h.acts("sender."); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Error(got)
		}
	})
}

// A default that was given before the first message is not lost with it.
func TestSenderDefaultBeforeTheFirstMessage(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := open(t, d)
		s := operator(t, d)
		if _, err := s.AddSender(ctx, "op", email.NewSender{Address: "x@y.z"}); err != nil {
			t.Fatal(err)
		}
		if _, _, err := s.AssignSender(ctx, "op", "x@y.z", h.account.ID, true); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if a, err := h.service.Send(h.call("a@x.test")); err != nil || a.Outcome.From != "x@y.z" {
				t.Errorf("%+v, %v", a, err)
			}
		}
	})
}

func TestSenderRefusals(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := open(t, d)
		s := operator(t, d)
		for _, c := range []struct {
			sender email.NewSender
			code   string
			says   string
		}{
			{email.NewSender{Address: "noreply@MAIL.test"}, "SENDER_TAKEN", "noreply@mail.test is a sender already"},
			{email.NewSender{Address: "no address"}, "INVALID_ADDRESS", ""},
			{email.NewSender{Address: "a@b.c", Relay: "third"}, "NOT_FOUND", "there are: primary, second"},
			{email.NewSender{Address: "a@b.c", DailyCap: -1}, "INVALID_REQUEST", "cap"},
			{email.NewSender{Address: "a@b.c", DisplayName: "a\nb"}, "INVALID_REQUEST", "name"},
			{email.NewSender{Address: "a@b.c", DisplayName: strings.Repeat("n", 101)}, "INVALID_REQUEST", "100"},
			{email.NewSender{Address: "a@b.c", DisplayName: "\xff"}, "INVALID_REQUEST", "name"},
		} {
			if _, err := s.AddSender(ctx, "op", c.sender); code(err) != c.code || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%+v: %v", c.sender, err)
			}
		}
		for _, c := range []struct{ sender, account string }{{"a@b.c", h.account.ID}, {"noreply@mail.test", "nobody@x.test"}} {
			if _, _, err := s.AssignSender(ctx, "op", c.sender, c.account, true); code(err) != "NOT_FOUND" {
				t.Errorf("%+v: %v", c, err)
			}
		}
		if list, err := s.Senders(ctx); err != nil || len(list) != 1 || len(list[0].Accounts) != 0 {
			t.Errorf("%+v, %v", list, err)
		}
		if got := h.acts("sender."); len(got) != 0 {
			t.Error(got)
		}
	})
}
