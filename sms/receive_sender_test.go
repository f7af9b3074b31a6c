package sms

import (
	"testing"

	"aviso/transport"
)

func TestReadSender(t *testing.T) {
	for name, c := range map[string]struct {
		from     string
		kind     transport.NumberType
		national string
		want     string
	}{
		"international":                      {"447700900123", transport.International, "", "+447700900123"},
		"international with a plus":          {"+447700900123", transport.International, "", "+447700900123"},
		"unknown, of an assigned code":       {"447700900123", transport.UnknownNumber, "", "+447700900123"},
		"unknown, for documentation":         {"12025550123", transport.UnknownNumber, "", "+12025550123"},
		"unknown, of no code":                {"2899682626", transport.UnknownNumber, "", "2899682626"},
		"unknown, beginning with 0":          {"07700900123", transport.UnknownNumber, "44", "07700900123"},
		"unknown, too short for a number":    {"12345", transport.UnknownNumber, "", "12345"},
		"national without a country":         {"7700900123", transport.National, "", "7700900123"},
		"national":                           {"7700900123", transport.National, "44", "+447700900123"},
		"national as it is dialled":          {"07700900123", transport.National, "44", "+447700900123"},
		"national in Italy, where 0 belongs": {"0612345678", transport.National, "39", "+390612345678"},
		"a name":                             {"Bank", transport.Alphanumeric, "44", "Bank"},
		"a name of digits":                   {"447700900123", transport.Alphanumeric, "", "447700900123"},
		"a short number":                     {"84433", transport.ShortNumber, "", "84433"},
		"a name, said to be international":   {"Bank1", transport.International, "", "Bank1"},
		"nothing":                            {"", transport.International, "", ""},
		"what no row can hold":               {"12\x0034\xff\n", transport.UnknownNumber, "", "1234"},
	} {
		if got := readSender(c.from, c.kind, c.national); got != c.want {
			t.Errorf("%s: %q instead of %q", name, got, c.want)
		}
	}
}

func TestNationalCode(t *testing.T) {
	for country, want := range map[string]string{"GB": "44", "+44": "44", "US": "1", "CA": "1", "IT": "39", "KZ": "7", "": "", "XX": "", "PT": "351"} {
		if got := nationalCode(country); got != want {
			t.Errorf("%q: %q instead of %q", country, got, want)
		}
	}
}

func TestReadOurs(t *testing.T) {
	s := &Service{sender: "+2899682626", gateways: []*Gateway{{Name: "a", Sender: "84433"}, {Name: "b", Sender: "Shop"}}}
	for to, want := range map[string]string{"2899682626": "+2899682626", "+2899682626": "+2899682626", "84433": "84433", "447700900123": "+447700900123", "99": "99", "": ""} {
		if got := s.readOurs(to); got != want {
			t.Errorf("%q: %q instead of %q", to, got, want)
		}
	}
	for number, want := range map[string]bool{"+2899682626": true, "84433": true, "+447700900123": true, "+447700900124": false} {
		if got := s.isOurs(number, "+447700900123"); got != want {
			t.Errorf("%s: %t", number, got)
		}
	}
}
