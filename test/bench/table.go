package main

import (
	"fmt"
	"io"
	"maps"
	"runtime"
	"slices"
	"strings"
)

// oneAccountSuffix is in the name of a target whose keys are all one account's.
const oneAccountSuffix = ", one account"

// row is one line of the table: a target at a number of callers.
type row struct {
	callers int
	name    string
	runs    []run
}

// run is what one run has shown.
type run struct {
	rate          float64 // messages a second that reached the sink
	p50, p95, p99 float64 // milliseconds of a call
	accepted      int     // calls answered 2xx
	delivered     int     // messages that reached the sink
	statuses      map[string]int
	cpu           []cpuShare // in the same order in every run of a row
}

// cpuShare is what a message has cost somebody.
type cpuShare struct {
	name   string
	micros float64
}

func rateOf(r run) float64 { return r.rate }
func p50Of(r run) float64  { return r.p50 }
func p95Of(r run) float64  { return r.p95 }
func p99Of(r run) float64  { return r.p99 }

// fault tells why a run does not count; empty if it does.
func (r run) fault() string {
	for status := range r.statuses {
		if len(status) != 3 || status[0] != '2' {
			return "answers other than 2xx"
		}
	}
	switch {
	case r.delivered < r.accepted:
		return fmt.Sprintf("%d accepted and not delivered", r.accepted-r.delivered)
	case r.delivered > r.accepted:
		return fmt.Sprintf("%d delivered and not accepted", r.delivered-r.accepted)
	}
	return ""
}

// values returns a figure of each run.
func (r *row) values(of func(run) float64) []float64 {
	all := make([]float64, len(r.runs))
	for i, one := range r.runs {
		all[i] = of(one)
	}
	return all
}

func (r *row) median(of func(run) float64) float64 { return median(r.values(of)) }

// over returns how a figure compares to another row's: the median of the
// ratios in each round. Runs of a round are neighbours in time, and what slowed
// one down mostly slowed the other; medians of whole rows would compare a
// quiet minute with a busy one.
func (r *row) over(base *row, of func(run) float64) float64 {
	mine, theirs := r.values(of), base.values(of)
	ratios := make([]float64, min(len(mine), len(theirs)))
	for i := range ratios {
		ratios[i] = ratio(mine[i], theirs[i])
	}
	return median(ratios)
}

// faults returns why runs of the row do not count, once each.
func (r *row) faults() []string {
	var all []string
	for _, one := range r.runs {
		if fault := one.fault(); fault != "" && !slices.Contains(all, fault) {
			all = append(all, fault)
		}
	}
	return all
}

// statuses returns the answers of all the row's runs.
func (r *row) statuses() map[string]int {
	sum := map[string]int{}
	for _, one := range r.runs {
		for status, n := range one.statuses {
			sum[status] += n
		}
	}
	return sum
}

// cpu returns the medians of what a message has cost, "aviso 150, sink 40".
func (r *row) cpu() string {
	var all []string
	for i, share := range r.runs[0].cpu {
		micros := r.median(func(one run) float64 { return one.cpu[i].micros })
		all = append(all, fmt.Sprintf("%s %.0f", share.name, micros))
	}
	return strings.Join(all, ", ")
}

// find returns the row of a target at a number of callers, or nil.
func find(rows []*row, callers int, name string) *row {
	at := slices.IndexFunc(rows, func(r *row) bool { return r.callers == callers && r.name == name })
	if at < 0 {
		return nil
	}
	return rows[at]
}

// printReport prints the table of medians, and how far each goal was reached.
func printReport(w io.Writer, opts options, sink string, rows []*row) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%d cores, %s/%s, %s; %d messages a run, medians of %d; the sink is %s.\n",
		runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version(), opts.messages, opts.runs, sink)
	b.WriteString("Only the ratios, medians of each round's own, say something about another machine. " +
		"(!) marks a row with runs that do not count; others is what else the machine did, its kernel included.\n\n")
	writeTable(&b, rows)
	b.WriteString("\nGoals:\n\n")
	for _, g := range goals {
		fmt.Fprintf(&b, "- %s\n", g.judge(rows))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func writeTable(b *strings.Builder, rows []*row) {
	b.WriteString("| callers | target | messages/s (min..max) | ÷ bare | ÷ bare-durable | p50 ms | p95 ms | p99 ms | CPU µs a message | answers |\n" +
		"|--:|---|--:|--:|--:|--:|--:|--:|---|---|\n")
	for _, r := range rows {
		rates := r.values(rateOf)
		answers := formatStatuses(r.statuses())
		if faults := r.faults(); len(faults) > 0 {
			answers += " (!) " + strings.Join(faults, "; ")
		}
		fmt.Fprintf(b, "| %d | %s | %.0f (%.0f..%.0f) | %s | %s | %.2f | %.2f | %.2f | %s | %s |\n",
			r.callers, r.name, median(rates), slices.Min(rates), slices.Max(rates),
			formatOver(r, find(rows, r.callers, r.bare())), formatOver(r, r.durable(rows)),
			r.median(p50Of), r.median(p95Of), r.median(p99Of), r.cpu(), answers)
	}
}

// bare is the relay that a row is measured by: texts go another way than mail.
func (r *row) bare() string {
	if strings.HasPrefix(r.name, smsPrefix) {
		return smsPrefix + "bare"
	}
	return "bare"
}

// durable is the one that a row of mail is also measured by; nil of texts.
func (r *row) durable(rows []*row) *row {
	if strings.HasPrefix(r.name, smsPrefix) {
		return nil
	}
	return find(rows, r.callers, "bare-durable")
}

// formatOver writes the ratio of two rows' rates, or a dash.
func formatOver(r, base *row) string {
	if base == nil {
		return "-"
	}
	return fmt.Sprintf("%.2f", r.over(base, rateOf))
}

// formatStatuses writes counts in the order of the statuses, "200: 12, 429: 3".
func formatStatuses(statuses map[string]int) string {
	var all []string
	for _, status := range slices.Sorted(maps.Keys(statuses)) {
		all = append(all, fmt.Sprintf("%s: %d", status, statuses[status]))
	}
	return strings.Join(all, ", ")
}
