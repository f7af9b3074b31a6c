package smpp

import (
	"strings"
	"unicode"
)

// notice is trouble in our own words, fit to be shown to whoever sent a text.
type notice string

func (n notice) Error() string { return string(n) }

const (
	errNoBind    notice = "the gateway has no link at present"
	errClosed    notice = "sending through this gateway has been shut down"
	errWindow    notice = "the gateway was still busy with other texts when the time was up"
	errEnded     notice = "the attempt was ended before it was written"
	errWithdrawn notice = "the text was withdrawn before it was written"
	errEarlier   notice = "a part before it was not taken"
	errNoAnswer  notice = "the gateway did not answer in time"
	errLost      notice = "the link was lost before the gateway had answered"
	errStopped   notice = "the attempt was ended before the gateway had answered"
)

const maxText = 500 // bytes of a text for people, and of a receipt

// line makes what a peer said fit to be stored and shown: valid UTF-8, one
// line, at most maxText bytes.
func line(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
	return cut(strings.TrimSpace(s), maxText)
}

// storable makes what a peer said fit for a database and changes as little as
// that takes: the same octets always become the same string.
func storable(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\ufffd"), "\x00", "")
}

// cut shortens valid UTF-8 to at most n bytes.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}
