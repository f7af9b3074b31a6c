package email

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/rivo/uniseg"
	"pgregory.net/rapid"
)

func TestOneLine(t *testing.T) {
	for in, want := range map[string]string{
		"":                           "",
		"plain – text":               "plain – text",
		"a\r\nBcc: b":                "a Bcc: b",
		"a\x00b":                     "a b",
		"\x01\x02a\x7f":              " a ",
		"a\t \tb":                    "a   b", // the space between is no control character
		"a\u0080\u009f\u2028\u2029b": "a b",
		"a\u200f\u202e\u00a0b":       "a\u200f\u202e\u00a0b",
	} {
		if got := oneLine(in); got != want {
			t.Errorf("%q became %q; want %q", in, got, want)
		}
	}
}

func TestCut(t *testing.T) {
	const (
		family = "👨\u200d👩\u200d👧" // five code points, one grapheme
		accent = "e\u0301"
	)
	for _, c := range []struct {
		in   string
		n    int
		want string
	}{
		{"", 3, ""}, {"abc", 3, "abc"}, {"abcd", 3, "abc"}, {"abc", 0, ""},
		{"äöü", 3, "äöü"}, {"äöüß", 3, "äöü"},
		{"ab" + accent, 3, "ab"}, {"a" + accent, 3, "a" + accent}, {"a" + accent + "\u0302", 3, "a"},
		{family, 5, family}, {family, 4, ""}, {"a" + family, 5, "a"}, {family + family, 9, family},
		{"🇩🇪🇫🇷", 3, "🇩🇪"}, {"🇩🇪🇫🇷", 1, ""}, {"👍🏽", 1, ""},
		{"\u1100\u1161\u11a8", 2, ""}, {"a\u0301\u0301\u0301b", 3, ""},
	} {
		if got := cut(c.in, c.n); got != c.want {
			t.Errorf("%q cut to %d is %q; want %q", c.in, c.n, got, c.want)
		}
	}
}

// TestCutIsTheLongest compares with going through all graphemes.
func TestCutIsTheLongest(t *testing.T) {
	letters := rapid.SampledFrom([]string{"a", "é", "e\u0301", "\u0301", "\u200d", "👩", "👩\u200d💻", "🏽", "🇩", "ก", "ำ", "ᄀ", "ᅡ", "ᆨ", "क", "्", "\ufe0f", " "})
	rapid.Check(t, func(t *rapid.T) {
		s := strings.Join(rapid.SliceOf(letters).Draw(t, "letters"), "")
		n := rapid.IntRange(0, 20).Draw(t, "n")
		want, points := "", 0
		for g := uniseg.NewGraphemes(s); g.Next(); {
			if points += utf8.RuneCountInString(g.Str()); points > n {
				break
			}
			want += g.Str()
		}
		if got := cut(s, n); got != want {
			t.Fatalf("%q cut to %d is %q; want %q", s, n, got, want)
		}
	})
}
