package account_test

import (
	"fmt"
	"testing"

	"aviso/account"
	"aviso/db"
	"aviso/db/dbtest"
)

// Accounts are found by how their address or name begins, newest first, from any
// place in the list.
func TestOfficeLists(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := register(t, d)
		office := account.NewOffice(d)
		var ids []string
		for i, name := range []string{"Ada", "ADAM", "Élodie", "élan", "Bob_%"} {
			c.write(func(tx *db.Tx) error {
				a, err := account.Create(tx, "test", account.New{Email: fmt.Sprintf("u%d@mail.test", i), Name: name})
				ids = append(ids, a.ID)
				return err
			})
		}
		for _, r := range []struct {
			filter account.Filter
			want   string // of ids; o is the owner
			total  int64
		}{
			{account.Filter{}, "43210o", 6},
			{account.Filter{Offset: 2, Limit: 2}, "21", 6},
			{account.Filter{Before: ids[2], Limit: 2}, "10", 6},
			{account.Filter{Query: "ada"}, "10", 2},
			{account.Filter{Query: "ÉL"}, "32", 2},
			{account.Filter{Query: "É", Before: ids[3]}, "2", 2},
			{account.Filter{Query: "u", Offset: 1, Limit: 3}, "321", 5},
			{account.Filter{Query: "u", Before: ids[0]}, "", 5},
			{account.Filter{Query: "U4@MAIL"}, "4", 1},
			{account.Filter{Query: "bob_%"}, "4", 1},
			{account.Filter{Query: "%"}, "", 0},
			{account.Filter{Query: ids[3]}, "3", 1},
		} {
			if r.filter.Limit == 0 {
				r.filter.Limit = 10
			}
			p, err := office.List(t.Context(), r.filter)
			got := ""
			for _, a := range p.Accounts {
				at := "o"
				for i, id := range ids {
					if a.ID == id {
						at = fmt.Sprint(i)
					}
				}
				got += at
			}
			if err != nil || got != r.want || p.Total != r.total || p.Capped {
				t.Errorf("%+v: %s of %d, not %s of %d; %v", r.filter, got, p.Total, r.want, r.total, err)
			}
		}
		_, err := office.List(t.Context(), account.Filter{Before: "\x00", Limit: 1})
		expectCode(t, "a place that is none", err, "INVALID_REQUEST")
	})
}

// An operator's suspension is recorded with its reason, once.
func TestOfficeSuspends(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := register(t, d)
		office := account.NewOffice(d)
		for range 2 {
			expectCode(t, "suspending", office.Suspend(t.Context(), "root", c.account.ID, "spam"), "")
		}
		if n := c.count(`SELECT COUNT(*) FROM audit_entries WHERE action = 'account.suspend' AND actor = 'root' AND detail = 'owner@mail.test spam'`); n != 1 {
			t.Errorf("%d entries", n)
		}
		a, now, err := office.Find(t.Context(), c.account.ID)
		if err != nil || a.SuspendedAt != c.clock.Load() || now != c.clock.Load() {
			t.Errorf("%+v at %d, %v", a, now, err)
		}
		expectCode(t, "itself", office.Suspend(t.Context(), c.account.ID, c.account.ID, ""), "INVALID_REQUEST")
		for _, id := range []string{"", "x", "\xff", db.NewID()} {
			expectCode(t, "nobody", office.Suspend(t.Context(), "root", id, ""), "NOT_FOUND")
			expectCode(t, "nobody", office.SetPrime(t.Context(), "root", id, 1), "NOT_FOUND")
		}
	})
}
