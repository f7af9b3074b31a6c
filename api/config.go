package api

import (
	"net/http"
	"net/netip"
	"time"
)

// Site is what the configuration says of this installation, as far as the
// dashboard shows it or depends on it.
type Site struct {
	Version      string
	PublicURL    string // of the dashboard and the email API, without a slash at its end
	SMSURL       string // of the SMS API, likewise
	EmailMode    string // live, sandbox or off
	SMSMode      string // likewise
	Registration string // open, invite or closed
	Billing      string // stripe, sandbox or off
	SMTP         SMTPPorts
	RateLimit    int           // calls to send email in any 60 seconds with one key; 0 for no limit
	PrimeGrace   time.Duration // Prime goes on for so long after its end
	// TrustedProxies are the peers whose X-Forwarded-For is believed.
	TrustedProxies []netip.Prefix
}

// SMTPPorts is where programs hand in email by SMTP. A port of 0 is closed.
type SMTPPorts struct {
	Host          string
	Port, TLSPort int
}

type configView struct {
	Version      string     `json:"version"`
	Mode         modeView   `json:"mode"`
	Registration string     `json:"registration"`
	Billing      string     `json:"billing"`
	PublicURL    string     `json:"publicUrl"`
	SMSURL       string     `json:"smsUrl"`
	SMTP         smtpView   `json:"smtp"`
	Limits       limitsView `json:"limits"`
}

type limitsView struct {
	EmailPerMinute  int `json:"emailPerMinute"`
	EmailRecipients int `json:"emailRecipients"`
	EmailBodyBytes  int `json:"emailBodyBytes"`
	SMSCharacters   int `json:"smsCharacters"`
}

// smsCharacters is the contract's limit of one text.
const smsCharacters = 799

type modeView struct {
	Email string `json:"email"`
	SMS   string `json:"sms"`
}

type smtpView struct {
	Host    string `json:"host"`
	Port    *int   `json:"port"`
	TLSPort *int   `json:"tlsPort"`
}

// config answers GET /api/v1/config: what a page has to know before anybody is
// signed in.
func (a *API) config(w http.ResponseWriter, _ *http.Request, _ session) error {
	s := a.site
	return succeed(w, http.StatusOK, configView{Version: s.Version, Mode: modeView{s.EmailMode, s.SMSMode}, Registration: s.Registration,
		Billing: s.Billing, PublicURL: s.PublicURL, SMSURL: s.SMSURL, SMTP: smtpView{s.SMTP.Host, orNull(s.SMTP.Port), orNull(s.SMTP.TLSPort)},
		Limits: limitsView{s.RateLimit, a.limits.Recipients, a.limits.BodyBytes, smsCharacters}})
}
