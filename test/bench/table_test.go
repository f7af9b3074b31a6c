package main

import (
	"strings"
	"testing"
)

// good is a run in which everything that was accepted arrived.
func good(rate, p50 float64) run {
	return run{
		rate: rate, p50: p50, p95: 2 * p50, p99: 3 * p50,
		accepted: 100, delivered: 100,
		statuses: map[string]int{"200": 100},
		cpu:      []cpuShare{{"aviso", rate / 10}, {"sink", 40}},
	}
}

func TestTable(t *testing.T) {
	limited := good(500, 1)
	limited.statuses = map[string]int{"429": 1, "200": 99}
	rows := []*row{
		{callers: 64, name: "bare", runs: []run{good(1000, 1), good(3000, 1), good(2000, 1)}},
		{callers: 64, name: "sqlite", runs: []run{good(600, 2), good(600, 4), limited}},
		{callers: 64, name: "sms-bare", runs: []run{good(5000, 1)}},
		{callers: 64, name: "sms-sqlite", runs: []run{good(2500, 2)}},
	}
	var b strings.Builder
	writeTable(&b, rows)
	lines := strings.Split(b.String(), "\n")
	for i, want := range []string{
		"| 64 | bare | 2000 (1000..3000) | 1.00 | - | 1.00 | 2.00 | 3.00 | aviso 200, sink 40 | 200: 300 |",
		// The rounds' own ratios are 0.6, 0.2 and 0.25.
		"| 64 | sqlite | 600 (500..600) | 0.25 | - | 2.00 | 4.00 | 6.00 | aviso 60, sink 40 | 200: 299, 429: 1 (!) answers other than 2xx |",
		// Texts are compared with the relay of texts.
		"| 64 | sms-bare | 5000 (5000..5000) | 1.00 | - | 1.00 | 2.00 | 3.00 | aviso 500, sink 40 | 200: 100 |",
		"| 64 | sms-sqlite | 2500 (2500..2500) | 0.50 | - | 2.00 | 4.00 | 6.00 | aviso 250, sink 40 | 200: 100 |",
	} {
		if got := lines[2+i]; got != want {
			t.Errorf("row %d:\n got %s\nwant %s", i, got, want)
		}
	}
}

func TestFault(t *testing.T) {
	for _, c := range []struct {
		name                string
		statuses            map[string]int
		accepted, delivered int
		want                string
	}{
		{"all sent", map[string]int{"200": 5}, 5, 5, ""},
		{"some queued", map[string]int{"200": 4, "202": 1}, 5, 5, ""},
		{"rate limited", map[string]int{"200": 4, "429": 1}, 4, 4, "answers other than 2xx"},
		{"broken link", map[string]int{"200": 4, "read: EOF": 1}, 4, 4, "answers other than 2xx"},
		{"two digits are no status", map[string]int{"20": 5}, 5, 5, "answers other than 2xx"},
		{"lost", map[string]int{"200": 5}, 5, 3, "2 accepted and not delivered"},
		{"doubled", map[string]int{"200": 5}, 5, 6, "1 delivered and not accepted"},
	} {
		r := run{statuses: c.statuses, accepted: c.accepted, delivered: c.delivered}
		if got := r.fault(); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestGoals(t *testing.T) {
	fast := goal{text: "rate", callers: 64, name: "sqlite", base: "bare", of: rateOf, want: 0.55, aim: 0.65}
	prompt := goal{text: "p50", callers: 64, name: "sqlite", base: "bare", of: p50Of, atMost: true, want: 1.6}
	lost := good(1000, 1)
	lost.delivered--
	for _, c := range []struct {
		goal goal
		run  run
		want string
	}{
		{fast, good(540, 1), "rate: 0.54 (at least 0.55, aim 0.65): missed"},
		{fast, good(550, 1), "rate: 0.55 (at least 0.55, aim 0.65): met"},
		{fast, good(700, 1), "rate: 0.70 (at least 0.55, aim 0.65): met, and the aim too"},
		{fast, lost, "rate: no verdict, a run does not count"},
		{prompt, good(9, 1.6), "p50: 1.60 (at most 1.60): met"},
		{prompt, good(9, 1.7), "p50: 1.70 (at most 1.60): missed"},
	} {
		rows := []*row{
			{callers: 64, name: "bare", runs: []run{good(1000, 1)}},
			{callers: 64, name: "sqlite", runs: []run{c.run}},
		}
		if got := c.goal.judge(rows); got != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
		if got := c.goal.judge(rows[:1]); got != c.goal.text+": not measured" {
			t.Errorf("without the row: %q", got)
		}
	}
}

// Every goal must be about rows that a benchmark without flags has.
func TestGoalsNameRows(t *testing.T) {
	named := map[string]bool{}
	for _, name := range targetNames {
		named[name], named[name+oneAccountSuffix] = true, true
	}
	for _, g := range goals {
		if !named[g.name] || !named[g.base] || g.callers != 1 && g.callers != 64 {
			t.Errorf("%s: no row is called %q or %q at %d callers", g.text, g.name, g.base, g.callers)
		}
	}
}
