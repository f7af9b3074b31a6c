package db_test

import (
	"slices"
	"strings"
	"testing"

	"aviso/db"
)

// What a batch makes is known from the next on, once, and not after a Reset.
func TestFresh(t *testing.T) {
	var f db.Fresh[int]
	f.Keep()
	if _, known := f.Take("a"); known {
		t.Error("known before it was made")
	}
	f.Make("a", 1)
	f.Make("b", 2)
	if _, known := f.Take("a"); known {
		t.Error("known to the batch that makes it")
	}
	f.Keep()
	f.Keep()
	if v, known := f.Take("a"); !known || v != 1 {
		t.Errorf("%d, %t", v, known)
	}
	if _, known := f.Take("a"); known {
		t.Error("known twice")
	}
	f.Make("c", 3)
	f.Reset()
	f.Keep()
	for _, key := range []string{"b", "c"} {
		if _, known := f.Take(key); known {
			t.Errorf("%s is known after a reset", key)
		}
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
