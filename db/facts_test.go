package db_test

import (
	"slices"
	"strings"
	"testing"

	"aviso/db"
)

// What a batch makes is known from the next on, to the first that asks, and not
// after a Reset. What is not known is to be loaded.
func TestFresh(t *testing.T) {
	var f db.Fresh[int]
	wants := func(key string, known int) {
		t.Helper()
		f.Want(key)
		f.Want(key)
		got, missing := f.Get(key), f.Missing()
		if known != 0 && (got == nil || *got != known || len(missing) != 0) || known == 0 && (got != nil || !slices.Equal(missing, []string{key})) {
			t.Errorf("%s is known as %v, to load %v", key, got, missing)
		}
	}
	f.Keep()
	wants("a", 0)
	f.Load("a", 7)
	if got := f.Get("a"); got == nil || *got != 7 {
		t.Errorf("loaded as %v", got)
	}
	f.Keep()
	wants("a", 0) // loaded is not made: who loaded it may have changed it
	f.Reset()
	f.Make("a", 1)
	f.Make("b", 2)
	f.Make("c", 3)
	f.Make("d", 4)
	wants("a", 0)
	f.Keep()
	f.Keep()
	wants("a", 1)
	if f.Get("b") != nil {
		t.Error("known to a batch that has not asked")
	}
	f.Forget("b")
	f.Keep()
	wants("b", 0)
	f.Keep()
	wants("a", 0)
	f.Keep()
	wants("c", 3)
	f.Reset()
	f.Keep()
	wants("d", 0)
	f.Reset()
	for _, key := range []string{"z", "x", "y"} {
		f.Want(key)
	}
	if missing := f.Missing(); !slices.Equal(missing, []string{"x", "y", "z"}) {
		t.Errorf("to load %v", missing)
	}
}

// A row is loaded once while facts are kept, and written by each batch that
// changes it, once.
func TestFacts(t *testing.T) {
	var f db.Facts[string, int]
	expect := func(when string, missing, changed []string) {
		t.Helper()
		if m, c := f.Missing(strings.Compare), f.Changed(strings.Compare); !slices.Equal(m, missing) || !slices.Equal(c, changed) {
			t.Errorf("%s: to load %v, to write %v", when, m, c)
		}
	}
	for _, key := range []string{"b", "a", "b"} {
		f.Want(key)
	}
	*f.Change("b") += 2
	*f.Change("b") += 3
	*f.Change("a") = 1
	expect("two rows", []string{"a", "b"}, []string{"a", "b"})
	f.Keep()
	f.Want("b")
	f.Want("c")
	expect("kept", []string{"c"}, nil)
	*f.Change("b") += 4
	expect("changed again", []string{"c"}, []string{"b"})
	if v := f.Get("b"); *v != 9 || f.Get("d") != nil {
		t.Errorf("%d", *v)
	}
	f.Reset()
	if f.Get("b") != nil {
		t.Error("known after a reset")
	}
	f.Want("b")
	expect("after a reset", []string{"b"}, nil)
}
