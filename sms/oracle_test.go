package sms

import (
	"bytes"
	"strconv"
	"testing"

	"github.com/nyaruka/phonenumbers"
	oracle "github.com/warthog618/sms"

	"aviso/transport"
)

// Another library's segments are the same, octet for octet.
func TestSplitAsAnotherLibrary(t *testing.T) {
	for _, content := range corpus(4000) {
		pdus, err := oracle.Encode([]byte(content))
		if err != nil {
			t.Fatalf("%q: %v", content, err)
		}
		encoding, parts := Split(content, false)
		if len(parts) != len(pdus) {
			t.Fatalf("%q is %d parts, not %d", content, len(parts), len(pdus))
		}
		for i, pdu := range pdus {
			alphabet, _ := pdu.Alphabet()
			if (encoding == transport.GSM7) != (alphabet == 0) {
				t.Fatalf("%q is %s, not %v", content, encoding, alphabet)
			}
			if !bytes.Equal(parts[i], pdu.UD) {
				t.Fatalf("part %d of %q is %x, not %x", i, content, parts[i], pdu.UD)
			}
		}
	}
}

// shared are regions that have their number under another's code, where our
// table, which the contract wants by prefix, says the other.
var shared = map[string]string{"GG": "GB", "IM": "GB", "JE": "GB", "AX": "FI", "BL": "GP", "MF": "GP", "CC": "AU", "CX": "AU", "EH": "MA", "SJ": "NO",
	"YT": "RE", "AC": "SH", "TA": "SH", "VA": "IT"}

func TestCountriesAsAnotherLibrary(t *testing.T) {
	for region := range phonenumbers.GetSupportedRegions() {
		for _, kind := range []phonenumbers.PhoneNumberType{phonenumbers.FIXED_LINE, phonenumbers.MOBILE} {
			example := phonenumbers.GetExampleNumberForType(region, kind)
			if example == nil {
				continue
			}
			number := phonenumbers.Format(example, phonenumbers.E164)
			want := region
			if s, ok := shared[region]; ok {
				want = s
			}
			got, ok := countryOf(number)
			if !ok || got.ISO2 != want || "+"+strconv.Itoa(int(example.GetCountryCode())) != got.CallingCode || len(got.ISO3) != 3 {
				t.Errorf("%s of %s is %+v", number, region, got)
			}
		}
	}
}

// Every calling code that is assigned is in the plan, and no other.
func TestCallingCodesAsAnotherLibrary(t *testing.T) {
	assigned := map[int]bool{888: true, 379: true} // for relief, withdrawn since; of the Vatican, which uses Italy's
	for code := range phonenumbers.GetSupportedCallingCodes() {
		assigned[code] = true
	}
	for first := 100; first < 1000; first++ {
		code := first
		for code > 0 && !assigned[code] {
			code /= 10
		}
		country, ok := countryOf("+" + strconv.Itoa(first) + "0000000")
		if ok != (code > 0) || ok && country.CallingCode != "+"+strconv.Itoa(code) {
			t.Errorf("+%d begins with the calling code %d, and here with %s", first, code, country.CallingCode)
		}
	}
}
