package api

import (
	"bytes"
	"encoding/base64"
	"errors"
	"html"
	"io"
	"mime"
	"strings"

	"github.com/emersion/go-message"
	"github.com/emersion/go-message/mail"
	"golang.org/x/text/encoding/htmlindex"
)

// How much of a captured message is shown.
const (
	shownPart   = 4 << 20 // of one part
	shownImages = 8 << 20 // of all images that the HTML shows
	shownParts  = 200
)

// reading is what a mail program would show of a message.
type reading struct {
	html, text string
	images     []string // Content-ID and data URL, in turn
	bytes      int      // of images
}

// renderMail returns a message as a page: its HTML, with the images that it
// brings, or its text. What it is written into lets nothing run or load, so the
// HTML is shown as it is: cleaning it would show another message than was sent.
func renderMail(data []byte) string {
	var m reading
	if err := m.read(data); err != nil && m.html == "" && m.text == "" {
		m.text = decodeText(data, "")
	}
	if m.html != "" {
		return strings.NewReplacer(m.images...).Replace(m.html)
	}
	return `<!doctype html><meta charset="utf-8"><pre style="white-space:pre-wrap;font:14px/1.5 monospace">` +
		html.EscapeString(m.text) + "</pre>"
}

// decodeText turns octets into text. Those of an alphabet that nobody knows are
// shown as far as they are UTF-8.
func decodeText(body []byte, charset string) string {
	if e, err := htmlindex.Get(charset); err == nil {
		if decoded, err := e.NewDecoder().Bytes(body); err == nil {
			body = decoded
		}
	}
	return strings.ToValidUTF8(string(body), "\uFFFD")
}

func (m *reading) read(data []byte) error {
	r, err := mail.CreateReader(bytes.NewReader(data))
	if err != nil && !message.IsUnknownCharset(err) {
		return err
	}
	for range shownParts {
		p, err := r.NextPart()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil && !message.IsUnknownCharset(err):
			return err
		}
		m.take(p)
	}
	return nil
}

// take keeps the first part of each kind, and images that the HTML may show.
func (m *reading) take(p *mail.Part) {
	header, ok := p.Header.(interface {
		Get(string) string
	})
	if !ok {
		return
	}
	kind, params, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		kind = "text/plain" // RFC 2045, section 5.2
	}
	_, attached := p.Header.(*mail.AttachmentHeader)
	id := strings.Trim(header.Get("Content-Id"), "<> ")
	wanted := !attached && (kind == "text/html" && m.html == "" || kind == "text/plain" && m.text == "")
	picture := strings.HasPrefix(kind, "image/") && id != ""
	if !wanted && !picture {
		return
	}
	// A message may end in the middle; what there is of it is shown.
	body, err := io.ReadAll(io.LimitReader(p.Body, shownPart))
	switch {
	case kind == "text/html":
		m.html = decodeText(body, params["charset"])
	case kind == "text/plain":
		m.text = decodeText(body, params["charset"])
	case err == nil && m.bytes+len(body) <= shownImages:
		m.bytes += len(body)
		m.images = append(m.images, "cid:"+id, "data:"+kind+";base64,"+base64.StdEncoding.EncodeToString(body))
	}
}
