package api_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// chaos makes up values: always the same ones for the same seed, so that what
// was found is found again.
type chaos struct{ *rand.Rand }

func (c chaos) chance(percent int) bool { return c.IntN(100) < percent }

func pick[T any](c chaos, list []T) T { return list[c.IntN(len(list))] }

// brokenTexts are those that a database or an encoder refuses.
var brokenTexts = []string{"\x00", "a\x00b", "a@b\x00.test", "\x00@x.test", "+4477\x0000900123", "\xff", "a\xffb", "a\xff@x.test", "+44\xff", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "sandbox\x00"}

// hostileTexts are texts that have broken somebody's database, log, page, mail
// or parser. They are bytes, and not all of them text.
var hostileTexts = []string{
	"", " ", "\t",
	"\u202e3212\u202c", "\u200f\u0627\u0628", "\ufeff", "\ufffd", "\uffff", "\u2028", "\u0085", "\x7f", "\x1b[2J", "e\u0301\u0301\u0301", "\U0001f468\u200d\U0001f469\u200d\U0001f467",
	"NaN", "Infinity", "-0", "0x10", "1e9", "01", "1.5", "-1", "+1", "9223372036854775807", "9223372036854775808", "-9223372036854775809", "99999999999999999999999999999",
	"null", "true", "undefined", "[]", "{}", "%", "%00", "%s%n", "%_", "\\", "\\0", "'", "''; DROP TABLE accounts; --", "\"", "`", "$1", "*", "?", "a*", ";", "&", "#",
	"..", "../..", "/", "//", ".", "a/b", "C:\\", "http://", "http://[::1", "http://\x00/", "https://user:secret@x.test:99999/", "//x.test", "javascript:alert(1)", "file:///",
	"<b>x</b>", "</script><script>", "{{7*7}}", "\r\nBcc: z@x.test", "a\r\n.\r\n", "\n", "=?utf-8?b?/w==?=", "ada@example.com", "ADA@EXAMPLE.COM ", "a@b", "@", "a@@b", "\"a b\"@x.test",
	"ada@xn--", "ada@\u00df.test", "\u017f@x.test", "\u0130@x.test", "+447700900123", "+", "+0", "+99999999999999999999", "\uff0b\uff14\uff14", "\u0661\u0662", "stop", "STOP \x00", "sandbox",
	"1970-01-01T00:00:00Z", "0000-01-01T00:00:00Z", "-0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z", "10000-01-01T00:00:00Z", "2026-02-30T00:00:00Z", "2026-03-01", "2026-03-01T12:00:00+23:59",
	"2026-03-01T12:00:00.999999999Z", "292277026596-12-04T15:30:08Z", "2026-06-30T23:59:60Z",
	strings.Repeat("x", 101), strings.Repeat("\U0001f98a", 90), strings.Repeat("x", 1001), strings.Repeat("\u0301", 2000), strings.Repeat("a.", 200) + "@x.test", strings.Repeat("9", 400),
}

// text is one of them, or one made from a known name.
func (c chaos) text(known []string) string {
	s := pick(c, hostileTexts)
	if c.chance(30) {
		s = pick(c, brokenTexts)
	}
	switch {
	case len(known) == 0 || c.chance(80):
		return s
	case c.chance(50):
		return pick(c, known)
	default:
		k := pick(c, known)
		at := c.IntN(len(k) + 1)
		return k[:at] + s + k[at:]
	}
}

// hostileJSON are values that no schema means, and some that one may.
var hostileJSON = []string{
	`null`, `true`, `false`, `0`, `-0`, `-1`, `1`, `1.5`, `1.0`, `1e2`, `1e400`, `-1e-400`, `2147483648`, `9007199254740993`, `9223372036854775807`, `-9223372036854775808`, `9223372036854775808`,
	`1` + strings.Repeat("0", 400), `NaN`, `Infinity`, `01`, `+1`, `.5`, `""`, `"\u0000"`, `"a\u0000b"`, `"\ud800"`, `"\udc00\ud800"`, `"\ud83e\udd8a"`, "\"\xff\"", "\"a\nb\"", `"\x"`, `"`, ``,
	`[]`, `[null]`, `[""]`, `["\u0000"]`, `[[]]`, `{}`, `{"":0}`, `{"a":1,"a":2}`, `{"__proto__":{}}`, `[1,]`, `'a'`,
	strings.Repeat("[", 200) + strings.Repeat("]", 200), strings.Repeat("[", 20_000), strings.Repeat(`{"a":`, 150) + "0" + strings.Repeat("}", 150),
	"[" + strings.Repeat(`"a",`, 9_999) + `"a"]`, `"` + strings.Repeat("x", 5_000) + `"`, `"` + strings.Repeat("x", 70_000) + `"`,
}

// quoted writes bytes as a JSON string without mending them.
func quoted(s string) string {
	b, err := json.Marshal(s)
	if err != nil || strings.ContainsRune(string(b), '\ufffd') && !strings.ContainsRune(s, '\ufffd') {
		return `"` + s + `"`
	}
	return string(b)
}

// value is JSON that the schema allows, as far as it says: name and known
// tell what the rest of the program would make of it.
func (c chaos) value(name string, ref *openapi3.SchemaRef, known []string) string {
	s := ref.Value
	for _, list := range []openapi3.SchemaRefs{s.AllOf, s.OneOf, s.AnyOf} {
		if len(list) > 0 {
			return c.value(name, pick(c, list), known)
		}
	}
	switch {
	case s.Nullable && c.chance(15):
		return "null"
	case len(s.Enum) > 0:
		b, _ := json.Marshal(pick(c, s.Enum))
		return string(b)
	case s.Type.Is("boolean"):
		return strconv.FormatBool(c.chance(50))
	case s.Type.Is("integer"), s.Type.Is("number"):
		return strconv.FormatInt(c.number(s), 10)
	case s.Type.Is("array"):
		items := make([]string, int(s.MinItems)+c.IntN(3))
		for i := range items {
			items[i] = c.value(name, s.Items, known)
		}
		return "[" + strings.Join(items, ",") + "]"
	case s.Type.Is("object"):
		return c.object(s, known).json()
	}
	return quoted(c.words(name, s, known))
}

// number is at a bound, beside one, or in between.
func (c chaos) number(s *openapi3.Schema) int64 {
	low, high := -1000.0, 1000.0
	if s.Min != nil {
		low = *s.Min
	}
	if s.Max != nil {
		high = *s.Max
	}
	return pick(c, []int64{int64(low), int64(high), int64(low) + 1, int64(low) + c.Int64N(max(int64(high-low), 1))})
}

// words is a text that fits.
func (c chaos) words(name string, s *openapi3.Schema, known []string) string {
	example, has := s.Example.(string)
	switch {
	case s.Format == "date-time":
		return pick(c, []string{"2026-02-01T00:00:00Z", "2027-01-01T00:00:00.5+01:00", "1999-12-31T23:59:59Z"})
	case strings.EqualFold(name, "email") || name == "address":
		return fmt.Sprintf("%x@x.test", c.Uint32())
	case has && c.chance(70):
		return example
	case len(known) > 0 && (name == "ids" || name == "before" || name == "after" || name == "keyId"):
		return pick(c, known)
	}
	low, high := int(s.MinLength), 40
	if s.MaxLength != nil {
		high = int(*s.MaxLength)
	}
	length := pick(c, []int{low, high, min(low+8, high), min(low+20, high)})
	letter := pick(c, []string{"a", "a", "7", "\u00e4", "\U0001f98a", "\u4e2d", " "})
	return strings.Repeat(letter, length)
}

// member is one name of a JSON object, and the JSON behind it.
type member struct{ name, value string }

type members []member

func (m members) json() string {
	var b strings.Builder
	for i, x := range m {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%s:%s", quoted(x.name), x.value)
	}
	return "{" + b.String() + "}"
}

// object is what the schema asks for, and some of what it allows.
func (c chaos) object(s *openapi3.Schema, known []string) members {
	var m members
	names := make([]string, 0, len(s.Properties))
	for name := range s.Properties {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if slices.Contains(s.Required, name) || c.chance(60) {
			m = append(m, member{name, c.value(name, s.Properties[name], known)})
		}
	}
	return m
}

// spoil makes one thing of an object wrong.
func (c chaos) spoil(m members, s *openapi3.Schema, known []string) members {
	m = slices.Clone(m)
	if len(m) == 0 {
		return append(m, member{c.text(nil), pick(c, hostileJSON)})
	}
	i := c.IntN(len(m))
	switch n := c.IntN(100); {
	case n < 40:
		m[i].value = quoted(c.text(known))
	case n < 65:
		m[i].value = pick(c, hostileJSON)
	case n < 80:
		m[i].value = quoted(c.tooLong(s.Properties[m[i].name]))
	case n < 87:
		m = slices.Delete(m, i, i+1)
	case n < 92:
		m = append(m, m[i])
	case n < 96:
		m = append(m, member{c.text(nil), pick(c, hostileJSON)})
	default:
		m[i].name = strings.ToUpper(m[i].name)
	}
	return m
}

// tooLong is beyond the text's bounds by one.
func (c chaos) tooLong(ref *openapi3.SchemaRef) string {
	length := pick(c, []int{99, 100, 101, 255, 256, 321})
	if ref != nil && ref.Value.MaxLength != nil {
		length = int(*ref.Value.MaxLength) + 1
	}
	if ref != nil && ref.Value.MinLength > 0 && c.chance(30) {
		length = int(ref.Value.MinLength) - 1
	}
	return strings.Repeat(pick(c, []string{"a", "\U0001f98a", "\u0301"}), length)
}

// hostileBodies are no JSON objects, or no good ones.
var hostileBodies = []string{
	"", " ", "null", "[]", `""`, "0", "{", "}", "{}", "{}{}", "{} x", "\x00", "{}\x00", "\ufeff{}", "\xff\xfe{\x00}\x00", "{\"\xff\":0}", `{"a":"\ud800"}`, `{"a":1,"a":1}`, `{"a"}`, `{a:1}`,
	"a=b&c=d", "<a/>", "\x1f\x8b\x08\x00", "--b\r\n\r\n--b--", strings.Repeat("[", 50_000), `{"a":` + strings.Repeat("[", 10_001) + strings.Repeat("]", 10_001) + "}",
	`{"a":[` + strings.Repeat("{},", 9_999) + "{}]}", "{" + strings.Repeat(" ", 70_000) + "}", `{"a":` + strings.Repeat("9", 60_000) + "}",
}
