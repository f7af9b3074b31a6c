package api

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// Whatever was captured can be shown: as valid text, and never as more than the
// parts of it that are read.
func FuzzRenderMail(f *testing.F) {
	for _, seed := range []string{
		"", "no mail", "Subject: x\r\n\r\nhello", "Content-Type: text/html\r\n\r\n<b>x</b>",
		"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html; charset=nothing\r\n\r\n<i>\xff\r\n--b--",
		"Content-Type: multipart/related; boundary=b\r\n\r\n--b\r\nContent-Type: image/png\r\nContent-Id: <a>\r\n\r\nx\r\n--b\r\nContent-Type: text/html\r\n\r\n<img src=cid:a>",
		"Content-Transfer-Encoding: base64\r\n\r\n!!!",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		page := renderMail(data)
		if !utf8.ValidString(page) {
			t.Errorf("%q is no text", page)
		}
		if strings.HasPrefix(page, "<!doctype html><meta charset") && strings.Count(page, "<") != 4 {
			t.Errorf("the text is not escaped: %q", page)
		}
	})
}
