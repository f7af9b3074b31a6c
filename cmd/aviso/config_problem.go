package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// origin is where a value was set: on a line of the file or in a variable.
type origin struct {
	line     int    // of the file; 0 when not from there
	variable string // of the environment; empty when not from there
}

// problem is one thing that keeps the configuration from being used.
type problem struct {
	origin origin
	key    string
	text   string // what is wrong; what to do
}

// line is the problem as an operator reads it; file is the name of the
// configuration file, empty when there is none.
func (p problem) line(file string) string {
	where := file
	switch {
	case p.origin.variable != "":
		where = p.origin.variable
	case p.origin.line > 0:
		where = fmt.Sprintf("%s:%d", file, p.origin.line)
	case file == "":
		where = "configuration"
	}
	if p.key != "" {
		where += ": " + p.key
	}
	return where + ": " + p.text
}

// configError is everything wrong with one configuration.
type configError struct {
	file     string
	problems []problem
}

// Error has one line for each problem: the file's in its order, then the
// variables by name, then what was set nowhere.
func (e *configError) Error() string { return strings.Join(lines(e.file, e.problems), "\n") }

func lines(file string, problems []problem) []string {
	out := make([]string, len(problems))
	for i, p := range problems {
		out[i] = p.line(file)
	}
	return out
}

// findings gathers problems and warnings, and knows where each key was set.
type findings struct {
	origins  map[string]origin // by key, such as email.relay[0].url
	problems []problem
	warnings []problem
}

// fail adds a problem with a key at the place where it was set. One place gets
// one problem with a key: what follows from the first is no news.
func (f *findings) fail(key, format string, args ...any) {
	f.failAt(f.origin(key), key, format, args...)
}

func (f *findings) failAt(at origin, key, format string, args ...any) {
	if slices.ContainsFunc(f.problems, func(p problem) bool { return p.key == key && p.origin == at }) {
		return
	}
	f.problems = append(f.problems, problem{at, key, fmt.Sprintf(format, args...)})
}

// warn adds what an operator should know but the program can run with.
func (f *findings) warn(key, format string, args ...any) {
	f.warnings = append(f.warnings, problem{f.origin(key), key, fmt.Sprintf(format, args...)})
}

// failAny adds a problem between several keys, named after the first of them
// that was set at all: a default is never what an operator has to change.
func (f *findings) failAny(keys []string, format string, args ...any) {
	for _, key := range keys {
		if _, set := f.origins[key]; set {
			f.fail(key, format, args...)
			return
		}
	}
	f.fail(keys[0], format, args...)
}

// origin is where the key was set, or else the nearest table around it that
// was opened.
func (f *findings) origin(key string) origin {
	for {
		if at, ok := f.origins[key]; ok {
			return at
		}
		cut := strings.LastIndexAny(key, ".[")
		if cut < 0 {
			return origin{}
		}
		key = key[:cut]
	}
}

// err is all problems in the order an operator mends them, or nil.
func (f *findings) err(file string) error {
	if len(f.problems) == 0 {
		return nil
	}
	rank := func(o origin) int {
		switch {
		case o.line > 0:
			return 0
		case o.variable != "":
			return 1
		}
		return 2
	}
	slices.SortStableFunc(f.problems, func(a, b problem) int {
		return cmp.Or(
			cmp.Compare(rank(a.origin), rank(b.origin)),
			cmp.Compare(a.origin.line, b.origin.line),
			cmp.Compare(a.origin.variable, b.origin.variable),
		)
	})
	return &configError{file, f.problems}
}

// nearest is the name most like the one given, or empty when none is like it.
func nearest(name string, known []string) string {
	best, distance := "", 1+len(name)/3
	for _, candidate := range known {
		if d := editDistance(name, candidate); d <= distance {
			best, distance = candidate, d-1
		}
	}
	return best
}

// editDistance counts the bytes to insert, delete or replace to get from a to
// b (Levenshtein).
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			substitute := diagonal
			if a[i] != b[j] {
				substitute++
			}
			diagonal = row[j+1]
			row[j+1] = min(substitute, diagonal+1, row[j]+1)
		}
	}
	return row[len(b)]
}
