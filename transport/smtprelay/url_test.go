package smtprelay_test

import (
	"strings"
	"testing"

	"aviso/transport/smtprelay"
)

func TestParseURL(t *testing.T) {
	for raw, want := range map[string]smtprelay.Endpoint{
		"smtp://relay.test":                            {Host: "relay.test", Port: 587},
		"smtp://relay.test:2525/":                      {Host: "relay.test", Port: 2525},
		"smtp://relay.test?tls=starttls&insecure=true": {Host: "relay.test", Port: 587, InsecureSkipVerify: true},
		"smtp://127.0.0.1:25?tls=none&insecure=false":  {Host: "127.0.0.1", Port: 25, TLS: smtprelay.None},
		"smtps://relay.test":                           {Host: "relay.test", Port: 465, TLS: smtprelay.Implicit},
		"smtps://[::1]:4650?insecure=true":             {Host: "::1", Port: 4650, TLS: smtprelay.Implicit, InsecureSkipVerify: true},
	} {
		if got, err := smtprelay.ParseURL(raw); err != nil || got != want {
			t.Errorf("%s: %+v, %v", raw, got, err)
		}
	}
}

func TestParseURLRefuses(t *testing.T) {
	for raw, want := range map[string]string{
		"":                                         "scheme",
		"relay.test:25":                            "scheme",
		"http://relay.test":                        "scheme",
		"smtp://hush:hush@relay.test":              "username and password",
		"smtp://hush@relay.test":                   "username and password",
		"smtp://hush:hush%zz@relay.test":           "not a URL",
		"smtp://:25":                               "host",
		"smtp://relay.test:0":                      "port",
		"smtp://relay.test:70000":                  "port",
		"smtp://relay.test/hush":                   "nothing after",
		"smtp://relay.test#hush":                   "nothing after",
		"smtp://relay.test?tls=hush":               "starttls or none",
		"smtp://relay.test?tls=a&tls=b":            "twice",
		"smtp://relay.test?insecure=yes":           "true or false",
		"smtp://relay.test?password=hush":          `unknown parameter "password"`,
		"smtp://relay.test?%zz":                    "cannot be read",
		"smtps://relay.test?tls=none":              "leave the parameter tls out",
		"smtp://relay.test?tls=none&insecure=true": "no meaning",
	} {
		_, err := smtprelay.ParseURL(raw)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", raw, err)
		} else if strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: the error quotes it: %v", raw, err)
		}
	}
}
