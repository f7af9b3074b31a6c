package smpp

import "encoding/binary"

// tag names an optional parameter (SMPP 3.4, 5.3.2).
type tag uint16

const (
	tagStatusText         tag = 0x001d // additional_status_info_text
	tagReceiptedMessageID tag = 0x001e
	tagUserReference      tag = 0x0204 // user_message_reference
	tagSarReference       tag = 0x020c
	tagSarTotal           tag = 0x020e
	tagSarNumber          tag = 0x020f
	tagNetworkError       tag = 0x0423
	tagPayload            tag = 0x0424 // message_payload
	tagMessageState       tag = 0x0427
)

// tlv is one optional parameter.
type tlv struct {
	tag   tag
	value []byte
}

// tlvs are the optional parameters of a PDU in the order they came, the ones
// nobody knows too.
type tlvs []tlv

// parseTLVs reads what follows the fields of a body. Octets at the end that
// are no parameter come back as the tail: they are no reason to lose a text.
func parseTLVs(b []byte) (all tlvs, tail []byte) {
	for len(b) >= 4 {
		n := 4 + int(binary.BigEndian.Uint16(b[2:]))
		if n > len(b) {
			break
		}
		all = append(all, tlv{tag(binary.BigEndian.Uint16(b)), b[4:n:n]})
		b = b[n:]
	}
	return all, b
}

func (all tlvs) append(b []byte) []byte {
	for _, t := range all {
		b = appendTLV(b, t.tag, t.value)
	}
	return b
}

// appendTLV appends one parameter; a value is at most 65,535 octets.
func appendTLV(b []byte, t tag, value []byte) []byte {
	b = binary.BigEndian.AppendUint16(b, uint16(t))
	b = binary.BigEndian.AppendUint16(b, uint16(len(value)))
	return append(b, value...)
}

// find returns the value of the first parameter with that tag.
func (all tlvs) find(want tag) (value []byte, found bool) {
	for _, t := range all {
		if t.tag == want {
			return t.value, true
		}
	}
	return nil, false
}

// number returns a parameter that is a number. Its size is not looked at: the
// SAR parameters come in two octets from some who should send one.
func (all tlvs) number(want tag) (n uint32, found bool) {
	value, found := all.find(want)
	if len(value) == 0 || len(value) > 4 {
		return 0, false
	}
	for _, o := range value {
		n = n<<8 | uint32(o)
	}
	return n, found
}

// text returns a parameter that is a C-octet string, or was meant as one.
func (all tlvs) text(want tag) string {
	value, _ := all.find(want)
	return textField(value)
}
