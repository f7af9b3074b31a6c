package numbered

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/cases"
)

// Beginning says whether texts begin as wanted, whatever their case. It is not
// asked of the databases: they fold case each in their own way, and SQLite that
// of ASCII alone. One Beginning is for one goroutine.
type Beginning struct {
	fold   cases.Caser
	wanted string // folded
}

// NewBeginning returns what looks for a beginning.
func NewBeginning(wanted string) *Beginning {
	b := &Beginning{fold: cases.Fold()}
	b.wanted = b.fold.String(wanted)
	return b
}

// Of says whether a text begins so. Every text begins with "".
func (b *Beginning) Of(text string) bool {
	if b.wanted == "" {
		return true
	}
	if text == "" || text[0] < utf8.RuneSelf && lower(text[0]) != b.wanted[0] {
		return false // most are, and an ASCII letter folds to one
	}
	if len(text) > 4*len(b.wanted)+utf8.UTFMax { // no letter is folded to a quarter of itself
		text = text[:4*len(b.wanted)+utf8.UTFMax]
	}
	if len(text) >= len(b.wanted) && strings.EqualFold(text[:len(b.wanted)], b.wanted) {
		return true
	}
	return strings.HasPrefix(b.fold.String(text), b.wanted)
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
