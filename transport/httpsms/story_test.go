package httpsms_test

import (
	"fmt"
	"net/http"
	"net/url"
	"sync/atomic"
	"testing"

	"github.com/go-json-experiment/json"

	"aviso/transport/httpsms"
	"aviso/transport/transporttest"
)

const (
	toRefused   = "+15550000001"
	toBadNumber = "+15550000002"
	toLater     = "+15550000003"
	toUnknown   = "+15550000004"
	toDropped   = "+15550000005"
	toSilent    = "+15550000006"
)

// wire is how one kind of gateway puts a text on the wire, for a peer.
type wire struct {
	make      maker
	text      func(asked) (to, content string)
	taken     func(n int64) reply
	badNumber *reply // nil: it does not say so
}

var wires = map[string]wire{
	"twilio": {
		make: httpsms.NewTwilio,
		text: func(a asked) (string, string) {
			form, _ := url.ParseQuery(a.body)
			return form.Get("To"), form.Get("Body")
		},
		taken: func(n int64) reply {
			return reply{status: 201, body: fmt.Sprintf(`{"sid":"SM%032x","status":"queued","error_code":null,"num_segments":"1"}`, n)}
		},
		badNumber: &reply{status: 400, body: `{"code":21211,"message":"The 'To' number is not a valid phone number.","more_info":"https://docs.test/21211","status":400}`},
	},
	"smsgate": {
		make: httpsms.NewSMSGate,
		text: func(a asked) (string, string) {
			var m struct {
				PhoneNumbers []string
				TextMessage  struct{ Text string }
			}
			if err := json.Unmarshal([]byte(a.body), &m, json.MatchCaseInsensitiveNames(true)); err != nil || len(m.PhoneNumbers) != 1 {
				return "", ""
			}
			return m.PhoneNumbers[0], m.TextMessage.Text
		},
		taken: func(n int64) reply {
			return reply{status: 202, body: fmt.Sprintf(`{"id":"id-%d","state":"Pending","recipients":[],"states":{}}`, n)}
		},
	},
}

func (w wire) peer(t *testing.T) *peer {
	var taken atomic.Int64
	return startPeer(t, func(a asked) reply {
		switch to, _ := w.text(a); to {
		case toRefused:
			return reply{status: 400, body: `{"code":21601,"message":"no\r\nway"}`}
		case toBadNumber:
			return *w.badNumber
		case toLater:
			return reply{status: 429, body: `{"code":20429,"message":"Too Many Requests"}`}
		case toUnknown:
			return reply{status: 502, body: "<html>bad gateway</html>"}
		case toDropped:
			return reply{then: "drop"}
		case toSilent:
			return reply{then: "hang"}
		}
		return w.taken(taken.Add(1))
	})
}

func (w wire) hop(t *testing.T, unknown string) transporttest.TextHop {
	p := w.peer(t)
	cfg := config(p.URL)
	cfg.MaxConcurrent = 4
	hop := transporttest.TextHop{
		Texter:  open(t, w.make, cfg),
		Taken:   yes,
		Refused: toRefused,
		Later:   toLater,
		Unknown: unknown,
		Silent:  toSilent,
		Begun:   p.begun,
		Submitted: func(id string) (n int) {
			for _, a := range p.all() {
				if _, content := w.text(a); transporttest.TextOf(content) == id {
					n++
				}
			}
			return n
		},
	}
	if w.badNumber != nil {
		hop.BadRecipient = toBadNumber
	}
	return hop
}

func TestStory(t *testing.T) {
	for name, w := range wires {
		for how, to := range map[string]string{"a 5xx is unknown": toUnknown, "a broken link is unknown": toDropped} {
			t.Run(name+": "+how, func(t *testing.T) {
				transporttest.RunTexts(t, func(t *testing.T) transporttest.TextHop { return w.hop(t, to) })
			})
		}
	}
}

// A redirect is refused, and nobody else sees the text or the password.
func TestNoRedirects(t *testing.T) {
	other := startPeer(t, func(asked) reply { return reply{status: 201, body: `{"sid":"SM1","id":"1"}`} })
	for _, code := range []int{http.StatusFound, http.StatusTemporaryRedirect, http.StatusPermanentRedirect} {
		p := startPeer(t, func(asked) reply {
			return reply{status: code, header: http.Header{"Location": {other.URL}}}
		})
		for name, w := range wires {
			if v := send(t, open(t, w.make, config(p.URL)), yes(1)); v.Outcome.String() != "refused" || v.Text == "" {
				t.Errorf("%s, %d: %+v", name, code, v)
			}
		}
		if n := len(p.all()); n != len(wires) {
			t.Errorf("%d: %d requests", code, n)
		}
	}
	if n := len(other.all()); n != 0 {
		t.Errorf("%d requests came to where the redirect pointed", n)
	}
}
