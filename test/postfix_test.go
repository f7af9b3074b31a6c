package test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"aviso/test/story"
	"aviso/transport/smtprelay/smtptest"
)

// behindPostfix is an installation whose relay is a real Postfix, which hands
// everything on to a sink.
type behindPostfix struct {
	postfix *story.Postfix
	sink    *smtptest.Server
	node    *story.Node
	caller  *story.Caller
}

func startBehindPostfix(t *testing.T) *behindPostfix {
	t.Helper()
	b := &behindPostfix{sink: smtptest.Start(t, smtptest.Options{})}
	b.postfix = story.StartPostfix(t, b.sink.Host, b.sink.Port)
	house := aviso.Install(t, "sqlite:"+t.TempDir()+"/aviso.db", story.Settings{Relay: b.postfix.URL()})
	key := house.Account(10_000).Key()
	b.node = house.Serve()
	b.caller = b.node.Caller(key)
	return b
}

// arrived stops Aviso, waits for Postfix to come to rest, and returns what has
// reached the sink: as many messages as Postfix took, and as many as were sent.
func (b *behindPostfix) arrived(t *testing.T, sent int) []smtptest.Message {
	t.Helper()
	b.node.Terminate()
	if code := b.node.Exit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	taken, messages := b.postfix.Accepted(t, sent), b.sink.Messages()
	if taken != sent || len(messages) != sent {
		t.Fatalf("%d messages were sent; Postfix took %d and handed on %d", sent, taken, len(messages))
	}
	return messages
}

// What a caller asks for is what two parsers that are not ours find in what
// another mail system made of it.
func TestMailThroughPostfix(t *testing.T) {
	lines := "Hello,\r\n\r\n.\r\n..\r\n.leading\r\nFrom here\r\n--=_\r\nend"
	long := strings.Repeat("a line far longer than SMTP allows ", 100)
	mails := map[string]story.Mail{
		"ascii":          {Subject: "Order 1", Text: "Hello,\n\nit works.\n"},
		"html":           {Subject: "Order 2", HTML: "<p>Hello</p>\n"},
		"both":           {Subject: "Größe 42 — 到货", Text: "Größe 42 ist da. 到货 😀\n", HTML: "<p>Größe 42 ist da. 到货 😀</p>\n", FromName: "Bücher & Söhne"},
		"dots":           {Subject: ".", Text: lines, HTML: lines},
		"long lines":     {Subject: "long", Text: long, HTML: "<p>" + long + "</p>"},
		"line ends":      {Subject: "line ends", Text: "a\nb\r\nc\rd\n\re\r\r\nf\n.\n.\rg", HTML: "a\rb\nc\r.\r.\n"},
		"white space":    {Subject: "white space", Text: " a \n\tb\t\n \n\n", HTML: "<pre> \n</pre>"},
		"a long subject": {Subject: strings.Repeat("😀", 1000), Text: "The subject is cut."},
		"large":          {Subject: "large", Text: strings.Repeat("0123456789 ünd 中文\n", 10_000), HTML: "<p>small</p>"},
	}
	b := startBehindPostfix(t)
	for name, mail := range mails {
		mail.To = []string{"Jane Doe <" + strings.ReplaceAll(name, " ", "-") + "@example.com>"}
		mail.ReplyTo = "Help Desk <help@example.com>"
		b.caller.MustSend(mail, http.StatusOK)
	}
	arrived := map[string][]byte{}
	for _, m := range b.arrived(t, len(mails)) {
		arrived[m.To[0]] = m.Data
	}
	for name, mail := range mails {
		t.Run(name, func(t *testing.T) {
			to := strings.ReplaceAll(name, " ", "-") + "@example.com"
			want := letter{From: "noreply@aviso.test", FromName: mail.FromName, To: to, ReplyTo: "help@example.com",
				Subject: string([]rune(mail.Subject)[:min(988, len([]rune(mail.Subject)))]), Text: canonical(mail.Text), HTML: canonical(mail.HTML)}
			for parser, read := range parsers {
				got, err := read(arrived[to])
				if err != nil {
					t.Fatalf("%s: %v\n%.2000q", parser, err, arrived[to])
				}
				compare(t, parser, got, want)
			}
		})
	}
}

func TestPostfixRefusesOne(t *testing.T) {
	b := startBehindPostfix(t)
	b.postfix.Answer("gone@example.com", "550 5.1.1 nobody of that name")
	a := b.caller.MustSend(story.Mail{To: []string{"here@example.com", "gone@example.com", "there@example.com"}, Text: "To some."}, http.StatusOK)
	if a.Data.Recipients != 2 || a.Data.Charged != 2 || len(a.Data.Rejected) != 1 || a.Data.Rejected[0].Address != "gone@example.com" || a.Data.Rejected[0].Code != 550 {
		t.Errorf("%s", a.Body)
	}
	a = b.caller.MustSend(story.Mail{To: []string{"gone@example.com"}, Text: "To nobody."}, http.StatusBadGateway)
	if a.Code != "SMTP_FAILURE" {
		t.Errorf("%s", a.Body)
	}
	if to := b.arrived(t, 1)[0].To; len(to) != 2 || to[0] != "here@example.com" || to[1] != "there@example.com" {
		t.Errorf("the message arrived for %s", to)
	}
}

func TestPostfixAsksToComeAgain(t *testing.T) {
	b := startBehindPostfix(t)
	b.postfix.Answer("busy@example.com", "450 4.2.1 come again")
	a := b.caller.MustSend(story.Mail{To: []string{"busy@example.com", "here@example.com"}, Subject: "patience", Text: "In a while."}, http.StatusAccepted)
	if a.Data.Recipients != 2 || a.Data.Charged != 2 {
		t.Errorf("%s", a.Body)
	}
	b.sink.Await(t, "DOT", 1) // for the one who was not busy
	b.postfix.Answer("busy@example.com", "")
	b.sink.Await(t, "DOT", 2)
	m := b.caller.Settled(a.Data.MessageID)
	if m.Status != "sent" || m.Charged != 2 {
		t.Errorf("the message is %s and costs %d", m.Status, m.Charged)
	}
	for i, message := range b.arrived(t, 2) {
		if want := []string{"here@example.com", "busy@example.com"}[i]; len(message.To) != 1 || message.To[0] != want {
			t.Errorf("message %d went to %s, not to %s", i+1, message.To, want)
		}
		if !strings.Contains(string(message.Data), "\r\nMessage-ID: "+m.SMTPMessageID+"\r\n") {
			t.Errorf("message %d has another Message-ID than %s", i+1, m.SMTPMessageID)
		}
	}
}

// smuggled is a transaction that a sequence in front of it would set free.
const smuggled = "MAIL FROM:<evil@smuggled.test>\r\nRCPT TO:<victim@smuggled.test>\r\nDATA\r\nSubject: smuggled\r\n\r\nsmuggled\r\n.\r\n"

// ends are what one server or another has taken for the end of DATA.
var ends = []string{
	"\n.\n", "\n.\r", "\r.\n", "\r.\r", "\n.\r\n", "\r.\r\n", "\r\n.\n", "\r\n.\r", "\r\n.\r\n",
	"\r\n.\r\r\n", "\r\r\n.\r\r\n", "\r\n\x00.\r\n", "\r\n.\x00\r\n",
}

// No text a caller can give makes two messages of one. What arrives is counted,
// not searched: the words of the second may well stand in the first.
func TestNothingIsSmuggled(t *testing.T) {
	b := startBehindPostfix(t)
	sent := 0
	send := func(m story.Mail) {
		sent++
		m.To = []string{fmt.Sprintf("case-%d@example.com", sent)}
		b.caller.MustSend(m, http.StatusOK)
	}
	for _, end := range ends {
		body := "first" + end + smuggled
		send(story.Mail{Text: body})
		send(story.Mail{HTML: body})
		send(story.Mail{Text: body, HTML: body})
		send(story.Mail{Text: strings.Repeat("x", 990) + end + smuggled})
		send(story.Mail{Subject: body, FromName: body, Text: "plain"})
		b.caller.MustSend(story.Mail{To: []string{"case@example.com"}, ReplyTo: "a@example.com" + end + smuggled, Text: "plain"}, http.StatusBadRequest)
		b.caller.MustSend(story.Mail{To: []string{"case@example.com>" + end + smuggled}, Text: "plain"}, http.StatusBadRequest)
	}
	for _, m := range b.arrived(t, sent) {
		if len(m.To) != 1 || !strings.HasPrefix(m.To[0], "case-") {
			t.Errorf("a message arrived for %s", m.To)
		}
	}
}

// The control: this Postfix is one that can be fooled, by a client that writes
// the bare line ends which ours does not.
func TestPostfixCanBeFooled(t *testing.T) {
	sink := smtptest.Start(t, smtptest.Options{})
	postfix := story.StartPostfix(t, sink.Host, sink.Port)
	c, err := net.Dial("tcp", postfix.Addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	replies := bufio.NewScanner(c)
	for _, say := range []struct{ words, hear string }{
		{"", "220 "}, {"HELO story.test\r\n", "250 "}, {"MAIL FROM:<a@example.com>\r\n", "250 "}, {"RCPT TO:<b@example.com>\r\n", "250 "},
		{"DATA\r\n", "354 "}, {"Subject: first\r\n\r\nfirst\n.\r\n" + smuggled + "QUIT\r\n", "221 "},
	} {
		if _, err := c.Write([]byte(say.words)); err != nil {
			t.Fatal(err)
		}
		for replies.Scan() && !strings.HasPrefix(replies.Text(), say.hear) {
		}
	}
	if got := postfix.Accepted(t, 2); got != 2 {
		t.Errorf("Postfix took %d messages, so that its count proves nothing", got)
	}
}
