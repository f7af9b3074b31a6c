package api

import (
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-json-experiment/json"

	"aviso/account"
	"aviso/fault"
	"aviso/sms"
)

// maxTextBody bounds the body of POST /api/messages: the longest text with
// every octet escaped is a sixth of it.
const maxTextBody = 64 << 10

// textRequest is what POST /api/messages is asked, as a form or as JSON.
type textRequest struct {
	Recipient string `json:"recipient"`
	Content   string `json:"content"`
}

// sendText answers POST /api/messages.
func (a *API) sendText(w http.ResponseWriter, r *http.Request) error {
	call := &sms.Call{Encode: encodeText, Arrived: a.now(), RequestID: w.Header().Get(requestIDHeader)}
	var err error
	if call.Caller, err = a.texter(r); err != nil {
		return err
	}
	call.Draft, call.Claim, call.Fault = a.textDraft(w, r, call.Caller)
	answer, err := a.sms.Send(call)
	if err != nil {
		return err
	}
	if answer.Replayed {
		w.Header().Set("Idempotency-Replayed", "true")
	}
	respond(w, answer.Status, answer.Body)
	return nil
}

// textDraft reads the request into a draft, or into the fault that keeps it
// from being one.
func (a *API) textDraft(w http.ResponseWriter, r *http.Request, caller account.Caller) (*sms.Draft, *account.Claim, *fault.Error) {
	raw, f := readLimited(w, r, maxTextBody)
	if f != nil {
		return nil, nil, f
	}
	body, f := readText(r, raw)
	if f != nil {
		return nil, nil, f
	}
	draft, f := sms.Parse(body.Recipient, body.Content, a.textLimits)
	if f != nil {
		return nil, nil, f
	}
	claim, f := claimOf(r, caller, sms.Route, raw)
	if f != nil {
		return nil, nil, f
	}
	return draft, claim, nil
}

// readText reads a body of either kind. What stands in the URL is no part of
// it: it would be in every log on the way.
func readText(r *http.Request, raw []byte) (t textRequest, f *fault.Error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case err == nil && kind == "application/json":
		f = decode(raw, &t)
		return t, f
	case err == nil && kind == "application/x-www-form-urlencoded":
	default:
		return t, fault.New(fault.Unsupported, "INVALID_REQUEST", "Send the body as a form or as JSON, and say so in Content-Type.")
	}
	form, err := url.ParseQuery(string(raw))
	if err != nil {
		return t, fault.New(fault.Invalid, "INVALID_REQUEST", "The body is no form: a % must be followed by two hexadecimal digits, and fields are parted by &.")
	}
	for name, into := range map[string]*string{"recipient": &t.Recipient, "content": &t.Content} {
		switch values := form[name]; len(values) {
		case 0:
		case 1:
			*into = values[0]
		default:
			return t, fault.Field("INVALID_REQUEST", name, name+" stands more than once; send one call for each text.")
		}
	}
	// A "+" that was not escaped has become a space.
	if digits, ok := strings.CutPrefix(t.Recipient, " "); ok && digits != "" && '0' <= digits[0] && digits[0] <= '9' {
		t.Recipient = "+" + digits
	}
	return t, nil
}

// sentText is the 200 of POST /api/messages.
type sentText struct {
	ID        string       `json:"ID"`
	From      string       `json:"sent_from"`
	To        string       `json:"sent_to"`
	Parsed    parsedNumber `json:"sent_to_parsed"`
	Content   string       `json:"content"`
	Owner     string       `json:"owner"`
	Cost      int64        `json:"creditCost"`
	Status    string       `json:"status"`
	Encoding  string       `json:"encoding"`
	Segments  int          `json:"segments"`
	Providers provider     `json:"provider"`
}

type parsedNumber struct {
	IsValid     bool    `json:"isValid"`
	PhoneNumber string  `json:"phoneNumber"`
	ISO2        *string `json:"countryIso2"`
	ISO3        *string `json:"countryIso3"`
	CallingCode string  `json:"countryCode"`
}

type provider struct {
	Name       string   `json:"name"`
	MessageIDs []string `json:"messageIds"`
}

// encodeText writes an outcome as the contract's 200, 400 or 500.
func encodeText(o *sms.Outcome) (int, []byte) {
	if o.Fault != nil {
		return encodeTextFault(o.Fault)
	}
	ids := o.ProviderIDs
	if ids == nil {
		ids = []string{}
	}
	body, err := json.Marshal(sentText{ID: o.MessageID, From: o.From, To: o.To,
		Parsed:  parsedNumber{true, o.To, orNull(o.Country.ISO2), orNull(o.Country.ISO3), o.Country.CallingCode},
		Content: o.Content, Owner: o.Owner, Cost: o.Charged, Status: string(o.Status), Encoding: string(o.Encoding), Segments: o.Segments,
		Providers: provider{o.Provider, ids}})
	if err != nil {
		// A gateway's ids may hold anything; all else was checked to be Unicode.
		return encodeTextFault(fault.Hide(err))
	}
	return http.StatusOK, body
}
