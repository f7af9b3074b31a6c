package email

import (
	"encoding/base64"
	"strings"
	"unicode/utf8"
)

const (
	// lineAim is where lines are broken if they can be: RFC 2047, section 2,
	// gives it for lines with encoded words, and RFC 5322 asks for 78.
	lineAim = 76
	// maxPhrase is how long a name may be that is not encoded: with its quotes
	// it fits behind the longest of the fields that hold one.
	maxPhrase = lineAim - len(`Reply-To: ""`)
	// maxWord is RFC 2047's limit for an encoded word with its frame; a line
	// that begins with a space holds just that.
	maxWord   = lineAim - len(" ")
	openQ     = "=?utf-8?q?"
	openB     = "=?utf-8?b?"
	closeWord = "?="
)

// mimeWriter appends fields to a buffer and folds them. Every token comes after
// one space, and a line is broken before such a space, so that no line is white
// alone (which readers take for the end of the header) and readers that join
// lines with one space read what was written.
type mimeWriter struct {
	b        []byte
	line     int  // where the current line begins in b
	fresh    bool // nothing stands behind the field's name yet
	eightBit bool // an address was written that has bytes over 127
}

// begin starts a field.
func (w *mimeWriter) begin(name string) {
	w.line = len(w.b)
	w.fresh = true
	w.b = append(append(w.b, name...), ':')
}

// space writes the space before a token of n bytes, on a new line if the token
// does not fit into this one. A field's first token stays beside its name.
func (w *mimeWriter) space(n int) {
	if !w.fresh && len(w.b)-w.line+1+n > lineAim {
		w.end()
	}
	w.fresh = false
	w.b = append(w.b, ' ')
}

// end ends the line, and so a field.
func (w *mimeWriter) end() {
	w.b = append(w.b, "\r\n"...)
	w.line = len(w.b)
}

// field writes a field whose value is one token.
func (w *mimeWriter) field(name, value string) {
	w.begin(name)
	w.space(len(value))
	w.b = append(w.b, value...)
	w.end()
}

// mailbox writes an address and its name, if it has one, and leaves room for
// the comma behind it.
func (w *mimeWriter) mailbox(name, wire string) {
	w.eightBit = w.eightBit || !isASCII(wire)
	if name == "" {
		w.space(len(wire) + len(","))
		w.b = append(w.b, wire...)
		return
	}
	w.phrase(name)
	w.space(len(wire) + len("<>,"))
	w.b = append(append(append(w.b, '<'), wire...), '>')
}

// phrase writes a display name so that no reader finds an address in it: as
// words if it is nothing but words, else quoted, else encoded. What looks like
// an encoded word is encoded once more, since some readers decode inside quotes.
func (w *mimeWriter) phrase(name string) {
	quoted := quoter.Replace(name)
	switch {
	case !isPrintable(name) || len(quoted) > maxPhrase || strings.Contains(name, "=?"):
		w.encoded(name)
	case isWords(name):
		w.space(len(name))
		w.b = append(w.b, name...)
	default:
		w.space(len(quoted) + len(`""`))
		w.b = append(append(append(w.b, '"'), quoted...), '"')
	}
}

var quoter = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// isWords reports whether s is atoms with one space between each two.
func isWords(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] == ' ' {
			if i == 0 || i == len(s)-1 || s[i-1] == ' ' {
				return false
			}
		} else if !isAtext(s[i]) {
			return false
		}
	}
	return true
}

// isPrintable reports whether s is printable ASCII.
func isPrintable(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// text writes a field of free text: as it is if that can be folded into short
// lines, else encoded.
func (w *mimeWriter) text(name, value string) {
	w.begin(name)
	before := *w
	if !isPlainText(value) || !w.words(value) {
		*w = before
		w.encoded(value)
	}
	w.end()
}

// isPlainText reports whether every reader takes s as it stands: printable
// ASCII, no space that may be trimmed, nothing like an encoded word.
func isPlainText(s string) bool {
	return isPrintable(s) && s[0] != ' ' && s[len(s)-1] != ' ' && !strings.Contains(s, "=?")
}

// words writes s, breaking lines at single spaces: of several in a row some
// readers keep one where a line was broken. It reports whether every line came
// out short enough.
func (w *mimeWriter) words(s string) bool {
	for s != "" {
		n := wordEnd(s)
		w.space(n)
		w.b = append(w.b, s[:n]...)
		if len(w.b)-w.line > lineAim {
			return false
		}
		s = s[min(n+1, len(s)):]
	}
	return true
}

// wordEnd returns where the first single space in s is, or its length.
func wordEnd(s string) int {
	for i := 1; i < len(s)-1; i++ {
		if s[i] == ' ' && s[i-1] != ' ' && s[i+1] != ' ' {
			return i
		}
	}
	return len(s)
}

// encoded writes s as encoded words (RFC 2047), quoted or in base64, whichever
// is shorter. No code point is split between two, since each must be whole.
func (w *mimeWriter) encoded(s string) {
	long := 0
	for i := 0; i < len(s); i++ {
		if !isLiteralQ(s[i]) {
			long++
		}
	}
	quoted, inBase64 := len(s)+2*long, base64.StdEncoding.EncodedLen(len(s))
	for s != "" {
		w.space(min(len(openQ)+min(quoted, inBase64)+len(closeWord), maxWord))
		room := lineAim - (len(w.b) - w.line) - len(openQ) - len(closeWord)
		if quoted <= inBase64 {
			s = w.wordQ(s, room)
		} else {
			s = w.wordB(s, room)
		}
	}
}

// wordQ writes one encoded word with at most room bytes between its frames, and
// returns what is left of s.
func (w *mimeWriter) wordQ(s string, room int) string {
	w.b = append(w.b, openQ...)
	n := 0
	for n < len(s) {
		_, width := utf8.DecodeRuneInString(s[n:])
		cost := 3 * width
		if isLiteralQ(s[n]) {
			cost = 1
		}
		if cost > room {
			break
		}
		room -= cost
		for ; width > 0; width-- {
			switch c := s[n]; {
			case c == ' ':
				w.b = append(w.b, '_')
			case isLiteralQ(c):
				w.b = append(w.b, c)
			default:
				w.b = appendEscape(w.b, c)
			}
			n++
		}
	}
	w.b = append(w.b, closeWord...)
	return s[n:]
}

// isLiteralQ reports whether c is one byte in a quoted encoded word within a
// phrase, the strictest place (RFC 2047, section 5, rule 3).
func isLiteralQ(c byte) bool {
	return isAlphanumeric(c) || strings.IndexByte(" !*+-/", c) >= 0
}

// wordB is wordQ in base64.
func (w *mimeWriter) wordB(s string, room int) string {
	n, most := 0, room/4*3
	for n < len(s) {
		_, width := utf8.DecodeRuneInString(s[n:])
		if n+width > most {
			break
		}
		n += width
	}
	w.b = append(w.b, openB...)
	w.b = base64.StdEncoding.AppendEncode(w.b, []byte(s[:n]))
	w.b = append(w.b, closeWord...)
	return s[n:]
}
