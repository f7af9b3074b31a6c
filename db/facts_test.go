package db_test

import (
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
