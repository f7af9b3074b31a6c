package httpsms

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"

	"aviso/transport"
)

// smsgate speaks the public API of the SMSGate app, in its cloud, on a server
// of one's own, or on the phone itself: only the base URL differs.
type smsgate struct{ cfg *Config }

// NewSMSGate returns a gateway that is an Android phone with SMSGate. Nothing
// is dialled before the first text.
func NewSMSGate(cfg Config) (*Gateway, error) {
	cfg, err := cfg.check()
	if err != nil {
		return nil, err
	}
	return newGateway(cfg, &smsgate{&cfg}), nil
}

const jsonType = "application/json"

// submission names the text by our id, by which its reports find it whatever
// became of the answer. The sender is the phone's own number. SMSGate's check
// of the number is switched off: it refuses what its numbering plan does not
// know, and the contract lets that in.
func (k *smsgate) submission(t *transport.Text) (path, mediaType string, body []byte) {
	type message struct {
		Text string `json:"text"`
	}
	body, _ = json.Marshal(struct { // strings and a bool cannot fail once their bytes may be anything
		ID                 string   `json:"id"`
		TextMessage        message  `json:"textMessage"`
		PhoneNumbers       []string `json:"phoneNumbers"`
		WithDeliveryReport bool     `json:"withDeliveryReport"`
	}{t.ID, message{t.Content}, []string{t.To}, !t.Unreported}, jsontext.AllowInvalidUTF8(true))
	return "/messages?skipPhoneValidation=true", jsonType, body
}

func (k *smsgate) verdict(a answer) transport.TextVerdict {
	var said struct {
		ID      string `json:"id"`
		State   string `json:"state"`
		Message string `json:"message"`
	}
	_ = json.Unmarshal(a.body, &said) // without words of its own the status speaks
	switch {
	case a.ok() && identifier(said.ID):
		return transport.TextVerdict{Outcome: transport.Taken, ProviderID: said.ID, Text: said.State}
	case a.ok():
		said.Message = ""
	}
	v := transport.TextVerdict{
		Outcome: a.outcome(),
		Code:    strconv.Itoa(a.status),
		Text:    cmp.Or(said.Message, a.words()),
	}
	if a.status == http.StatusConflict {
		v.Outcome = transport.Unknown // it has a text of this id, which is ours alone
	}
	return v
}

func (k *smsgate) thank(w http.ResponseWriter, _ door) { w.WriteHeader(http.StatusNoContent) }

// smsgateDoors are the events that are asked for, and where each goes.
var smsgateDoors = []struct {
	event string
	at    door
}{
	{"sms:received", inbound},
	{"sms:sent", status},
	{"sms:delivered", status},
	{"sms:failed", status},
}

// setup registers a webhook for each event. Its id follows from URL and event,
// so that setting up once more replaces it.
func (k *smsgate) setup(ctx context.Context, g *Gateway) ([]string, error) {
	if k.cfg.SigningKey == "" {
		return nil, errors.New("signing_key is missing; copy it from the app, Settings, Webhooks, Signing Key")
	}
	var done []string
	for _, d := range smsgateDoors {
		to := k.cfg.public(d.at)
		body, err := json.Marshal(struct {
			ID    string `json:"id"`
			URL   string `json:"url"`
			Event string `json:"event"`
		}{uuid.NewSHA1(uuid.NameSpaceURL, []byte(to+"#"+d.event)).String(), to, d.event})
		if err != nil {
			return done, err
		}
		a, err := g.post(ctx, "/webhooks", jsonType, newGate(body, nil))
		switch {
		case err != nil:
			return done, fmt.Errorf("registering %s: %s", d.event, cause(err))
		case !a.ok():
			return done, fmt.Errorf("registering %s: %s: %s", d.event, a.words(), oneLine(string(a.body)))
		}
		done = append(done, "Registered "+d.event+" at "+to)
	}
	return done, nil
}
