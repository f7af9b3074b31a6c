package sms

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"aviso/transport"
)

// decode returns what the octets of an inbound text say. It never fails: an
// octet that means nothing becomes U+FFFD, so that a text is kept whatever a
// gateway says about it. So does U+0000, which no database keeps in a text.
func decode(a transport.Alphabet, data []byte) string {
	var text string
	switch a {
	case transport.GSM7Octets:
		text = decodeGSM7(data)
	case transport.ASCII:
		text = decodeASCII(data)
	case transport.UTF16:
		text = decodeUTF16(data)
	case transport.UTF8:
		text = strings.ToValidUTF8(string(data), "\uFFFD")
	case transport.Cyrillic:
		text = decodeCharmap(charmap.ISO8859_5, data)
	case transport.Hebrew:
		text = decodeCharmap(charmap.ISO8859_8, data)
	default:
		// Latin-1, and binary octets, which are nobody's letters: each stays
		// recognisable.
		text = decodeCharmap(charmap.ISO8859_1, data)
	}
	return strings.ReplaceAll(strings.TrimPrefix(text, "\uFEFF"), "\x00", "\uFFFD")
}

// gsm7Runes are the characters of the default alphabet by septet, gsm7Extended
// those behind an escape.
var (
	gsm7Runes    = []rune(defaultAlphabet)
	gsm7Extended = func() map[byte]rune {
		m := map[byte]rune{}
		pairs := []rune(extension)
		for i := 0; i < len(pairs); i += 2 {
			m[byte(pairs[i+1])] = pairs[i]
		}
		return m
	}()
)

// extendedRune returns the character of a septet behind an escape. One that is
// not in the table is shown as itself, a second escape as a space (3GPP TS
// 23.038, 6.2.1.1).
func extendedRune(septet byte) rune {
	if r, ok := gsm7Extended[septet]; ok {
		return r
	}
	if septet == escape {
		return ' '
	}
	return gsm7Runes[septet]
}

func decodeGSM7(data []byte) string {
	var b strings.Builder
	for i := 0; i < len(data); i++ {
		c := data[i]
		switch {
		case c > 0x7f, c == escape && i+1 == len(data):
			b.WriteRune(utf8.RuneError)
		case c == escape && data[i+1] <= 0x7f:
			i++
			b.WriteRune(extendedRune(data[i]))
		case c == escape:
			b.WriteRune(utf8.RuneError)
		default:
			b.WriteRune(gsm7Runes[c])
		}
	}
	return b.String()
}

func decodeASCII(data []byte) string {
	var b strings.Builder
	for _, c := range data {
		if c > 0x7f {
			b.WriteRune(utf8.RuneError)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// decodeUTF16 reads big endian, or little endian where a byte order mark says
// so. An octet too many is a character cut in two.
func decodeUTF16(data []byte) string {
	high, low := 0, 1
	if len(data) >= 2 && data[0] == 0xff && data[1] == 0xfe {
		high, low = 1, 0
	}
	units := make([]uint16, 0, len(data)/2+1)
	for ; len(data) >= 2; data = data[2:] {
		units = append(units, uint16(data[high])<<8|uint16(data[low]))
	}
	if len(data) == 1 {
		units = append(units, utf8.RuneError)
	}
	return string(utf16.Decode(units))
}

func decodeCharmap(m *charmap.Charmap, data []byte) string {
	var b strings.Builder
	for _, c := range data {
		b.WriteRune(m.DecodeByte(c))
	}
	return b.String()
}
