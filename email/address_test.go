package email

import (
	"net/mail"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestParseAddressTakes(t *testing.T) {
	long := strings.Repeat("a", 64) + "@" + strings.Repeat(strings.Repeat("d", 46)+".", 4) + "c" // 254 bytes
	for _, c := range []struct{ in, name, address, wire, key string }{
		{"a@b.c", "", "a@b.c", "a@b.c", "a@b.c"},
		{" \ta@b.c\t ", "", "a@b.c", "a@b.c", "a@b.c"},
		{"Ada@Example.COM", "", "Ada@Example.COM", "Ada@example.com", "ada@example.com"},
		{"<a@b.c>", "", "a@b.c", "a@b.c", "a@b.c"},
		{"Ada<a@b.c>", "Ada", "a@b.c", "a@b.c", "a@b.c"},
		{"Ada King <a@b.c>", "Ada King", "a@b.c", "a@b.c", "a@b.c"},
		{"John Q. Public <a@b.c>", "John Q. Public", "a@b.c", "a@b.c", "a@b.c"},
		{`"Doe, Ada" <a@b.c>`, "Doe, Ada", "a@b.c", "a@b.c", "a@b.c"},
		{`"a \"b\" \\ c" <a@b.c>`, `a "b" \ c`, "a@b.c", "a@b.c", "a@b.c"},
		{`"<evil@x.y>" <a@b.c>`, "<evil@x.y>", "a@b.c", "a@b.c", "a@b.c"},
		{`" " <a@b.c>`, "", "a@b.c", "a@b.c", "a@b.c"},
		{"A\x01\x02\tB <a@b.c>", "A B", "a@b.c", "a@b.c", "a@b.c"},
		{"A\u0085\u2028B\x7f <a@b.c>", "A B", "a@b.c", "a@b.c", "a@b.c"},
		{"=?utf-8?q?Ada?= <a@b.c>", "=?utf-8?q?Ada?=", "a@b.c", "a@b.c", "a@b.c"},
		{"José <jose@b.c>", "José", "jose@b.c", "jose@b.c", "jose@b.c"},
		{"José@b.c", "", "José@b.c", "José@b.c", "josé@b.c"},
		{"a@BÜCHER.de", "", "a@BÜCHER.de", "a@xn--bcher-kva.de", "a@xn--bcher-kva.de"},
		{"a@XN--BCHER-KVA.de", "", "a@XN--BCHER-KVA.de", "a@xn--bcher-kva.de", "a@xn--bcher-kva.de"},
		{"a@straße.de", "", "a@straße.de", "a@xn--strae-oqa.de", "a@xn--strae-oqa.de"},
		{"a@İ.com", "", "a@İ.com", "a@xn--i-9bb.com", "a@xn--i-9bb.com"},
		{"a@ｅｘａｍｐｌｅ。com", "", "a@ｅｘａｍｐｌｅ。com", "a@example.com", "a@example.com"},
		{"a@localhost", "", "a@localhost", "a@localhost", "a@localhost"},
		{"a@r3---sn.example", "", "a@r3---sn.example", "a@r3---sn.example", "a@r3---sn.example"},
		{"!#$%&'*+-/=^_`{|}~?@b.c", "", "!#$%&'*+-/=^_`{|}~?@b.c", "!#$%&'*+-/=^_`{|}~?@b.c", "!#$%&'*+-/=^_`{|}~?@b.c"},
		{"u%h!x@b.c", "", "u%h!x@b.c", "u%h!x@b.c", "u%h!x@b.c"},
		{"a\u200cb@c.d", "", "a\u200cb@c.d", "a\u200cb@c.d", "a\u200cb@c.d"},
		{"a@r3---sn.bücher.de", "", "a@r3---sn.bücher.de", "a@r3---sn.xn--bcher-kva.de", "a@r3---sn.xn--bcher-kva.de"},
		{long, "", long, long, long},
	} {
		m, err := ParseAddress(c.in)
		if want := (Mailbox{c.name, c.address, c.wire}); err != nil || m != want {
			t.Errorf("%q is %q, %v; want %q", c.in, m, err, want)
		}
		if m.Key() != c.key {
			t.Errorf("%q has the key %q; want %q", c.in, m.Key(), c.key)
		}
	}
}

func TestParseAddressRefuses(t *testing.T) {
	label := strings.Repeat("d", 63)
	for _, c := range []struct {
		in  string
		why BadAddress
	}{
		{"", errEmpty}, {" \t ", errEmpty},
		{"ada", errNoAt}, {"Ada <>", errNoAt}, {"<ada>", errNoAt},
		{"@b.c", errNoLocal}, {"a@b@c.d", errTwoAts}, {"<@a@b.c>", errTwoAts},
		{"a@", errDomain}, {"a@.b.c", errDomain}, {"a@b..c", errDomain}, {"a@b.c.", errDomain},
		{"a@-b.c", errDomain}, {"a@b-.c", errDomain}, {"a@b_c.d", errDomain}, {"a@b.c/d", errDomain},
		{"a@xn--.com", errDomain}, {"a@xn--a.com", errDomain}, {"a@xn--example-.com", errDomain}, {"a@xn--localhost-", errDomain},
		{"a@ü..de", errDomain}, {"a@ü.de。", errDomain}, {"a@\u0301x.de", errDomain}, {"a@a⒈com.de", errDomain},
		{"a@b", errDomainDot}, {"a@localhost2", errDomainDot}, {"a@ü", errDomainDot},
		{"a@1.2.3.4", errLiteral}, {"a@[1.2.3.4]", errLiteral}, {"a@[IPv6:::1]", errLiteral},
		{"a@" + label + "d.c", errDomainLong}, {strings.Repeat("a", 65) + "@b.c", errLong},
		{"a@" + strings.Repeat(label+".", 4) + "c", errLong},
		{"abcdefghi@" + strings.Repeat(label[:60]+".", 4) + "c", errLong},
		{"a@" + strings.Repeat("ü.", 50) + "de", errLong}, {"a@aא.com", errDomain},
		{strings.Repeat("n", 1000) + " <a@b.c>", errLong},
		{"a@" + strings.Repeat("ü", 42) + "." + strings.Repeat("ö", 42) + "." + strings.Repeat("ä", 42) + ".de", errLong},
		{".a@b.c", errDots}, {"a.@b.c", errDots}, {"a..b@c.d", errDots},
		{"=?utf-8?q?a?=@b.c", errWord}, {"a=?x@b.c", errWord}, {"a@=?utf-8?q?b.c?=", errWord},
		{"a b@c.d", errSpace}, {"a@b .c", errSpace}, {"a@b.c SIZE=1", errSpace}, {"< a@b.c>", errSpace},
		{"a\u00a0b@c.d", errSpace}, {"a@b.c\u3000", errSpace},
		{"a@b.c, d@e.f", errSeveral}, {"<@a,@b:c@d.e>", errSeveral}, {"<@a:c@d.e>", errGroup},
		{"friends:a@b.c;", errGroup}, {"a@b.c;", errGroup},
		{"a(home)@b.c", errComment}, {"a@b.c(home)", errComment}, {"a@(home)b.c", errComment},
		{`"a b"@c.d`, errQuoted}, {`<"a b"@c.d>`, errQuoted}, {`a\@b@c.d`, errQuoted}, {`"a"@b.c`, errQuoted},
		{"Ada <a@b.c", errBrackets}, {"Ada a@b.c>", errSpace}, {"a@b.c>", errBrackets}, {"<a@b.c> x", errBrackets}, {"<a@b>c@d", errBrackets},
		{"<a@b.c>>", errBrackets}, {"<<a@b.c>>", errName}, {"<a@b.c><d@e.f>", errName},
		{"Doe, Ada <a@b.c>", errName}, {"evil@x.y <a@b.c>", errName}, {"Ada (home) <a@b.c>", errName}, {"Friends: <a@b.c>", errName},
		{`Ada "A" King <a@b.c>`, errName}, {`A\B <a@b.c>`, errName},
		{`"Ada <a@b.c>`, errQuotes}, {`"Ada" King <a@b.c>`, errQuotes}, {`"Ada\" <a@b.c>`, errQuotes}, {`"Ada\ <a@b.c>`, errQuotes}, {`" <a@b.c>`, errQuotes},
		{"a@b.c\r\nBcc: d@e.f", errLineBreak}, {"a@b.c\n", errLineBreak}, {"\ra@b.c", errLineBreak}, {"a\x00@b.c", errLineBreak}, {"A\nB <a@b.c>", errLineBreak},
		{"a\x01@b.c", errInvisible}, {"a\x7f@b.c", errInvisible}, {"a\u0085@b.c", errInvisible}, {"a@b\u2028.c", errInvisible}, {"a\u2029@b.c", errInvisible},
		{"a\u202e@b.c", errInvisible}, {"a@\u2066b.c", errInvisible}, {"a\u200f@b.c", errInvisible}, {"\ufeffa@b.c", errInvisible}, {"a@b\u00ad.c", errInvisible},
		{"a\xff@b.c", errUnicode}, {"\xed\xa0\x80 <a@b.c>", errUnicode},
	} {
		if m, err := ParseAddress(c.in); err != c.why {
			t.Errorf("%q is %q, %v; want %v", c.in, m, err, c.why)
		}
	}
}

func TestBadAddressNeverQuotesTheInput(t *testing.T) {
	for _, in := range []string{"s3cret", "s3cret@", "s3cret@b", "s3cret\x01@b.c", "<s3cret", "s3cret, <a@b.c>", "s3cret@b.c,"} {
		if _, err := ParseAddress(in); err == nil || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%q: %v", in, err)
		}
	}
}

func TestKeyTellsMailboxesApart(t *testing.T) {
	for _, c := range []struct {
		a, b string
		same bool
	}{
		{"Ada@Example.com", "aDA@eXAMPLE.COM", true},
		{"É@b.c", "é@b.c", true},
		{"e\u0301@b.c", "\u00c9@b.c", true},
		{"ΝΙΚΟΣ@b.c", "νικος@b.c", true},
		{"a@bücher.de", "a@xn--BCHER-kva.DE", true},
		{"straße@b.c", "strasse@b.c", false},
		{"ı@b.c", "i@b.c", false},
		{"İ@b.c", "i@b.c", false},
		{"a.b@c.d", "ab@c.d", false},
		{"a+tag@b.c", "a@b.c", false},
		{"a@straße.de", "a@strasse.de", false},
	} {
		a, b := mustParse(t, c.a), mustParse(t, c.b)
		if (a.Key() == b.Key()) != c.same {
			t.Errorf("%q and %q: the keys are %q and %q", c.a, c.b, a.Key(), b.Key())
		}
	}
}

func TestKeyOfAKeyIsTheKey(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := Mailbox{Wire: rapid.String().Draw(t, "local") + "@b.c"}
		key := m.Key()
		if again := (Mailbox{Wire: key}).Key(); again != key {
			t.Fatalf("%q, then %q", key, again)
		}
	})
}

// FuzzParseAddress holds whatever is taken to what the envelope and the header
// need: net/mail, which is not ours, must find that one address in our header.
func FuzzParseAddress(f *testing.F) {
	for _, seed := range []string{"a@b.c", `"Doe, \"A\"" <a@b.c>`, "é <é@bücher.de>", "=?utf-8?q?x?= <a@b.c>", "a@b>c@d.e", "<@a:b@c.d>", "a  b. <a@b.c>"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		m, err := ParseAddress(s)
		if err != nil {
			if m != (Mailbox{}) {
				t.Fatalf("%q is refused and yet %q", s, m)
			}
			return
		}
		if strings.ContainsAny(m.Wire, " \t\r\n\x00<>,;:\"\\()[]") || strings.Count(m.Wire, "@") != 1 || len(m.Wire) > 254 {
			t.Fatalf("%q goes to the envelope as %q", s, m.Wire)
		}
		if !utf8.ValidString(m.Name) || strings.ContainsFunc(m.Name, isControl) {
			t.Fatalf("%q has the name %q", s, m.Name)
		}
		for _, spelling := range []string{m.Address, m.Wire} {
			if again, err := ParseAddress(spelling); err != nil || again.Key() != m.Key() {
				t.Fatalf("%q: %q is %q, %v", s, spelling, again, err)
			}
		}

		var w mimeWriter
		w.begin("To")
		w.mailbox(m.Name, m.Wire)
		w.end()
		read, err := mail.ReadMessage(strings.NewReader(string(w.b) + "\r\n"))
		if err != nil {
			t.Fatalf("%q: %v", w.b, err)
		}
		list, err := read.Header.AddressList("To")
		if err != nil || len(list) != 1 || *list[0] != (mail.Address{Name: m.Name, Address: m.Wire}) {
			t.Fatalf("%q is %v, %v", w.b, list, err)
		}
	})
}

func mustParse(t *testing.T, s string) Mailbox {
	t.Helper()
	m, err := ParseAddress(s)
	if err != nil {
		t.Fatalf("%q: %v", s, err)
	}
	return m
}
