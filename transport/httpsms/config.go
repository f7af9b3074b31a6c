package httpsms

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/url"
	"strings"
	"time"

	"aviso/transport"
)

// Config is one gateway. Zero values mean the defaults that are named.
type Config struct {
	Name string // such as "carrier"
	URL  string // base of its API, http or https, without credentials; Twilio's own when empty
	// Username is the account SID at Twilio, Password its auth token.
	Username, Password string
	// SigningKey is what callbacks are signed with. Twilio signs with its auth
	// token, which is the default there; without the key of an SMSGate every
	// callback of it is refused.
	SigningKey string
	Sender     string // of texts that name none
	// Callback is the public base URL of this gateway's callbacks, such as
	// "https://sms.example.com/hooks/sms/carrier"; empty: none are asked for,
	// and none are believed.
	Callback      string
	Rate          float64       // segments a second; 0 is no limit of ours
	MaxConcurrent int           // texts under way at one time; 16
	Timeout       time.Duration // of one submission, from dialling to its answer; 30 s

	Inbound transport.Inbound // takes what callbacks bring
	Log     *slog.Logger      // of callbacks that were not taken; nil: nowhere

	Dial   func(ctx context.Context, network, addr string) (net.Conn, error) // nil: net.Dialer
	Now    func() time.Time                                                  // nil: time.Now
	Jitter func() float64                                                    // in [0, 1); nil: rand.Float64
}

// check returns c with every zero value replaced, or what is wrong with it.
func (c Config) check() (Config, error) {
	fail := func(why string) (Config, error) {
		return c, fmt.Errorf("gateway %s: %s", c.Name, why)
	}
	c.URL = strings.TrimSuffix(c.URL, "/")
	c.Callback = strings.TrimSuffix(c.Callback, "/")
	if !webURL(c.URL) {
		return fail("url is no web address; write it like \"https://gateway.example\", without credentials")
	}
	if c.Callback != "" && !webURL(c.Callback) {
		return fail("the public URL of its callbacks is no web address; write it like \"https://sms.example\"")
	}
	if c.Username == "" || c.Password == "" || strings.Contains(c.Username, ":") { // RFC 7617, 2
		return fail("it needs a username, without a colon, and a password")
	}
	if c.Inbound == nil {
		return fail("nobody takes what it calls back with")
	}
	c.MaxConcurrent = cmp.Or(c.MaxConcurrent, 16)
	c.Timeout = cmp.Or(c.Timeout, 30*time.Second)
	if c.Rate < 0 || c.MaxConcurrent < 0 || c.Timeout < 0 {
		return fail("rate, places and timeout cannot be negative")
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Dial == nil {
		c.Dial = (&net.Dialer{Timeout: 10 * time.Second}).DialContext
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Jitter == nil {
		c.Jitter = rand.Float64
	}
	return c, nil
}

func webURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" &&
		u.User == nil && u.RawQuery == "" && u.Fragment == ""
}

// door is where a callback comes in, and the end of its path.
type door string

const (
	inbound door = "/inbound"
	status  door = "/status"
)

// public is the URL of a door as the gateway knows it, never as a request's
// Host header claims it.
func (c *Config) public(at door) string { return c.Callback + string(at) }

var errNoCallback = errors.New("there is no public URL it could call; set sms_http.public_url")
