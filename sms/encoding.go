package sms

import (
	"encoding/binary"
	"strings"
	"unicode/utf16"
)

// escape leads to the extension table (3GPP TS 23.038, 6.2.1.1).
const escape = 0x1B

// The alphabets of 3GPP TS 23.038, 6.2.1, by code. The default alphabet has no
// character for the escape itself.
const (
	defaultAlphabet = "@£$¥èéùìòÇ\nØø\rÅå" + "Δ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ" + " !\"#¤%&'()*+,-./" + "0123456789:;<=>?" +
		"¡ABCDEFGHIJKLMNO" + "PQRSTUVWXYZÄÖÑÜ§" + "¿abcdefghijklmno" + "pqrstuvwxyzäöñüà"
	extension = "\f\x0A^\x14{\x28}\x29\\\x2F[\x3C~\x3D]\x3E|\x40€\x65" // a character, then its code
)

// septets maps each character of both tables to its code, those of the
// extension table with the escape in the high octet.
var septets = func() map[rune]uint16 {
	m := make(map[rune]uint16, 138)
	for code, r := range []rune(defaultAlphabet) {
		if r != escape {
			m[r] = uint16(code)
		}
	}
	pairs := []rune(extension)
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = escape<<8 | uint16(pairs[i+1])
	}
	return m
}()

// encodeGSM returns a text in the default alphabet, an octet a septet, or false
// when a character is in neither table.
func encodeGSM(s string) ([]byte, bool) {
	out := make([]byte, 0, len(s))
	for _, r := range s {
		code, ok := septets[r]
		switch {
		case !ok:
			return nil, false
		case code > 0xFF:
			out = append(out, escape)
		}
		out = append(out, byte(code))
	}
	return out, true
}

// encodeUCS2 returns a text in UTF-16, big endian. What is not valid Unicode
// becomes U+FFFD.
func encodeUCS2(s string) []byte {
	out := make([]byte, 0, 2*len(s))
	for _, r := range strings.ToValidUTF8(s, "\uFFFD") {
		if r > 0xFFFF {
			high, low := utf16.EncodeRune(r)
			out = binary.BigEndian.AppendUint16(out, uint16(high))
			r = low
		}
		out = binary.BigEndian.AppendUint16(out, uint16(r))
	}
	return out
}
