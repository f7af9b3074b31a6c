package email

import (
	"strconv"
	"unicode/utf8"

	"aviso/fault"
)

// The contract's limits in characters, which are code points.
const (
	maxSubject  = 988
	maxFromName = 100
)

// Draft is a message that keeps every rule which needs no database. Admission
// adds a Heading, and Compose renders both. It is not changed once made.
type Draft struct {
	// From is the Key of the sender asked for; "" asks for the default.
	From string
	// FromName is the display name asked for; "" asks for the sender's own.
	FromName string
	// ReplyTo is where answers go; nil if nowhere else.
	ReplyTo *Mailbox
	// Recipients are distinct, at least one, and to comes before cc before bcc.
	Recipients []Recipient
	// Subject is one line; may be empty.
	Subject string
	// HTML and Text are as they came, with any line ends; one is not empty.
	HTML, Text string
	// MessageID is the Message-ID to keep, with its brackets; "" asks for one of
	// ours.
	MessageID string
	// Submitted is a whole message in place of ReplyTo, HTML and Text; only
	// NewSubmittedDraft sets it.
	Submitted *Submitted
}

// NewDraft judges r by the contract's rules, in the contract's order, and
// returns a draft or the first thing that is wrong: TooLarge before Invalid,
// then the recipients, from, replyTo, and the texts.
func NewDraft(r *Request, l Limits) (*Draft, *fault.Error) {
	if size := len(r.HTML) + len(r.Text); size > l.BodyBytes {
		return nil, fault.New(fault.TooLarge, "PAYLOAD_TOO_LARGE",
			"html and text together may have "+strconv.Itoa(l.BodyBytes)+" bytes; these have "+strconv.Itoa(size)+".")
	}
	d := &Draft{HTML: r.HTML, Text: r.Text}
	for _, set := range [...]func(*Request, Limits) *fault.Error{d.setRecipients, d.setSender, d.setReplyTo, d.setTexts} {
		if f := set(r, l); f != nil {
			return nil, f
		}
	}
	return d, nil
}

func (d *Draft) setSender(r *Request, _ Limits) *fault.Error {
	if !utf8.ValidString(r.FromName) {
		return notUnicode("fromName")
	}
	d.FromName = trimBlank(oneLine(r.FromName))
	if r.From != "" {
		m, err := ParseAddress(r.From)
		if err != nil {
			return fault.Field("INVALID_ADDRESS", "from", err.Error())
		}
		d.From = m.Key()
		if d.FromName == "" {
			d.FromName = m.Name
		}
	}
	d.FromName = trimBlank(cut(d.FromName, maxFromName))
	return nil
}

func (d *Draft) setReplyTo(r *Request, _ Limits) *fault.Error {
	if r.ReplyTo == "" {
		return nil
	}
	m, err := ParseAddress(r.ReplyTo)
	if err != nil {
		return fault.Field("INVALID_ADDRESS", "replyTo", err.Error())
	}
	d.ReplyTo = &m
	return nil
}

func (d *Draft) setTexts(r *Request, _ Limits) *fault.Error {
	switch {
	case !utf8.ValidString(r.Subject):
		return notUnicode("subject")
	case !utf8.ValidString(r.HTML):
		return notUnicode("html")
	case !utf8.ValidString(r.Text):
		return notUnicode("text")
	case r.HTML == "" && r.Text == "":
		return fault.Field("MISSING_BODY", "html", "The message has no body: give html, text or both.")
	}
	d.Subject = cut(oneLine(r.Subject), maxSubject)
	return nil
}

// notUnicode is what SMTP and forms can bring about; JSON is refused earlier.
func notUnicode(field string) *fault.Error {
	return fault.Field("INVALID_REQUEST", field, field+" is not valid Unicode.")
}
