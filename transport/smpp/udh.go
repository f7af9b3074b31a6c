package smpp

import (
	"cmp"

	"aviso/transport"
)

// Information elements of a user data header (3GPP TS 23.040, 9.2.3.24).
const (
	ieConcat8  = 0x00
	ieConcat16 = 0x08
)

// parseUDH takes the user data header off a text and returns what it says
// about joining. Elements may come in any order, and those we do not know are
// skipped; of two that join, the later counts (9.2.3.24). A header that cannot
// be read leaves everything as it is: ok is false.
func parseUDH(data []byte) (part *transport.Part, rest []byte, ok bool) {
	if len(data) == 0 || int(data[0]) >= len(data) {
		return nil, data, false
	}
	elements, rest := data[1:1+int(data[0])], data[1+int(data[0]):]
	for len(elements) > 0 {
		if len(elements) < 2 || 2+int(elements[1]) > len(elements) {
			return nil, data, false
		}
		kind, value := elements[0], elements[2:2+int(elements[1])]
		elements = elements[2+len(value):]
		var p *transport.Part
		switch {
		case kind == ieConcat8 && len(value) == 3:
			p = newPart(uint16(value[0]), false, int(value[1]), int(value[2]))
		case kind == ieConcat16 && len(value) == 4:
			p = newPart(uint16(value[0])<<8|uint16(value[1]), true, int(value[2]), int(value[3]))
		}
		part = cmp.Or(p, part)
	}
	return part, rest, true
}

// newPart is nil for what is no piece of anything longer: a number that cannot
// be is to be ignored (9.2.3.24.1), and one part of one is a whole text.
func newPart(reference uint16, wide bool, total, number int) *transport.Part {
	if total < 2 || total > 255 || number < 1 || number > total {
		return nil
	}
	return &transport.Part{Reference: reference, Wide: wide, Total: total, Number: number}
}
