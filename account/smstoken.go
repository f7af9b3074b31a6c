package account

import (
	"aviso/db"
)

// SMSToken is an account's one token for the SMS API, as far as it can be shown.
type SMSToken struct {
	Prefix, Last4 string
	CreatedAt     int64 // milliseconds UTC, of the token in use
}

// FindSMSToken returns an account's SMS token; false if it has none.
func FindSMSToken(tx *db.Tx, accountID string) (t SMSToken, ok bool, err error) {
	t.Prefix = SMS.Prefix()
	err = tx.Row(`SELECT last4, COALESCE(rotated_at, created_at) FROM api_keys WHERE account_id = $1 AND product = $2 AND deleted_at IS NULL ORDER BY id LIMIT 1`,
		[]any{accountID, string(SMS)}, &t.Last4, &t.CreatedAt)
	if db.IsMissing(err) {
		return SMSToken{}, false, nil
	}
	return t, err == nil, err
}

// RotateSMSToken makes an account's first SMS token, or another in place of the
// one it has, which is unknown at once. The token is stored nowhere.
func RotateSMSToken(tx *db.Tx, actor string, a Account) (token string, err error) {
	// The account is locked: two who ask for the first at once get one after
	// the other, the second in place of the first.
	if err := tx.Row(`SELECT id FROM accounts WHERE id = $1 {lock}`, []any{a.ID}, &a.ID); err != nil {
		return "", err
	}
	var k Key
	err = tx.Row(`SELECT id, name FROM api_keys WHERE account_id = $1 AND product = $2 AND deleted_at IS NULL ORDER BY id LIMIT 1`,
		[]any{a.ID, string(SMS)}, &k.ID, &k.Name)
	switch {
	case db.IsMissing(err):
		_, token, err = CreateKey(tx, actor, a, SMS, "SMS token")
		return token, err
	case err != nil:
		return "", err
	}
	return RotateKey(tx, actor, k, SMS)
}
