package email

import (
	"strings"

	"golang.org/x/net/idna"
)

const maxLabel = 63 // RFC 1035, section 2.3.4

// wireProfile is UTS 46 for lookup, which maps what people type, with IDNA 2008's
// meaning of ß. Hyphens are checked below: r3---sn.example is a name in use.
var wireProfile = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.Transitional(false), idna.CheckHyphens(false))

// wireDomain returns a domain as DNS knows it, in lower-case A-labels, so that
// two spellings of one domain are one string. It needs a dot, but for the
// localhost that trials send to.
func wireDomain(s string) (string, error) {
	plain := isASCII(s)
	if plain { // for the rest IDNA has its own lower case: İ is not i
		s = strings.ToLower(s)
	}
	if !plain || strings.Contains(s, "xn--") { // not every xn-- is an A-label
		ascii, err := wireProfile.ToASCII(s)
		if err != nil {
			return "", errDomain
		}
		s = ascii
	}
	labels, last := 0, ""
	for last = range strings.SplitSeq(s, ".") {
		if err := checkLabel(last); err != nil {
			return "", err
		}
		labels++
	}
	switch {
	case labels == 1 && s != "localhost":
		return "", errDomainDot
	case strings.Trim(last, "0123456789") == "": // 10.0.0.1 without its brackets
		return "", errLiteral
	}
	return s, nil
}

// checkLabel holds a label to RFC 1123, section 2.1.
func checkLabel(s string) error {
	switch {
	case s == "" || s[0] == '-' || s[len(s)-1] == '-':
		return errDomain
	case len(s) > maxLabel:
		return errDomainLong
	}
	for i := 0; i < len(s); i++ {
		if c := s[i]; c != '-' && (c < '0' || '9' < c) && (c < 'a' || 'z' < c) {
			return errDomain
		}
	}
	return nil
}
