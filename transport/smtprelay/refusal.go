package smtprelay

import (
	"strings"

	"aviso/transport"
)

// refusal is our own verdict for what the relay is not asked: an enhanced code
// and the words.
type refusal string

const (
	badSender    refusal = "5.1.7 the sender's address cannot be written in an SMTP command"
	badRecipient refusal = "5.1.3 the address cannot be written in an SMTP command"
	badLines     refusal = "5.6.0 the message has line ends other than CRLF"
	noEightBit   refusal = "5.6.3 the message is 8-bit and the relay does not offer 8BITMIME"
	noUTF8       refusal = "5.6.7 an address or header is not ASCII and the relay does not offer SMTPUTF8"
	tooLarge     refusal = "5.3.4 the message is larger than the relay takes"
)

func (r refusal) verdict() transport.Verdict {
	enhanced, text, _ := strings.Cut(string(r), " ")
	return transport.Verdict{Outcome: transport.Refused, Enhanced: enhanced, Text: text}
}

// printable reports whether s can stand between the brackets of a path, or
// alone as an argument.
func printable(s string, utf8 bool) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c <= ' ' || c == '<' || c == '>' || c == 0x7f || c > 0x7f && !utf8 {
			return false
		}
	}
	return s != ""
}

// unfit says why this relay must not be given the message; "" when it may.
func (t *transaction) unfit(ext *extensions) refusal {
	switch m := t.mail; {
	case m.UTF8 && !ext.utf8:
		return noUTF8
	case m.EightBit && !ext.eightBit: // RFC 6152, 3
		return noEightBit
	case ext.maxSize > 0 && len(m.Data) > ext.maxSize: // RFC 1870, 6.1
		return tooLarge
	}
	return ""
}
