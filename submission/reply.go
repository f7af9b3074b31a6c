package submission

import (
	"strconv"
	"strings"
	"time"

	"aviso/email"
	"aviso/fault"
)

// reply is one answer to a client.
type reply struct {
	code int
	// text begins with the enhanced status code (RFC 2034) but for those codes
	// that have none. A line break begins a line of its own.
	text  string
	close bool // the session ends with it
}

// The replies that no rule of email has a part in.
var (
	replyMadeWay   = reply{421, "4.7.0 Too many connections; this one has not authenticated in time.", true}
	replyCrowded   = reply{421, "4.7.0 Too many connections. Try again later.", true}
	replyIdle      = reply{421, "4.4.2 Nothing came for too long.", true}
	replyClosing   = reply{421, "4.3.2 The server is shutting down. Try again; another node or the next start answers.", true}
	replyNoise     = reply{421, "4.7.0 Too many commands that lead nowhere.", true}
	replyOK        = reply{250, "2.0.0 OK", false}
	replyBye       = reply{221, "2.0.0 Bye", true}
	replyUnknown   = reply{500, "5.5.1 There is no such command.", false}
	replyNoCommand = reply{502, "5.5.1 The command is not implemented.", false}
	replySequence  = reply{503, "5.5.1 The command is out of place.", false}
	replyNoHello   = reply{503, "5.5.1 Say EHLO first.", false}
	replySyntax    = reply{501, "5.5.4 The command's arguments are not as they should be.", false}
	replyParameter = reply{555, "5.5.4 A parameter is not known.", false}
	replyNoTLS     = reply{530, "5.7.0 Say STARTTLS first.", false}
	replyNoKey     = reply{530, "5.7.0 Authenticate first, with an API key as the password.", false}
	replyBadKey    = reply{535, "5.7.8 The API key is not known or is disabled. The user name does not matter, the password is the key.", false}
	replyGuessing  = reply{421, "4.7.0 Too many wrong passwords from this address. Try again in ten minutes.", true}
	replyTooLarge  = reply{552, "5.3.4 A message may have " + strconv.Itoa(email.MaxSubmitted) + " bytes.", false}
	replyTooMany   = reply{452, "4.5.3 A message may have no more recipients. Send it to the others by itself.", false}
)

// replies is the one table from a fault's code to a reply (contract, part 3).
// Without words of its own a reply has the fault's.
var replies = map[string]struct {
	code     int
	enhanced string
	words    string
	close    bool
}{
	"UNAUTHORIZED":         {421, "4.7.0", "The API key is not valid any more.", true}, // it was when the session began
	"KEY_DISABLED":         {421, "4.7.0", "", true},
	"ACCOUNT_SUSPENDED":    {421, "4.7.0", "", true},
	"EMAIL_NOT_VERIFIED":   {421, "4.7.0", "", true},
	"RATE_LIMITED":         {421, "4.7.0", "Too many messages with this key in the last 60 seconds.", true},
	"PAYLOAD_TOO_LARGE":    {552, "5.3.4", "", false},
	"INVALID_REQUEST":      {554, "5.6.0", "", false},
	"INVALID_ADDRESS":      {550, "5.1.3", "", false},
	"TOO_MANY_RECIPIENTS":  {452, "4.5.3", "", false},
	"SENDER_NOT_ALLOWED":   {550, "5.7.1", "", false},
	"INSUFFICIENT_CREDITS": {452, "4.2.2", "", false},
	"UNAVAILABLE":          {451, "4.3.0", "", false},
	"INTERNAL":             {451, "4.3.0", "Something failed on our side.", false},
}

// replyTo is how a fault is answered in the session of that id.
func replyTo(f *fault.Error, session string) reply {
	r, known := replies[f.Code]
	if !known {
		r = replies["INTERNAL"]
	}
	words := r.words
	if words == "" {
		words = f.Message
	}
	switch {
	case f.MessageID != "": // the fault's words are about a header of HTTP
		words = "The message was handed over as " + f.MessageID + ", but its outcome could not be stored."
	case f.Kind == fault.RateLimited:
		words += " Try again in " + strconv.FormatInt(int64((f.RetryAfter+time.Second-1)/time.Second), 10) + " s."
	}
	if r.code == 451 {
		words += " (session " + session + ")"
	}
	return reply{r.code, r.enhanced + " " + plain(words), r.close}
}

// outcome writes an outcome as a reply: 250 if anybody was taken or waits, 554
// if everybody was refused. It is an email.Call's Encode.
func outcome(o *email.Outcome) (int, []byte) {
	var b strings.Builder
	code, enhanced := 250, "2.0.0 "
	switch o.Status {
	case email.Sent:
		b.WriteString("Sent as " + o.MessageID + ".")
	case email.Queued:
		b.WriteString("Queued as " + o.MessageID + ". " + o.RetryHint)
	default:
		code, enhanced = 554, "5.0.0 "
		b.WriteString("Refused for every recipient, and refunded: " + o.MessageID + ".")
	}
	if n := len(o.Rejected); n > 0 {
		first := &o.Rejected[0]
		b.WriteString(" Refused: " + first.Address + " (")
		if first.Code != 0 { // the relay was asked
			b.WriteString(strconv.Itoa(first.Code) + " ")
		}
		b.WriteString(first.Message + ")")
		if n > 1 {
			b.WriteString(" and " + strconv.Itoa(n-1) + " more")
		}
		b.WriteByte('.')
	}
	return code, []byte(enhanced + plain(b.String()))
}

// maxWords leaves room in a line of 512 bytes for the codes (RFC 5321, section
// 4.5.3.1.5).
const maxWords = 480

// plain makes one line of ASCII of what others wrote.
func plain(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, s)
	return s[:min(len(s), maxWords)]
}
