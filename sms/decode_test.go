package sms

import (
	"strings"
	"testing"
	"unicode/utf8"

	"aviso/transport"
)

func TestDecode(t *testing.T) {
	for name, c := range map[string]struct {
		alphabet transport.Alphabet
		data     string
		want     string
	}{
		"the default alphabet":            {transport.GSM7Octets, "\x00\x01\x02\x11\x40\x5e\x7f Hi", "@£$_¡Üà Hi"},
		"its extension":                   {transport.GSM7Octets, "\x1b\x65 \x1b\x14\x1b\x28\x1b\x29\x1b\x2f\x1b\x3c\x1b\x3d\x1b\x3e\x1b\x40\x1b\x0a", "€ ^{}\\[~]|\f"},
		"an escape to nothing known":      {transport.GSM7Octets, "\x1bA", "A"},
		"two escapes":                     {transport.GSM7Octets, "\x1b\x1bA", " A"},
		"an escape at the end":            {transport.GSM7Octets, "a\x1b", "a\uFFFD"},
		"an octet that is no septet":      {transport.GSM7Octets, "a\xe4b", "a\uFFFDb"},
		"an escape before no septet":      {transport.GSM7Octets, "\x1b\xe4", "\uFFFD\uFFFD"},
		"ASCII":                           {transport.ASCII, "a@b\x80", "a@b\uFFFD"},
		"Latin-1":                         {transport.Latin1, "gr\xfc\xdfe", "grüße"},
		"UTF-16":                          {transport.UTF16, "\x00O\x00K\xd8\x3d\xde\x00", "OK😀"},
		"UTF-16 with a mark":              {transport.UTF16, "\xfe\xff\x00O", "O"},
		"UTF-16, little endian by a mark": {transport.UTF16, "\xff\xfeO\x00K\x00", "OK"},
		"half a surrogate pair":           {transport.UTF16, "\x00a\xd8\x3d\x00b", "a\uFFFDb"},
		"half a character":                {transport.UTF16, "\x00a\x00", "a\uFFFD"},
		"UTF-8":                           {transport.UTF8, "\xef\xbb\xbfé😀", "é😀"},
		"UTF-8 that is none":              {transport.UTF8, "a\xffb", "a\uFFFDb"},
		"Cyrillic":                        {transport.Cyrillic, "\xbf\xe0\xd8\xd2\xd5\xe2", "Привет"},
		"Hebrew":                          {transport.Hebrew, "\xf9\xec\xe5\xed", "שלום"},
		"a hole in Hebrew":                {transport.Hebrew, "\xff", "\uFFFD"},
		"binary":                          {transport.Binary, "\x01\xff", "\x01ÿ"},
		"NUL, which no database keeps":    {transport.UTF8, "a\x00b", "a\uFFFDb"},
		"NUL in UTF-16":                   {transport.UTF16, "\x00a\x00\x00", "a\uFFFD"},
		"an alphabet of the future":       {transport.Alphabet(99), "a\xe9", "aé"},
		"nothing":                         {transport.UTF16, "", ""},
	} {
		if got := decode(c.alphabet, []byte(c.data)); got != c.want {
			t.Errorf("%s: %q instead of %q", name, got, c.want)
		}
	}
}

// What Split encodes, decode reads: both halves have one alphabet.
func TestDecodeReadsWhatSplitWrites(t *testing.T) {
	for _, text := range []string{"hello", "€uro {[~]}|\\^", strings.Repeat("ñ€", 200), "жук", strings.Repeat("a😀", 100)} {
		encoding, parts := Split(text, false)
		alphabet := transport.GSM7Octets
		if encoding == transport.UCS2 {
			alphabet = transport.UTF16
		}
		var all []byte
		for _, p := range parts {
			all = append(all, p...)
		}
		if got := decode(alphabet, all); got != text {
			t.Errorf("%q came back as %q", text, got)
		}
	}
}

func FuzzDecodeInbound(f *testing.F) {
	for a := range 9 {
		f.Add(uint8(a), []byte("\x1b\x65\xd8\x3d\xfe\xff\x00"))
	}
	f.Fuzz(func(t *testing.T, alphabet uint8, data []byte) {
		text := decode(transport.Alphabet(alphabet), data)
		if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
			t.Errorf("%q cannot be stored", text)
		}
		if len(data) > 2 && len(text) == 0 {
			t.Errorf("%q says nothing", data)
		}
	})
}
