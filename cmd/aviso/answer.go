package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
)

// print answers with value as JSON, or with the lines that text writes, whose
// tabs become columns.
func (a *app) print(value any, text func(io.Writer)) error {
	if a.json {
		e := json.NewEncoder(a.out)
		e.SetEscapeHTML(false)
		return e.Encode(value)
	}
	w := tabwriter.NewWriter(a.out, 0, 8, 2, ' ', 0)
	text(w)
	return w.Flush()
}

// printList answers with a list: an array, or a table under its heading, or
// the sentence that says that there is nothing.
func printList[T any](a *app, list []T, none, heading string, row func(io.Writer, T)) error {
	return a.print(list, func(w io.Writer) {
		if len(list) == 0 {
			fmt.Fprintln(w, none)
			return
		}
		fmt.Fprintln(w, heading)
		for _, x := range list {
			row(w, x)
		}
	})
}

// clock writes milliseconds UTC as a person and a machine can read them; 0,
// which stands for never, is empty.
func clock(ms int64) string {
	if ms == 0 {
		return ""
	}
	return time.UnixMilli(ms).UTC().Format("2006-01-02T15:04:05.000Z")
}

// stamp is clock for JSON, where never is null.
func stamp(ms int64) *string {
	if ms == 0 {
		return nil
	}
	s := clock(ms)
	return &s
}

// orDash fills a cell that would be empty.
func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// printable keeps what others wrote from steering the operator's terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 127 || r >= 0x80 && r < 0xa0 || r == 0x2028 || r == 0x2029 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 {
			return '?'
		}
		return r
	}, s)
}

// cell is an optional time in a table.
func cell(s *string) string {
	if s == nil {
		return "-"
	}
	return *s
}
