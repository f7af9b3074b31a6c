package email

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"aviso/fault"
)

// MaxSubmitted is how many bytes a submitted message may have: the contract's
// 10 MB, counted like its KB.
const MaxSubmitted = 10 << 20

// Submitted is a message that came whole.
type Submitted struct {
	raw                         []byte // without what must not go out
	noDate, noFrom, noMessageID bool   // what Compose adds
	eightBit                    bool   // raw holds bytes over 127
	utf8                        bool   // its header does
}

// NewSubmittedDraft judges a message that came over SMTP, in the contract's
// order: TooLarge before Invalid, then its lines and its header, the recipients
// and the sender. mailFrom and rcpts are the paths of the envelope without
// brackets, mailFrom "" for the null path; raw is what stood before the final
// dot, with every doubled dot undone.
//
// The recipients are those of the envelope. The From field names the sender,
// else mailFrom does, else it is the default. The message is kept byte for byte
// but for the fields that are missing or must not go out.
//
// raw is the draft's from then on.
func NewSubmittedDraft(mailFrom string, rcpts []string, raw []byte, l Limits) (*Draft, *fault.Error) {
	if len(raw) > MaxSubmitted {
		return nil, fault.New(fault.TooLarge, "PAYLOAD_TOO_LARGE", "A message may have "+strconv.Itoa(MaxSubmitted)+" bytes; this one has more.")
	}
	last, f := checkLines(raw)
	if f != nil {
		return nil, f
	}
	h, f := readHeader(raw)
	if f != nil {
		return nil, f
	}
	m := &Submitted{}
	d := &Draft{Submitted: m}
	if f := d.setEnvelope(rcpts, h, l); f != nil {
		return nil, f
	}
	if f := d.setSubmittedSender(mailFrom, h); f != nil {
		return nil, f
	}
	d.Subject = h.subject()
	d.MessageID = h.only("message-id", isMessageID)
	m.noMessageID = d.MessageID == ""
	m.noDate = h.only("date", func(value string) bool { return value != "" }) == ""
	header, body := h.kept(), raw[h.end:]
	m.utf8 = !isASCII(string(header))
	m.eightBit = m.utf8 || last >= h.end
	if len(body) > 0 && !bytes.HasPrefix(body, []byte("\r\n")) {
		m.raw = slices.Concat(header, []byte("\r\n"), body)
	} else {
		m.raw = raw[h.end-len(header):]
	}
	return d, nil
}

// setEnvelope keeps the distinct recipients of the envelope. Where one stands
// in the header is for the log alone: who stands nowhere is a blind copy.
func (d *Draft) setEnvelope(rcpts []string, h *rawHeader, l Limits) *fault.Error {
	listed := h.listed()
	seen := make(map[string]struct{}, len(rcpts))
	for i, s := range rcpts {
		m, err := ParseAddress(s)
		if err != nil {
			return fault.Field("INVALID_ADDRESS", "rcpt["+strconv.Itoa(i)+"]", err.Error())
		}
		key := m.Key()
		if _, again := seen[key]; again {
			continue
		}
		seen[key] = struct{}{}
		r := Recipient{Kind: Bcc, Address: m.Address, Wire: m.Wire}
		if at, found := listed[key]; found {
			r.Kind, r.Name = at.kind, at.name
		}
		d.Recipients = append(d.Recipients, r)
	}
	switch n := len(d.Recipients); {
	case n == 0:
		return fault.Field("INVALID_REQUEST", "rcpt", "The message has no recipient.")
	case n > l.Recipients:
		return tooMany(l.Recipients, "this one has "+strconv.Itoa(n)+".")
	}
	slices.SortStableFunc(d.Recipients, func(a, b Recipient) int { return cmp.Compare(a.Kind, b.Kind) })
	return nil
}

// setSubmittedSender finds out who sends. Readers differ in which of two From
// fields, or of two addresses in one, they show and check, so there may be only
// one; and a Sender field must not name somebody else, whom nobody has checked.
func (d *Draft) setSubmittedSender(mailFrom string, h *rawHeader) *fault.Error {
	from, named := h.first("from"), "From"
	switch {
	case h.count("from") > 1:
		return fault.New(fault.Forbidden, "SENDER_NOT_ALLOWED", "The message has more than one From field.")
	case from != nil:
		mailFrom = h.value(from)
	default:
		d.Submitted.noFrom, named = true, "MAIL FROM"
	}
	if from != nil || mailFrom != "" {
		m, err := ParseAddress(mailFrom)
		switch {
		case err == errSeveral:
			return fault.New(fault.Forbidden, "SENDER_NOT_ALLOWED", "A message has one sender; this one's From field names several.")
		case err != nil:
			return fault.Field("INVALID_ADDRESS", named, named+": "+err.Error())
		}
		d.From = m.Key()
	}
	for i := range h.fields {
		if h.fields[i].name != "sender" {
			continue
		}
		if m, err := ParseAddress(h.value(&h.fields[i])); err != nil || m.Key() != d.From {
			return fault.New(fault.Forbidden, "SENDER_NOT_ALLOWED", "The Sender field does not name the sender in From. Leave it out.")
		}
	}
	return nil
}

// composeSubmitted renders a draft that came whole: what is missing, and the
// rest as it was. Each attempt makes the same bytes, since the heading is fixed.
func (d *Draft) composeSubmitted(h Heading) Composed {
	var w mimeWriter
	m := d.Submitted
	if m.noDate {
		w.field("Date", h.Date.UTC().Format(time.RFC1123Z))
	}
	if m.noFrom {
		w.begin("From")
		w.mailbox(h.FromName, h.From)
		w.end()
	}
	if m.noMessageID {
		w.field("Message-ID", h.MessageID)
	}
	c := Composed{Data: m.raw, EightBit: m.eightBit || w.eightBit, UTF8: m.utf8 || !isASCII(h.From)}
	if len(w.b) > 0 {
		c.Data = slices.Concat(w.b, m.raw)
	}
	for i := range d.Recipients {
		c.UTF8 = c.UTF8 || !isASCII(d.Recipients[i].Wire)
	}
	return c
}

// checkLines refuses what two servers would take apart differently: whatever
// ends a line to one and not to the other can end the message early, and the
// rest of it is then commands (SMTP smuggling). Mending it would hide that from
// whoever wrote it. It returns where the last byte over 127 is, -1 if there is none.
func checkLines(raw []byte) (last int, f *fault.Error) {
	last = -1
	line, start := 1, 0
	for i, c := range raw {
		switch {
		case c == '\n' && (i == 0 || raw[i-1] != '\r'):
			return 0, badLine(line, "ends with LF alone; lines end with CRLF.")
		case c == '\n' && i-start > maxLine+1:
			return 0, badLine(line, "has over "+strconv.Itoa(maxLine)+" bytes. Encode the part in quoted-printable or base64.")
		case c == '\n':
			line, start = line+1, i+1
		case c == '\r' && (i+1 == len(raw) || raw[i+1] != '\n'):
			return 0, badLine(line, "holds a CR without its LF; lines end with CRLF.")
		case c == 0:
			return 0, badLine(line, "holds a NUL. Encode the part in base64.")
		case c >= utf8.RuneSelf:
			last = i
		}
	}
	if start < len(raw) || len(raw) == 0 {
		return 0, badLine(line, "does not end with CRLF.")
	}
	return last, nil
}

// maxLine is how many bytes a line may have without its CRLF (RFC 5322, section
// 2.1.1).
const maxLine = 998

// badLine is a message that is refused for one of its lines, counted from 1.
func badLine(line int, why string) *fault.Error {
	var b strings.Builder
	b.WriteString("Line ")
	b.WriteString(strconv.Itoa(line))
	b.WriteString(" of the message ")
	b.WriteString(why)
	return fault.Field("INVALID_REQUEST", "data", b.String())
}
