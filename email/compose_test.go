package email_test

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	message "github.com/emersion/go-message/mail"
	diff "github.com/google/go-cmp/cmp"

	"aviso/email"
)

var noreply = email.Heading{
	From: "noreply@hep.gg", FromName: "Hep", MessageID: "<0199c0de-7a31-7abc-8def-0123456789ab@hep.gg>",
	Date: time.Date(2026, 11, 22, 14, 32, 0, 0, time.FixedZone("", 3600)),
}

func compose(t *testing.T, r *email.Request) email.Composed {
	t.Helper()
	d, f := email.NewDraft(r, contract)
	if f != nil {
		t.Fatal(f)
	}
	return d.Compose(noreply)
}

func TestComposeOneText(t *testing.T) {
	c := compose(t, &email.Request{To: []string{"a@b.c"}, Text: "Hello.\n.\nBye."})
	want := strings.ReplaceAll(`Date: Sun, 22 Nov 2026 13:32:00 +0000
From: Hep <noreply@hep.gg>
To: a@b.c
Message-ID: <0199c0de-7a31-7abc-8def-0123456789ab@hep.gg>
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 7bit

Hello.
.
Bye.
`, "\n", "\r\n")
	if d := diff.Diff(want, string(c.Data)); d != "" || c.EightBit || c.UTF8 {
		t.Error(c.EightBit, c.UTF8, d)
	}
}

func TestComposeEverything(t *testing.T) {
	c := compose(t, &email.Request{
		To: []string{"Ada <ada@example.com>", `"Doe, Bob" <bob@example.com>`, "Jürgen <j@bücher.de>"}, ToList: true,
		Cc: []string{"cc@example.com"}, Bcc: []string{"secret@example.com", "hidden@example.com"}, BccList: true,
		Subject: "Größe 42 ist da", HTML: "<p>The size is Größe 42.</p>", Text: "Size 42\r", FromName: `Shop "24"`, ReplyTo: "Help <help@example.com>",
	})
	want := strings.ReplaceAll(`Date: Sun, 22 Nov 2026 13:32:00 +0000
From: "Shop \"24\"" <noreply@hep.gg>
To: Ada <ada@example.com>, "Doe, Bob" <bob@example.com>,
 =?utf-8?q?J=C3=BCrgen?= <j@xn--bcher-kva.de>
Cc: cc@example.com
Reply-To: Help <help@example.com>
Subject: =?utf-8?b?R3LDtsOfZSA0MiBpc3QgZGE=?=
Message-ID: <0199c0de-7a31-7abc-8def-0123456789ab@hep.gg>
MIME-Version: 1.0
Content-Type: multipart/alternative;
 boundary="=_0199c0de-7a31-7abc-8def-0123456789abhep.gg"

--=_0199c0de-7a31-7abc-8def-0123456789abhep.gg
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 7bit

Size 42

--=_0199c0de-7a31-7abc-8def-0123456789abhep.gg
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: quoted-printable

<p>The size is Gr=C3=B6=C3=9Fe 42.</p>
--=_0199c0de-7a31-7abc-8def-0123456789abhep.gg--
`, "\n", "\r\n")
	if d := diff.Diff(want, string(c.Data)); d != "" || c.EightBit || c.UTF8 {
		t.Error(c.EightBit, c.UTF8, d)
	}
}

func TestComposeSaysWhatTheRelayMustOffer(t *testing.T) {
	for name, c := range map[string]struct {
		r              email.Request
		eightBit, utf8 bool
	}{
		"names and domains": {email.Request{To: []string{"é <a@ü.de>"}, Subject: "é", Text: "é", ReplyTo: "é <a@ü.de>"}, false, false},
		"to":                {email.Request{To: []string{"é@b.c"}, Text: "x"}, true, true},
		"cc":                {email.Request{To: []string{"a@b.c"}, Cc: []string{"é@b.c"}, Text: "x"}, true, true},
		"a blind copy":      {email.Request{To: []string{"a@b.c"}, Bcc: []string{"é@b.c"}, Text: "x"}, false, true},
		"replyTo":           {email.Request{To: []string{"a@b.c"}, ReplyTo: "é@b.c", Text: "x"}, true, true},
	} {
		got := compose(t, &c.r)
		if got.EightBit != c.eightBit || got.UTF8 != c.utf8 || isASCII(got.Data) == c.eightBit {
			t.Errorf("%s: %v, %v\n%s", name, got.EightBit, got.UTF8, got.Data)
		}
	}
	d, _ := email.NewDraft(&email.Request{To: []string{"a@b.c"}, Text: "x"}, contract)
	if c := d.Compose(email.Heading{From: "é@b.c"}); !c.EightBit || !c.UTF8 {
		t.Error("the sender's local part went unnoticed")
	}
}

func TestComposeKeepsItsBoundary(t *testing.T) {
	plain := compose(t, &email.Request{To: []string{"a@b.c"}, Text: "x", HTML: "y"})
	line := regexp.MustCompile(`(?m)^--=_\S+--\r$`).FindString(string(plain.Data))
	text := "before\n" + line + "\nafter"
	r := &email.Request{To: []string{"a@b.c"}, Text: text, HTML: text}
	got := readStandard(t, compose(t, r).Data)
	if got.text != crlf(text) || got.html != crlf(text) {
		t.Errorf("%q and %q", got.text, got.html)
	}
}

func TestComposeBoundaryIsShortWhateverTheMessageID(t *testing.T) {
	d, f := email.NewDraft(&email.Request{To: []string{"a@b.c"}, Text: "x", HTML: "y"}, contract)
	if f != nil {
		t.Fatal(f)
	}
	h := noreply
	for _, h.MessageID = range []string{"", "<a\"b c@d>", "<" + strings.Repeat("a", 200) + "@b.c>"} {
		data := d.Compose(h).Data
		found := regexp.MustCompile(`boundary="(=_[a-z.]{0,68})"\r\n`).FindSubmatch(data)
		if found == nil || bytes.Count(data, append([]byte("\r\n--"), found[1]...)) != 3 {
			t.Errorf("%q makes\n%s", h.MessageID, data)
		}
	}
}

func TestComposeOfManyFits(t *testing.T) {
	r := &email.Request{To: addresses(100), Subject: strings.Repeat("😀", 988), Text: "x"}
	for i, a := range r.To {
		r.To[i] = strings.Repeat("Ünal ", i%7) + "<" + a + ">"
	}
	holds(t, r, compose(t, r))
}

// FuzzCompose composes whatever is taken, and has two parsers that are not
// ours read it back.
func FuzzCompose(f *testing.F) {
	f.Add("a@b.c", "A <A@c.d>", "c@b.c", "Hi", "<p>", "text", "Ann", "r@y.z")
	f.Add("é <é@ü.de>", `"a, b" <a@b.c>`, "", "  =?utf-8?q?x?= ", "=_0199c0de\r.\n", "\x00\t \n", "😀", "")
	f.Add("a@b.c", "b@b.c", "", strings.Repeat("😀", 988), "", strings.Repeat("é ", 800), strings.Repeat("a", 100), "")
	f.Fuzz(func(t *testing.T, to, cc, bcc, subject, html, text, fromName, replyTo string) {
		r := &email.Request{To: []string{to}, Cc: []string{cc, to}, CcList: true, Bcc: []string{bcc}, Subject: subject,
			HTML: html, Text: text, FromName: fromName, ReplyTo: replyTo}
		d, fa := email.NewDraft(r, contract)
		if fa != nil {
			return
		}
		c := d.Compose(noreply)
		if !bytes.Equal(c.Data, d.Compose(noreply).Data) {
			t.Fatal("composed twice, it is two messages")
		}
		holds(t, r, c)
	})
}

// holds checks the bytes of a message, and that it says what was asked for.
func holds(t *testing.T, r *email.Request, c email.Composed) {
	t.Helper()
	lines := strings.Split(string(c.Data), "\r\n")
	if lines[len(lines)-1] != "" {
		t.Fatalf("it ends in %q", lines[len(lines)-1])
	}
	inHeader := true
	for _, line := range lines {
		inHeader = inHeader && line != ""
		if len(line) > 998 || strings.ContainsAny(line, "\r\n\x00") || inHeader && strings.TrimSpace(line) == "" {
			t.Fatalf("the line %q", line)
		}
		if inHeader && len(line) > 76 && (strings.Contains(line, "=?") || strings.Contains(line, " <")) {
			t.Fatalf("the line %q could be shorter", line)
		}
	}
	if isASCII(c.Data) == c.EightBit || c.EightBit && !c.UTF8 {
		t.Fatalf("EightBit is %v, UTF8 %v", c.EightBit, c.UTF8)
	}
	d, f := email.NewDraft(r, contract)
	if f != nil {
		t.Fatal(f)
	}
	want := letter{
		from: []mail.Address{{Name: cmp.Or(d.FromName, noreply.FromName), Address: noreply.From}}, subject: d.Subject,
		to: named(d, email.To), cc: named(d, email.Cc), text: crlf(d.Text), html: crlf(d.HTML),
	}
	if d.ReplyTo != nil {
		want.replyTo = []mail.Address{{Name: d.ReplyTo.Name, Address: d.ReplyTo.Wire}}
	}
	// A message ends in a line end, also if its only text does not.
	if text := cmp.Or(want.text, want.html); (want.text == "" || want.html == "") && !bytes.Contains(c.Data, []byte("base64")) && !strings.HasSuffix(text, "\r\n") {
		if want.html == "" {
			want.text += "\r\n"
		} else {
			want.html += "\r\n"
		}
	}
	for name, read := range map[string]func(*testing.T, []byte) letter{"net/mail": readStandard, "go-message": readEmersion} {
		if d := diff.Diff(want, read(t, c.Data), diff.AllowUnexported(letter{})); d != "" {
			t.Fatalf("%s: %s\n%s", name, d, c.Data)
		}
	}
}

// named is the recipients of one kind as a header shows them.
func named(d *email.Draft, kind email.RecipientKind) (all []mail.Address) {
	for _, r := range d.Recipients {
		if r.Kind == kind {
			all = append(all, mail.Address{Name: r.Name, Address: r.Wire})
		}
	}
	return all
}

// letter is what a reader finds in a message.
type letter struct {
	from, to, cc, replyTo []mail.Address
	subject, text, html   string
}

func (l *letter) set(t *testing.T, mediaType string, text []byte) {
	t.Helper()
	switch {
	case mediaType == "text/plain" && l.text == "" && l.html == "":
		l.text = string(text)
	case mediaType == "text/html" && l.html == "":
		l.html = string(text)
	default:
		t.Fatalf("%s is out of place", mediaType)
	}
}

func readStandard(t *testing.T, data []byte) (l letter) {
	t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(data))
	must(t, err)
	for name, list := range map[string]*[]mail.Address{"From": &l.from, "To": &l.to, "Cc": &l.cc, "Reply-To": &l.replyTo} {
		if all, err := m.Header.AddressList(name); err != mail.ErrHeaderNotPresent {
			must(t, err)
			for _, a := range all {
				*list = append(*list, *a)
			}
		}
	}
	known := []string{"Cc", "Content-Transfer-Encoding", "Content-Type", "Date", "From", "Message-Id", "Mime-Version", "Reply-To", "Subject", "To"}
	for name, values := range m.Header {
		if !slices.Contains(known, name) || len(values) != 1 {
			t.Fatalf("the header has %s: %q", name, values)
		}
	}
	l.subject, err = new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	must(t, err)
	mediaType, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	must(t, err)
	if mediaType != "multipart/alternative" {
		l.set(t, mediaType, decode(t, m.Header.Get("Content-Transfer-Encoding"), m.Body))
		return l
	}
	for parts := multipart.NewReader(m.Body, params["boundary"]); ; {
		part, err := parts.NextRawPart()
		if err == io.EOF {
			return l
		}
		must(t, err)
		mediaType, _, err := mime.ParseMediaType(part.Header.Get("Content-Type"))
		must(t, err)
		l.set(t, mediaType, decode(t, part.Header.Get("Content-Transfer-Encoding"), part))
	}
}

func decode(t *testing.T, encoding string, r io.Reader) []byte {
	t.Helper()
	switch encoding {
	case "quoted-printable":
		r = quotedprintable.NewReader(r)
	case "base64":
		r = base64.NewDecoder(base64.StdEncoding, r)
	case "7bit":
	default:
		t.Fatalf("the encoding is %q", encoding)
	}
	text, err := io.ReadAll(r)
	must(t, err)
	return text
}

func readEmersion(t *testing.T, data []byte) (l letter) {
	t.Helper()
	r, err := message.CreateReader(bytes.NewReader(data))
	must(t, err)
	for name, list := range map[string]*[]mail.Address{"From": &l.from, "To": &l.to, "Cc": &l.cc, "Reply-To": &l.replyTo} {
		all, err := r.Header.AddressList(name)
		must(t, err)
		for _, a := range all {
			*list = append(*list, mail.Address(*a))
		}
	}
	l.subject, err = r.Header.Subject()
	must(t, err)
	for {
		part, err := r.NextPart()
		if err == io.EOF {
			return l
		}
		must(t, err)
		mediaType, _, err := mime.ParseMediaType(part.Header.Get("Content-Type"))
		must(t, err)
		text, err := io.ReadAll(part.Body)
		must(t, err)
		l.set(t, mediaType, text)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func isASCII(b []byte) bool {
	return !slices.ContainsFunc(b, func(c byte) bool { return c >= utf8.RuneSelf })
}

func crlf(text string) string {
	return strings.NewReplacer("\r\n", "\r\n", "\r", "\r\n", "\n", "\r\n").Replace(text)
}

// letters is calls with 2,048 bytes of HTML, for the benchmarks.
func letters() map[string]*email.Request {
	page := func(words string) string {
		line := "<p>" + words + strings.Repeat("Dear reader, your order is on its way. ", 2)
		return strings.Repeat(line[:59]+"</p>\n", 32)
	}
	to := []string{"ada@example.com"}
	plain := page("")
	return map[string]*email.Request{
		"plain":   {To: to, Subject: "Your order 1234 is on its way", HTML: plain},
		"both":    {To: to, Subject: "Your order 1234 is on its way", HTML: plain, Text: plain},
		"umlauts": {To: to, Subject: "Ihre Bestellung in Größe 42", HTML: page("Größe über "), FromName: "Jürgen"},
		"russian": {To: to, Subject: "Здравствуйте", HTML: page("Здравствуйте, дорогой чита")},
	}
}

func BenchmarkCompose(b *testing.B) {
	for name, r := range letters() {
		b.Run(name, func(b *testing.B) {
			d, f := email.NewDraft(r, contract)
			if f != nil {
				b.Fatal(f)
			}
			b.ReportAllocs()
			for b.Loop() {
				d.Compose(noreply)
			}
		})
	}
}
