package account_test

import (
	"regexp"
	"strings"
	"testing"

	"aviso/account"
)

func TestTokens(t *testing.T) {
	for product, form := range map[account.Product]string{
		account.Email: `^hyd-mail-[0-9A-Za-z]{40}$`,
		account.SMS:   `^hyd-sms-[0-9A-Za-z]{40}$`,
	} {
		seen, letters := map[string]bool{}, map[rune]int{}
		for range 500 {
			token := account.NewToken(product)
			if !regexp.MustCompile(form).MatchString(token) || !account.WellFormed(product, token) || !strings.HasPrefix(token, product.Prefix()) {
				t.Fatalf("%s token %s", product, token)
			}
			if seen[token] {
				t.Fatalf("%s came twice", token)
			}
			seen[token] = true
			for _, r := range token[len(product.Prefix()) : len(token)-6] {
				letters[r]++
			}
		}
		// 500 tokens have 34 random characters each, about 274 of each kind.
		for r, n := range letters {
			if n < 150 || n > 450 {
				t.Errorf("%c came %d times", r, n)
			}
		}
		if len(letters) != 62 {
			t.Errorf("%d kinds of characters", len(letters))
		}
	}
}

// Every single wrong character is noticed without asking the database.
func TestTokenChecksum(t *testing.T) {
	const all = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_ \x00"
	token := account.NewToken(account.Email)
	for i := range token {
		for _, r := range []byte(all) {
			wrong := token[:i] + string(r) + token[i+1:]
			if wrong != token && account.WellFormed(account.Email, wrong) {
				t.Errorf("%s passes for %s", wrong, token)
			}
		}
	}
}

func TestTokensOfAnotherForm(t *testing.T) {
	token := account.NewToken(account.Email)
	body := strings.TrimPrefix(token, "hyd-mail-")
	for name, wrong := range map[string]string{
		"nothing":          "",
		"no prefix":        body,
		"another product":  "hyd-sms-" + body,
		"the prefix alone": "hyd-mail-",
		"one short":        token[:len(token)-1],
		"one more":         token + "0",
		"a space before":   " " + token,
		"a line behind":    token + "\n",
		"upper case":       strings.ToUpper(token),
		"zeros":            "hyd-mail-" + strings.Repeat("0", 40),
		"no base62":        "hyd-mail-" + strings.Repeat("é", 20),
	} {
		if account.WellFormed(account.Email, wrong) {
			t.Errorf("%s: %q passes", name, wrong)
		}
	}
	if sms := account.NewToken(account.SMS); account.WellFormed(account.Email, sms) || account.WellFormed(account.SMS, token) {
		t.Error("a token opens another product")
	}
}
