package sms

import (
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"aviso/fault"
)

var everywhere = Limits{Countries: []string{"*"}}

func TestParseNumber(t *testing.T) {
	for in, want := range map[string]string{
		"+14155551212":              "+14155551212",
		" +1 (415) 555-12.12 ":      "+14155551212",
		"+44\u00a07700\u2011900123": "+447700900123",
		"+2899682":                  "+2899682",
		"+123456789012345":          "+123456789012345",
		"14155551212":               "",
		"0014155551212":             "",
		"  ":                        "",
		"":                          "",
		"+":                         "",
		"++14155551212":             "",
		"+1415555121x":              "",
		"+141555":                   "",
		"+1234567890123456":         "",
		"+1415555\x001212":          "",
		"+1415\xff5551212":          "",
		"+١٤١٥٥٥٥١٢١٢":              "",
	} {
		got, f := ParseNumber(in)
		if got != want || (f == nil) != (want != "") || f != nil && (f.Code != "INVALID_RECIPIENT" || f.Kind != fault.Invalid || f.Field != "recipient") {
			t.Errorf("%q is %q, %v", in, got, f)
		}
	}
}

func TestParse(t *testing.T) {
	for _, c := range []struct {
		name, recipient, content string
		limits                   Limits
		code                     string // "" when it is let through
		price                    int64
	}{
		{"one unit", "+14155551212", "a", everywhere, "", 1},
		{"160 units", "+14155551212", strings.Repeat("a", 160), everywhere, "", 1},
		{"161 units", "+14155551212", strings.Repeat("a", 161), everywhere, "", 2},
		{"799 units", "+14155551212", strings.Repeat("é", 799), everywhere, "", 5},
		{"800 units", "+14155551212", strings.Repeat("a", 800), everywhere, "INVALID_CONTENT", 0},
		{"characters of two units", "+14155551212", strings.Repeat("😀", 80) + "a", everywhere, "", 2},
		{"400 characters of two units", "+14155551212", strings.Repeat("😀", 400), everywhere, "INVALID_CONTENT", 0},
		{"nothing", "+14155551212", "", everywhere, "INVALID_CONTENT", 0},
		{"blanks", "+14155551212", "  \n", everywhere, "", 1},
		{"no Unicode", "+14155551212", "a\xff", everywhere, "INVALID_CONTENT", 0},
		{"a NUL", "+14155551212", "a\x00", everywhere, "INVALID_CONTENT", 0},
		{"an unassigned number", "+15005550006", "a", everywhere, "", 1},
		{"an unassigned calling code", "+2101234567", "a", everywhere, "INVALID_RECIPIENT", 0},
		{"the recipient first", "415", "", everywhere, "INVALID_RECIPIENT", 0},
		{"a satellite", "+881612345678", "a", everywhere, "INVALID_RECIPIENT", 0},
		{"a satellite, named", "+881612345678", "a", Limits{Countries: []string{"*", "+881"}}, "", 1},
		{"a premium number", "+979123456789", "a", everywhere, "INVALID_RECIPIENT", 0},
		{"a country of the list", "+447700900123", "a", Limits{Countries: []string{"us", "gb"}}, "", 1},
		{"a calling code of the list", "+447700900123", "a", Limits{Countries: []string{"+44"}}, "", 1},
		{"another country", "+447700900123", "a", Limits{Countries: []string{"US"}}, "INVALID_RECIPIENT", 0},
		{"a country that shares its code", "+12425551212", "a", Limits{Countries: []string{"US"}}, "INVALID_RECIPIENT", 0},
		{"no list", "+14155551212", "a", Limits{}, "INVALID_RECIPIENT", 0},
		{"no country", "+80012345678", "a", Limits{Countries: []string{""}}, "INVALID_RECIPIENT", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, f := Parse(c.recipient, c.content, c.limits)
			switch {
			case c.code != "" && (f == nil || f.Code != c.code || d != nil):
				t.Errorf("%+v, %v", d, f)
			case c.code == "" && (f != nil || d.Price != c.price || d.Content != c.content):
				t.Errorf("%+v, %v", d, f)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add("+14155551212", "Hello")
	f.Add(" 447700 900-123", strings.Repeat("😀", 400))
	f.Add("+\u2011(1)", "a\x00\xff")
	f.Fuzz(func(t *testing.T, recipient, content string) {
		d, fault := Parse(recipient, content, everywhere)
		if (d == nil) == (fault == nil) {
			t.Fatal("neither a draft nor a fault, or both")
		}
		if fault != nil {
			if !utf8.ValidString(fault.Message) || fault.Field == "" {
				t.Fatalf("%+v", fault)
			}
			return
		}
		if again, f := ParseNumber(d.Recipient); f != nil || again != d.Recipient {
			t.Fatalf("%q is not in its one form: %q, %v", d.Recipient, again, f)
		}
		if n := len(d.Recipient) - 1; n < 7 || n > 15 || d.Country.CallingCode == "" || !strings.HasPrefix(d.Recipient, d.Country.CallingCode) {
			t.Fatalf("%+v", d)
		}
		units := len(utf16.Encode([]rune(content)))
		if units < 1 || units > 799 || d.Price != max(1, int64(units+159)/160) || d.Price > 5 {
			t.Fatalf("%d units cost %d", units, d.Price)
		}
	})
}
