package email_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"aviso/email"
	"aviso/fault"
)

func TestNewDraft(t *testing.T) {
	got, f := email.NewDraft(&email.Request{
		To: []string{"Ada <Ada@Example.com>"}, Subject: "Hello\r\nBcc: x@y.z", HTML: "<p>\n", Text: "\x00",
		From: "Shop <Sales@BÜCHER.de>", ReplyTo: "Help <Help@b.c>",
	}, contract)
	if f != nil {
		t.Fatal(f)
	}
	want := &email.Draft{
		From: "sales@xn--bcher-kva.de", FromName: "Shop",
		ReplyTo:    &email.Mailbox{Name: "Help", Address: "Help@b.c", Wire: "Help@b.c"},
		Recipients: []email.Recipient{{Kind: email.To, Name: "Ada", Address: "Ada@Example.com", Wire: "Ada@example.com"}},
		Subject:    "Hello Bcc: x@y.z", HTML: "<p>\n", Text: "\x00",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestNames(t *testing.T) {
	for name, c := range map[string]struct{ from, fromName, want string }{
		"none":                    {"", "", ""},
		"fromName before from's":  {"A <a@b.c>", "B", "B"},
		"from's if it is blank":   {"A <a@b.c>", " \t\r\n", "A"},
		"control characters":      {"", "\x01A\r\n\tB\u2028", "A B"},
		"100 characters":          {"", strings.Repeat("é", 100), strings.Repeat("é", 100)},
		"101 characters":          {"", strings.Repeat("é", 101), strings.Repeat("é", 100)},
		"cut before a grapheme":   {"", strings.Repeat("é", 98) + "👩\u200d💻", strings.Repeat("é", 98)},
		"cut after it is cleaned": {"", strings.Repeat("\x01", 200) + "A", "A"},
		"from's is cut too":       {strings.Repeat("é", 101) + " <a@b.c>", "", strings.Repeat("é", 100)},
		"an address is no trick":  {"", `"x" <evil@x.y>, `, `"x" <evil@x.y>,`},
	} {
		d, f := email.NewDraft(&email.Request{To: []string{"a@b.c"}, Text: "x", From: c.from, FromName: c.fromName}, contract)
		if f != nil || d.FromName != c.want {
			t.Errorf("%s: %+v, %v", name, d, f)
		}
	}
}

func TestSubjects(t *testing.T) {
	family := "👨\u200d👩\u200d👧"
	for name, c := range map[string]struct{ in, want string }{
		"988 characters":          {strings.Repeat("😀", 988), strings.Repeat("😀", 988)},
		"989 characters":          {strings.Repeat("a", 989), strings.Repeat("a", 988)},
		"cut before a grapheme":   {strings.Repeat("a", 985) + family, strings.Repeat("a", 985)},
		"cut after a grapheme":    {strings.Repeat("a", 983) + family + "b", strings.Repeat("a", 983) + family},
		"one grapheme, too long":  {"a" + strings.Repeat("\u0301", 988), ""},
		"cut after it is cleaned": {strings.Repeat("\r\n", 988) + "a", " a"},
		"spaces stay":             {" a  b ", " a  b "},
	} {
		d, f := email.NewDraft(&email.Request{To: []string{"a@b.c"}, Text: "x", Subject: c.in}, contract)
		if f != nil || d.Subject != c.want {
			t.Errorf("%s: %+v, %v", name, d, f)
		}
	}
}

// TestFaultsInTheirOrder mends the first fault of a request that has them all,
// and expects the next.
func TestFaultsInTheirOrder(t *testing.T) {
	r := email.Request{HTML: strings.Repeat("é", 200_000), Text: strings.Repeat("x", 112_001),
		To: make([]string, 1001), ToList: true, Cc: []string{"x"}, CcList: true, Bcc: []string{"y"},
		FromName: "\xff", From: "x", ReplyTo: "x", Subject: "\xff"}
	for _, step := range []struct {
		kind        fault.Kind
		code, field string
		mend        func()
	}{
		{fault.TooLarge, "PAYLOAD_TOO_LARGE", "", func() { r.HTML, r.Text = strings.Repeat("\xff", 512_000), "" }},
		{fault.Invalid, "TOO_MANY_RECIPIENTS", "to", func() { r.To = nil }},
		{fault.Invalid, "INVALID_REQUEST", "to", func() { r.To = []string{"x"} }},
		{fault.Invalid, "INVALID_ADDRESS", "to[0]", func() { r.To = addresses(101) }},
		{fault.Invalid, "INVALID_ADDRESS", "cc[0]", func() { r.Cc = nil }},
		{fault.Invalid, "INVALID_ADDRESS", "bcc", func() { r.Bcc = nil }},
		{fault.Invalid, "TOO_MANY_RECIPIENTS", "to", func() { r.To = addresses(100) }},
		{fault.Invalid, "INVALID_REQUEST", "fromName", func() { r.FromName = "" }},
		{fault.Invalid, "INVALID_ADDRESS", "from", func() { r.From = "" }},
		{fault.Invalid, "INVALID_ADDRESS", "replyTo", func() { r.ReplyTo = "" }},
		{fault.Invalid, "INVALID_REQUEST", "subject", func() { r.Subject = "" }},
		{fault.Invalid, "INVALID_REQUEST", "html", func() { r.HTML, r.Text = "", "\xff" }},
		{fault.Invalid, "INVALID_REQUEST", "text", func() { r.Text = "" }},
		{fault.Invalid, "MISSING_BODY", "html", func() { r.HTML = strings.Repeat("é", 256_000) }},
	} {
		d, f := email.NewDraft(&r, contract)
		if d != nil || f == nil || f.Kind != step.kind || f.Code != step.code || f.Field != step.field || f.Message == "" {
			t.Fatalf("%v, %+v; want %s of %q", d, f, step.code, step.field)
		}
		step.mend()
	}
	if _, f := email.NewDraft(&r, contract); f != nil {
		t.Fatal(f)
	}
}

// FuzzNewDraft holds every draft to what the rest of the house relies on.
func FuzzNewDraft(f *testing.F) {
	f.Add("a@b.c", "A <A@B.c>", "b@b.c", "Hi\r\n", "<p>", "", "x@y.z", "Ann", "r@y.z")
	f.Add("é@ü.de", "", "", strings.Repeat("e\u0301", 988), "", "x", "", strings.Repeat("👩\u200d💻", 50), "")
	f.Fuzz(func(t *testing.T, to, cc, bcc, subject, html, text, from, fromName, replyTo string) {
		r := &email.Request{To: []string{to, cc}, ToList: true, Cc: []string{cc}, Bcc: []string{bcc}, Subject: subject,
			HTML: html, Text: text, From: from, FromName: fromName, ReplyTo: replyTo}
		d, fa := email.NewDraft(r, contract)
		if fa != nil {
			if d != nil || fa.Code == "" || fa.Message == "" || fa.Kind == fault.Invalid && fa.Field == "" {
				t.Fatalf("%v, %+v", d, fa)
			}
			return
		}
		if d.HTML != html || d.Text != text {
			t.Fatal("the texts were changed")
		}
		for _, line := range []string{d.Subject, d.FromName} {
			if !utf8.ValidString(line) || strings.ContainsFunc(line, unicode.IsControl) {
				t.Fatalf("%q is not one line", line)
			}
		}
		if utf8.RuneCountInString(d.Subject) > 988 || utf8.RuneCountInString(d.FromName) > 100 {
			t.Fatalf("%q or %q is too long", d.Subject, d.FromName)
		}
		if len(d.Recipients) == 0 || d.Recipients[0].Kind != email.To {
			t.Fatalf("the recipients are %v", d.Recipients)
		}
		seen := map[string]bool{}
		for i, r := range d.Recipients {
			key := email.Mailbox{Wire: r.Wire}.Key()
			if seen[key] || i > 0 && r.Kind < d.Recipients[i-1].Kind {
				t.Fatalf("the recipients are %v", d.Recipients)
			}
			seen[key] = true
		}
	})
}

func BenchmarkNewDraft(b *testing.B) {
	for name, r := range letters() {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, f := email.NewDraft(r, contract); f != nil {
					b.Fatal(f)
				}
			}
		})
	}
}
