package sms

import (
	"math/big"
	"strings"
)

// providerKey is the one form in which a gateway's ids are compared: in lower
// case and without leading zeros, since receipts write both as they like.
func providerKey(id string) string {
	key := strings.ToLower(strings.TrimSpace(id))
	if short := strings.TrimLeft(key, "0"); short != "" {
		return short
	}
	return key // zeros only
}

// providerDigits is as long as an id can be to be read as a number: SMPP 3.4
// allows 64 characters.
const providerDigits = 64

// providerKeys returns the forms under which the id of a receipt may have been
// given when its text was taken: as it is, or with hexadecimal and decimal
// changed for each other.
func providerKeys(id string) []string {
	key := providerKey(id)
	if key == "" {
		return nil
	}
	keys := []string{key}
	if len(key) > providerDigits {
		return keys
	}
	for _, change := range []struct {
		is       func(rune) bool
		from, to int // bases
	}{{isDigit, 10, 16}, {isHex, 16, 10}} {
		if !isAll(key, change.is) {
			continue
		}
		n, _ := new(big.Int).SetString(key, change.from)
		if other := n.Text(change.to); other != key {
			keys = append(keys, other)
		}
	}
	return keys
}

func isHex(r rune) bool { return isDigit(r) || 'a' <= r && r <= 'f' }

func isAll(s string, is func(rune) bool) bool {
	return strings.IndexFunc(s, func(r rune) bool { return !is(r) }) < 0
}
