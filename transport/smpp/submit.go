package smpp

import (
	"bytes"
	"encoding/binary"
	"strings"

	"aviso/transport"
)

// Refusals of our own: what SMPP cannot carry.
const (
	errSender    notice = "the sender cannot be written in SMPP; give a number, a short code or at most 11 letters"
	errRecipient notice = "the recipient cannot be written in SMPP; give a number of at most 20 digits"
	errPart      notice = "a part is longer than 254 octets with its header"
	errPayload   notice = "the text is longer than SMPP can carry"
	errParts     notice = "a text must have 1 to 255 parts"
)

const (
	maxShort  = 254 // octets of a short_message
	maxDigits = 20  // of an address
)

// submits returns the submit_sm of each part of t, complete but for their
// sequence numbers, in the way c joins parts.
func (c *Config) submits(t *transport.Text) ([][]byte, error) {
	m := message{source: sender(t.From), dest: recipient(t.To)}
	if !t.Unreported {
		m.registered = 1 // a receipt at the end, whichever (SMPP 3.4, 5.2.17)
	}
	switch {
	case !fits(m.source):
		return nil, errSender
	case !fits(m.dest) || m.dest.digits == "":
		return nil, errRecipient
	case len(t.Parts) == 0 || len(t.Parts) > 255:
		return nil, errParts
	}
	if t.Encoding == transport.UCS2 {
		m.dataCoding = codingUCS2
	}
	if len(t.Parts) > 1 && c.Concat == Payload {
		pdu, err := m.joined(t)
		return [][]byte{pdu}, err
	}
	pdus := make([][]byte, len(t.Parts))
	for i := range t.Parts {
		p := m
		p.part(c.Concat, t, i)
		if len(p.short) > maxShort {
			return nil, errPart
		}
		pdus[i] = p.submit()
	}
	return pdus, nil
}

// joined is the whole text in one message_payload.
func (m *message) joined(t *transport.Text) ([]byte, error) {
	whole := bytes.Join(t.Parts, nil)
	if len(whole) > 0xffff {
		return nil, errPayload
	}
	m.refer(t, 0)
	m.tlvs = append(m.tlvs, tlv{tagPayload, whole})
	return m.submit(), nil
}

// part makes m one part of t. A text of one part needs nothing to be joined by.
func (m *message) part(how Concat, t *transport.Text, i int) {
	m.refer(t, i)
	m.short = t.Parts[i]
	if len(t.Parts) == 1 {
		return
	}
	total, n := byte(len(t.Parts)), byte(i+1)
	switch how {
	case SAR:
		m.tlvs = append(m.tlvs,
			tlv{tagSarReference, binary.BigEndian.AppendUint16(nil, t.Reference)},
			tlv{tagSarTotal, []byte{total}},
			tlv{tagSarNumber, []byte{n}})
	case UDH16:
		m.esmClass |= esmHeader
		m.short = append([]byte{6, ieConcat16, 4, byte(t.Reference >> 8), byte(t.Reference), total, n}, m.short...)
	default:
		m.esmClass |= esmHeader
		m.short = append([]byte{5, ieConcat8, 3, byte(t.Reference), total, n}, m.short...)
	}
}

// refer adds the number a receipt can be matched by.
func (m *message) refer(t *transport.Text, i int) {
	if i < len(t.PartReferences) {
		m.tlvs = tlvs{{tagUserReference, binary.BigEndian.AppendUint16(nil, t.PartReferences[i])}}
	}
}

func (m *message) submit() []byte {
	b := make([]byte, 0, 96+len(m.short)+len(m.dest.digits))
	return finish(m.append(begin(b, header{command: submitSM}), submitSM))
}

// Types of number and numbering plans (SMPP 3.4, 5.2.5 and 5.2.6).
const (
	tonUnknown       uint8 = 0
	tonInternational uint8 = 1
	tonNational      uint8 = 2
	tonNetwork       uint8 = 3
	tonAlphanumeric  uint8 = 5
	tonAbbreviated   uint8 = 6
	npiUnknown       uint8 = 0
	npiISDN          uint8 = 1
)

// sender is a number, a short code or a name. An empty one leaves the choice
// to the gateway.
func sender(from string) address {
	number, international := strings.CutPrefix(from, "+")
	switch {
	case from == "":
		return address{}
	case !isDigits(number):
		return address{tonAlphanumeric, npiUnknown, from}
	case international:
		return address{tonInternational, npiISDN, number}
	}
	return address{tonNetwork, npiUnknown, number}
}

func recipient(to string) address {
	number, international := strings.CutPrefix(to, "+")
	if international {
		return address{tonInternational, npiISDN, number}
	}
	return address{tonUnknown, npiISDN, number}
}

// fits reports whether an address can stand in a submit_sm.
func fits(a address) bool {
	if a.ton == tonAlphanumeric {
		return len(a.digits) <= 11 && strings.IndexFunc(a.digits, func(r rune) bool { return r < ' ' || r > '~' }) < 0
	}
	return len(a.digits) <= maxDigits && (a.digits == "" || isDigits(a.digits))
}

func isDigits(s string) bool {
	return s != "" && strings.IndexFunc(s, func(r rune) bool { return r < '0' || r > '9' }) < 0
}
