package sms

import (
	"strings"
	"testing"
)

func TestReadKeyword(t *testing.T) {
	for name, c := range map[string]struct {
		text    string
		word    string
		content string
	}{
		"a word":                        {"order", "order", ""},
		"a word and more":               {"order two pizzas", "order", "two pizzas"},
		"upper case":                    {"ORDER X", "order", "X"},
		"letters that fold":             {"\u212Aiosk ſale", "kiosk", "ſale"},
		"a long s":                      {"\u017Fhop two", "shop", "two"},
		"a letter that folds to two":    {"straße x", "strasse", "x"},
		"the same in upper case":        {"STRASSE x", "strasse", "x"},
		"space around":                  {" \t\r\n order   x  y \n", "order", "x  y"},
		"a no-break space behind it":    {"order\u00a0two", "order", "two"},
		"an ideographic space":          {"order\u3000two", "order", "two"},
		"a new line behind it":          {"order\n\ntwo\nthree", "order", "two\nthree"},
		"zero width around":             {"\u200b\ufeff\u200forder\u200d two", "order", "two"},
		"zero width inside":             {"or\u200bder two", "order", "two"},
		"marks of direction, isolates":  {"\u2068order\u2069 two", "order", "two"},
		"quotes":                        {"“Order” two", "order", "two"},
		"a comma":                       {"Order, two", "order", "two"},
		"a hash":                        {"#order two", "order", "two"},
		"a dash is part of a word":      {"two-for_1 x", "two-for_1", "x"},
		"a dash at the end is not":      {"order- x", "order", "x"},
		"something joined to it":        {"order:large", "", ""},
		"one letter":                    {"a b", "", "b"},
		"twenty letters":                {strings.Repeat("a", 20) + " b", strings.Repeat("a", 20), "b"},
		"twenty-one":                    {strings.Repeat("a", 21) + " b", "", "b"},
		"letters of no shortcode":       {"größe x", "", "x"},
		"nothing":                       {"", "", ""},
		"nothing to see":                {" \u200b \ufeff", "", ""},
		"only punctuation":              {"... x", "", "x"},
		"a word that ends late":         {strings.Repeat("\u200b", 300) + "order", "order", ""},
		"a word as long as a book":      {"a" + strings.Repeat("\u200b", 300) + "b x", "", "x"},
		"the stop of a whole sentence":  {"STOP. please", "stop", "please"},
		"an emoji of joined characters": {"👩\u200d👩\u200d👧 x", "", "x"},
	} {
		k := readKeyword(c.text)
		if k.word != c.word || k.content != c.content {
			t.Errorf("%s: %q, %q instead of %q, %q", name, k.word, k.content, c.word, c.content)
		}
	}
}

func TestReservedWords(t *testing.T) {
	groups := map[reserved]string{
		reservedStop:  "stop stopall unsubscribe cancel end quit revoke optout",
		reservedHelp:  "help info",
		reservedStart: "start unstop yes",
		reservedNot:   "stopp halt the order yess",
	}
	for want, words := range groups {
		for _, w := range strings.Fields(words) {
			for _, text := range []string{w, strings.ToUpper(w), w + ".", "\"" + w + "\" now"} {
				if got := reservedWord(readKeyword(text).word); got != want {
					t.Errorf("%q is %d instead of %d", text, got, want)
				}
			}
			if f := checkCode(w); (f != nil) != (want != reservedNot) {
				t.Errorf("%q as a shortcode: %v", w, f)
			}
		}
	}
}

func TestBeginsLikeAReply(t *testing.T) {
	for text, want := range map[string]bool{
		unknownAnswer("order"):             true,
		"\u200b the SHORTCODE x":           true,
		"The short":                        false,
		"Order The shortcode":              false,
		"":                                 false,
		"Re: The shortcode does not exist": false,
	} {
		if got := beginsLikeAReply(text); got != want {
			t.Errorf("%q: %t", text, got)
		}
	}
}

func FuzzReadKeyword(f *testing.F) {
	for _, s := range []string{"order two", "\u200bORDER\u00a0", "“stop”", "İstanbul", "a\xff b", strings.Repeat("ß", 100)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		k := readKeyword(text)
		if k.word != "" && !codeForm.MatchString(k.word) {
			t.Errorf("%q is no form of a shortcode", k.word)
		}
		// Whatever is understood once is understood the same way again.
		if again := readKeyword(k.word + " x"); k.word != "" && again != (keyword{k.word, "x"}) {
			t.Errorf("%q was understood as %q", k.word, again)
		}
		if !strings.HasSuffix(strings.TrimFunc(text, func(r rune) bool {
			return invisible(r) || strings.ContainsRune(" \t\r\n\v\f\u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000", r)
		}), k.content) {
			t.Errorf("%q is not the end of %q", k.content, text)
		}
	})
}
