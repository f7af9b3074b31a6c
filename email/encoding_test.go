package email

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime/quotedprintable"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestEncodings(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want encoding
		data string
	}{
		"nothing":                  {"", sevenBit, ""},
		"plain":                    {"a\tb = c\n", sevenBit, "a\tb = c\r\n"},
		"every line end":           {"a\r\nb\nc\rd\r\r\n\n\re", sevenBit, "a\r\nb\r\nc\r\nd\r\n\r\n\r\n\r\ne"},
		"what transports look for": {".\r\nFrom a\n.\n", sevenBit, ".\r\nFrom a\r\n.\r\n"},
		"a long line":              {strings.Repeat("a", 990), sevenBit, strings.Repeat("a", 990)},
		"a longer one":             {strings.Repeat("a", 991), quotedPrintable, strings.Repeat(strings.Repeat("a", 75)+"=\r\n", 13) + strings.Repeat("a", 16)},
		"a longer one first":       {strings.Repeat("a", 991) + "\r", quotedPrintable, strings.Repeat(strings.Repeat("a", 75)+"=\r\n", 13) + strings.Repeat("a", 16) + "\r\n"},
		"umlauts":                  {"Grüße an alle = hello to everybody", quotedPrintable, "Gr=C3=BC=C3=9Fe an alle =3D hello to everybody"},
		"white space at the end":   {"plain text é \nb\t\rc  ", quotedPrintable, "plain text =C3=A9=20\r\nb=09\r\nc =20"},
		"white space alone":        {"plain text é\n \n", quotedPrintable, "plain text =C3=A9\r\n=20\r\n"},
		"NUL and its like":         {"ab\x00cd\x1b\x7f ef", quotedPrintable, "ab=00cd=1B=7F ef"},
		"a full line":              {"é" + strings.Repeat("a", 69) + "\nb", quotedPrintable, "=C3=A9" + strings.Repeat("a", 69) + "\r\nb"},
		"a line over by one":       {"é" + strings.Repeat("a", 70), quotedPrintable, "=C3=A9" + strings.Repeat("a", 69) + "=\r\na"},
		"no room for an escape":    {strings.Repeat("a", 73) + "é", quotedPrintable, strings.Repeat("a", 73) + "=\r\n=C3=A9"},
		"room for half a letter":   {strings.Repeat("a", 72) + "é", quotedPrintable, strings.Repeat("a", 72) + "=C3=\r\n=A9"},
		"another script":           {"Привет\n", inBase64, "0J/RgNC40LLQtdGCDQo="},
		"lines of base64":          {strings.Repeat("é", 29), inBase64, strings.Repeat("w6nDqcOp", 9) + "w6nD\r\nqQ=="},
		"a full line of base64":    {strings.Repeat("€", 19), inBase64, strings.Repeat("4oKs", 19)},
	} {
		p := survey("", c.text)
		if got := string(p.append(nil)); p.encoding != c.want || got != c.data {
			t.Errorf("%s: %v, %q", name, p.encoding, got)
		}
	}
}

// TestEncodingsDecode writes any text in each encoding and has the standard
// library read it.
func TestEncodingsDecode(t *testing.T) {
	pieces := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"\r", "\n", "\r\n", "=", " ", "\t", ".", "\xff", strings.Repeat("a", 75), strings.Repeat("b ", 38)}))
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOf(pieces).Draw(t, "text"), "")
		want := crlf(text)

		quoted := appendQuoted(nil, text)
		if got, err := io.ReadAll(quotedprintable.NewReader(bytes.NewReader(quoted))); err != nil || string(got) != want {
			t.Fatalf("%q is read as %q, %v", quoted, got, err)
		}
		encoded := appendBase64(nil, text)
		if got, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, bytes.NewReader(encoded))); err != nil || string(got) != want {
			t.Fatalf("%q is read as %q, %v", encoded, got, err)
		}
		for line := range bytes.SplitSeq(append(append(quoted, "\r\n"...), encoded...), []byte("\r\n")) {
			if len(line) > 76 || bytes.ContainsAny(line, "\r\n") || bytes.HasSuffix(line, []byte(" ")) || !isASCII(string(line)) {
				t.Fatalf("the line %q", line)
			}
		}
	})
}

// TestSurveyTakesTheShorter compares the choice with both results.
func TestSurveyTakesTheShorter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOf(rapid.SampledFrom([]string{"plain words ", "größer", "мир", "=", "\n", "字"})).Draw(t, "words")
		text := strings.Join(words, "") + "é"
		p := survey("", text)
		quoted, encoded := len(appendQuoted(nil, text)), len(appendBase64(nil, text))
		// A few bytes of soft breaks and white space are estimated.
		slack := len(words)/4 + 8
		if p.encoding == quotedPrintable && quoted > encoded+slack || p.encoding == inBase64 && encoded > quoted+slack {
			t.Fatalf("%v for %d and %d bytes: %q", p.encoding, quoted, encoded, text)
		}
	})
}

// crlf is what a text is once its line ends are CRLF, said in the shortest way.
func crlf(text string) string {
	return strings.NewReplacer("\r\n", "\r\n", "\r", "\r\n", "\n", "\r\n").Replace(text)
}
