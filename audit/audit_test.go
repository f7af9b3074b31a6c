package audit_test

import (
	"errors"
	"testing"

	"aviso/audit"
	"aviso/db"
	"aviso/db/dbtest"
)

// An entry is there when its act is, and only then.
func TestAppend(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		d.SetClock(func() int64 { return 1234 })
		failed := errors.New("the act failed")
		for _, act := range []struct {
			entry audit.Entry
			err   error
		}{
			{audit.Entry{Actor: "root", Action: "account.suspend", Subject: "ada", Detail: "first"}, nil},
			{audit.Entry{Actor: "root", Action: "account.suspend", Subject: "eve", Detail: "never"}, failed},
			{audit.Entry{Actor: "command", Action: "account.suspend", Subject: "ada", Detail: "it's; \"second\""}, nil},
		} {
			err := d.Write(t.Context(), func(tx *db.Tx) error {
				return errors.Join(audit.Append(tx, act.entry), act.err)
			})
			if !errors.Is(err, act.err) {
				t.Error(err)
			}
		}
		var got []audit.Entry
		err := d.Read(t.Context(), func(tx *db.Tx) error {
			return tx.Rows(`SELECT actor, action, subject, detail FROM audit_entries WHERE created_at = 1234 ORDER BY id`, nil, func(scan func(...any) error) error {
				var e audit.Entry
				err := scan(&e.Actor, &e.Action, &e.Subject, &e.Detail)
				got = append(got, e)
				return err
			})
		})
		if err != nil || len(got) != 2 || got[0] != (audit.Entry{Actor: "root", Action: "account.suspend", Subject: "ada", Detail: "first"}) || got[1].Detail != `it's; "second"` {
			t.Errorf("%+v, %v", got, err)
		}
	})
}
