package sms

import (
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
)

// keyword is the first word of an inbound text, as it may stand for a
// shortcode or a reserved word, and what follows it.
type keyword struct {
	word    string // of the form of a shortcode; "" when it has not that form
	content string // what follows the first word
}

// codeForm is the form of a shortcode (contract, SMS, receiving).
var codeForm = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,18}[a-z0-9]$`)

// wordAtMost is how many bytes of a first word are looked at: a shortcode has
// 20 letters, and something invisible or folded may be as long again a few
// times. What is longer is no shortcode.
const wordAtMost = 400

// readKeyword takes the first word of a text apart. White space is what
// Unicode calls so, a no-break space included: keyboards put one behind a
// completed word. Characters that nobody sees (zero width, direction, byte
// order) count neither as white space nor as part of a word. A word that is no
// shortcode as it stands may be one without the punctuation around it.
func readKeyword(text string) keyword {
	text = strings.TrimFunc(text, func(r rune) bool { return unicode.IsSpace(r) || invisible(r) })
	word, content := text, ""
	if end := strings.IndexFunc(text, unicode.IsSpace); end >= 0 {
		word, content = text[:end], strings.TrimLeftFunc(text[end:], unicode.IsSpace)
	}
	k := keyword{content: content}
	if len(word) > wordAtMost {
		return k
	}
	word = cases.Fold().String(strings.Map(visible, word))
	// A shortcode begins and ends with a letter or digit, so that trimming never
	// turns one into another.
	word = strings.TrimFunc(word, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })
	if codeForm.MatchString(word) {
		k.word = word
	}
	return k
}

// invisible says whether r is a format character (category Cf): zero-width
// ones, marks of direction, byte order marks, soft hyphens.
func invisible(r rune) bool { return unicode.Is(unicode.Cf, r) }

func visible(r rune) rune {
	if invisible(r) {
		return -1
	}
	return r
}

// reserved is what a reserved word asks for.
type reserved uint8

// The three groups of reserved words (contract, SMS, receiving).
const (
	reservedNot reserved = iota
	reservedStop
	reservedHelp
	reservedStart
)

func reservedWord(word string) reserved {
	switch word {
	case "stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout":
		return reservedStop
	case "help", "info":
		return reservedHelp
	case "start", "unstop", "yes":
		return reservedStart
	}
	return reservedNot
}

// beginsLikeAReply says whether a text could be an automatic reply of another
// installation like this one. Nobody's reply answers it.
func beginsLikeAReply(text string) bool {
	const start = "the shortcode"
	text = strings.TrimFunc(text, func(r rune) bool { return unicode.IsSpace(r) || invisible(r) })
	return len(text) >= len(start) && strings.EqualFold(text[:len(start)], start)
}
