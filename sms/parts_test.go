package sms

import (
	"testing"

	"aviso/transport"
)

func TestJoinParts(t *testing.T) {
	utf16 := func(s string) part { return part{transport.UTF16, []byte(s)} }
	gsm := func(s string) part { return part{transport.GSM7Octets, []byte(s)} }
	for name, c := range map[string]struct {
		parts map[int]part
		want  string
	}{
		"in order of their numbers":             {map[int]part{2: gsm("b"), 1: gsm("a"), 10: gsm("c")}, "abc"},
		"a pair of surrogates in two parts":     {map[int]part{1: utf16("\x00a\xd8\x3d"), 2: utf16("\xde\x00\x00b")}, "a😀b"},
		"an escape and its character":           {map[int]part{1: gsm("a\x1b"), 2: gsm("\x65b")}, "a€b"},
		"an octet that is cut":                  {map[int]part{1: utf16("\x00a\x00"), 2: utf16("b")}, "ab"},
		"parts of different alphabets":          {map[int]part{1: gsm("a\x1b"), 2: utf16("\x00b"), 3: utf16("\x00c")}, "a\uFFFDbc"},
		"something missing leaves the rest":     {map[int]part{1: gsm("a"), 3: gsm("c")}, "ac"},
		"a byte order mark at the beginning":    {map[int]part{1: utf16("\xfe\xff\x00a"), 2: utf16("\x00b")}, "ab"},
		"nothing is there":                      {map[int]part{}, ""},
		"an empty part":                         {map[int]part{1: gsm(""), 2: gsm("b")}, "b"},
		"a mark in the middle is its character": {map[int]part{1: utf16("\x00a"), 2: utf16("\xfe\xff\x00b")}, "a\uFEFFb"},
	} {
		if got := joinParts(c.parts); got != c.want {
			t.Errorf("%s: %q instead of %q", name, got, c.want)
		}
	}
}

func TestValidPart(t *testing.T) {
	for _, c := range []struct {
		part *transport.Part
		want bool
	}{
		{nil, false},
		{&transport.Part{Total: 2, Number: 1}, true},
		{&transport.Part{Total: 255, Number: 255}, true},
		{&transport.Part{Total: 256, Number: 1}, false},
		{&transport.Part{Total: 1, Number: 1}, false},
		{&transport.Part{Total: 2, Number: 0}, false},
		{&transport.Part{Total: 2, Number: 3}, false},
		{&transport.Part{Total: 0, Number: 0}, false},
	} {
		if got := validPart(c.part); got != c.want {
			t.Errorf("%+v: %t", c.part, got)
		}
	}
}

// Two texts are never joined because their names happen to run together.
func TestPartKeysDiffer(t *testing.T) {
	one := partKey{"g", "12", "3", false, 7, 2}
	seen := map[string]partKey{one.name(): one}
	for _, k := range []partKey{
		{"g1", "2", "3", false, 7, 2}, {"g", "1", "23", false, 7, 2}, {"g", "12", "3", true, 7, 2},
		{"g", "12", "3", false, 72, 2}, {"g", "12", "3", false, 7, 22}, {"h", "12", "3", false, 7, 2},
		{"g", "12", "3", true, 0xd800, 2}, {"g", "12", "3", true, 0xd801, 2},
	} {
		if other, taken := seen[k.name()]; taken {
			t.Errorf("%+v has the name of %+v", k, other)
		}
		seen[k.name()] = k
	}
}

func TestClosedBy(t *testing.T) {
	const hour = 3_600_000
	set := func() *partSet {
		return &partSet{beganAt: 1000, lastAt: 1000, parts: map[int]part{1: {transport.GSM7Octets, []byte("a")}}}
	}
	for name, c := range map[string]struct {
		number int
		data   string
		wide   bool
		now    int64
		want   bool
	}{
		"another place":                    {2, "b", false, 2000, false},
		"the same again":                   {1, "a", false, 2000, false},
		"something else in its place":      {1, "b", false, 2000, true},
		"just before an hour of silence":   {2, "b", false, 1000 + hour - 1, false},
		"an hour of silence":               {2, "b", false, 1000 + hour, true},
		"an hour, but 16 bits":             {2, "b", true, 1000 + hour, false},
		"a day":                            {2, "b", true, 1000 + 24*hour, true},
		"something else, however wide":     {1, "b", true, 2000, true},
		"the clock was set back meanwhile": {2, "b", false, 0, false},
	} {
		if got := set().closedBy(c.number, part{transport.GSM7Octets, []byte(c.data)}, c.wide, c.now); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}
