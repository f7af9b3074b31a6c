package api

import (
	"encoding/json"
	"slices"
	"testing"
	"unicode/utf8"

	"aviso/email"
	"aviso/fault"
)

// FuzzDecode reads any bytes as the body of a call to send. A fault is always
// the caller's; what is accepted is JSON to the standard library too, and every
// text in it is Unicode.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		``, `{}`, `null`, `[]`, `{"to":"ada@example.com","text":"hello"}`,
		`{"to":["Ada <ada@example.com>","b@c.de"],"cc":null,"bcc":[],"subject":"\ud83e\udd8a","html":"<p>","from":"a@b.c","fromName":"A","replyTo":"r@b.c","x":{"y":[1e9]}}`,
		`{"to":5}`, `{"to":[["a"]]}`, `{"to":"a","to":"b"}`, `{"t\u006f":"\ud83d"}`, "{\"to\":\"\xff\"}", "\ufeff{}", `{} x`, `{"x":[[[[`, `{"TO":"a@b.c"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var body sendRequest
		if e := decode(raw, &body); e != nil {
			if e.Kind != fault.Invalid || e.Code != "INVALID_REQUEST" || e.Message == "" || !utf8.ValidString(e.Message) || !utf8.ValidString(e.Field) || len(e.Field) > maxFieldName {
				t.Fatalf("%+v", e)
			}
			return
		}
		if !json.Valid(raw) {
			t.Fatalf("accepted, and no JSON: %q", raw)
		}
		texts := slices.Concat(body.To.all, body.Cc.all, body.Bcc.all, []string{body.Subject, body.HTML, body.Text, body.From, body.FromName, body.ReplyTo})
		for _, s := range texts {
			if !utf8.ValidString(s) {
				t.Fatalf("accepted, and not Unicode: %q", s)
			}
		}
		_, e := email.NewDraft(&email.Request{To: body.To.all, ToList: body.To.list, Cc: body.Cc.all, CcList: body.Cc.list, Bcc: body.Bcc.all, BccList: body.Bcc.list,
			Subject: body.Subject, HTML: body.HTML, Text: body.Text, From: body.From, FromName: body.FromName, ReplyTo: body.ReplyTo},
			email.Limits{BodyBytes: 512_000, Recipients: 100})
		if e != nil && e.Kind != fault.Invalid && e.Kind != fault.TooLarge {
			t.Fatalf("%+v", e)
		}
	})
}
