package email

import (
	"encoding/base64"
	"iter"
	"strings"
)

// encoding is a Content-Transfer-Encoding (RFC 2045, section 6). 8bit is not
// among them: a message in it could not go to every relay.
type encoding uint8

const (
	sevenBit encoding = iota
	quotedPrintable
	inBase64
)

func (e encoding) String() string {
	return [...]string{"7bit", "quoted-printable", "base64"}[e]
}

const (
	// maxPlainLine is the longest line that is sent as it is: RFC 5321 allows
	// 998 bytes, and a relay that tags what passes may want a few of them.
	maxPlainLine = 990
	// encodedLine is for both encodings (RFC 2045, sections 6.7 and 6.8).
	encodedLine = 76
)

// mimePart is a text and how it is best encoded.
type mimePart struct {
	mediaType string // the value of its Content-Type
	text      string
	encoding  encoding
	size      int // about how many bytes it has once encoded
}

// survey reads text once and chooses: as it is if every line is short and holds
// only printable ASCII and tabs; else the shorter of the other two.
func survey(mediaType, text string) mimePart {
	var size, longest, escapes int
	for line, ended := range lines(text) {
		size += len(line)
		longest = max(longest, len(line))
		for i := 0; i < len(line); i++ {
			escapes += int(escaped[line[i]])
		}
		if ended {
			size += len("\r\n")
		}
	}
	if escapes == strings.Count(text, "=") && longest <= maxPlainLine { // quoted-printable needs = for itself
		return mimePart{mediaType, text, sevenBit, size}
	}
	quoted := size + 2*escapes
	quoted += quoted / encodedLine * len("=\r\n")
	encoded := base64.StdEncoding.EncodedLen(size)
	encoded += encoded / encodedLine * len("\r\n")
	if quoted <= encoded {
		return mimePart{mediaType, text, quotedPrintable, quoted}
	}
	return mimePart{mediaType, text, inBase64, encoded}
}

// append writes the text in its encoding, every line end as CRLF.
func (p *mimePart) append(b []byte) []byte {
	switch p.encoding {
	case quotedPrintable:
		return appendQuoted(b, p.text)
	case inBase64:
		return appendBase64(b, p.text)
	}
	for line, ended := range lines(p.text) {
		b = append(b, line...)
		if ended {
			b = append(b, "\r\n"...)
		}
	}
	return b
}

// lines yields each line of text and whether a line end followed it. CRLF is
// one, and so are CR and LF alone, which must not reach a relay: what ends a
// line to one server does not to the next (SMTP smuggling).
func lines(text string) iter.Seq2[string, bool] {
	return func(yield func(string, bool) bool) {
		rest := text
		for lf := true; lf; {
			var line string
			line, rest, lf = strings.Cut(rest, "\n")
			if lf {
				line = strings.TrimSuffix(line, "\r")
			}
			for cr := true; cr; {
				var part string
				part, line, cr = strings.Cut(line, "\r")
				if !yield(part, cr || lf) {
					return
				}
			}
		}
	}
}

// escaped is 1 for each byte that quoted-printable cannot write as it stands,
// but for white space at the end of a line. A number, so that survey need not
// branch on it.
var escaped = func() (set [256]uint8) {
	for c := range set {
		if c != '\t' && (c < ' ' || c > '~') || c == '=' {
			set[c] = 1
		}
	}
	return set
}()

// appendQuoted writes quoted-printable.
func appendQuoted(b []byte, text string) []byte {
	for line, ended := range lines(text) {
		b = appendQuotedLine(b, line)
		if ended {
			b = append(b, "\r\n"...)
		}
	}
	return b
}

// appendQuotedLine writes one line, in several if it is long. White space at
// its end is escaped, since relays may take it away.
func appendQuotedLine(b []byte, line string) []byte {
	const room = encodedLine - len("=")
	left := room
	last := len(line) - 1
	for i := 0; i <= last; {
		run := i
		for run <= last && escaped[line[run]] == 0 {
			run++
		}
		if run > last && (line[last] == ' ' || line[last] == '\t') {
			run = last
		}
		for run-i > left {
			b = append(append(b, line[i:i+left]...), "=\r\n"...)
			i += left
			left = room
		}
		b = append(b, line[i:run]...)
		left -= run - i
		i = run
		if i > last {
			break
		}
		if left < len("=XX") {
			b = append(b, "=\r\n"...)
			left = room
		}
		b = appendEscape(b, line[i])
		left -= len("=XX")
		i++
	}
	return b
}

func appendEscape(b []byte, c byte) []byte {
	const digits = "0123456789ABCDEF"
	return append(b, '=', digits[c>>4], digits[c&15])
}

// appendBase64 writes lines of base64.
func appendBase64(b []byte, text string) []byte {
	var full [encodedLine / 4 * 3]byte
	n := 0
	put := func(s string) {
		for s != "" {
			if n == len(full) {
				b = append(base64.StdEncoding.AppendEncode(b, full[:]), "\r\n"...)
				n = 0
			}
			copied := copy(full[n:], s)
			n += copied
			s = s[copied:]
		}
	}
	for line, ended := range lines(text) {
		put(line)
		if ended {
			put("\r\n")
		}
	}
	return base64.StdEncoding.AppendEncode(b, full[:n])
}
