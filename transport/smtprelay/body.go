package smtprelay

import "bytes"

// maxBlock is how much of a message one write carries. Copying it beside its
// dots is cheaper than a vectored write for any usual message, and behind TLS
// a vector would become a record for each piece.
const maxBlock = 64 << 10

// firstLines returns the whole lines at the front of data that fit in limit
// bytes, at least one.
func firstLines(data []byte, limit int) []byte {
	if len(data) <= limit {
		return data
	}
	if i := bytes.LastIndexByte(data[:limit], '\n'); i >= 0 {
		return data[:i+1]
	}
	return data[:bytes.IndexByte(data, '\n')+1]
}

// appendStuffed appends whole lines, with a second dot before each that begins
// with one (RFC 5321, 4.5.2).
func appendStuffed(dst, lines []byte) []byte {
	for len(lines) > 0 {
		if lines[0] == '.' {
			dst = append(dst, '.')
		}
		end := len(lines)
		if i := bytes.Index(lines, []byte("\n.")); i >= 0 {
			end = i + 1
		}
		dst = append(dst, lines[:end]...)
		lines = lines[end:]
	}
	return dst
}

// canonical reports whether data is lines that end in CRLF with no other CR or
// LF. Anything else could end the message early at a relay that is less strict
// about line ends than RFC 5321, 2.3.8, and the rest would be commands.
func canonical(data []byte) bool {
	lines := 0
	for rest := data; len(rest) > 0; lines++ {
		i := bytes.IndexByte(rest, '\n')
		if i < 1 || rest[i-1] != '\r' {
			return false
		}
		rest = rest[i+1:]
	}
	return lines > 0 && bytes.Count(data, []byte{'\r'}) == lines
}
