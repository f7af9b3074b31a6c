package email

import (
	"mime"
	"net/mail"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestSubjectLines(t *testing.T) {
	for name, c := range map[string]struct{ subject, want string }{
		"plain":                 {"Hello", "Subject: Hello\r\n"},
		"folded":                {strings.Repeat("seven77 ", 9) + "end", "Subject: seven77 seven77 seven77 seven77 seven77 seven77 seven77 seven77\r\n seven77 end\r\n"},
		"several spaces":        {strings.Repeat("a", 60) + "  two", "Subject: " + strings.Repeat("a", 60) + "  two\r\n"},
		"spaces that are far":   {"a " + strings.Repeat("b  ", 23) + "c", "Subject: a\r\n " + strings.Repeat("b  ", 23) + "c\r\n"},
		"a word too long":       {strings.Repeat("a", 68), "Subject: =?utf-8?q?" + strings.Repeat("a", 55) + "?=\r\n =?utf-8?q?" + strings.Repeat("a", 13) + "?=\r\n"},
		"a space at the end":    {"Hello ", "Subject: =?utf-8?q?Hello_?=\r\n"},
		"a space alone":         {" ", "Subject: =?utf-8?q?_?=\r\n"},
		"like an encoded word":  {"=?utf-8?q?x?=", "Subject: =?utf-8?b?PT91dGYtOD9xP3g/PQ==?=\r\n"},
		"umlauts":               {"Grüße an alle anderen", "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe_an_alle_anderen?=\r\n"},
		"another script":        {"Привет", "Subject: =?utf-8?b?0J/RgNC40LLQtdGC?=\r\n"},
		"no header of its own":  {"a\r\nBcc: b c d", "Subject: =?utf-8?q?a=0D=0ABcc=3A_b_c_d?=\r\n"},
		"no letter in two":      {strings.Repeat("é", 21), "Subject: =?utf-8?b?" + strings.Repeat("w6nDqcOp", 6) + "w6k=?=\r\n =?utf-8?b?w6nDqQ==?=\r\n"},
		"no letter in two in q": {"plain words and then some more to fill it up " + strings.Repeat("é", 3), "Subject: =?utf-8?q?plain_words_and_then_some_more_to_fill_it_up_=C3=A9?=\r\n =?utf-8?q?=C3=A9=C3=A9?=\r\n"},
	} {
		var w mimeWriter
		w.text("Subject", c.subject)
		if got := string(w.b); got != c.want {
			t.Errorf("%s:\n%s", name, got)
		}
	}
}

func TestNamesInHeaders(t *testing.T) {
	for name, c := range map[string]struct{ name, want string }{
		"none":                      {"", "From: a@b.c\r\n"},
		"words":                     {"Ada O'Neil-King", "From: Ada O'Neil-King <a@b.c>\r\n"},
		"a dot":                     {"Ada K. King", "From: \"Ada K. King\" <a@b.c>\r\n"},
		"a second address":          {"x@y.z>, <evil@x.y", "From: \"x@y.z>, <evil@x.y\" <a@b.c>\r\n"},
		"quotes":                    {`a" <evil@x.y>, "\`, `From: "a\" <evil@x.y>, \"\\" <a@b.c>` + "\r\n"},
		"two spaces":                {"Ada  King", "From: \"Ada  King\" <a@b.c>\r\n"},
		"like an encoded word":      {"=?utf-8?q?x?=", "From: =?utf-8?b?PT91dGYtOD9xP3g/PQ==?= <a@b.c>\r\n"},
		"encoded within quotes":     {`"=?utf-8?q?x?=`, "From: =?utf-8?b?Ij0/dXRmLTg/cT94Pz0=?= <a@b.c>\r\n"},
		"umlauts":                   {"Jürgen and all of the other people, <x@y>", "From: =?utf-8?q?J=C3=BCrgen_and_all_of_the_other_people=2C_=3Cx=40y=3E?=\r\n <a@b.c>\r\n"},
		"no header of its own":      {"a\r\nBcc: b c d", "From: =?utf-8?q?a=0D=0ABcc=3A_b_c_d?= <a@b.c>\r\n"},
		"the longest in its quotes": {strings.Repeat("a.", 32), "From: \"" + strings.Repeat("a.", 32) + "\"\r\n <a@b.c>\r\n"},
		"longer":                    {strings.Repeat("a", 65), "From: =?utf-8?q?" + strings.Repeat("a", 58) + "?=\r\n =?utf-8?q?aaaaaaa?= <a@b.c>\r\n"},
	} {
		var w mimeWriter
		w.begin("From")
		w.mailbox(c.name, "a@b.c")
		w.end()
		if got := string(w.b); got != c.want {
			t.Errorf("%s:\n%s", name, got)
		}
	}
}

func TestListsAreFolded(t *testing.T) {
	wide := strings.Repeat("w", 31) + "@b.c" // 35 bytes: two and a comma fill a line of 76
	all := []Recipient{{To, "", wide, wide}, {Bcc, "", "x@y.z", "x@y.z"}, {To, "", wide, wide}, {Cc, "", "c@d.e", "c@d.e"}, {To, "", "a@b.c", "a@b.c"}}
	for kind, want := range map[RecipientKind]string{
		To:  "X: " + wide + ", " + wide + ",\r\n a@b.c\r\n",
		Cc:  "X: c@d.e\r\n",
		Bcc: "X: x@y.z\r\n",
		9:   "",
	} {
		var w mimeWriter
		if w.recipients("X", all, kind); string(w.b) != want {
			t.Errorf("%d:\n%s", kind, w.b)
		}
	}
	var w mimeWriter
	if w.recipients("To", all, To); string(w.b) != "To: "+wide+",\r\n "+wide+", a@b.c\r\n" {
		t.Errorf("the comma has no room:\n%s", w.b)
	}
}

// TestFieldsAreReadBack writes any subject and any names, and has the standard
// library read them.
func TestFieldsAreReadBack(t *testing.T) {
	line := rapid.OneOf(
		rapid.String(),
		rapid.StringOf(rapid.RuneFrom([]rune(`ab1 .,;:<>()[]@"\=?_!é😀`))),
		rapid.StringOfN(rapid.RuneFrom([]rune("abc defgh")), 0, 988, -1),
		rapid.StringOfN(rapid.Just('😀'), 980, 988, -1),
	)
	rapid.Check(t, func(t *rapid.T) {
		subject := oneLine(line.Draw(t, "subject"))
		var names [3]string
		var w mimeWriter
		w.begin("Reply-To")
		for i := range names {
			names[i] = trimBlank(oneLine(line.Draw(t, "name")))
			if i > 0 {
				w.b = append(w.b, ',')
			}
			w.mailbox(names[i], "a@b.c")
		}
		w.end()
		if subject != "" {
			w.text("Subject", subject)
		}

		for l := range strings.SplitSeq(string(w.b), "\r\n") {
			if len(l) > lineAim || l != "" && strings.TrimSpace(l) == "" || strings.ContainsAny(l, "\r\n") || !isASCII(l) {
				t.Fatalf("the line %q of %q", l, w.b)
			}
		}
		m, err := mail.ReadMessage(strings.NewReader(string(w.b) + "\r\n"))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject")); err != nil || got != subject {
			t.Fatalf("%q is read as %q, %v", w.b, got, err)
		}
		list, err := m.Header.AddressList("Reply-To")
		if err != nil || len(list) != len(names) {
			t.Fatalf("%q: %v, %v", w.b, list, err)
		}
		for i, a := range list {
			if a.Name != names[i] || a.Address != "a@b.c" {
				t.Fatalf("%q: the name %q is read as %q", w.b, names[i], a)
			}
		}
	})
}
