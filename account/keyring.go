package account

import (
	"context"

	"aviso/audit"
	"aviso/db"
	"aviso/fault"
)

// Keyring is the email keys as the accounts that own them handle them. Whatever
// is another's is as missing as what never was.
type Keyring struct{ db *db.DB }

// NewKeyring returns the keys in d.
func NewKeyring(d *db.DB) *Keyring { return &Keyring{db: d} }

// List returns an account's keys, oldest first.
func (r *Keyring) List(ctx context.Context, account string) ([]Key, error) {
	return NewStore(r.db).Keys(ctx, account, Email)
}

// Create makes a key and returns its token, which is stored nowhere.
func (r *Keyring) Create(ctx context.Context, a Account, name string) (k Key, token string, err error) {
	return k, token, r.db.Write(ctx, func(tx *db.Tx) (err error) {
		k, token, err = CreateKey(tx, a.ID, a, Email, name)
		return err
	})
}

// KeyChange is what changes about a key; nil keeps.
type KeyChange struct {
	Name    *string
	Enabled *bool
}

// Change renames a key or switches it on or off.
func (r *Keyring) Change(ctx context.Context, a Account, id string, c KeyChange) (k Key, err error) {
	return k, r.with(ctx, a, id, func(tx *db.Tx, found Key) error {
		k = found
		if c.Name != nil {
			name, err := checkName(*c.Name, "key")
			if err != nil {
				return err
			}
			if _, err := tx.Exec(`UPDATE api_keys SET name = $1 WHERE id = $2`, name, id); err != nil {
				return err
			}
			k.Name = name
			if err := audit.Append(tx, audit.Entry{Actor: a.ID, Action: "key.rename", Subject: id, Detail: name}); err != nil {
				return err
			}
		}
		if c.Enabled != nil && *c.Enabled != k.Enabled {
			k.Enabled = *c.Enabled
			return EnableKey(tx, a.ID, k, k.Enabled)
		}
		return nil
	})
}

// Rotate gives a key a new token; the old one is unknown at once.
func (r *Keyring) Rotate(ctx context.Context, a Account, id string) (k Key, token string, err error) {
	return k, token, r.with(ctx, a, id, func(tx *db.Tx, found Key) (err error) {
		if token, err = RotateKey(tx, a.ID, found, Email); err != nil {
			return err
		}
		k, err = FindKey(tx, a.ID, id)
		return err
	})
}

// Delete makes a key unknown; the messages that were sent with it stay.
func (r *Keyring) Delete(ctx context.Context, a Account, id string) error {
	return r.with(ctx, a, id, func(tx *db.Tx, k Key) error { return DeleteKey(tx, a.ID, k) })
}

// with changes a key of the account in one transaction.
func (r *Keyring) with(ctx context.Context, a Account, id string, change func(*db.Tx, Key) error) error {
	if !db.IsID(id) {
		return fault.New(fault.NotFound, "NOT_FOUND", "There is no such key.")
	}
	return r.db.Write(ctx, func(tx *db.Tx) error {
		k, err := FindKey(tx, a.ID, id)
		if err != nil {
			return err
		}
		return change(tx, k)
	})
}
