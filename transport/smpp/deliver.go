package smpp

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"strings"
	"unicode/utf16"

	"aviso/transport"
)

const codingUCS2 = 0x08

// alphabet is what data_coding says about the octets (SMPP 3.4, 5.2.19). The
// values that 3.4 keeps for itself come from networks that pass on the data
// coding scheme of 3GPP TS 23.038, section 4. What Aviso cannot read is Binary:
// a text is never dropped because of it.
func alphabet(coding uint8, standard transport.Alphabet) transport.Alphabet {
	switch coding {
	case 0x00:
		return standard
	case 0x01:
		return transport.ASCII
	case 0x03:
		return transport.Latin1
	case 0x06:
		return transport.Cyrillic
	case 0x07:
		return transport.Hebrew
	case codingUCS2:
		return transport.UTF16
	}
	switch coding >> 4 {
	case 0x1: // general, with a message class
		return [...]transport.Alphabet{standard, transport.Binary, transport.UTF16, transport.Binary}[coding>>2&3]
	case 0xc, 0xd: // a message waits
		return standard
	case 0xe:
		return transport.UTF16
	case 0xf: // a message class
		if coding&0x04 == 0 {
			return standard
		}
	}
	return transport.Binary
}

// isReceipt reports whether m is about a text of ours: esm_class says so, or
// only a gateway could have set the parameter. What a text reads like is not
// asked: whoever can send one could forge "stat:REJECTD" and be refunded.
func (m *message) isReceipt() bool {
	_, named := m.tlvs.find(tagReceiptedMessageID)
	return m.esmClass&esmKinds != 0 || named
}

// inbound is m as a text.
func (m *message) inbound(gateway string, standard transport.Alphabet) *transport.InboundText {
	from, plus := strings.CutPrefix(storable(m.source.digits), "+")
	t := &transport.InboundText{
		Gateway:  gateway,
		From:     from,
		FromType: numberType(m.source.ton),
		To:       storable(m.dest.digits),
		Alphabet: alphabet(m.dataCoding, standard),
		Data:     m.payload(),
	}
	if plus && t.FromType == transport.UnknownNumber {
		t.FromType = transport.International
	}
	if m.esmClass&esmHeader != 0 {
		t.Part, t.Data, _ = parseUDH(t.Data)
	}
	if t.Part == nil {
		t.Part = m.sarPart()
	}
	t.Data = bytes.Clone(t.Data)
	return t
}

// sarPart is what the sar_ parameters say about joining.
func (m *message) sarPart() *transport.Part {
	reference, named := m.tlvs.number(tagSarReference)
	total, _ := m.tlvs.number(tagSarTotal)
	n, _ := m.tlvs.number(tagSarNumber)
	if !named || total > 255 || n > 255 {
		return nil
	}
	return newPart(uint16(reference), true, int(total), int(n))
}

func numberType(ton uint8) transport.NumberType {
	switch ton {
	case tonInternational:
		return transport.International
	case tonNational:
		return transport.National
	case tonAlphanumeric:
		return transport.Alphanumeric
	case tonNetwork, tonAbbreviated:
		return transport.ShortNumber
	}
	return transport.UnknownNumber
}

// receipt is m as a receipt. A parameter counts more than the text, which is
// only an example in the standard (SMPP 3.4, appendix B).
func (m *message) receipt(gateway string) *transport.Receipt {
	said := m.words()
	r := parseReceipt(said)
	out := &transport.Receipt{
		Gateway:     gateway,
		ProviderID:  storable(r.id),
		From:        storable(m.dest.digits), // a receipt goes the other way
		To:          storable(m.source.digits),
		SubmittedAt: r.submitted,
		DoneAt:      r.done,
		State:       r.state,
		Code:        storable(r.code),
		Text:        cut(storable(said), maxText),
	}
	if id := m.tlvs.text(tagReceiptedMessageID); id != "" {
		out.ProviderID = storable(id)
	}
	if n, found := m.tlvs.number(tagMessageState); found {
		out.State = stateOf(n)
	}
	if n, found := m.tlvs.number(tagUserReference); found {
		out.Reference = uint16(n)
	}
	if code := networkError(m.tlvs); code != "" {
		out.Code = code
	}
	return out
}

// words are what a receipt says. Some write it in UTF-16.
func (m *message) words() string {
	data := m.payload()
	if m.esmClass&esmHeader != 0 {
		_, data, _ = parseUDH(data)
	}
	if m.dataCoding != codingUCS2 {
		return string(data)
	}
	units := make([]uint16, len(data)/2)
	for i := range units {
		units[i] = binary.BigEndian.Uint16(data[2*i:])
	}
	return string(utf16.Decode(units))
}

// stateOf is a message_state (SMPP 3.4, 5.2.28; 0 and 9 are from 5.0).
func stateOf(n uint32) transport.ReceiptState {
	states := [...]transport.ReceiptState{transport.Enroute, transport.Enroute, transport.Delivered, transport.Expired,
		transport.Deleted, transport.Undeliverable, transport.Accepted, transport.UnknownState, transport.Rejected}
	if int64(n) < int64(len(states)) {
		return states[n]
	}
	return transport.UnknownState
}

// networkError is the network_error_code (5.3.2.31): a kind of network and two
// octets, which are written as a number. 0 is no error.
func networkError(all tlvs) string {
	value, _ := all.find(tagNetworkError)
	if len(value) != 3 {
		return ""
	}
	return decimal(binary.BigEndian.Uint16(value[1:]))
}

// repeatKey is equal for a PDU and its repetition (contract, SMS, receiving):
// equal in source, destination, esm_class, parameters and payload.
func (m *message) repeatKey() string {
	h := sha256.New()
	writeField(h, m.source.append(nil))
	writeField(h, m.dest.append(nil))
	writeField(h, []byte{m.esmClass})
	writeField(h, append(m.tlvs.append(nil), m.tail...))
	writeField(h, m.short)
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// writeField keeps one field's end from being another's beginning.
func writeField(h hash.Hash, field []byte) {
	var size [4]byte
	binary.BigEndian.PutUint32(size[:], uint32(len(field)))
	h.Write(size[:])
	h.Write(field)
}
