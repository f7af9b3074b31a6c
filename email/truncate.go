package email

import (
	"strings"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// oneLine makes one space of each run of control characters, so that nothing
// in a subject or a name can begin a header of its own.
func oneLine(s string) string {
	first := strings.IndexFunc(s, isControl)
	if first < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	b.WriteString(s[:first])
	inRun := false
	for _, r := range s[first:] {
		control := isControl(r)
		switch {
		case !control:
			b.WriteRune(r)
		case !inRun:
			b.WriteByte(' ')
		}
		inRun = control
	}
	return b.String()
}

// isControl reports whether r is in C0 or C1, or is DEL, or ends a line or a
// paragraph in Unicode. Marks of direction are not among them: text from right
// to left needs them.
func isControl(r rune) bool {
	return r < 0x20 || 0x7f <= r && r <= 0x9f || r == 0x2028 || r == 0x2029
}

// cut returns the longest beginning of s that has at most n code points and
// does not end inside a grapheme. It is empty if the first grapheme is longer
// than that.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	// Whether a grapheme ends after the n-th code point depends on the one
	// behind it and on none further.
	window := s[:skip(s, n+1)]
	for rest, state := window, -1; rest != ""; {
		var grapheme string
		end := len(window) - len(rest)
		grapheme, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
		if n -= utf8.RuneCountInString(grapheme); n < 0 {
			return s[:end]
		}
	}
	return s
}

// skip returns where the n-th code point of s ends, or the length of s if it
// has fewer.
func skip(s string, n int) int {
	for i := range s {
		if n == 0 {
			return i
		}
		n--
	}
	return len(s)
}
