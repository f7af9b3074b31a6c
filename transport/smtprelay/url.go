package smtprelay

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
)

// Endpoint is where a relay listens and how it is spoken to.
type Endpoint struct {
	Host               string
	Port               int
	TLS                TLSMode
	InsecureSkipVerify bool // the certificate is not checked
}

// ParseURL reads a relay's address:
//
//	smtp://host[:587][?tls=starttls|none][&insecure=true]
//	smtps://host[:465][?insecure=true]
//
// An error says what is wrong and never quotes the URL, which may hold
// credentials that were put in the wrong place.
func ParseURL(raw string) (Endpoint, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return Endpoint{}, errors.New("not a URL; write smtp://host:587 or smtps://host:465")
	}
	e := Endpoint{Host: u.Hostname()}
	switch u.Scheme {
	case "smtp":
		e.Port = 587
	case "smtps":
		e.Port, e.TLS = 465, Implicit
	default:
		return Endpoint{}, errors.New("the scheme of a relay's URL is smtp or smtps")
	}
	switch {
	case u.User != nil:
		return Endpoint{}, errors.New("a relay's URL holds no user or password; set username and password")
	case e.Host == "":
		return Endpoint{}, errors.New("the relay's URL names no host")
	case u.Path != "" && u.Path != "/" || u.Fragment != "":
		return Endpoint{}, errors.New("a relay's URL has nothing after the host and port but parameters")
	}
	if port := u.Port(); port != "" {
		if e.Port, err = strconv.Atoi(port); err != nil || e.Port < 1 || e.Port > 65535 {
			return Endpoint{}, errors.New("the port of a relay's URL is 1 to 65535")
		}
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return Endpoint{}, errors.New("the parameters of the relay's URL cannot be read")
	}
	return e, e.apply(query)
}

func (e *Endpoint) apply(query url.Values) error {
	for name, values := range query {
		if len(values) > 1 {
			return fmt.Errorf("parameter %q of the relay's URL is given twice", name)
		}
		switch value := values[0]; {
		case name == "tls" && e.TLS == Implicit:
			return errors.New("smtps is TLS from the first byte; leave the parameter tls out")
		case name == "tls" && value == "none":
			e.TLS = None
		case name == "tls" && value == "starttls":
		case name == "tls":
			return errors.New("the parameter tls of a relay's URL is starttls or none")
		case name == "insecure" && (value == "true" || value == "false"):
			e.InsecureSkipVerify = value == "true"
		case name == "insecure":
			return errors.New("the parameter insecure of a relay's URL is true or false")
		default:
			return fmt.Errorf("unknown parameter %q in the relay's URL; there are tls and insecure", name)
		}
	}
	if e.TLS == None && e.InsecureSkipVerify {
		return errors.New("insecure has no meaning with tls=none; leave one of them out")
	}
	return nil
}
