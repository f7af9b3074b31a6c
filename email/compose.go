package email

import (
	"strings"
	"time"
)

// Heading is what admission decides about a message. It is fixed before the
// first attempt, so that every attempt sends the same bytes.
type Heading struct {
	From      string    // the sender's address, as Mailbox.Wire has it
	FromName  string    // the sender's own display name, for a draft that has none
	MessageID string    // with its brackets
	Date      time.Time // written in UTC
}

// Composed is a message as it goes to a relay.
type Composed struct {
	// Data has CRLF line ends only, no line over 998 bytes, and ends in CRLF.
	// It is not dot-stuffed.
	Data []byte
	// EightBit is set if Data holds bytes over 127: local parts in the header.
	EightBit bool
	// UTF8 is set if any address has a local part beyond ASCII, also one that
	// only the envelope names: the relay must offer SMTPUTF8 (RFC 6531).
	UTF8 bool
}

// Compose renders the message. Blind copies leave no trace in it, and neither
// does the program: a User-Agent helps nobody but who looks for old versions.
//
// The writer is our own: wneessen/go-mail took several times as long and
// a hundred allocations for the same message, and would have its addresses
// converted and its own defaults switched off first.
func (d *Draft) Compose(h Heading) Composed {
	if d.Submitted != nil {
		return d.composeSubmitted(h)
	}
	text := survey("text/plain; charset=utf-8", d.Text)
	html := survey("text/html; charset=utf-8", d.HTML)
	w := mimeWriter{b: make([]byte, 0, d.headingSize()+text.size+html.size)}
	d.writeHeading(&w, h)
	w.field("MIME-Version", "1.0")
	switch {
	case d.HTML == "":
		w.single(&text)
	case d.Text == "":
		w.single(&html)
	default:
		w.alternatives(boundary(h.MessageID), &text, &html)
	}

	c := Composed{Data: w.b, EightBit: w.eightBit, UTF8: w.eightBit}
	for i := range d.Recipients {
		c.UTF8 = c.UTF8 || !isASCII(d.Recipients[i].Wire)
	}
	return c
}

// headingSize is about how many bytes the header needs, so that one buffer does.
func (d *Draft) headingSize() int {
	size := 1024 + 2*len(d.Subject)
	for i := range d.Recipients {
		size += 2*len(d.Recipients[i].Name) + len(d.Recipients[i].Wire) + len(" <>,\r\n")
	}
	return size
}

// writeHeading writes when, who, to whom and what about. An empty subject is
// left out: the field is optional, and one without a value is a line that ends
// in white space, which relays mend or mark down.
func (d *Draft) writeHeading(w *mimeWriter, h Heading) {
	w.begin("Date")
	w.space(len(time.RFC1123Z))
	w.b = h.Date.UTC().AppendFormat(w.b, time.RFC1123Z)
	w.end()

	name := d.FromName
	if name == "" {
		name = h.FromName
	}
	w.begin("From")
	w.mailbox(name, h.From)
	w.end()
	w.recipients("To", d.Recipients, To)
	w.recipients("Cc", d.Recipients, Cc)
	if d.ReplyTo != nil {
		w.begin("Reply-To")
		w.mailbox(d.ReplyTo.Name, d.ReplyTo.Wire)
		w.end()
	}
	if d.Subject != "" {
		w.text("Subject", d.Subject)
	}
	w.field("Message-ID", h.MessageID)
}

// recipients writes those of one kind, and nothing if there are none.
func (w *mimeWriter) recipients(name string, all []Recipient, kind RecipientKind) {
	begun := false
	for i := range all {
		if all[i].Kind != kind {
			continue
		}
		if begun {
			w.b = append(w.b, ',')
		} else {
			w.begin(name)
			begun = true
		}
		w.mailbox(all[i].Name, all[i].Wire)
	}
	if begun {
		w.end()
	}
}

// single writes the only text.
func (w *mimeWriter) single(p *mimePart) {
	w.part(p)
	if w.b[len(w.b)-1] != '\n' {
		w.end()
	}
}

// alternatives writes both texts, the plainest first (RFC 2046, section 5.1.4).
// The CRLF before a boundary belongs to it, so that each text ends as it did.
func (w *mimeWriter) alternatives(boundary string, text, html *mimePart) {
	w.begin("Content-Type")
	w.words(`multipart/alternative; boundary="` + boundary + `"`)
	w.end()
	for _, p := range [...]*mimePart{text, html} {
		if p.encoding == sevenBit && strings.Contains(p.text, boundary) {
			p.encoding = quotedPrintable // which cannot hold it
		}
		w.b = append(append(append(w.b, "\r\n--"...), boundary...), "\r\n"...)
		w.part(p)
	}
	w.b = append(append(append(w.b, "\r\n--"...), boundary...), "--\r\n"...)
}

// part writes a text and the fields that describe it.
func (w *mimeWriter) part(p *mimePart) {
	w.field("Content-Type", p.mediaType)
	w.field("Content-Transfer-Encoding", p.encoding.String())
	w.end()
	w.b = p.append(w.b)
}

// boundary makes a multipart boundary of a Message-ID, so that a message is the
// same bytes whenever it is composed. It begins with "=_", which is in nothing
// that is encoded, and has less than the 70 characters RFC 2046 allows.
func boundary(messageID string) string {
	b := append(make([]byte, 0, 64), "=_"...)
	for i := 0; i < len(messageID) && len(b) < cap(b); i++ {
		if c := messageID[i]; isAlphanumeric(c) || c == '-' || c == '.' {
			b = append(b, c)
		}
	}
	return string(b)
}
