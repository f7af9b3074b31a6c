package audit_test

import (
	"fmt"
	"testing"

	"aviso/audit"
	"aviso/db"
	"aviso/db/dbtest"
)

// The record is counted exactly, again and again, however much is added between,
// and found by what was done, to whom, and by whom.
func TestPages(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		now := int64(1_700_000_000_000)
		d.SetClock(func() int64 { return now })
		log := audit.NewLog(d)
		add := func(e audit.Entry) {
			t.Helper()
			if err := log.Append(t.Context(), e); err != nil {
				t.Fatal(err)
			}
		}
		page := func(f audit.Filter) audit.Page {
			t.Helper()
			f.Limit = 3
			p, err := log.Page(t.Context(), f)
			if err != nil {
				t.Fatal(err)
			}
			return p
		}
		for i := range 6 {
			if p := page(audit.Filter{}); p.Total != int64(2*i) || p.Capped {
				t.Errorf("%d entries, not %d", p.Total, 2*i)
			}
			add(audit.Entry{Actor: "root", Action: "account.suspend", Subject: fmt.Sprint("s", i)})
			add(audit.Entry{Actor: "command", Action: "relay.pause", Subject: "primary", Detail: fmt.Sprint(i)})
			now += 40_000 // sometimes enough for what came before to be counted for good
		}
		p := page(audit.Filter{})
		if len(p.Entries) != 3 || p.Entries[0].Detail != "5" || p.Entries[0].CreatedAt != now-40_000 || p.Entries[0].ActorEmail != "" {
			t.Errorf("%+v", p)
		}
		if next := page(audit.Filter{Before: p.Entries[2].ID}); len(next.Entries) != 3 || next.Entries[0].Subject != "s4" || next.Total != 12 {
			t.Errorf("%+v", next)
		}
		if far := page(audit.Filter{Offset: 11}); len(far.Entries) != 1 || far.Entries[0].Subject != "s0" {
			t.Errorf("%+v", far)
		}
		for query, want := range map[string]int64{"account.": 6, "Relay": 6, "s3": 1, "s": 0, "root": 6, "command": 6, "primary": 6, "account.suspended": 0, "%": 0} {
			if p := page(audit.Filter{Query: query}); p.Total != want || int64(len(p.Entries)) != min(want, 3) {
				t.Errorf("%q: %d, not %d", query, p.Total, want)
			}
		}
		newest := page(audit.Filter{Query: "primary"})
		if rest := page(audit.Filter{Query: "primary", Before: newest.Entries[2].ID}); rest.Entries[0].Detail != "2" || rest.Total != 6 {
			t.Errorf("%+v", rest)
		}
		if rest := page(audit.Filter{Query: "primary", Offset: 5}); len(rest.Entries) != 1 || rest.Entries[0].Detail != "0" {
			t.Errorf("%+v", rest)
		}
	})
}
