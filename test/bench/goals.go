package main

import "fmt"

// goal is a ratio that one row's figure should keep to another row's.
type goal struct {
	text    string
	callers int
	name    string
	base    string
	of      func(run) float64
	atMost  bool    // the ratio should be at most want; else at least
	want    float64 // what must be reached
	aim     float64 // what would be better still; 0 if there is no such thing
}

// goals hold on any machine where the load, the target and the sink share two
// cores; with more the targets come closer to bare.
var goals = []goal{
	{text: "rate at 64 callers, SQLite ÷ bare", callers: 64, name: "sqlite", base: "bare", of: rateOf, want: 0.55, aim: 0.65},
	{text: "rate at 64 callers, PostgreSQL ÷ bare", callers: 64, name: "postgres", base: "bare", of: rateOf, want: 0.45, aim: 0.55},
	{text: "rate at 64 callers, SQLite, one account ÷ many", callers: 64, name: "sqlite" + oneAccountSuffix, base: "sqlite", of: rateOf, want: 0.9},
	{text: "rate at 64 callers, PostgreSQL, one account ÷ many", callers: 64, name: "postgres" + oneAccountSuffix, base: "postgres", of: rateOf, want: 0.9},
	{text: "p50 at 1 caller, SQLite ÷ bare-durable", callers: 1, name: "sqlite", base: "bare-durable", of: p50Of, atMost: true, want: 1.6},
	{text: "p50 at 1 caller, PostgreSQL ÷ bare-durable", callers: 1, name: "postgres", base: "bare-durable", of: p50Of, atMost: true, want: 3},
	{text: "p99 at 64 callers, SQLite ÷ bare", callers: 64, name: "sqlite", base: "bare", of: p99Of, atMost: true, want: 2.5},
	{text: "p99 at 64 callers, PostgreSQL ÷ bare", callers: 64, name: "postgres", base: "bare", of: p99Of, atMost: true, want: 2.5},
	{text: "rate of texts at 64 callers, SQLite ÷ bare", callers: 64, name: smsPrefix + "sqlite", base: smsPrefix + "bare", of: rateOf, want: 0.5},
}

// judge tells in one line how far the goal was reached.
func (g goal) judge(rows []*row) string {
	r, base := find(rows, g.callers, g.name), find(rows, g.callers, g.base)
	if r == nil || base == nil {
		return g.text + ": not measured"
	}
	if len(r.faults()) > 0 || len(base.faults()) > 0 {
		return g.text + ": no verdict, a run does not count"
	}
	got := r.over(base, g.of)
	verdict := "missed"
	switch {
	case g.aim != 0 && g.meets(got, g.aim):
		verdict = "met, and the aim too"
	case g.meets(got, g.want):
		verdict = "met"
	}
	bound := "at least"
	if g.atMost {
		bound = "at most"
	}
	wanted := fmt.Sprintf("%s %.2f", bound, g.want)
	if g.aim != 0 {
		wanted += fmt.Sprintf(", aim %.2f", g.aim)
	}
	return fmt.Sprintf("%s: %.2f (%s): %s", g.text, got, wanted, verdict)
}

func (g goal) meets(got, bound float64) bool {
	if g.atMost {
		return got <= bound
	}
	return got >= bound
}
