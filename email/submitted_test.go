package email_test

import (
	"bytes"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"testing"
	"time"

	"aviso/email"
	"aviso/fault"
)

// submitted makes a draft of a message whose lines end with LF in a test.
func submitted(mailFrom, text string, rcpts ...string) (*email.Draft, *fault.Error) {
	return email.NewSubmittedDraft(mailFrom, rcpts, []byte(strings.ReplaceAll(text, "\n", "\r\n")), contract)
}

const complete = "From: Ada <ada@b.c>\nDate: Sun, 22 Nov 2026 13:32:00 +0000\nMessage-ID: <1@b.c>\n"

// What goes out is what came in, but for what is missing or must not go out.
func TestSubmittedIsKept(t *testing.T) {
	heading := "Date: Sun, 22 Nov 2026 13:32:00 +0000\n"
	from := "From: Hep <noreply@hep.gg>\n"
	id := "Message-ID: " + noreply.MessageID + "\n"
	for name, c := range map[string]struct{ in, want string }{
		"complete":               {complete + "\nbody\n", complete + "\nbody\n"},
		"odd but complete":       {complete + "subject:x\nX-A:\nX-A:\n\ty  \n \nTo: a@b.c (c)\n\n.\n \n\n", complete + "subject:x\nX-A:\nX-A:\n\ty  \n \nTo: a@b.c (c)\n\n.\n \n\n"},
		"no body":                {complete, complete},
		"no header":              {"\nbody\n", heading + from + id + "\nbody\n"},
		"not even an empty line": {"body\nFrom: x\n\n", heading + from + id + "\nbody\nFrom: x\n\n"},
		"text in the header":     {complete + "A: b\nbody\nFrom: x\n", complete + "A: b\n\nbody\nFrom: x\n"},
		"folded from the start":  {" a: b\n", heading + from + id + "\n a: b\n"},
		"no Date":                {"From: ada@b.c\nMessage-ID: <1@b.c>\n\n", heading + "From: ada@b.c\nMessage-ID: <1@b.c>\n\n"},
		"an empty Date":          {"From: ada@b.c\nDate: \nMessage-ID: <1@b.c>\n\n", heading + "From: ada@b.c\nMessage-ID: <1@b.c>\n\n"},
		"no From":                {"Date: x\nMessage-ID: <1@b.c>\n\n", from + "Date: x\nMessage-ID: <1@b.c>\n\n"},
		"no Message-ID":          {"From: ada@b.c\nDate: x\n\n", id + "From: ada@b.c\nDate: x\n\n"},
		"a bad Message-ID":       {"From: ada@b.c\nDate: x\nMessage-ID: 1\n\n", id + "From: ada@b.c\nDate: x\n\n"},
		"two Message-IDs":        {"From: ada@b.c\nMessage-ID: <1@b.c>\nDate: x\nMessage-ID: <2@b.c>\n\n", id + "From: ada@b.c\nDate: x\n\n"},
		"blind copies":           {"Bcc: x@y.z,\n y@y.z\n" + complete + "BCC: x\nResent-Bcc:\n z\n\nBcc: kept\n", complete + "\nBcc: kept\n"},
		"trace":                  {"Return-Path: <x>\nReceived: from x\n\tby y\nDelivered-To: x\n" + complete + "X-Original-To: x\nreceived: z\n\n", complete + "\n"},
		"nothing but blind":      {"Bcc: x\n", heading + from + id},
		"inside another field":   {complete + "Subject: a\n Bcc: x\n\n", complete + "Subject: a\n Bcc: x\n\n"},
	} {
		d, f := submitted("", c.in, "to@b.c")
		if f != nil {
			t.Errorf("%s: %v", name, f)
			continue
		}
		if got := d.Compose(noreply); string(got.Data) != strings.ReplaceAll(c.want, "\n", "\r\n") || got.EightBit || got.UTF8 {
			t.Errorf("%s: got %q, %t, %t", name, got.Data, got.EightBit, got.UTF8)
		}
		if again := d.Compose(noreply); string(again.Data) != strings.ReplaceAll(c.want, "\n", "\r\n") {
			t.Errorf("%s: composed twice, it is two messages", name)
		}
	}
}

func TestSubmittedMessageID(t *testing.T) {
	for id, want := range map[string]string{
		"<1@b.c>":                                "<1@b.c>",
		"\n <1@b.c> ":                            "<1@b.c>",
		"<1@[10.0.0.1]>":                         "<1@[10.0.0.1]>",
		"1@b.c":                                  "",
		"<1b.c>":                                 "",
		"<@b.c>":                                 "",
		"<1@>":                                   "",
		"<1@b.c> x":                              "",
		"<1 @b.c>":                               "",
		"<1@b.c>,<2@b.c>":                        "",
		"<é@b.c>":                                "",
		"<\x01@b.c>":                             "",
		"<" + strings.Repeat("a", 244) + "@b.c>": "<" + strings.Repeat("a", 244) + "@b.c>",
		"<" + strings.Repeat("a", 245) + "@b.c>": "",
	} {
		d, f := submitted("", "Message-ID: "+id+"\n\n", "to@b.c")
		if f != nil || d.MessageID != want {
			t.Errorf("%q: got %q, %v", id, d.MessageID, f)
		}
	}
}

// Which fault a message is refused with; the sender is checked later.
func TestSubmittedIsRefused(t *testing.T) {
	long := strings.Repeat("a", 998)
	for name, c := range map[string]struct {
		in, code string
		line     int // named in the words; 0 for none
	}{
		"LF":                   {"a\r\nb\nc\r\n", "INVALID_REQUEST", 2},
		"LF at the start":      {"\nc\r\n", "INVALID_REQUEST", 1},
		"two LF":               {"a\r\n\n\r\n", "INVALID_REQUEST", 2},
		"CR":                   {"a\r\nb\rc\r\n", "INVALID_REQUEST", 2},
		"CR at the end":        {"a\r\n\r", "INVALID_REQUEST", 2},
		"CR before CRLF":       {"a\r\r\n", "INVALID_REQUEST", 1},
		"LF before CR":         {"a\n\r", "INVALID_REQUEST", 1},
		"NUL":                  {"\r\na\x00\r\n", "INVALID_REQUEST", 2},
		"long":                 {"\r\n" + long + "a\r\n", "INVALID_REQUEST", 2},
		"no CRLF at its end":   {"\r\na", "INVALID_REQUEST", 2},
		"empty":                {"", "INVALID_REQUEST", 1},
		"a space before colon": {"Bcc : x\r\n\r\n", "INVALID_REQUEST", 0},
		"Latin-1":              {"Subject: \xe9\r\n\r\n", "INVALID_REQUEST", 0},
		"many fields":          {strings.Repeat("A:\r\n", 1001), "INVALID_REQUEST", 0},
		"a large header":       {"A: b\r\n" + strings.Repeat(" "+long[1:]+"\r\n", 263), "INVALID_REQUEST", 0},
		"too large":            {strings.Repeat("a\n", email.MaxSubmitted/2) + "a", "PAYLOAD_TOO_LARGE", 0},
		"two From":             {"From: a@b.c\r\nfrom: a@b.c\r\n\r\n", "SENDER_NOT_ALLOWED", 0},
		"From behind white":    {"From: a@b.c\r\nX: y\r\n \r\nFrom: x@y.z\r\n\r\n", "SENDER_NOT_ALLOWED", 0},
		"two mailboxes":        {"From: a@b.c, x@y.z\r\n\r\n", "SENDER_NOT_ALLOWED", 0},
		"a group":              {"From: a: a@b.c;\r\n\r\n", "INVALID_ADDRESS", 0},
		"a comment":            {"From: a@b.c (x@y.z)\r\n\r\n", "INVALID_ADDRESS", 0},
		"two in brackets":      {"From: <x@y.z> <a@b.c>\r\n\r\n", "INVALID_ADDRESS", 0},
		"folded into two":      {"From: a@b.c\r\n <x@y.z>\r\n\r\n", "INVALID_ADDRESS", 0},
		"an encoded address":   {"From: =?utf-8?q?a=40b.c?=\r\n\r\n", "INVALID_ADDRESS", 0},
		"an empty From":        {"From:\r\n\r\n", "INVALID_ADDRESS", 0},
		"another Sender":       {"From: a@b.c\r\nSender: x@y.z\r\n\r\n", "SENDER_NOT_ALLOWED", 0},
		"two Sender":           {"From: a@b.c\r\nSender: a@b.c\r\nSender: x@y.z\r\n\r\n", "SENDER_NOT_ALLOWED", 0},
		"Sender alone":         {"Sender: x@y.z\r\n\r\n", "SENDER_NOT_ALLOWED", 0},
	} {
		_, f := email.NewSubmittedDraft("", []string{"to@b.c"}, []byte(c.in), contract)
		if f == nil || f.Code != c.code || c.line > 0 && !strings.HasPrefix(f.Message, fmt.Sprintf("Line %d of the message ", c.line)) {
			t.Errorf("%s: got %v", name, f)
		}
	}
	for _, fits := range []string{"\r\n" + long + "\r\n", strings.Repeat("A:\r\n", 1000), "A: b\r\n" + strings.Repeat(" "+long[1:]+"\r\n", 262)} {
		if _, f := email.NewSubmittedDraft("", []string{"to@b.c"}, []byte(fits), contract); f != nil {
			t.Error(f)
		}
	}
}

// From names the sender, else MAIL FROM, else it is the default.
func TestSubmittedSender(t *testing.T) {
	for _, c := range []struct{ mailFrom, in, want string }{
		{"", "\n", ""},
		{"X@Y.z", "\n", "x@y.z"},
		{"x@y.z", "From: \"Doe, \\\"A\\\"\" <Ada@B.c>\n\n", "ada@b.c"},
		{"not an address", "From: ada@bücher.de\n\n", "ada@xn--bcher-kva.de"},
		{"", "From: =?utf-8?q?x=40y=2Ez?=\n <ada@b.c>\n\n", "ada@b.c"},
		{"", "From: ada@b.c\nSender: Bob <ADA@b.c>\n\n", "ada@b.c"},
	} {
		if d, f := submitted(c.mailFrom, c.in, "to@b.c"); f != nil || d.From != c.want {
			t.Errorf("%q: got %+v, %v", c.in, d, f)
		}
	}
	if _, f := submitted("not an address", "\n", "to@b.c"); f == nil || f.Code != "INVALID_ADDRESS" {
		t.Errorf("got %v", f)
	}
}

// Recipients are those of the envelope, each once; the header says how the log
// shows them.
func TestSubmittedRecipients(t *testing.T) {
	d, f := submitted("", "To: Cy <c@b.c>, =?iso-8859-1?q?=C1da?= <ADA@b.c>\nCc: e@b.c, c@b.c\nCc: nobody <\nBcc: b@b.c\n\n", "b@b.c", "ada@b.c", "d@b.c", "e@b.c", "Ada@b.c", "c@B.c")
	if f != nil {
		t.Fatal(f)
	}
	want := []email.Recipient{
		{Kind: email.To, Name: "Áda", Address: "ada@b.c", Wire: "ada@b.c"},
		{Kind: email.To, Name: "Cy", Address: "c@B.c", Wire: "c@b.c"},
		{Kind: email.Cc, Address: "e@b.c", Wire: "e@b.c"},
		{Kind: email.Bcc, Address: "b@b.c", Wire: "b@b.c"},
		{Kind: email.Bcc, Address: "d@b.c", Wire: "d@b.c"},
	}
	if !slices.Equal(d.Recipients, want) {
		t.Errorf("got %+v", d.Recipients)
	}
	for code, rcpts := range map[string][]string{"INVALID_ADDRESS": {"a@b.c", "b"}, "TOO_MANY_RECIPIENTS": addresses(101), "INVALID_REQUEST": nil} {
		if _, f := submitted("", "\n", rcpts...); f == nil || f.Code != code {
			t.Errorf("%s: got %v", code, f)
		}
	}
}

// The log's subject is decoded, in one line, and cut as the API cuts it.
func TestSubmittedSubject(t *testing.T) {
	for in, want := range map[string]string{
		"plain":                               "plain",
		"=?utf-8?q?Gr=C3=BC=C3=9Fe?=":         "Grüße",
		"=?iso-2022-jp?b?GyRCJDMbKEI=?=":      "こ",
		"=?utf-8?b?w7w=?=\n =?utf-8?b?w7w=?=": "üü",
		"raw ü":                               "raw ü",
		"=?klingon?q?a?=":                     "=?klingon?q?a?=",
		"=?utf-8?q?a=00=0D=0Ab?=":             "a b",
		"=?utf-8?q?a=FF?=":                    "a\uFFFD",
		"  a\n\t b":                           "a\t b",
		strings.Repeat("=?utf-8?q?=F0=9F=98=80=F0=9F=98=80?=\n ", 600): strings.Repeat("😀", 988),
	} {
		d, f := submitted("", "Subject: "+in+"\nSubject: second\n\n", "to@b.c")
		if want = strings.ReplaceAll(want, "\t", " "); f != nil || d.Subject != want {
			t.Errorf("%q: got %q, %v", in, d.Subject, f)
		}
	}
}

// What the relay has to offer follows from what the message holds.
func TestSubmittedNeeds(t *testing.T) {
	for name, c := range map[string]struct {
		in, to         string
		eightBit, utf8 bool
	}{
		"ASCII":                   {"A: b\n\nx\n", "a@b.c", false, false},
		"8-bit body":              {"A: b\n\n\xff\n", "a@b.c", true, false},
		"8-bit body, no header":   {"\xff\n", "a@b.c", true, false},
		"UTF-8 header":            {"A: é\n\nx\n", "a@b.c", true, true},
		"UTF-8 that does not go":  {"A: b\nBcc: é\n\nx\n", "a@b.c", false, false},
		"UTF-8 address":           {"A: b\n\nx\n", "é@b.c", false, true},
		"a domain is no such one": {"A: b\n\nx\n", "a@bücher.de", false, false},
	} {
		d, f := submitted("", c.in, c.to)
		if f != nil {
			t.Fatal(f)
		}
		if got := d.Compose(noreply); got.EightBit != c.eightBit || got.UTF8 != c.utf8 {
			t.Errorf("%s: %t, %t", name, got.EightBit, got.UTF8)
		}
		h := noreply
		h.From = "é@hep.gg"
		if got := d.Compose(h); !got.EightBit || !got.UTF8 {
			t.Errorf("%s from é: %t, %t", name, got.EightBit, got.UTF8)
		}
	}
}

// FuzzSubmitted takes any message, and reads what is taken as others do.
func FuzzSubmitted(f *testing.F) {
	for _, s := range []string{
		complete + "Subject: =?utf-8?q?x?=\nTo: A <a@b.c>, b@b.c\nCc: x: y@z.a;\n\n.body\n",
		"\n", "x\n", "Bcc: a\n b\nReceived: x\n\xc3\xa9", "From: a@b.c\n \nSender: a@b.c\n\n", "A:\nA :\n", "Date:\nMessage-ID:\n\nx\n",
	} {
		f.Add("x@y.z", "to@b.c", []byte(strings.ReplaceAll(s, "\n", "\r\n")))
	}
	f.Fuzz(func(t *testing.T, mailFrom, to string, raw []byte) {
		in := bytes.Clone(raw)
		d, fa := email.NewSubmittedDraft(mailFrom, []string{to, "b@b.c"}, raw, contract)
		if fa != nil {
			return
		}
		c := d.Compose(noreply)
		for _, line := range strings.SplitAfter(string(c.Data), "\r\n") {
			if text := strings.TrimSuffix(line, "\r\n"); strings.ContainsAny(text, "\r\n\x00") || len(text) > 998 || text == line && line != "" {
				t.Fatalf("%q has the line %q", c.Data, line)
			}
		}
		m, err := mail.ReadMessage(bytes.NewReader(c.Data))
		if err != nil {
			t.Fatalf("%q: %v", c.Data, err)
		}
		for _, gone := range []string{"Bcc", "Resent-Bcc", "Received", "Return-Path", "Delivered-To", "X-Original-To"} {
			if m.Header[gone] != nil {
				t.Fatalf("%q has %s", c.Data, gone)
			}
		}
		for _, once := range []string{"From", "Date", "Message-Id"} {
			if len(m.Header[once]) != 1 || strings.TrimSpace(m.Header[once][0]) == "" {
				t.Fatalf("%q has %q in %s", c.Data, m.Header[once], once)
			}
		}
		from, err := mail.ParseAddress(m.Header.Get("From"))
		if err == nil && d.From != "" && strings.HasPrefix(string(in), "From:") && !strings.EqualFold(from.Address, d.From) && !strings.Contains(d.From, "xn--") && isASCII([]byte(d.From)) {
			t.Fatalf("%q is from %q, checked was %q", c.Data, from.Address, d.From)
		}
		if len(d.Subject) > 4*988*4 || strings.ContainsAny(d.Subject, "\r\n\x00") {
			t.Fatalf("the log has the subject %q", d.Subject)
		}
	})
}

func BenchmarkSubmitted(b *testing.B) {
	raw := []byte(strings.ReplaceAll("Received: x\nBcc: y\n"+complete+"Subject: =?utf-8?q?x?=\nTo: A <a@b.c>, b@b.c\n\n"+strings.Repeat(strings.Repeat("a", 76)+"\n", 130), "\n", "\r\n"))
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	in := make([]byte, len(raw))
	for b.Loop() {
		copy(in, raw)
		d, f := email.NewSubmittedDraft("", []string{"a@b.c"}, in, contract)
		if f != nil {
			b.Fatal(f)
		}
		d.Compose(email.Heading{From: "ada@b.c", MessageID: "<1@b.c>", Date: time.Time{}})
	}
}
