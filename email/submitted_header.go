package email

import (
	"bytes"
	"io"
	"mime"
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/htmlindex"

	"aviso/fault"
)

// What a submitted header may have: far more than any client writes, and little
// enough to be read at once.
const (
	maxHeader       = 256 << 10 // bytes
	maxHeaderFields = 1000
	maxListed       = 64 << 10 // bytes of one To or Cc field
	maxMessageID    = 250
)

// forbidden are the fields that must not go out: blind copies, and the trace of
// how the message came here, which is nobody's business further on (contract,
// part 3).
var forbidden = [...]string{"bcc", "resent-bcc", "return-path", "delivered-to", "x-original-to", "received"}

// rawHeader is the header of a submitted message, in the message's own bytes.
type rawHeader struct {
	raw    []byte // the whole message
	fields []rawField
	end    int // where the header ends: at the empty line, if there is one
}

// rawField is one field with its folded lines: raw[start:end], its CRLF included.
type rawField struct {
	name              string // in lower case
	start, colon, end int
	dropped           bool
}

// readHeader finds the fields. The header ends at the first line that is none:
// at the empty one, or before text that somebody has forgotten to set apart.
// raw consists of whole lines.
func readHeader(raw []byte) (*rawHeader, *fault.Error) {
	h := &rawHeader{raw: raw}
	for h.end < len(raw) {
		next := h.end + bytes.IndexByte(raw[h.end:], '\n') + 1
		line := raw[h.end:next]
		if folded := line[0] == ' ' || line[0] == '\t'; folded && len(h.fields) > 0 {
			h.fields[len(h.fields)-1].end = next
		} else {
			name := fieldName(line)
			if name == "" {
				break
			}
			// Some readers take it for the field that it looks like, and some do not.
			if last := name[len(name)-1]; last == ' ' || last == '\t' {
				return nil, fault.Field("INVALID_REQUEST", "data", "A field of the header has a space before its colon; remove it.")
			}
			h.fields = append(h.fields, rawField{name: strings.ToLower(name), start: h.end, colon: h.end + len(name), end: next})
		}
		if h.end = next; h.end > maxHeader || len(h.fields) > maxHeaderFields {
			return nil, fault.Field("INVALID_REQUEST", "data", "The header may have "+strconv.Itoa(maxHeader)+" bytes and "+strconv.Itoa(maxHeaderFields)+" fields.")
		}
	}
	if !utf8.Valid(raw[:h.end]) { // RFC 6532, section 3.2
		return nil, fault.Field("INVALID_REQUEST", "data", "The header is neither ASCII nor UTF-8. Write other characters as encoded words.")
	}
	return h, nil
}

// fieldName returns the name that a line begins with, and the blanks between it
// and its colon; "" if the line begins no field (RFC 5322, section 2.2).
func fieldName(line []byte) string {
	colon := bytes.IndexByte(line, ':')
	if colon < 1 {
		return ""
	}
	name := bytes.TrimRight(line[:colon], " \t")
	for _, c := range name {
		if c <= ' ' || c > '~' {
			return ""
		}
	}
	if len(name) == 0 {
		return ""
	}
	return string(line[:colon])
}

// first returns the first field of a name in lower case, nil if there is none.
func (h *rawHeader) first(name string) *rawField {
	for i := range h.fields {
		if h.fields[i].name == name {
			return &h.fields[i]
		}
	}
	return nil
}

func (h *rawHeader) count(name string) int {
	n := 0
	for i := range h.fields {
		if h.fields[i].name == name {
			n++
		}
	}
	return n
}

// value returns what a field says, in one line.
func (h *rawHeader) value(f *rawField) string {
	return trimBlank(strings.ReplaceAll(string(h.raw[f.colon+1:f.end]), "\r\n", ""))
}

// subject returns the subject for the log. The message keeps its own.
func (h *rawHeader) subject() string {
	f := h.first("subject")
	if f == nil {
		return ""
	}
	const enough = 32 << 10 // for maxSubject characters, however they are encoded
	s := h.value(f)
	s = s[:min(len(s), enough)]
	if decoded, err := wordDecoder().DecodeHeader(s); err == nil {
		s = decoded
	}
	return cut(trimBlank(oneLine(strings.ToValidUTF8(s, "\uFFFD"))), maxSubject)
}

// wordDecoder reads encoded words in all the character sets of the web.
func wordDecoder() *mime.WordDecoder {
	return &mime.WordDecoder{CharsetReader: func(charset string, r io.Reader) (io.Reader, error) {
		set, err := htmlindex.Get(charset)
		if err != nil {
			return nil, err
		}
		return set.NewDecoder().Reader(r), nil
	}}
}

// only returns the value of a field that stands once and is as it should be.
// Else it is "", and whatever there is of that name is dropped, so that ours can
// take its place.
func (h *rawHeader) only(name string, valid func(value string) bool) string {
	if f := h.first(name); f != nil && h.count(name) == 1 && valid(h.value(f)) {
		return h.value(f)
	}
	for i := range h.fields {
		h.fields[i].dropped = h.fields[i].dropped || h.fields[i].name == name
	}
	return ""
}

// isMessageID reports whether s is <left@right> in printable ASCII, fit to be
// answered as smtpMessageId.
func isMessageID(s string) bool {
	if len(s) > maxMessageID || len(s) < len("<a@b>") || s[0] != '<' || s[len(s)-1] != '>' {
		return false
	}
	inner := s[1 : len(s)-1]
	left, right, found := strings.Cut(inner, "@")
	return found && left != "" && right != "" && !strings.ContainsFunc(inner, func(r rune) bool {
		return r <= ' ' || r > '~' || r == '<' || r == '>'
	})
}

// place is where the header names a recipient, and by what name.
type place struct {
	kind RecipientKind
	name string
}

// listed returns who stands in To and Cc, by key. A field that is no list of
// addresses lists nobody: the envelope decides who gets the message.
func (h *rawHeader) listed() map[string]place {
	all := map[string]place{}
	parser := mail.AddressParser{WordDecoder: wordDecoder()}
	for _, list := range [...]struct {
		name string
		kind RecipientKind
	}{{"to", To}, {"cc", Cc}} {
		for i := range h.fields {
			f := &h.fields[i]
			if f.name != list.name || f.end-f.start > maxListed {
				continue
			}
			addresses, err := parser.ParseList(h.value(f))
			if err != nil {
				continue
			}
			for _, a := range addresses {
				m, err := ParseAddress(a.Address)
				if err != nil {
					continue
				}
				if _, again := all[m.Key()]; !again {
					all[m.Key()] = place{list.kind, cut(trimBlank(oneLine(strings.ToValidUTF8(a.Name, "\uFFFD"))), maxFromName)}
				}
			}
		}
	}
	return all
}

// kept returns the fields that are neither forbidden nor dropped. They move up
// to the body, which may be large and stays where it is: raw[end-len(kept):] is
// the message without the others.
func (h *rawHeader) kept() []byte {
	begin := h.end
	for _, f := range slices.Backward(h.fields) {
		if f.dropped || slices.Contains(forbidden[:], f.name) {
			continue
		}
		begin -= f.end - f.start
		copy(h.raw[begin:], h.raw[f.start:f.end])
	}
	return h.raw[begin:h.end]
}
