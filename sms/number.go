package sms

import (
	"strings"
	"unicode"

	"aviso/fault"
)

// The length of a number, in digits: E.164 has at most 15, and no country's
// numbers are shorter than 7 with the calling code.
const (
	numberMin = 7
	numberMax = 15
)

// ParseNumber returns a recipient in its one form, "+" and digits. Spaces,
// dots, dashes and parentheses between the digits are dropped.
func ParseNumber(s string) (string, *fault.Error) {
	trimmed := strings.TrimSpace(s)
	plus := strings.HasPrefix(trimmed, "+")
	if !plus {
		return "", badRecipient("The recipient must begin with + and the country's calling code, such as +14155551212.")
	}
	var b strings.Builder
	b.WriteByte('+')
	for _, r := range strings.TrimPrefix(trimmed, "+") {
		switch {
		case isDigit(r):
			if b.Len() <= numberMax+1 { // one more than allowed is enough to know
				b.WriteRune(r)
			}
		case !isPunctuation(r):
			return "", badRecipient("The recipient may hold digits, spaces, dots, dashes and parentheses after the +, and nothing else.")
		}
	}
	if n := b.Len() - 1; n < numberMin || n > numberMax {
		return "", badRecipient("The recipient must have 7 to 15 digits.")
	}
	return b.String(), nil
}

func isDigit(r rune) bool { return '0' <= r && r <= '9' }

// isPunctuation says whether people write r between the digits of a number.
// Word processors write dashes and spaces that are not ASCII.
func isPunctuation(r rune) bool {
	return r == '.' || r == '-' || r == '(' || r == ')' || '\u2010' <= r && r <= '\u2015' || unicode.Is(unicode.Zs, r)
}

// digits returns the digits of s.
func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if isDigit(r) {
			return r
		}
		return -1
	}, s)
}

// sameNumber says whether a number that a gateway wrote in its own way is the
// one meant: with or without "+", "00" or the calling code.
func sameNumber(meant, written string) bool {
	m, w := digits(meant), strings.TrimLeft(digits(written), "0")
	if w == "" {
		return strings.EqualFold(meant, written) // a name
	}
	return m == w || len(w) >= numberMin && strings.HasSuffix(m, w)
}
