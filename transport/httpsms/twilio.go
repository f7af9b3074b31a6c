package httpsms

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strconv"

	"github.com/go-json-experiment/json"

	"aviso/transport"
)

// twilioURL is Twilio's own API, for a Config without URL.
const twilioURL = "https://api.twilio.com"

// twilio speaks Twilio's Messages resource, version 2010-04-01.
type twilio struct {
	cfg  *Config
	path string
	keys signer
}

// NewTwilio returns a gateway at Twilio, or at what is compatible with it.
// Nothing is dialled before the first text.
func NewTwilio(cfg Config) (*Gateway, error) {
	cfg.URL = cmp.Or(cfg.URL, twilioURL)
	cfg, err := cfg.check()
	if err != nil {
		return nil, err
	}
	return newGateway(cfg, &twilio{
		cfg:  &cfg,
		path: "/2010-04-01/Accounts/" + url.PathEscape(cfg.Username) + "/Messages.json",
		keys: signer{key: []byte(cmp.Or(cfg.SigningKey, cfg.Password))},
	}), nil
}

// textParameter of a status callback's URL is our id of the text.
const textParameter = "text"

func (k *twilio) submission(t *transport.Text) (path, mediaType string, body []byte) {
	form := url.Values{"To": {t.To}, "From": {cmp.Or(t.From, k.cfg.Sender)}, "Body": {t.Content}}
	if k.cfg.Callback != "" && !t.Unreported {
		// Of a submission that was not answered nobody knows the SID.
		form.Set("StatusCallback", k.cfg.public(status)+"?"+url.Values{textParameter: {t.ID}}.Encode())
	}
	return k.path, formType, []byte(form.Encode())
}

// Twilio's codes that blame the recipient's number, so that no other gateway
// would do better.
var blamesRecipient = map[int]bool{
	21211: true, // not a valid number
	21214: true, // cannot be reached
	21217: true, // does not appear to be valid
	21610: true, // has opted out
	21614: true, // not a mobile number
	21635: true, // a landline
}

// queueFull is said with a 400 although it passes: the sender's own queue at
// Twilio has no room.
const queueFull = 21611

func (k *twilio) verdict(a answer) transport.TextVerdict {
	if a.ok() {
		return k.taken(a)
	}
	var refused struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	}
	_ = json.Unmarshal(a.body, &refused) // without words of its own the status speaks
	v := transport.TextVerdict{
		Outcome: a.outcome(),
		Code:    strconv.Itoa(cmp.Or(refused.Code, a.status)),
		Text:    cmp.Or(refused.Message, a.words()),
	}
	switch {
	case v.Outcome != transport.Refused:
	case refused.Code == queueFull:
		v.Outcome = transport.Later
	default:
		v.Recipient = blamesRecipient[refused.Code]
	}
	return v
}

func (k *twilio) taken(a answer) transport.TextVerdict {
	var said struct {
		SID    string `json:"sid"`
		Status string `json:"status"`
	}
	if json.Unmarshal(a.body, &said) != nil || !identifier(said.SID) {
		return transport.TextVerdict{Outcome: a.outcome(), Code: strconv.Itoa(a.status), Text: a.words()}
	}
	return transport.TextVerdict{Outcome: transport.Taken, ProviderID: said.SID, Text: said.Status}
}

// thank answers a text with an empty TwiML document, which sends nothing back.
func (k *twilio) thank(w http.ResponseWriter, at door) {
	if at == status {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	_, _ = w.Write([]byte(`<?xml version="1.0" encoding="UTF-8"?><Response></Response>`))
}

// setup: the status URL goes with every text, and the other one is a setting
// of each number, which is the operator's.
func (k *twilio) setup(context.Context, *Gateway) ([]string, error) {
	return []string{
		"Set this URL, with HTTP POST, as what to call when a message comes in, at each number or messaging service:",
		"    " + k.cfg.public(inbound),
		"Delivery reports need no setting; every text asks for them at:",
		"    " + k.cfg.public(status),
	}, nil
}
