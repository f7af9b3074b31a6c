package main

import (
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"fmt"
)

// sealedWithGCM is the first byte of what a vault has sealed: AES-256-GCM, a
// random nonce of 12 bytes, then the ciphertext with its tag. Another way to
// seal gets another byte, and both can be opened.
const sealedWithGCM = 1

// vault seals what the database has to keep and must not tell: whoever reads
// the database, or a backup, has nothing without the installation's secret key.
//
// It is for secrets that have to be given back as they were. Passwords and
// tokens do not, and are kept as hashes. It never touches the database itself.
type vault struct{ aead cipher.AEAD }

// newVault makes a vault with a key of secretKeyBytes.
func newVault(key []byte) (*vault, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	// Random nonces are safe for 2^32 seals with one key, which no installation
	// of certificates and customers' secrets comes near.
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, err
	}
	return &vault{aead}, nil
}

// openVault makes a vault with the key in a file.
func openVault(path string) (*vault, error) {
	key, err := readSecretKey(path)
	if err != nil {
		return nil, err
	}
	return newVault(key)
}

// Seal encrypts plain for one purpose, which names the place it is kept in: the
// kind of secret and the id of its row. What is sealed for one row does not open
// in another, so that who can write to the database cannot move secrets about.
func (v *vault) Seal(purpose string, plain []byte) []byte {
	return v.aead.Seal([]byte{sealedWithGCM}, nil, plain, []byte(purpose))
}

// Open gives back what was sealed for the same purpose with the same key.
func (v *vault) Open(purpose string, sealed []byte) ([]byte, error) {
	if len(sealed) == 0 {
		return nil, fmt.Errorf("%s: there is nothing to open", purpose)
	}
	if sealed[0] != sealedWithGCM {
		return nil, fmt.Errorf("%s: it was sealed by a later version of Aviso (kind %d); run that one", purpose, sealed[0])
	}
	plain, err := v.aead.Open(nil, nil, sealed[1:], []byte(purpose))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", purpose, errNotOurs)
	}
	return plain, nil
}

// errNotOurs is all that can be told about a ciphertext that does not open.
var errNotOurs = errors.New("it does not open with this secret key; give the key it was sealed with (secrets.key_path), unless the row was changed")
