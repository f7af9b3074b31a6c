package account

import (
	"crypto/rand"
	"crypto/sha256"
	"hash/crc32"
	"strings"
)

// Product is what a token opens.
type Product string

// The products with tokens of their own.
const (
	Email Product = "email"
	SMS   Product = "sms"
)

const (
	base62        = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	secretLength  = 34 // 202 bits
	checksumChars = 6
)

var prefixes = map[Product]string{Email: "hyd-mail-", SMS: "hyd-sms-"}

// Prefix is how a product's tokens begin.
func (p Product) Prefix() string { return prefixes[p] }

// NewToken makes a token: the product's prefix and 40 characters of base62,
// the last six a checksum (contract, part 3), so that an invented one is
// refused without asking the database.
func NewToken(p Product) string {
	b := make([]byte, 0, len(prefixes[p])+secretLength+checksumChars)
	b = append(b, prefixes[p]...)
	var random [64]byte
	for len(b) < len(prefixes[p])+secretLength {
		rand.Read(random[:])
		for _, r := range random {
			// 248 is the largest multiple of 62 in a byte: above it some
			// characters would be likelier than others.
			if r < 248 && len(b) < len(prefixes[p])+secretLength {
				b = append(b, base62[r%62])
			}
		}
	}
	return string(append(b, checksum(string(b))...))
}

// WellFormed says whether token could have been made by NewToken for p.
func WellFormed(p Product, token string) bool {
	prefix := prefixes[p]
	if len(token) != len(prefix)+secretLength+checksumChars || !strings.HasPrefix(token, prefix) {
		return false
	}
	body := token[:len(token)-checksumChars]
	return token[len(body):] == checksum(body)
}

func checksum(s string) string {
	sum := crc32.ChecksumIEEE([]byte(s))
	var c [checksumChars]byte
	for i := checksumChars - 1; i >= 0; i-- {
		c[i] = base62[sum%62]
		sum /= 62
	}
	return string(c[:])
}

// hashToken is how a token is stored and found. A plain hash is enough: the
// token is not a password but 202 random bits.
func hashToken(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}
