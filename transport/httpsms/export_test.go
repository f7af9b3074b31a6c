package httpsms

import "net/url"

// Signed reports whether a signature fits a URL and a form, for the example
// that Twilio publishes, whose URL no gateway of ours would have.
func Signed(key, signature, at string, form url.Values) bool {
	return signer{[]byte(key)}.fits(signature, []string{at}, form)
}
