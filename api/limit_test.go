package api_test

import (
	"bytes"
	"fmt"
	"mime"
	netmail "net/mail"
	"strings"
	"testing"
	"unicode/utf8"

	"aviso/transport/smtprelay/smtptest"
)

// addresses returns n distinct ones.
func addresses(n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("a%d@example.com", i+1)
	}
	return all
}

// Subjects and names are cut to the character, never inside a grapheme.
func TestCuts(t *testing.T) {
	const (
		family = "\U0001F468\u200D\U0001F469\u200D\U0001F467" // one grapheme, five characters
		accent = "e\u0301"                                    // one grapheme, two characters
	)
	x := strings.Repeat
	texts := []struct{ name, subject, fromName, wantSubject, wantName string }{
		{"one under", x("s", 987), x("n", 99), x("s", 987), x("n", 99)},
		{"the limit", x("s", 988), x("n", 100), x("s", 988), x("n", 100)},
		{"one over", x("s", 989), x("n", 101), x("s", 988), x("n", 100)},
		{"emoji at the limit", x("🦊", 988), x("🦊", 100), x("🦊", 988), x("🦊", 100)},
		{"emoji over it", x("🦊", 989), x("🦊", 101), x("🦊", 988), x("🦊", 100)},
		{"a family that fits", x("s", 983) + family, x("n", 95) + family, x("s", 983) + family, x("n", 95) + family},
		{"a family that does not", x("s", 984) + family, x("n", 96) + family, x("s", 984), x("n", 96)},
		{"an accent that does not", x("s", 987) + accent, x("n", 99) + accent, x("s", 987), x("n", 99)},
		{"control characters", "a\r\nBcc: b@c.d\x00\x1f", "n\r\n\tm", "a Bcc: b@c.d ", "n m"},
		{"none", "", "", "", ""},
	}
	each(t, options{}, func(t *testing.T, h *house) {
		c := h.customer(t, 100)
		for _, x := range texts {
			t.Run(x.name, func(t *testing.T) {
				a := c.send(t, hello(mail{"subject": x.subject, "fromName": x.fromName}).json())
				a.is(t, 200, "", "")
				if got := c.look(t, a.id()).data("subject"); got != x.wantSubject {
					t.Errorf("the log's subject is %+q, of %d characters", got, utf8.RuneCountInString(fmt.Sprint(got)))
				}
				m := lastMail(t, h.relays[0])
				if got := decoded(t, m.Header.Get("Subject")); got != x.wantSubject {
					t.Errorf("the Subject is %+q", got)
				}
				from, err := (&netmail.AddressParser{WordDecoder: &mime.WordDecoder{}}).Parse(m.Header.Get("From"))
				if err != nil || from.Name != x.wantName || from.Address != "noreply@mail.test" {
					t.Errorf("From is %+q: %v", m.Header.Get("From"), err)
				}
				if m.Header.Get("Bcc") != "" {
					t.Error("a header was smuggled in")
				}
			})
		}
	})
}

// lastMail reads what a relay got last.
func lastMail(t *testing.T, r *relay) *netmail.Message {
	t.Helper()
	all := r.Messages()
	if len(all) == 0 {
		t.Fatal("the relay got nothing")
	}
	return readMail(t, all[len(all)-1])
}

func readMail(t *testing.T, m smtptest.Message) *netmail.Message {
	t.Helper()
	read, err := netmail.ReadMessage(bytes.NewReader(m.Data))
	if err != nil {
		t.Fatal(err)
	}
	return read
}

func decoded(t *testing.T, header string) string {
	t.Helper()
	s, err := new(mime.WordDecoder).DecodeHeader(header)
	if err != nil {
		t.Error(err)
	}
	return s
}

// Sizes to the byte.
func TestSizes(t *testing.T) {
	x := strings.Repeat
	spaces := func(n int) []byte { return append(hello().json(), bytes.Repeat([]byte(" "), n-len(hello().json()))...) }
	escaped := func(n int) []byte { return []byte(`{"to":"ada@example.com","text":"` + x(`\u0061`, n) + `"}`) }
	rows := []row{
		{name: "text at the limit", body: hello(mail{"text": x("x", 512_000)}).json(), status: 200},
		{name: "text a byte over", body: hello(mail{"text": x("x", 512_001)}).json(), status: 413},
		{name: "html a byte over", body: hello(mail{"html": x("x", 512_001)}).json(), status: 413},
		{name: "both at the limit", body: hello(mail{"html": x("x", 256_000), "text": x("y", 256_000)}).json(), status: 200},
		{name: "both a byte over", body: hello(mail{"html": x("x", 256_000), "text": x("y", 256_001)}).json(), status: 413},
		{name: "bytes, not characters", body: hello(mail{"text": x("é", 256_000)}).json(), status: 200},
		{name: "bytes, not characters, over", body: hello(mail{"text": x("é", 256_000) + "x"}).json(), status: 413},
		{name: "decoded, not as it came", body: escaped(512_000), status: 200},
		{name: "decoded, a byte over", body: escaped(512_001), status: 413},
		{name: "a subject does not count", body: hello(mail{"text": x("x", 512_000), "subject": x("s", 988)}).json(), status: 200},
		{name: "4 MiB", body: spaces(4 << 20), status: 200},
		{name: "4 MiB and a byte", body: spaces(4<<20 + 1), status: 413},
		{name: "4 MiB and a byte of nothing", body: bytes.Repeat([]byte(" "), 4<<20+1), status: 413},
	}
	each(t, options{}, func(t *testing.T, h *house) {
		for _, r := range rows {
			t.Run(r.name, func(t *testing.T) {
				switch r.status {
				case 200:
					r.ledger, r.relayed, r.messages = []int64{-1}, []string{"primary ada@example.com"}, 1
				default:
					r.code = "PAYLOAD_TOO_LARGE"
				}
				r.run(t, h)
			})
		}
	})
}

// A body of unknown length is read up to the limit, whatever it holds.
func TestChunkedBody(t *testing.T) {
	each(t, options{}, func(t *testing.T, h *house) {
		c := h.customer(t, 10)
		for _, x := range []struct {
			body   []byte
			status int
			code   string
		}{
			{bytes.Repeat([]byte(" "), 4<<20+1), 413, "PAYLOAD_TOO_LARGE"},
			{[]byte(" "), 400, "INVALID_REQUEST"},
			{hello().json(), 200, ""},
		} {
			q := request{method: "POST", path: sendPath, body: x.body, chunked: true}
			q.header = headers{"Authorization": "Bearer " + c.token, "Content-Type": "application/json"}
			c.exchange(t, q).is(t, x.status, x.code, "")
		}
	})
}

// How many may be named, and what they cost.
func TestRecipients(t *testing.T) {
	hundred := addresses(100)
	var tenfold []string
	for range 10 {
		tenfold = append(tenfold, hundred...)
	}
	rows := []row{
		{name: "100", body: hello(mail{"to": hundred}).json(), status: 200, data: mail{"recipients": 100, "creditsCharged": 100}},
		{name: "100 in three fields", body: hello(mail{"to": hundred[:40], "cc": hundred[40:80], "bcc": hundred[80:]}).json(), status: 200, data: mail{"creditsCharged": 100}},
		{name: "101", body: hello(mail{"to": addresses(101)}).json(), status: 400},
		{name: "101 in three fields", body: hello(mail{"to": hundred[:40], "cc": hundred[40:], "bcc": "b@example.com"}).json(), status: 400},
		{name: "1,000 named, 100 distinct", body: hello(mail{"to": tenfold}).json(), status: 200, data: mail{"recipients": 100, "creditsCharged": 100}},
		{name: "1,001 named", body: hello(mail{"to": tenfold, "bcc": hundred[0]}).json(), status: 400},
		{name: "10,000 named", body: hello(mail{"to": addresses(10_000)}).json(), status: 400},
		{name: "one address in every way", body: hello(mail{"to": []string{"Ada <Ada@Example.com>", "ada@example.COM"}, "cc": "ADA@EXAMPLE.COM", "bcc": []string{"ada@example.com"}}).json(),
			status: 200, data: mail{"recipients": 1, "creditsCharged": 1}},
		{name: "one domain in two ways", body: hello(mail{"to": []string{"a@bücher.example", "A@xn--bcher-kva.example"}}).json(), status: 200, data: mail{"recipients": 1, "creditsCharged": 1}},
		{name: "dots and tags are other mailboxes", body: hello(mail{"to": []string{"a.b@c.de", "ab@c.de", "ab+x@c.de"}}).json(), status: 200, data: mail{"creditsCharged": 3}},
	}
	each(t, options{}, func(t *testing.T, h *house) {
		for _, r := range rows {
			t.Run(r.name, func(t *testing.T) {
				c := h.customer(t, 1000)
				a := c.send(t, r.body)
				if r.status == 400 {
					a.is(t, 400, "TOO_MANY_RECIPIENTS", "to")
					if ledger := c.ledger(t); len(ledger) != 1 {
						t.Errorf("the ledger is %v", ledger)
					}
					return
				}
				a.is(t, r.status, "", "")
				for name, want := range r.data {
					if asJSON(a.data(name)) != asJSON(want) {
						t.Errorf("%s is %v", name, a.data(name))
					}
				}
				if charged := asJSON(a.data("creditsCharged")); asJSON(1000-c.balance(t)) != charged {
					t.Errorf("charged %s, but the balance is %d", charged, c.balance(t))
				}
			})
		}
	})
}

// Who is named twice is kept as spelled first, where it counts most; bcc is in
// the envelope alone.
func TestRecipientsAreKept(t *testing.T) {
	each(t, options{}, func(t *testing.T, h *house) {
		c := h.customer(t, 10)
		a := c.send(t, hello(mail{"bcc": []string{"b@example.com", "Hidden@example.com"}, "cc": []string{"B@Example.com", "A@example.com"}, "to": "Ada <a@Example.com>"}).json())
		a.is(t, 200, "", "")
		var got []string
		recipients, _ := c.look(t, a.id()).data("recipients").([]any)
		for _, r := range recipients {
			r, _ := r.(map[string]any)
			got = append(got, fmt.Sprint(r["kind"], " ", r["address"], " ", r["state"]))
		}
		if want := "[to a@Example.com taken cc B@Example.com taken bcc Hidden@example.com taken]"; fmt.Sprint(got) != want {
			t.Errorf("%v, not %v", got, want)
		}
		if raw := h.relays[0].Messages()[0].Data; bytes.Contains(bytes.ToLower(raw), []byte("hidden")) || bytes.Contains(bytes.ToLower(raw), []byte("bcc")) {
			t.Errorf("a header tells of bcc:\n%s", raw)
		}
	})
}
