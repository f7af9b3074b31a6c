package api_test

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"
)

// valued is a value of a field, as it stands in the JSON, and its fate.
type valued struct {
	name, json string
	status     int
	code       string
	at         string // what follows the field's name in the answer
}

// Values of what must be a text.
var notTexts = []valued{
	{"a number", `5`, 400, "INVALID_REQUEST", ""},
	{"a huge number", `1e999999`, 400, "INVALID_REQUEST", ""},
	{"true", `true`, 400, "INVALID_REQUEST", ""},
	{"an object", `{"a":"b"}`, 400, "INVALID_REQUEST", ""},
	{"a list", `["a"]`, 400, "INVALID_REQUEST", ""},
	{"half a surrogate pair", `"a\ud83d"`, 400, "INVALID_REQUEST", ""},
	{"the other half", `"a\udd8a"`, 400, "INVALID_REQUEST", ""},
	{"halves in the wrong order", `"\udd8a\ud83d"`, 400, "INVALID_REQUEST", ""},
	{"invalid UTF-8", "\"a\xff\"", 400, "INVALID_REQUEST", ""},
	{"a surrogate as UTF-8", "\"a\xed\xa0\xbd\"", 400, "INVALID_REQUEST", ""},
	{"an overlong NUL", "\"a\xc0\x80\"", 400, "INVALID_REQUEST", ""},
	{"a bare line break", "\"a\nb\"", 400, "INVALID_REQUEST", ""},
	{"an unknown escape", `"\x41"`, 400, "INVALID_REQUEST", ""},
	{"a bare word", `hello`, 400, "INVALID_REQUEST", ""},
	{"null", `null`, 200, "", ""},
	{"an empty text", `""`, 200, "", ""},
}

// Texts that may stand in subject, names and bodies.
var oddTexts = []valued{
	{"CR and LF", `"a\r\nBcc: b@c.de\r\n\r\nb"`, 200, "", ""},
	{"NUL", `"a\u0000b"`, 200, "", ""},
	{"control characters", `"\u0001\u001b[31m\u007f\u0085\u2028"`, 200, "", ""},
	{"both halves of a pair", `"\ud83e\udd8a"`, 200, "", ""},
	{"something like an encoded word", `"=?utf-8?q?a?="`, 200, "", ""},
	{"directions", `"\u202eabc\u202c"`, 200, "", ""},
}

// Texts that are no address.
var notAddresses = []valued{
	{"LF at its end", `"a@b.de\n"`, 400, "INVALID_ADDRESS", ""},
	{"a header", `"a@b.de\r\nBcc: c@d.ef"`, 400, "INVALID_ADDRESS", ""},
	{"CR in its name", `"A\rB <a@b.de>"`, 400, "INVALID_ADDRESS", ""},
	{"NUL", `"a\u0000@b.de"`, 400, "INVALID_ADDRESS", ""},
	{"an SMTP command", `"a@b.de> SIZE=1"`, 400, "INVALID_ADDRESS", ""},
	{"two", `"a@b.de,c@d.ef"`, 400, "INVALID_ADDRESS", ""},
	{"a group", `"g:a@b.de;"`, 400, "INVALID_ADDRESS", ""},
	{"a route", `"<@x.de:a@b.de>"`, 400, "INVALID_ADDRESS", ""},
	{"a comment", `"a@b.de (Ada)"`, 400, "INVALID_ADDRESS", ""},
	{"a quoted part", `"\"a b\"@b.de"`, 400, "INVALID_ADDRESS", ""},
	{"an IP address", `"a@[127.0.0.1]"`, 400, "INVALID_ADDRESS", ""},
	{"a blank", `" "`, 400, "INVALID_ADDRESS", ""},
	{"a long local part", `"` + strings.Repeat("a", 65) + `@b.de"`, 400, "INVALID_ADDRESS", ""},
	{"a megabyte", `"` + strings.Repeat("a", 1<<20) + `@b.de"`, 400, "INVALID_ADDRESS", ""},
}

// Values of what is an address or a list of them.
var notLists = []valued{
	{"a number", `5`, 400, "INVALID_REQUEST", ""},
	{"false", `false`, 400, "INVALID_REQUEST", ""},
	{"an object", `{"a":"b"}`, 400, "INVALID_REQUEST", ""},
	{"a number in a list", `["a@b.de",5]`, 400, "INVALID_REQUEST", "[1]"},
	{"a list in a list", `[["a@b.de"]]`, 400, "INVALID_REQUEST", "[0]"},
	{"an object in a list", `[{"email":"a@b.de"}]`, 400, "INVALID_REQUEST", "[0]"},
	{"null in a list", `["a@b.de",null]`, 400, "INVALID_ADDRESS", "[1]"},
	{"nothing in a list", `[""]`, 400, "INVALID_ADDRESS", "[0]"},
	{"half a surrogate pair", `"a\ud83d@b.de"`, 400, "INVALID_REQUEST", ""},
	{"half a pair in a list", `["a@b.de","\ud83d"]`, 400, "INVALID_REQUEST", "[1]"},
	{"invalid UTF-8", "[\"\xff@b.de\"]", 400, "INVALID_REQUEST", "[0]"},
}

// Every hostile value of every field.
func TestHostileValues(t *testing.T) {
	fields := map[string][][]valued{
		"to":       {notLists, notAddresses},
		"cc":       {notLists, notAddresses},
		"bcc":      {notLists, notAddresses},
		"subject":  {notTexts, oddTexts},
		"html":     {notTexts, oddTexts},
		"text":     {notTexts, oddTexts},
		"from":     {notTexts, notAddresses},
		"fromName": {notTexts, oddTexts},
		"replyTo":  {notTexts, notAddresses},
	}
	each(t, options{rateLimit: -1}, func(t *testing.T, h *house) {
		c := h.customer(t, 1000)
		for field, groups := range fields {
			for _, group := range groups {
				for _, v := range group {
					t.Run(field+" "+v.name, func(t *testing.T) {
						r := row{body: withValue(field, v.json), status: v.status, code: v.code}
						if v.status == 200 {
							r.ledger, r.messages, r.relayed = []int64{-1}, 1, []string{"primary ada@example.com"}
						} else {
							r.field = field + v.at
						}
						r.check(t, c)
					})
				}
			}
		}
	})
}

// withValue is a good call but for the value of one field.
func withValue(field, value string) []byte {
	b := `{"` + field + `":` + value
	for name, good := range map[string]string{"to": `"ada@example.com"`, "html": `"<p>hello</p>"`, "text": `"hello"`} {
		if name != field {
			b += `,"` + name + `":` + good
		}
	}
	return []byte(b + "}")
}

// Bodies that are not one JSON object, or not a good one.
func TestHostileBodies(t *testing.T) {
	const good = `"to":"ada@example.com","text":"hello"`
	x := strings.Repeat
	rows := []struct {
		name, body string
		status     int
		field      string
	}{
		{"nothing", "", 400, ""},
		{"blanks", " \r\n\t", 400, ""},
		{"NUL", "\x00", 400, ""},
		{"null", `null`, 400, ""},
		{"a list", `[{` + good + `}]`, 400, ""},
		{"a text", `"hello"`, 400, ""},
		{"a number", `1`, 400, ""},
		{"a form", "to=ada%40example.com&text=hello", 400, ""},
		{"XML", "<to>ada@example.com</to>", 400, ""},
		{"gzip", "\x1f\x8b\x08\x00", 400, ""},
		{"a byte order mark", "\ufeff{" + good + "}", 400, ""},
		{"UTF-16", utf16le("{" + good + "}"), 400, ""},
		{"half of it", `{` + good, 400, ""},
		{"half of a name", `{"t`, 400, ""},
		{"half of a value", `{"to":"ada`, 400, "to"},
		{"two objects", `{` + good + `}{}`, 400, ""},
		{"more behind it", `{` + good + `} x`, 400, ""},
		{"NUL behind it", "{" + good + "}\x00", 400, ""},
		{"a comma behind it", `{` + good + `},`, 400, ""},
		{"blanks around it", "\n {" + good + "} \n", 200, ""},
		{"a comma at its end", `{` + good + `,}`, 400, ""},
		{"a comment", `{` + good + `/* hello */}`, 400, ""},
		{"single quotes", `{'to':'ada@example.com'}`, 400, ""},
		{"a bare name", `{to:"ada@example.com"}`, 400, ""},
		{"a name twice", `{` + good + `,"to":"grace@example.com"}`, 400, "to"},
		{"a name twice, once escaped", `{` + good + `,"t\u006f":"grace@example.com"}`, 400, "to"},
		{"a name twice, the same value", `{` + good + `,"text":"hello"}`, 400, "text"},
		{"an unknown name twice", `{` + good + `,"x":1,"x":1}`, 400, "x"},
		{"a name twice, deep inside", `{` + good + `,"x":[{"y":{"z":1,"z":2}}]}`, 400, "x[0].y.z"},
		{"a name that is not Unicode", "{" + good + ",\"\xff\":1}", 400, ""},
		{"a name with half a pair", `{` + good + `,"\ud83d":1}`, 400, ""},
		{"an unknown value that is not Unicode", "{" + good + ",\"x\":[\"\xff\"]}", 400, "x[0]"},
		{"an unknown value with half a pair", `{` + good + `,"x":"\ud83d"}`, 400, "x"},
		{"no number", `{` + good + `,"x":NaN}`, 400, "x"},
		{"a zero before a number", `{` + good + `,"x":01}`, 400, ""},
		{"nested too deep", `{` + good + `,"x":` + x("[", 10_001) + x("]", 10_001) + `}`, 400, "x" + x("[0]", 33)},
		{"opened too often", `{` + good + `,"x":` + x("[", 1_000_000), 400, "x" + x("[0]", 33)},
		{"names opened too often", `{` + good + `,` + x(`"x":{`, 500_000), 400, x("x.", 49) + "x"},
		{"nested deep", `{` + good + `,"x":` + x("[", 5_000) + x("]", 5_000) + `}`, 200, ""},
		{"an unknown name", `{` + good + `,"attachments":[{"content":"x"}],"__proto__":{"admin":true}}`, 200, ""},
		{"an unknown huge number", `{` + good + `,"x":-1` + x("0", 100_000) + `e999999999}`, 200, ""},
		{"many unknown names", `{` + good + manyNames(100_000) + `}`, 200, ""},
		{"another case", `{"To":"ada@example.com","text":"hello"}`, 400, "to"},
		{"two cases", `{` + good + `,"TO":"grace@example.com","CC":"grace@example.com"}`, 200, ""},
		{"escaped names", `{"\u0074\u006f":"ada@example.com","text":"hello"}`, 200, ""},
	}
	each(t, options{rateLimit: -1}, func(t *testing.T, h *house) {
		c := h.customer(t, 1000)
		for _, r := range rows {
			t.Run(r.name, func(t *testing.T) {
				want := row{body: []byte(r.body), status: r.status, field: r.field}
				if r.status == 200 {
					want.ledger, want.messages, want.relayed = []int64{-1}, 1, []string{"primary ada@example.com"}
				} else {
					want.code = "INVALID_REQUEST"
				}
				want.check(t, c)
			})
		}
	})
}

func utf16le(s string) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return string(b)
}

func manyNames(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `,"x%d":%d`, i, i)
	}
	return b.String()
}
