package smtprelay

import (
	"bufio"
	"errors"
	"io"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"aviso/transport"
)

func read(s string) (reply, error) {
	return readReply(bufio.NewReaderSize(strings.NewReader(s), 2*maxReplyLine), nil)
}

func TestReply(t *testing.T) {
	long := strings.Repeat("ü", 300)
	for _, c := range []struct {
		sent string
		want transport.Verdict
	}{
		{"250 2.0.0 queued as 1\r\n", transport.Verdict{Outcome: transport.Taken, Code: 250, Enhanced: "2.0.0", Text: "queued as 1"}},
		{"251 will forward\r\n", transport.Verdict{Outcome: transport.Taken, Code: 251, Text: "will forward"}},
		{"250\r\n", transport.Verdict{Outcome: transport.Taken, Code: 250}},
		{"250 \n", transport.Verdict{Outcome: transport.Taken, Code: 250}},
		{"452 4.2.2 full\r\n", transport.Verdict{Outcome: transport.Later, Code: 452, Enhanced: "4.2.2", Text: "full"}},
		{"550-5.1.1 no\r\n550-5.1.1  such\r\n550 5.1.1 user\r\n", transport.Verdict{Outcome: transport.Refused, Code: 550, Enhanced: "5.1.1", Text: "no  such user"}},
		{"550-one\r\n550\r\n", transport.Verdict{Outcome: transport.Refused, Code: 550, Text: "one "}},
		{"550 5.7.509\r\n", transport.Verdict{Outcome: transport.Refused, Code: 550, Enhanced: "5.7.509"}},
		// No enhanced codes: another class, too long, unfinished.
		{"550 4.1.1 odd\r\n", transport.Verdict{Outcome: transport.Refused, Code: 550, Text: "4.1.1 odd"}},
		{"550 5.1.1234 odd\r\n", transport.Verdict{Outcome: transport.Refused, Code: 550, Text: "5.1.1234 odd"}},
		{"550 5.1. odd\r\n", transport.Verdict{Outcome: transport.Refused, Code: 550, Text: "5.1. odd"}},
		{"550 5.1.1.1 odd\r\n", transport.Verdict{Outcome: transport.Refused, Code: 550, Text: "5.1.1.1 odd"}},
		// What must not reach a log.
		{"550 a\x1b[31mb\tc\x00\u2028d\r\n", transport.Verdict{Outcome: transport.Refused, Code: 550, Text: "a [31mb c  d"}},
		{"550 \xff\r\n", transport.Verdict{Outcome: transport.Refused, Code: 550, Text: "\ufffd"}},
		{"550 " + long + "\r\n", transport.Verdict{Outcome: transport.Refused, Code: 550, Text: long[:500]}},
		{"550 x" + long + "\r\n", transport.Verdict{Outcome: transport.Refused, Code: 550, Text: "x" + long[:498]}},
	} {
		rep, err := read(c.sent)
		if got := rep.verdict(); err != nil || got != c.want {
			t.Errorf("%q: %+v, %v", c.sent, got, err)
		}
	}
}

func TestReplyToRcpt552(t *testing.T) {
	for sent, want := range map[string]transport.Outcome{
		"552 too many recipients\r\n":       transport.Later,
		"552 5.5.3 too many recipients\r\n": transport.Later,
		"552 5.2.2 mailbox full\r\n":        transport.Refused,
		"553 5.5.3 too many\r\n":            transport.Refused,
		"452 4.5.3 too many\r\n":            transport.Later,
	} {
		rep, err := read(sent)
		if got := rep.rcptVerdict().Outcome; err != nil || got != want {
			t.Errorf("%q: %s, %v", sent, got, err)
		}
	}
}

func TestReplyBounds(t *testing.T) {
	for _, c := range []struct {
		name, sent string
		want       error
	}{
		{"no code", "hello\r\n", errGarbage},
		{"an empty line", "\r\n", errGarbage},
		{"a code of 1yz", "150 wait\r\n", errGarbage},
		{"a code of 6yz", "650 what\r\n", errGarbage},
		{"no space", "250ok\r\n", errGarbage},
		{"codes that differ", "250-one\r\n251 two\r\n", errGarbage},
		{"a long line", "250 " + strings.Repeat("x", maxReplyLine) + "\r\n", errLongLine},
		{"a line without an end", "250 " + strings.Repeat("x", 1<<20), errLongLine},
		{"many lines", strings.Repeat("250-x\r\n", maxReplyLines) + "250 x\r\n", errManyLine},
		{"nothing", "", io.EOF},
		{"half a line", "250 ok", io.ErrUnexpectedEOF},
		{"half a reply", "250-ok\r\n", io.EOF},
	} {
		if _, err := read(c.sent); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if _, err := read(strings.Repeat("250-x\r\n", maxReplyLines-1) + "250 x\r\n"); err != nil {
		t.Errorf("%d lines: %v", maxReplyLines, err)
	}
	if _, err := read("250 " + strings.Repeat("x", maxReplyLine-6) + "\r\n"); err != nil {
		t.Errorf("%d bytes: %v", maxReplyLine, err)
	}
}

func FuzzReply(f *testing.F) {
	for _, seed := range []string{
		"250 2.0.0 ok\r\n", "250-a\r\n250 b\r\n", "550-5.1.1 a\r\n550 5.1.1 b\r\n", "250", "999 x\n",
		"250 \xff\x00\r\n", "250-\r\n250-SIZE 1\r\n250-AUTH=LOGIN PLAIN\r\n250 \r\n", "\r\n", "354\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, sent []byte) {
		rep, err := readReply(bufio.NewReaderSize(strings.NewReader(string(sent)), 2*maxReplyLine), nil)
		if err != nil {
			return
		}
		if rep.code < 200 || rep.code > 599 || len(rep.text) > maxReplyLines*maxReplyLine {
			t.Fatalf("%d, %d bytes", rep.code, len(rep.text))
		}
		readExtensions(string(rep.text))
		v := rep.verdict()
		if len(v.Text) > maxText || !utf8.ValidString(v.Text) || strings.ContainsFunc(v.Text, unicode.IsControl) {
			t.Fatalf("%q", v.Text)
		}
		if v.Enhanced != "" && (enhancedLen(v.Enhanced, v.Code) != len(v.Enhanced) || len(v.Enhanced) > 9) {
			t.Fatalf("%d with %q", v.Code, v.Enhanced)
		}
		if (v.Outcome == transport.Taken) != (rep.code < 300) || (v.Outcome == transport.Refused) != (rep.code >= 500) {
			t.Fatalf("%d is %s", rep.code, v.Outcome)
		}
	})
}
