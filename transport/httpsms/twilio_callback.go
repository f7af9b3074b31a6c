package httpsms

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"aviso/transport"
)

const formType = "application/x-www-form-urlencoded"

// signer makes X-Twilio-Signature: an HMAC-SHA1 over the URL and every
// parameter with its values, sorted. SHA-1 is Twilio's choice; as an HMAC it
// still holds.
type signer struct{ key []byte }

// fits compares a signature with what it would be for one of the urls.
func (s signer) fits(signature string, urls []string, form url.Values) bool {
	got, err := base64.StdEncoding.DecodeString(signature)
	if err != nil {
		return false
	}
	parameters := sorted(form)
	ok := false
	for _, u := range urls {
		mac := hmac.New(sha1.New, s.key)
		mac.Write([]byte(u))
		mac.Write([]byte(parameters))
		ok = hmac.Equal(got, mac.Sum(nil)) || ok
	}
	return ok
}

// sorted is each name with each of its values. Of a repeated name every
// different value counts, as in Twilio's own libraries.
func sorted(form url.Values) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(form)) {
		for _, value := range slices.Compact(slices.Sorted(slices.Values(form[name]))) {
			b.WriteString(name)
			b.WriteString(value)
		}
	}
	return b.String()
}

// spellings are the ways Twilio may have written the public URL: as it was
// given, and with or without the port that its scheme implies or names.
func spellings(public string) []string {
	u, err := url.Parse(public)
	if err != nil {
		return []string{public}
	}
	all := []string{public}
	with := *u
	if u.Port() != "" {
		with.Host = strings.TrimSuffix(u.Host, ":"+u.Port())
	} else {
		with.Host = u.Host + map[string]string{"http": ":80", "https": ":443"}[u.Scheme]
	}
	return append(all, with.String())
}

func (k *twilio) read(at door, query string, h http.Header, body []byte) (event, error) {
	if no := mediaType(h, formType); no != nil {
		return event{}, no
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return event{}, malformed("The body is no form.")
	}
	called := k.cfg.public(at)
	if query != "" {
		called += "?" + query
	}
	if k.cfg.Callback == "" || !k.keys.fits(h.Get("X-Twilio-Signature"), spellings(called), form) {
		return event{}, errSignature
	}
	for _, name := range []string{"MessageSid", "MessageStatus", "From", "To", "Body", "ErrorCode"} {
		if len(form[name]) > 1 {
			return event{}, malformed(name + " is there more than once.")
		}
	}
	if !identifier(form.Get("MessageSid")) {
		return event{}, malformed("MessageSid is missing or no id.")
	}
	if !party(form.Get("From")) || !party(form.Get("To")) {
		return event{}, malformed("From or To is no number and no name.")
	}
	if at == status {
		return k.receipt(query, form, body)
	}
	return k.text(form)
}

func (k *twilio) text(form url.Values) (event, error) {
	from, kind := number(form.Get("From"))
	if from == "" || form.Get("To") == "" || !form.Has("Body") {
		return event{}, malformed("From, To or Body is missing.")
	}
	return event{text: &transport.InboundText{
		Gateway:   k.cfg.Name,
		From:      from,
		FromType:  kind,
		To:        form.Get("To"),
		Alphabet:  transport.UTF8,
		Data:      []byte(strings.ToValidUTF8(form.Get("Body"), "\uFFFD")),
		RepeatKey: form.Get("MessageSid"),
	}}, nil
}

// twilioStates are what a MessageStatus says. Those before "sent" are worth
// noting too: that Twilio speaks of a text settles whether it has it.
var twilioStates = map[string]transport.ReceiptState{
	"accepted":    transport.Enroute,
	"scheduled":   transport.Enroute,
	"queued":      transport.Enroute,
	"sending":     transport.Enroute,
	"sent":        transport.Accepted,
	"delivered":   transport.Delivered,
	"read":        transport.Delivered,
	"undelivered": transport.Undeliverable,
	"failed":      transport.Rejected,
	"canceled":    transport.Rejected,
}

func (k *twilio) receipt(query string, form url.Values, body []byte) (event, error) {
	said := form.Get("MessageStatus")
	if said == "" {
		return event{}, malformed("MessageStatus is missing.")
	}
	state, ok := twilioStates[said]
	if !ok {
		state = transport.UnknownState
	}
	code := form.Get("ErrorCode")
	if !identifier(code) {
		code = ""
	}
	return event{receipt: &transport.Receipt{
		Gateway:    k.cfg.Name,
		ProviderID: form.Get("MessageSid"),
		TextID:     textOf(query),
		From:       form.Get("From"),
		To:         form.Get("To"),
		State:      state,
		Code:       code,
		Text:       oneLine(string(body)),
	}}, nil
}

// textOf is our id of the text, from a query whose signature fits; "" of a
// callback that was asked for without it.
func textOf(query string) string {
	values, err := url.ParseQuery(query)
	if err != nil || !identifier(values.Get(textParameter)) {
		return ""
	}
	return values.Get(textParameter)
}
