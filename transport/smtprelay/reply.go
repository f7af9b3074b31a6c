package smtprelay

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"aviso/transport"
)

const (
	maxReplyLine  = 2048 // bytes, line end included; RFC 5321, 4.5.3.1.5 asks for 512
	maxReplyLines = 128
	maxText       = 500 // bytes of a verdict's text
)

// notice is an error in our own words, which may be shown to anybody.
type notice string

func (n notice) Error() string { return string(n) }

const (
	errLongLine = notice("the relay sent a reply line of over 2048 bytes")
	errManyLine = notice("the relay sent a reply of over 128 lines")
	errGarbage  = notice("the relay sent something that is no SMTP reply")
)

// reply is one answer of the relay. Its text is the lines without their codes,
// separated by LF; it is valid until the next reply is read.
type reply struct {
	code int
	text []byte
}

// readReply reads one reply, its text into the memory of scratch.
func readReply(r *bufio.Reader, scratch []byte) (reply, error) {
	rep := reply{text: scratch[:0]}
	for lines := 1; ; lines++ {
		line, err := r.ReadSlice('\n')
		switch {
		case errors.Is(err, bufio.ErrBufferFull) || len(line) > maxReplyLine:
			return rep, errLongLine
		case errors.Is(err, io.EOF) && len(line) > 0:
			return rep, io.ErrUnexpectedEOF
		case err != nil:
			return rep, err
		case lines > maxReplyLines:
			return rep, errManyLine
		}
		line = line[:len(line)-1]
		if n := len(line); n > 0 && line[n-1] == '\r' {
			line = line[:n-1]
		}
		code, more, ok := splitCode(line)
		if !ok || lines > 1 && code != rep.code {
			return rep, errGarbage
		}
		rep.code = code
		if lines > 1 {
			rep.text = append(rep.text, '\n')
		}
		if len(line) > 4 {
			rep.text = append(rep.text, line[4:]...)
		}
		if !more {
			return rep, nil
		}
	}
}

// splitCode reads "250-" (more follows), "250 " or a bare "250". A reply to
// what this client sends is never 1yz.
func splitCode(line []byte) (code int, more, ok bool) {
	if len(line) < 3 || line[0] < '2' || line[0] > '5' || !isDigit(line[1]) || !isDigit(line[2]) {
		return 0, false, false
	}
	code = int(line[0]-'0')*100 + int(line[1]-'0')*10 + int(line[2]-'0')
	if len(line) == 3 {
		return code, false, true
	}
	return code, line[3] == '-', line[3] == '-' || line[3] == ' '
}

func isDigit(b byte) bool { return '0' <= b && b <= '9' }

func (r reply) positive() bool { return r.code/100 == 2 }
func (r reply) negative() bool { return r.code/100 == 4 || r.code/100 == 5 }

// verdict is what the reply means for the recipients it is about.
func (r reply) verdict() transport.Verdict {
	v := transport.Verdict{Outcome: transport.Later, Code: r.code}
	switch r.code / 100 {
	case 2:
		v.Outcome = transport.Taken
	case 5:
		v.Outcome = transport.Refused
	}
	v.Enhanced, v.Text = r.words()
	return v
}

// rcptVerdict differs for 552: it used to mean "too many recipients", which
// mends itself (RFC 5321, 4.5.3.1.10). With an enhanced code that says
// otherwise, such as 5.2.2 for a full mailbox, it is what it says.
func (r reply) rcptVerdict() transport.Verdict {
	v := r.verdict()
	if r.code == 552 && (v.Enhanced == "" || v.Enhanced == "5.5.3") {
		v.Outcome = transport.Later
	}
	return v
}

// words returns the enhanced code and the text as one line fit for a log. Most
// replies are one plain line: then one string holds both.
func (r reply) words() (enhanced, text string) {
	s := string(r.text)
	n := enhancedLen(s, r.code)
	if n == 0 {
		return "", clean(s)
	}
	enhanced, text = s[:n], strings.TrimPrefix(s[n:], " ")
	if strings.Contains(text, "\n") {
		// RFC 2034 repeats the code on each line.
		text = strings.ReplaceAll(text, "\n"+enhanced+" ", "\n")
	}
	return enhanced, clean(text)
}

// String is the reply as an operator knows it, such as "550 5.1.1 nobody".
func (r reply) String() string {
	return strings.TrimSpace(strconv.Itoa(r.code) + " " + clean(string(r.text)))
}

// enhancedLen is the length of the RFC 3463 code that s begins with, else 0.
// Its class must be the reply's own (RFC 2034), or it is only text.
func enhancedLen(s string, code int) int {
	if len(s) < 5 || int(s[0]-'0') != code/100 || s[1] != '.' {
		return 0
	}
	subject := digits(s[2:])
	if end := 2 + subject; subject == 0 || end >= len(s) || s[end] != '.' {
		return 0
	}
	detail := digits(s[3+subject:])
	n := 3 + subject + detail
	if detail == 0 || n < len(s) && s[n] != ' ' && s[n] != '\n' {
		return 0
	}
	return n
}

// digits counts the digits that s begins with; over three it says none.
func digits(s string) int {
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	if n > 3 {
		return 0
	}
	return n
}

// clean makes a line of at most maxText bytes: what cannot be printed becomes
// a space, what is not UTF-8 a replacement character.
func clean(s string) string {
	plain := len(s) <= maxText
	for i := 0; plain && i < len(s); i++ {
		plain = ' ' <= s[i] && s[i] <= '~'
	}
	if plain {
		return s
	}
	var b bytes.Buffer
	for _, r := range s {
		if !unicode.IsPrint(r) {
			r = ' '
		}
		if b.Len()+utf8.RuneLen(r) > maxText {
			break
		}
		b.WriteRune(r)
	}
	return b.String()
}
