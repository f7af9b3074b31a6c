package sms

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"aviso/fault"
	"aviso/transport"
)

// Limits are what the installation lets through.
type Limits struct {
	// Countries are ISO 3166-1 alpha-2 codes and calling codes with "+"; "*"
	// stands for all but the satellite and premium codes, which have to be
	// named.
	Countries []string
}

// contentUnits is how long a text may be, in UTF-16 units.
const contentUnits = 799

// Draft is what a call asks for, judged: a recipient that may be tried, and a
// text that has a price.
type Draft struct {
	Recipient string // "+" and digits
	Content   string
	Price     int64 // credits
	Country   Country

	encoding     transport.Encoding
	joined, wide int // segments, with an 8-bit and with a 16-bit reference
}

// segments is how many segments the text goes out in.
func (d *Draft) segments(wide bool) int {
	if wide {
		return d.wide
	}
	return d.joined
}

// Parse judges what a call asks for, without a database. The fault is
// INVALID_RECIPIENT or INVALID_CONTENT.
func Parse(recipient, content string, l Limits) (*Draft, *fault.Error) {
	number, f := ParseNumber(recipient)
	if f != nil {
		return nil, f
	}
	country, assigned := countryOf(number)
	if !assigned {
		return nil, badRecipient("No calling code begins like this: " + number + ". Write the country's code and the number, such as +14155551212.")
	}
	if !l.allow(country) {
		return nil, badRecipient("This installation sends no texts to " + country.CallingCode + ".")
	}
	units, f := measure(content)
	if f != nil {
		return nil, f
	}
	d := &Draft{Recipient: number, Content: content, Price: price(units), Country: country}
	var parts [][]byte
	d.encoding, parts = Split(content, false)
	d.joined, d.wide = len(parts), len(parts)
	if len(parts) > 1 {
		_, parts = Split(content, true)
		d.wide = len(parts)
	}
	return d, nil
}

// measure returns the length of a text in UTF-16 units, the contract's
// content_length, before any change.
func measure(content string) (int, *fault.Error) {
	if !utf8.ValidString(content) {
		return 0, badContent("The content is not valid Unicode.")
	}
	if strings.ContainsRune(content, 0) {
		return 0, badContent("The content holds a NUL character, which no network carries.")
	}
	units := utf16Units(content)
	switch {
	case units == 0:
		return 0, badContent("The content is empty.")
	case units > contentUnits:
		return 0, badContent(fmt.Sprintf("The content has %d UTF-16 units; at most %d are allowed. Send it as several texts.", units, contentUnits))
	}
	return units, nil
}

// price is what a text of so many units costs, however many segments the
// network makes of it (contract, SMS, "Price").
func price(units int) int64 { return int64(max(1, (units+159)/160)) }

// utf16Units is the length of valid UTF-8 in UTF-16 units.
func utf16Units(s string) int {
	n := 0
	for _, r := range s {
		if n++; r > 0xFFFF {
			n++
		}
	}
	return n
}

func badRecipient(message string) *fault.Error {
	return fault.Field("INVALID_RECIPIENT", "recipient", message)
}

func badContent(message string) *fault.Error {
	return fault.Field("INVALID_CONTENT", "content", message)
}

// allow says whether texts may go to a country.
func (l Limits) allow(c Country) bool {
	for _, name := range l.Countries {
		switch {
		case name == "*" && !mustBeNamed(c.CallingCode):
			return true
		case name == c.CallingCode, c.ISO2 != "" && strings.EqualFold(name, c.ISO2):
			return true
		}
	}
	return false
}
