package account

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"

	"aviso/audit"
	"aviso/db"
	"aviso/fault"
)

// Key is one API key, without its token.
type Key struct {
	ID         string
	AccountID  string
	Name       string
	Last4      string // of the token
	Enabled    bool
	CreatedAt  int64 // milliseconds UTC
	RotatedAt  int64 // 0 if never
	LastUsedAt int64 // 0 if never
}

// CreateKey makes a key and returns its token, which is stored nowhere.
func CreateKey(tx *db.Tx, actor string, a Account, p Product, name string) (Key, string, error) {
	name, err := checkName(name, "key")
	if err != nil {
		return Key{}, "", err
	}
	now, err := tx.Now()
	if err != nil {
		return Key{}, "", err
	}
	token := NewToken(p)
	k := Key{ID: db.NewID(), AccountID: a.ID, Name: name, Last4: token[len(token)-4:], Enabled: true, CreatedAt: now}
	_, err = tx.Exec(`INSERT INTO api_keys (id, account_id, product, name, hash, last4, enabled, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		k.ID, k.AccountID, string(p), k.Name, hashToken(token), k.Last4, true, k.CreatedAt)
	if err != nil {
		return Key{}, "", err
	}
	// The window's row is made here so that an admission always finds one to lock.
	if _, err := tx.Exec(`INSERT INTO key_windows (key_id, stamps) VALUES ($1, $2)`, k.ID, []byte{}); err != nil {
		return Key{}, "", err
	}
	return k, token, audit.Append(tx, audit.Entry{Actor: actor, Action: "key.create", Subject: k.ID, Detail: name})
}

// checkName returns a name without the space around it, or a fault.
func checkName(name, of string) (string, error) {
	name = strings.TrimSpace(name)
	if n := utf8.RuneCountInString(name); n == 0 || n > 100 || !utf8.ValidString(name) || strings.ContainsFunc(name, unicode.IsControl) {
		return "", fault.Field("INVALID_REQUEST", "name", "The "+of+"'s name must have 1 to 100 characters, none of them a control character.")
	}
	return name, nil
}

const keyColumns = `k.id, k.account_id, k.name, k.last4, k.enabled, k.created_at, COALESCE(k.rotated_at, 0), w.stamps`

func scanKey(scan func(...any) error) (k Key, err error) {
	var stamps []byte
	err = scan(&k.ID, &k.AccountID, &k.Name, &k.Last4, &k.Enabled, &k.CreatedAt, &k.RotatedAt, &stamps)
	k.LastUsedAt = decodeWindow(stamps).last()
	return k, err
}

// FindKey returns an email key that is not deleted. An account other than ""
// must own it; a foreign key is as missing as one that never was, and so is an
// SMS token, which no operation on keys may touch.
func FindKey(tx *db.Tx, account, id string) (Key, error) {
	k, err := scanKey(func(dest ...any) error {
		return tx.Row(`SELECT `+keyColumns+` FROM api_keys k LEFT JOIN key_windows w ON w.key_id = k.id
			WHERE k.id = $1 AND k.deleted_at IS NULL AND ($2 = '' OR k.account_id = $2) AND k.product = $3`, []any{id, account, string(Email)}, dest...)
	})
	if db.IsMissing(err) {
		return k, fault.New(fault.NotFound, "NOT_FOUND", "There is no key "+id+".")
	}
	return k, err
}

// Keys returns the keys of an account, or of all with "", oldest first.
func (s *Store) Keys(ctx context.Context, account string, p Product) ([]Key, error) {
	list := []Key{}
	return list, s.db.Read(ctx, func(tx *db.Tx) error {
		return tx.Rows(`SELECT `+keyColumns+` FROM api_keys k LEFT JOIN key_windows w ON w.key_id = k.id
			WHERE k.product = $1 AND k.deleted_at IS NULL AND ($2 = '' OR k.account_id = $2) ORDER BY k.id`, []any{string(p), account},
			func(scan func(...any) error) error {
				k, err := scanKey(scan)
				list = append(list, k)
				return err
			})
	})
}

// EnableKey switches a key on or off. Its calls are 403 while it is off.
func EnableKey(tx *db.Tx, actor string, k Key, enabled bool) error {
	if _, err := tx.Exec(`UPDATE api_keys SET enabled = $1 WHERE id = $2`, enabled, k.ID); err != nil {
		return err
	}
	action := "key.disable"
	if enabled {
		action = "key.enable"
	}
	return audit.Append(tx, audit.Entry{Actor: actor, Action: action, Subject: k.ID, Detail: k.Name})
}

// RotateKey replaces a key's token; the old one is unknown at once. Its window
// stays, so that rotating is no way around the rate limit.
func RotateKey(tx *db.Tx, actor string, k Key, p Product) (token string, err error) {
	now, err := tx.Now()
	if err != nil {
		return "", err
	}
	token = NewToken(p)
	if _, err := tx.Exec(`UPDATE api_keys SET hash = $1, last4 = $2, rotated_at = $3 WHERE id = $4`,
		hashToken(token), token[len(token)-4:], now, k.ID); err != nil {
		return "", err
	}
	return token, audit.Append(tx, audit.Entry{Actor: actor, Action: "key.rotate", Subject: k.ID, Detail: k.Name})
}

// DeleteKey makes a key unknown. Its row stays without its hash, for the log
// rows that name it.
func DeleteKey(tx *db.Tx, actor string, k Key) error {
	now, err := tx.Now()
	if err != nil {
		return err
	}
	if _, err := tx.Exec(`UPDATE api_keys SET hash = NULL, enabled = $1, deleted_at = $2 WHERE id = $3`, false, now, k.ID); err != nil {
		return err
	}
	if _, err := tx.Exec(`DELETE FROM key_windows WHERE key_id = $1`, k.ID); err != nil {
		return err
	}
	return audit.Append(tx, audit.Entry{Actor: actor, Action: "key.delete", Subject: k.ID, Detail: k.Name})
}
