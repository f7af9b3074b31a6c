package sms

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf16"

	"aviso/transport"
)

func TestSplit(t *testing.T) {
	for _, c := range []struct {
		name     string
		content  string
		wide     bool
		encoding transport.Encoding
		parts    []int // octets
	}{
		{"160 septets", strings.Repeat("a", 160), false, transport.GSM7, []int{160}},
		{"161 septets", strings.Repeat("a", 161), false, transport.GSM7, []int{153, 8}},
		{"306 septets", strings.Repeat("a", 306), false, transport.GSM7, []int{153, 153}},
		{"307 septets", strings.Repeat("a", 307), false, transport.GSM7, []int{153, 153, 1}},
		{"wide", strings.Repeat("a", 306), true, transport.GSM7, []int{152, 152, 2}},
		{"160 septets, wide", strings.Repeat("a", 160), true, transport.GSM7, []int{160}},
		{"80 of the extension", strings.Repeat("€", 80), false, transport.GSM7, []int{160}},
		{"an escape at the end of a part", strings.Repeat("a", 152) + "€" + strings.Repeat("a", 8), false, transport.GSM7, []int{152, 10}},
		{"70 units", strings.Repeat("ж", 70), false, transport.UCS2, []int{140}},
		{"71 units", strings.Repeat("ж", 71), false, transport.UCS2, []int{134, 8}},
		{"71 units, wide", strings.Repeat("ж", 71), true, transport.UCS2, []int{132, 10}},
		{"35 emoji", strings.Repeat("😀", 35), false, transport.UCS2, []int{140}},
		{"36 emoji", strings.Repeat("😀", 36), false, transport.UCS2, []int{132, 12}},
		{"a grave accent", "`", false, transport.UCS2, []int{2}},
		{"the escape itself", "\x1b", false, transport.UCS2, []int{2}},
	} {
		t.Run(c.name, func(t *testing.T) {
			encoding, parts := Split(c.content, c.wide)
			var lengths []int
			for _, p := range parts {
				lengths = append(lengths, len(p))
			}
			if encoding != c.encoding || len(lengths) != len(c.parts) {
				t.Fatalf("%s in %v", encoding, lengths)
			}
			for i := range lengths {
				if lengths[i] != c.parts[i] {
					t.Fatalf("%s in %v", encoding, lengths)
				}
			}
		})
	}
}

// said is what the parts say together.
func said(t testing.TB, encoding transport.Encoding, parts [][]byte) string {
	t.Helper()
	data := bytes.Join(parts, nil)
	if encoding == transport.UCS2 {
		units := make([]uint16, len(data)/2)
		for i := range units {
			units[i] = binary.BigEndian.Uint16(data[2*i:])
		}
		return string(utf16.Decode(units))
	}
	var b strings.Builder
	for i := 0; i < len(data); i++ {
		code := uint16(data[i])
		if code == escape {
			i++
			code = code<<8 | uint16(data[i])
		}
		b.WriteRune(characters[code])
	}
	return b.String()
}

// characters are the tables read backwards.
var characters = func() map[uint16]rune {
	m := map[uint16]rune{}
	for r, code := range septets {
		m[code] = r
	}
	return m
}()

// checkSplit fails unless the parts say the content, fit, and none begins in
// the middle of something.
func checkSplit(t testing.TB, content string, wide bool) {
	t.Helper()
	encoding, parts := Split(content, wide)
	alone, most := gsmAlone, gsmJoined
	switch {
	case encoding == transport.UCS2 && wide:
		alone, most = ucs2Alone, ucs2Wide
	case encoding == transport.UCS2:
		alone, most = ucs2Alone, ucs2Joined
	case wide:
		most = gsmWide
	}
	if len(parts) == 1 {
		most = alone
	}
	for i, p := range parts {
		if len(p) == 0 && content != "" || len(p) > most {
			t.Fatalf("part %d of %q has %d octets", i, content, len(p))
		}
		if encoding == transport.GSM7 && len(p) > 0 && p[len(p)-1] == escape {
			t.Fatalf("part %d of %q ends with an escape", i, content)
		}
		if encoding == transport.UCS2 && len(p) > 0 && p[0]&0xFC == 0xDC {
			t.Fatalf("part %d of %q begins with a low surrogate", i, content)
		}
	}
	if got := said(t, encoding, parts); got != content {
		t.Fatalf("%q became %q", content, got)
	}
}

func FuzzSplit(f *testing.F) {
	f.Add("a", true)
	f.Add(strings.Repeat("€", 153), false)
	f.Add(strings.Repeat("a😀", 100), false)
	f.Fuzz(func(t *testing.T, content string, wide bool) {
		if _, bad := measure(content); bad == nil {
			checkSplit(t, content, wide)
		}
	})
}

// corpus is n texts of the kinds that matter, up to 799 units.
func corpus(n int) []string {
	random := rand.New(rand.NewPCG(1, 2))
	var extended, plain []rune
	for r, code := range septets {
		if code > 0xFF {
			extended = append(extended, r)
		} else {
			plain = append(plain, r)
		}
	}
	others := []rune("жש漢字😀🇪🇺`’“…\u200d")
	list := make([]string, n)
	for i := range list {
		kinds := [][]rune{plain}
		switch i % 4 {
		case 1:
			kinds = append(kinds, extended)
		case 2:
			kinds = append(kinds, others)
		case 3:
			kinds = append(kinds, extended, others)
		}
		var b strings.Builder
		for left := 1 + random.IntN(799); left > 0; left-- {
			from := kinds[0]
			if random.IntN(8) == 0 {
				from = kinds[random.IntN(len(kinds))]
			}
			r := from[random.IntN(len(from))]
			if r > 0xFFFF {
				left--
			}
			b.WriteRune(r)
		}
		list[i] = b.String()
	}
	return list
}

func TestSplitLosesNothing(t *testing.T) {
	for i, content := range corpus(4000) {
		checkSplit(t, content, i%2 == 0)
	}
}
