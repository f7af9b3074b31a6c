package sms

import (
	"crypto/rand"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"aviso/fault"
)

// newSecret returns the secret a customer wants, or a new one of 128 bits.
func newSecret(wanted *string) (string, error) {
	if wanted == nil {
		return rand.Text(), nil
	}
	if n := utf8.RuneCountInString(*wanted); n == 0 || n > 200 || !utf8.ValidString(*wanted) || strings.ContainsRune(*wanted, 0) {
		return "", fault.Field("INVALID_REQUEST", "webhookSecret", "The webhook's secret must have 1 to 200 characters; leave it out, or send null, and one is made.")
	}
	return *wanted, nil
}

// secretPurpose binds a sealed webhook secret to its shortcode.
func secretPurpose(id string) string { return "sms shortcode " + id }

var errNoVault = errors.New("the installation has no key for secrets (secrets.key_path)")

// seal returns the secret of a shortcode as it is stored.
func (in *inbound) seal(id, secret string) ([]byte, error) {
	if in.Vault == nil {
		return nil, fault.Later("Webhook secrets cannot be stored now; the operator has to set secrets.key_path.", time.Minute, errNoVault)
	}
	return in.Vault.Seal(secretPurpose(id), []byte(secret)), nil
}

// open returns the secret of a shortcode.
func (in *inbound) open(id string, sealed []byte) (string, error) {
	if in.Vault == nil {
		return "", errNoVault
	}
	plain, err := in.Vault.Open(secretPurpose(id), sealed)
	return string(plain), err
}
