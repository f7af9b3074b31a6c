package sms

import (
	"strings"
	"unicode"

	"aviso/transport"
)

// readSender returns who a text came from: "+" and digits where that is known,
// and else what came, which is never answered (contract, SMS, receiving).
// National is the calling code of numbers without one, digits only; empty
// leaves them as they came.
func readSender(from string, t transport.NumberType, national string) string {
	from = strings.TrimPrefix(plain(from, 40), "+")
	switch {
	case !isDigits(from) || t == transport.Alphanumeric || t == transport.ShortNumber:
		return from
	case t == transport.International:
		return "+" + from
	case t == transport.National:
		if national == "" {
			return from
		}
		// The digit that is dialled before a number within a country is no
		// part of it, but in Italy it is.
		if national != "39" {
			from = strings.TrimPrefix(from, "0")
		}
		return "+" + national + from
	case dialable("+" + from):
		return "+" + from
	}
	return from
}

// readOurs returns which of our numbers a text came to, in the form in which
// an answer goes out from it.
func (s *Service) readOurs(to string) string {
	to = strings.TrimPrefix(plain(to, 40), "+")
	for _, sender := range s.senders() {
		if strings.TrimPrefix(sender, "+") == to {
			return sender
		}
	}
	if isDigits(to) && dialable("+"+to) {
		return "+" + to
	}
	return to
}

// senders are the numbers and names that this installation's texts come from.
func (s *Service) senders() []string {
	list := []string{s.sender}
	for _, g := range s.gateways {
		if g.Sender != "" {
			list = append(list, g.Sender)
		}
	}
	return list
}

// isOurs says whether a number is one of the installation's own.
func (s *Service) isOurs(number, ours string) bool {
	number = strings.TrimPrefix(number, "+")
	if number == strings.TrimPrefix(ours, "+") {
		return true
	}
	for _, sender := range s.senders() {
		if strings.TrimPrefix(sender, "+") == number {
			return true
		}
	}
	return false
}

// dialable says whether "+" and digits can be somebody's number.
func dialable(number string) bool {
	if n := len(number) - 1; n < numberMin || n > numberMax {
		return false
	}
	_, assigned := countryOf(number)
	return assigned
}

// nationalCode returns the calling code, digits only, of a country as the
// configuration names it: "GB" or "+44". Empty is none.
func nationalCode(country string) string {
	if code, ok := strings.CutPrefix(country, "+"); ok {
		return code
	}
	found := ""
	for prefix, iso2 := range plan {
		if iso2 == country && country != "" && (found == "" || len(prefix) < len(found) || len(prefix) == len(found) && prefix < found) {
			found = prefix
		}
	}
	if found == "" {
		return ""
	}
	return callingCode(found + "0")
}

// isDigits says whether s is digits only, and at least one.
func isDigits(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return !isDigit(r) })
}

// plain returns s without what neither a database nor a line of the log can
// hold, cut to at most n bytes. It is for names that gateways bring along.
func plain(s string, n int) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(strings.TrimSpace(s), ""))
	if len(s) > n {
		s = strings.ToValidUTF8(s[:n], "")
	}
	return s
}
