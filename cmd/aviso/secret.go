package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"aviso/db"
)

// secretKeyBytes is the length of the key that secrets in the database are
// encrypted with.
const secretKeyBytes = 32

// checkSecretKey makes sure that the key file belongs to this database, whose
// fingerprint of it is inside. A fresh SQLite database gets a new key; with
// PostgreSQL the operator gives one, the same to all nodes.
func checkSecretKey(ctx context.Context, d *db.DB, path string) error {
	return d.Write(ctx, func(tx *db.Tx) error {
		var stored string
		err := tx.Row(`SELECT value FROM installation WHERE name = 'secret_fingerprint'`, nil, &stored)
		if err != nil && !db.IsMissing(err) {
			return err
		}
		fresh := db.IsMissing(err)
		key, err := readSecretKey(path)
		if errors.Is(err, fs.ErrNotExist) && fresh && !d.Postgres() {
			key, err = makeSecretKey(path)
		}
		if err != nil {
			return err
		}
		print := fingerprint(key)
		switch {
		case fresh:
			_, err = tx.Exec(`INSERT INTO installation (name, value) VALUES ('secret_fingerprint', $1) ON CONFLICT (name) DO NOTHING`, print)
			return err
		case stored != print:
			return fmt.Errorf("%s is not the key of this database; give the one it was made with (secrets.key_path)", path)
		}
		return nil
	})
}

func readSecretKey(path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("secrets.key_path: the key of this database is missing; put it back where it was: %w", err)
	}
	if err != nil {
		return nil, err
	}
	key, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(key) != secretKeyBytes {
		return nil, fmt.Errorf("%s holds no key; it must be %d hexadecimal digits", path, 2*secretKeyBytes)
	}
	return key, nil
}

func makeSecretKey(path string) ([]byte, error) {
	if err := makeParent(path); err != nil {
		return nil, err
	}
	key := make([]byte, secretKeyBytes)
	rand.Read(key)
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if _, err := f.WriteString(hex.EncodeToString(key) + "\n"); err != nil {
		return nil, err
	}
	// The database will remember the key's fingerprint for good.
	return key, errors.Join(f.Sync(), syncFolder(filepath.Dir(path)))
}

// fingerprint says which key it is without saying what it is.
func fingerprint(key []byte) string {
	sum := sha256.Sum256(append([]byte("aviso secret key\n"), key...))
	return hex.EncodeToString(sum[:8])
}
