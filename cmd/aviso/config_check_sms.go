package main

import "time"

func (k checker) sms(s *SMSConfig) {
	k.sender("sms.sender", s.Sender)
	if s.Country != "" && !country.MatchString(s.Country) {
		k.fail("sms.country", "%q is no country; write its letters or its calling code, such as \"GB\" or \"+44\"", s.Country)
	}
	if len(s.Countries) == 0 {
		k.fail("sms.countries", "is empty, so that nobody could be written to; write [\"*\"] for all")
	}
	for _, c := range s.Countries {
		if c != "*" && !country.MatchString(c) {
			k.fail("sms.countries", "%q is no country; write its letters, its calling code or \"*\", such as \"GB\" or \"+44\"", c)
		}
	}
	k.duration("sms.sync_timeout", s.SyncTimeout, time.Second, time.Minute)
	between(k, "sms.auto_replies_per_hour", s.AutoRepliesPerHour, 0, 100_000)
	if len(s.HelpText) > maxText {
		k.fail("sms.help_text", "is longer than a text may be; write at most %d bytes", maxText)
	}
	names := map[string]bool{}
	for i := range s.Gateway {
		at := index("sms.gateway", i)
		k.name(at+".name", s.Gateway[i].Name, names)
		k.gateway(at, &s.Gateway[i])
	}
	k.bundles("sms.bundle", s.Bundle)
}

// sandboxKind is the kind of a gateway that captures texts and sends none.
const sandboxKind = "sandbox"

// maxText is the contract's bound for one text.
const maxText = 799

func (k checker) gateway(at string, g *GatewayConfig) {
	k.oneOf(at+".kind", g.Kind, "smpp", "twilio", "smsgate", sandboxKind)
	k.gatewayURL(at+".url", g)
	if g.Sender != "" {
		k.sender(at+".sender", g.Sender)
	}
	needsLogin := g.Kind == "smpp" || g.Kind == "twilio" || g.Kind == "smsgate"
	if needsLogin && g.Username == "" {
		k.fail(at+".username", "is missing; a gateway of kind %s needs one", g.Kind)
	}
	if needsLogin && g.Kind != "smpp" && g.Password == "" { // an SMSC may take a system_id alone
		k.fail(at+".password", "is missing; a gateway of kind %s needs one", g.Kind)
	}
	between(k, at+".weight", g.Weight, 1, 1000)
	between(k, at+".rate", g.Rate, 0, 100_000)
	between(k, at+".binds", g.Binds, 1, 100)
	between(k, at+".window", g.Window, 1, 1000)
	k.oneOf(at+".bind", g.Bind, "transceiver", "separate", "transmitter", "receiver")
	k.oneOf(at+".concat", g.Concat, "udh8", "udh16", "sar", "payload")
	if len(g.SystemType) > 12 {
		k.fail(at+".system_type", "is longer than SMPP allows; write at most 12 characters")
	}
}

// gatewayURL wants the address a gateway of its kind is reached at. Credentials
// have keys of their own, so that no URL is a secret.
func (k checker) gatewayURL(key string, g *GatewayConfig) {
	u, ok := parseURL(g.URL)
	switch g.Kind {
	case "smpp":
		if !ok || (u.Scheme != "smpp" && u.Scheme != "smpps") || u.Hostname() == "" || !portInRange(u.Port(), 1) {
			k.fail(key, "is no SMPP address; write it like \"smpp://host:2775\", or smpps:// for TLS")
			return
		}
	case "smsgate":
		k.webURL(key, g.URL)
	case "twilio":
		if g.URL != "" { // Twilio's own when empty
			k.webURL(key, g.URL)
		}
	case sandboxKind:
		if g.URL != "" && g.URL != sandboxURL {
			k.fail(key, "a sandbox reaches nobody; leave url empty")
		}
	}
	if ok && u.User != nil {
		k.fail(key, "holds credentials; move them to username and password")
	}
}

// sender wants a number, a short number, or the up to eleven characters of an
// alphanumeric sender (3GPP TS 23.040).
func (k checker) sender(key, sender string) {
	if !number.MatchString(sender) && !alphanumeric.MatchString(sender) {
		k.fail(key, "%q is no sender; write a number such as \"+2899682626\" or up to 11 letters, digits and spaces", sender)
	}
}
