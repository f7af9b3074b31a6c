package email

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// RFC 5321, section 4.5.3.1, in octets. A whole address is held to 254, which
// is its path of 256 without the brackets and is tighter than the domain's 255.
const (
	maxLocal   = 64
	maxAddress = 254
	maxMailbox = 1000 // name and address, looked at before anything is parsed
)

// Mailbox is one address that has been judged, and the name it goes by.
type Mailbox struct {
	Name    string // display name in one line of Unicode; empty if none was given
	Address string // as it was spelled, without name and brackets
	Wire    string // for the envelope and the headers: the local part as spelled, the domain in lower-case A-labels
}

// Key is equal for two spellings of one address. It ignores case, which the
// contract asks for although RFC 5321 leaves local parts to their host, and
// canonical equivalence in Unicode. Dots and tags are kept: what they mean is
// the host's affair. The key of a key is the key.
func (m Mailbox) Key() string {
	if isASCII(m.Wire) {
		return strings.ToLower(m.Wire)
	}
	// Lower case, not full folding: that would make one mailbox of two, such
	// as straße and strasse, and one of them would get nothing.
	lower := strings.Map(func(r rune) rune {
		if r == 'ς' { // the one letter with two small forms
			return 'σ'
		}
		return unicode.ToLower(r)
	}, norm.NFD.String(m.Wire))
	return norm.NFC.String(lower)
}

// BadAddress says why a text is no address, in a sentence for whoever wrote it.
// It never quotes the text.
type BadAddress string

func (b BadAddress) Error() string { return string(b) }

// Why a text may be refused.
const (
	errLong       BadAddress = "An address may have 254 bytes, its part before the @ 64, and 1,000 together with its name."
	errUnicode    BadAddress = "The address is not valid Unicode."
	errLineBreak  BadAddress = "An address must not hold a line break or a NUL."
	errEmpty      BadAddress = "The address is empty."
	errBrackets   BadAddress = "Write an address as a@b.c or as Name <a@b.c>."
	errName       BadAddress = `A name that holds any of ()<>[]:;@\," must be in double quotes, as in "Doe, Ada" <ada@example.com>.`
	errQuotes     BadAddress = `The double quotes around the name do not match; write one inside it as \".`
	errNoAt       BadAddress = "An address needs an @, as in ada@example.com."
	errTwoAts     BadAddress = "An address has only one @."
	errNoLocal    BadAddress = "The part before the @ is missing."
	errDots       BadAddress = "The part before the @ must not begin or end with a dot, or hold two in a row."
	errWord       BadAddress = "An address must not hold =?, which begins an encoded word."
	errSpace      BadAddress = "An address must not hold a space."
	errInvisible  BadAddress = "An address must not hold a control character or one that cannot be seen."
	errSeveral    BadAddress = "This is more than one address; give each its own place in a list."
	errGroup      BadAddress = "Groups and routes are not taken; give each address by itself."
	errComment    BadAddress = "Comments in round brackets are not taken."
	errLiteral    BadAddress = "A domain given as an IP address is not taken."
	errQuoted     BadAddress = "A quoted part before the @ is not taken."
	errDomain     BadAddress = "The domain of the address is not one that DNS can hold."
	errDomainDot  BadAddress = "The domain of an address needs a dot, as in ada@example.com."
	errDomainLong BadAddress = "Each part of a domain may have 63 bytes."
)

// ParseAddress reads "a@b.c" or "Name <a@b.c>", and refuses whatever else
// RFC 5322 or its readers would take for an address: comments, groups, routes,
// domain literals, quoted local parts. Two programs that read one of these
// differently send mail to the wrong place, and nobody's mailbox needs them.
// An error is a BadAddress. The work grows with the length of s, up to 1,000 bytes.
func ParseAddress(s string) (Mailbox, error) {
	switch {
	case len(s) > maxMailbox:
		return Mailbox{}, errLong
	case !utf8.ValidString(s):
		return Mailbox{}, errUnicode
	case strings.ContainsAny(s, "\r\n\x00"): // at the ends too: a trimmed one may be an attack that failed
		return Mailbox{}, errLineBreak
	}
	s = trimBlank(s)
	if s == "" {
		return Mailbox{}, errEmpty
	}
	// No address holds a bracket, so the last one opens it, whatever the name holds.
	open := strings.LastIndexByte(s, '<')
	if open < 0 {
		return parseSpec(s)
	}
	if s[len(s)-1] != '>' {
		return Mailbox{}, errBrackets
	}
	name, err := parseName(trimBlank(s[:open]))
	if err != nil {
		return Mailbox{}, err
	}
	m, err := parseSpec(s[open+1 : len(s)-1])
	if err != nil {
		return Mailbox{}, err
	}
	m.Name = name
	return m, nil
}

func trimBlank(s string) string { return strings.Trim(s, " \t") }

// parseName reads a display name: words, or one quoted string. Dots need no
// quotes, since everybody writes them without. An encoded word is taken as it
// stands, since a call is Unicode and has no need of it.
func parseName(s string) (string, error) {
	if s == "" || s[0] != '"' {
		if strings.ContainsAny(s, `()<>[]:;@\,"`) {
			return "", errName
		}
		return trimBlank(oneLine(s)), nil
	}
	name := make([]byte, 0, len(s))
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' && i == len(s)-1:
			return trimBlank(oneLine(string(name))), nil
		case c == '"':
			return "", errQuotes
		case c == '\\':
			i++
			if i == len(s) {
				return "", errQuotes
			}
			name = append(name, s[i])
		default:
			name = append(name, c)
		}
	}
	return "", errQuotes
}

// parseSpec reads what RFC 5322 calls an addr-spec, without anything optional.
func parseSpec(s string) (Mailbox, error) {
	for i, r := range s {
		if why := badInSpec(r); why != "" {
			return Mailbox{}, why
		}
		if r == '=' && strings.HasPrefix(s[i:], "=?") {
			return Mailbox{}, errWord
		}
	}
	local, domain, found := strings.Cut(s, "@")
	switch {
	case len(s) > maxAddress:
		return Mailbox{}, errLong
	case !found:
		return Mailbox{}, errNoAt
	case strings.IndexByte(domain, '@') >= 0:
		return Mailbox{}, errTwoAts
	case local == "":
		return Mailbox{}, errNoLocal
	case len(local) > maxLocal:
		return Mailbox{}, errLong
	case local[0] == '.' || local[len(local)-1] == '.' || strings.Contains(local, ".."):
		return Mailbox{}, errDots
	}
	host, err := wireDomain(domain)
	if err != nil {
		return Mailbox{}, err
	}
	m := Mailbox{Address: s, Wire: s}
	if host != domain {
		m.Wire = local + "@" + host
	}
	if len(m.Wire) > maxAddress {
		return Mailbox{}, errLong
	}
	return m, nil
}

// badInSpec says why r cannot be in an address; "" if it can.
func badInSpec(r rune) BadAddress {
	switch r {
	case '@', '.', '\u200c', '\u200d': // the joiners are letters' business in several scripts
		return ""
	case ' ', '\t':
		return errSpace
	case ',':
		return errSeveral
	case ':', ';':
		return errGroup
	case '(', ')':
		return errComment
	case '[', ']':
		return errLiteral
	case '"', '\\':
		return errQuoted
	case '<', '>':
		return errBrackets
	}
	switch {
	case r < utf8.RuneSelf && isAtext(byte(r)):
		return ""
	case r < utf8.RuneSelf || !unicode.IsGraphic(r): // bidi controls, U+0085, U+2028
		return errInvisible
	case unicode.IsSpace(r):
		return errSpace
	}
	return ""
}

// isAtext reports whether c may be in an atom (RFC 5322, section 3.2.3).
func isAtext(c byte) bool {
	return isAlphanumeric(c) || strings.IndexByte("!#$%&'*+-/=?^_`{|}~", c) >= 0
}

func isAlphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
