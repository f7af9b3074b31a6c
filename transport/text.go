package transport

import (
	"context"
	"time"
)

// Encoding is the alphabet a text goes out in.
type Encoding string

// The encodings of a text.
const (
	GSM7 Encoding = "GSM-7" // 3GPP TS 23.038, the default alphabet and its extension table
	UCS2 Encoding = "UCS-2" // UTF-16, big endian
)

// Text is one text message on its way to one gateway.
type Text struct {
	ID      string // the message id, for the log and for gateways that keep one of ours
	From    string // "+" and digits, a short code, or up to 11 letters
	To      string // "+" and digits
	Content string // what it says, for gateways that split it themselves
	// Encoding and Parts are how it goes out: the segments in order, without
	// user data header; an octet for each septet of GSM-7 (not packed), or
	// UTF-16, big endian.
	Encoding Encoding
	Parts    [][]byte
	// Reference joins the parts of one text (3GPP TS 23.040 9.2.3.24); an 8-bit
	// header takes its low octet.
	Reference uint16
	// PartReferences is the user_message_reference of each part (SMPP 3.4,
	// 5.3.2.17), by which a receipt without a known id can be matched.
	PartReferences []uint16
	// Unreported says that nobody wants a receipt: there is no text whose fate it
	// would change.
	Unreported bool
	// MayStart is asked right before the first octet of the first part leaves;
	// false means that the text was withdrawn. Nil means yes.
	MayStart func() bool
}

// TextVerdict is what one submission of a text came to.
type TextVerdict struct {
	Outcome Outcome
	// Recipient is true for a Refused that blames the recipient's number.
	Recipient  bool
	ProviderID string // the gateway's id of what it took, as it gave it
	Code       string // "ESME_RTHROTTLED", "21211", "429"; empty when the gateway did not speak
	Text       string // the gateway's words, or ours when it had none; one line, at most 500 bytes
}

// TextReport is what became of a Text.
type TextReport struct {
	// Verdicts has one entry for each part, or a single one from a gateway that
	// takes a text whole. After the first that is not Taken the others are
	// Later: they never left.
	Verdicts []TextVerdict
	Duration time.Duration
}

// Texter carries texts to one gateway. Send submits the parts one after the
// other and blocks until each has a verdict: a gateway without a link answers
// Later at once, a full window is waited for. When ctx ends, a part that was
// not written is Later, one that was and has no answer is Unknown. A part that
// is throttled after another was taken is tried again until ctx ends. It is
// safe for concurrent use.
type Texter interface {
	Send(ctx context.Context, t *Text) TextReport
}

// Inbound takes what gateways bring in. Each method returns once it is
// durable; after an error the gateway must be told to bring it again.
type Inbound interface {
	Receive(ctx context.Context, t *InboundText) error
	Receipt(ctx context.Context, r *Receipt) error
	// Answered is told what became of a part whose verdict was Unknown.
	Answered(ctx context.Context, a *LateAnswer) error
}

// NumberType is how a number is to be read (SMPP 3.4, 5.2.5).
type NumberType uint8

// The types of a number.
const (
	UnknownNumber NumberType = iota
	International            // digits that begin with a calling code
	National                 // digits without a calling code
	Alphanumeric             // a name
	ShortNumber              // a short code, abbreviated or network specific
)

// Alphabet is what the octets of an inbound text mean.
type Alphabet uint8

// The alphabets of inbound texts.
const (
	GSM7Octets Alphabet = iota // an octet for each septet
	Latin1
	ASCII
	UTF16 // big endian
	UTF8
	Binary
	Cyrillic // ISO 8859-5
	Hebrew   // ISO 8859-8
)

// InboundText is one text, or one part of one, as a gateway brought it.
type InboundText struct {
	Gateway  string
	From     string // as it came, without "+"
	FromType NumberType
	To       string // as it came
	Alphabet Alphabet
	Data     []byte // without user data header
	Part     *Part  // nil for a text in one piece
	// RepeatKey is equal for a text and its repetition. With a Bind, it is a
	// repetition only within ten minutes and on another bind; without, always.
	RepeatKey string
	Bind      string
}

// Part says which piece of a longer text this is.
type Part struct {
	Reference uint16
	Wide      bool // a 16-bit reference, which is another space of references
	Total     int  // 2-255
	Number    int  // from 1
}

// ReceiptState is what a delivery receipt says (SMPP 3.4, 5.2.28).
type ReceiptState string

// The states of a receipt.
const (
	Enroute       ReceiptState = "enroute"
	Delivered     ReceiptState = "delivered"
	Expired       ReceiptState = "expired"
	Deleted       ReceiptState = "deleted"
	Undeliverable ReceiptState = "undeliverable"
	Accepted      ReceiptState = "accepted"
	UnknownState  ReceiptState = "unknown"
	Rejected      ReceiptState = "rejected" // it never left
)

// Receipt is what a gateway reports about a text, or a part, it took.
type Receipt struct {
	Gateway    string
	ProviderID string // as it came; empty when it named none
	Reference  uint16 // user_message_reference; 0 when it named none
	TextID     string // our message id, from gateways that keep it
	From, To   string // of the text it is about: our sender, the recipient, as they came
	// SubmittedAt and DoneAt are as the receipt says; zero when it does not.
	// They are only as good as the gateway's clock and time zone.
	SubmittedAt, DoneAt time.Time
	State               ReceiptState
	Code                string // the network's error; empty when not given
	Text                string // the receipt as it came, at most 500 bytes
}

// LateAnswer is an answer that came after its part was given up as Unknown.
type LateAnswer struct {
	Gateway string
	TextID  string
	Part    int // from 0
	Verdict TextVerdict
}
