package smpp

import (
	"bytes"
	"reflect"
	"strings"
	"testing"
	"time"

	"aviso/transport"
)

// Whatever comes over the line: nothing panics, and what can be read is written
// again as it was.
func FuzzDecode(f *testing.F) {
	for _, m := range []message{
		{},
		{service: "CMT", source: address{1, 1, "4477"}, dest: address{5, 0, "Aviso"}, esmClass: 0x40, protocol: 1, priority: 2,
			schedule: "240102130405000+", validity: "x", registered: 1, replaceIfPresent: 1, dataCoding: 8, defaultID: 9,
			short: []byte("\x05\x00\x03\x01\x02\x01hello"), tlvs: tlvs{{tagPayload, []byte("x")}, {0x1401, nil}}, tail: []byte{0}},
	} {
		for _, c := range []command{submitSM, deliverSM, dataSM} {
			f.Add(finish(m.append(begin(nil, header{c, 0, 7}), c)))
		}
	}
	f.Add(finish(begin(nil, header{command: enquireLink})))
	f.Add([]byte("\x00\x00\x00\x0f"))
	f.Add([]byte("\xff\xff\xff\xff\x00\x00\x00\x05\x00\x00\x00\x00\x00\x00\x00\x09"))
	f.Fuzz(func(t *testing.T, octets []byte) {
		h, body, next, err := readPDU(bytes.NewReader(octets), nil)
		if cap(next) > maxPDU {
			t.Fatalf("%d octets of memory", cap(next))
		}
		if err != nil {
			return
		}
		if again := finish(append(begin(nil, h), body...)); !bytes.Equal(again, octets[:len(again)]) {
			t.Fatalf("%x became %x", octets, again)
		}
		verdictOf(h, body)
		for _, c := range []command{deliverSM, dataSM} {
			m, err := parseMessage(c, body)
			if err != nil {
				continue
			}
			if again := m.append(nil, c); !bytes.Equal(again, body) {
				t.Fatalf("%x became %x", body, again)
			}
			if again, err := parseMessage(c, m.append(nil, c)); err != nil || !reflect.DeepEqual(again, m) {
				t.Fatalf("%+v became %+v (%v)", m, again, err)
			}
			m.inbound("carrier", transport.GSM7Octets)
			if r := m.receipt("carrier"); len(r.Text) > maxText || strings.ContainsRune(r.ProviderID+r.Text+r.Code+r.From, 0) {
				t.Fatalf("%+v cannot be stored", r)
			}
			m.repeatKey()
		}
	})
}

// The header comes off whole or not at all.
func FuzzUDH(f *testing.F) {
	f.Add([]byte("\x05\x00\x03\x01\x02\x01hello"))
	f.Add([]byte("\x0a\x24\x01\x01\x08\x04\x12\x34\x02\x01"))
	f.Add([]byte{0})
	f.Fuzz(func(t *testing.T, data []byte) {
		part, rest, ok := parseUDH(data)
		if !bytes.HasSuffix(data, rest) || !ok && (part != nil || len(rest) != len(data)) {
			t.Fatalf("%v %x %t of %x", part, rest, ok, data)
		}
		if part != nil && (part.Total < 2 || part.Number < 1 || part.Number > part.Total || part.Total > 255) {
			t.Fatalf("%+v", part)
		}
	})
}

func TestUDH(t *testing.T) {
	for data, want := range map[string]*transport.Part{
		"\x05\x00\x03\xab\x03\x02x":                         {Reference: 0xab, Total: 3, Number: 2},
		"\x06\x08\x04\x12\x34\x03\x02x":                     {Reference: 0x1234, Wide: true, Total: 3, Number: 2},
		"\x0b\x05\x04\x00\x01\x00\x02\x00\x03\xab\x03\x02x": {Reference: 0xab, Total: 3, Number: 2},
		"\x0b\x00\x03\xab\x03\x02\x08\x04\x12\x34\x03\x01x": {Reference: 0x1234, Wide: true, Total: 3, Number: 1},
		"\x0a\x00\x03\xab\x03\x02\x00\x03\xab\x03\x00x":     {Reference: 0xab, Total: 3, Number: 2}, // what cannot be is not there
		"\x05\x00\x03\xab\x00\x00x":                         nil,
		"\x04\x00\x02\xab\x03x":                             nil,
		"\x00x":                                             nil,
	} {
		part, rest, ok := parseUDH([]byte(data))
		if !ok || string(rest) != "x" || !reflect.DeepEqual(part, want) {
			t.Errorf("%q: %+v %q %t, not %+v", data, part, rest, ok, want)
		}
	}
	for _, data := range []string{"", "\x05\x00\x03\xab\x03", "\x06x", "\x02\x00\x03xx", "\x01\x00x"} {
		if part, rest, ok := parseUDH([]byte(data)); ok || part != nil || string(rest) != data {
			t.Errorf("%q was read", data)
		}
	}
}

func TestReceiptText(t *testing.T) {
	at := time.Date(2024, 1, 2, 13, 4, 0, 0, time.UTC)
	for text, want := range map[string]receiptText{
		"id:IIII sub:001 dlvrd:001 submit date:2401021304 done date:2401021304 stat:DELIVRD err:000 text:id:other stat:REJECTD": {id: "IIII", submitted: at, done: at, state: transport.Delivered, code: "000"},
		"ID:a-B_c:1 SUB:1 DLVRD:0 Submit Date:240102130400 Done Date:20240102130400 STAT:undeliv ERR:0x1f Text:":                {id: "a-B_c:1", submitted: at, done: at, state: transport.Undeliverable, code: "0x1f"},
		"id: 12 sub: 1 stat: Delivered":                            {id: "12", state: transport.Delivered},
		"stat:EXPIRED id:7":                                        {id: "7", state: transport.Expired},
		"id:1,stat:REJECTD,err:69;":                                {id: "1", state: transport.Rejected, code: "69"},
		"id:" + strings.Repeat("f", 65) + " stat:FAILED":           {id: strings.Repeat("f", 65), state: transport.Undeliverable},
		"id:1 submit date:yesterday done date:2413991304 stat:XYZ": {id: "1", state: transport.UnknownState},
		"id:1 stat:DELIVRD stat:REJECTD id:2":                      {id: "1", state: transport.Delivered},
		"hello":                                                    {state: transport.UnknownState},
		"paid:1 restat:DELIVRD":                                    {state: transport.UnknownState},
		"":                                                         {state: transport.UnknownState},
		"text:id:1 stat:DELIVRD":                                   {state: transport.UnknownState},
	} {
		if got := parseReceipt(text); got != want {
			t.Errorf("%q\n%+v, not\n%+v", text, got, want)
		}
	}
}

func FuzzReceipt(f *testing.F) {
	f.Add("id:IIII sub:001 dlvrd:001 submit date:2401021304 done date:240102130400 stat:DELIVRD err:000 text:x")
	f.Add("ID: 1 stat: err:")
	f.Fuzz(func(t *testing.T, s string) {
		r := parseReceipt(s)
		if r.state == "" || len(r.id) > maxField || len(r.code) > 32 {
			t.Fatalf("%+v", r)
		}
		// The labels are in any case, the values as they are.
		if !strings.Contains(s, r.id) {
			t.Fatalf("%q is not in %q", r.id, s)
		}
	})
}

func TestSequenceWraps(t *testing.T) {
	s := &session{sequence: maxSequence - 1, pending: map[uint32]*request{1: nil, 2: nil}}
	for _, want := range []uint32{maxSequence, 3, 4} {
		if got := s.next(); got != want {
			t.Errorf("%d, not %d", got, want)
		}
	}
}

// Only what is whole has left.
func TestUnwritten(t *testing.T) {
	for _, c := range []struct{ left, unsent int }{{0, 3}, {9, 3}, {10, 2}, {29, 1}, {30, 0}} {
		s := &session{pending: map[uint32]*request{}}
		var batch []*request
		for i := range uint32(3) {
			r := &request{frame: make([]byte, 10), sequence: i + 1, phase: written, done: make(chan struct{})}
			s.pending[r.sequence] = r
			batch = append(batch, r)
		}
		s.unwritten(batch, 30-c.left)
		unsent := 0
		for _, r := range batch {
			if r.unsent {
				unsent++
			}
		}
		if unsent != c.unsent || len(s.pending) != 3-c.unsent {
			t.Errorf("%d octets left: %d unsent, %d pending", c.left, unsent, len(s.pending))
		}
	}
}
