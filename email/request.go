package email

// Request is the fields of a send call as they came in: decoded, but not yet
// judged. Every door fills one, and NewDraft makes it a Draft or a fault.
type Request struct {
	// Each is "a@b.c" or "Name <a@b.c>".
	To, Cc, Bcc []string
	// Whether the field came as a list. A fault then names "to[3]", else "to".
	ToList, CcList, BccList bool

	Subject    string
	HTML, Text string // one of them is required

	From     string // "" asks for the default sender
	FromName string // "" asks for the sender's own name
	ReplyTo  string // "" means none
}

// Limits is what the installation allows one message.
type Limits struct {
	BodyBytes  int // html and text together, in bytes of UTF-8
	Recipients int // distinct ones
}
