package test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"testing"

	_ "github.com/emersion/go-message/charset"
	gomail "github.com/emersion/go-message/mail"
)

// letter is a message as whoever receives it sees it.
type letter struct {
	From, FromName, To, ReplyTo, Subject, Text, HTML string
}

// parsers are the readers, none of them ours.
var parsers = map[string]func([]byte) (letter, error){"net/mail": readStandard, "go-message": readGoMessage}

// compare objects to every field in which two letters differ.
func compare(t *testing.T, parser string, got, want letter) {
	t.Helper()
	for _, field := range []struct{ name, got, want string }{
		{"From", got.From, want.From}, {"the sender's name", got.FromName, want.FromName}, {"To", got.To, want.To}, {"Reply-To", got.ReplyTo, want.ReplyTo},
		{"Subject", got.Subject, want.Subject}, {"text", canonical(got.Text), want.Text}, {"html", canonical(got.HTML), want.HTML},
	} {
		if field.got != field.want {
			t.Errorf("%s reads another %s:\n%.300q, not\n%.300q", parser, field.name, field.got, field.want)
		}
	}
}

// canonical is a text with the line ends of mail. A message that is one text
// ends in one, whether it was given or not.
func canonical(text string) string {
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
	return strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\r\n")
}

// readStandard reads with the standard library.
func readStandard(data []byte) (l letter, err error) {
	m, err := mail.ReadMessage(bytes.NewReader(data))
	if err != nil {
		return l, err
	}
	for name, into := range map[string]*string{"From": &l.From, "To": &l.To, "Reply-To": &l.ReplyTo} {
		list, err := m.Header.AddressList(name)
		if err != nil || len(list) != 1 {
			return l, fmt.Errorf("%s: %v %w", name, list, err)
		}
		if *into = list[0].Address; name == "From" {
			l.FromName = list[0].Name
		}
	}
	if l.Subject, err = new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject")); err != nil {
		return l, err
	}
	return l, l.part(m.Header.Get("Content-Type"), m.Header.Get("Content-Transfer-Encoding"), m.Body)
}

func (l *letter) part(contentType, encoding string, body io.Reader) error {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return err
	}
	if strings.HasPrefix(kind, "multipart/") {
		for parts := multipart.NewReader(body, params["boundary"]); ; {
			p, err := parts.NextRawPart()
			if err == io.EOF {
				return nil
			}
			if err != nil {
				return err
			}
			if err := l.part(p.Header.Get("Content-Type"), p.Header.Get("Content-Transfer-Encoding"), p); err != nil {
				return err
			}
		}
	}
	switch encoding {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	text, err := io.ReadAll(body)
	if err == nil {
		err = l.set(kind, text)
	}
	return err
}

func (l *letter) set(kind string, text []byte) error {
	switch kind {
	case "text/plain":
		l.Text = string(text)
	case "text/html":
		l.HTML = string(text)
	default:
		return fmt.Errorf("a part is %s", kind)
	}
	return nil
}

// readGoMessage reads with emersion's library.
func readGoMessage(data []byte) (l letter, err error) {
	r, err := gomail.CreateReader(bytes.NewReader(data))
	if err != nil {
		return l, err
	}
	for name, into := range map[string]*string{"From": &l.From, "To": &l.To, "Reply-To": &l.ReplyTo} {
		list, err := r.Header.AddressList(name)
		if err != nil || len(list) != 1 {
			return l, fmt.Errorf("%s: %v %w", name, list, err)
		}
		if *into = list[0].Address; name == "From" {
			l.FromName = list[0].Name
		}
	}
	if l.Subject, err = r.Header.Subject(); err != nil {
		return l, err
	}
	for {
		p, err := r.NextPart()
		if err == io.EOF {
			return l, nil
		}
		if err != nil {
			return l, err
		}
		kind, _, err := mime.ParseMediaType(p.Header.Get("Content-Type"))
		if err != nil {
			return l, err
		}
		text, err := io.ReadAll(p.Body)
		if err != nil {
			return l, err
		}
		if err := l.set(kind, text); err != nil {
			return l, err
		}
	}
}
