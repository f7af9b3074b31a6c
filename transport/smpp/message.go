package smpp

// address is who a message comes from or goes to (SMPP 3.4, 5.2.5-5.2.9).
type address struct {
	ton, npi uint8
	digits   string // or a name, with TON 5
}

func (a address) append(b []byte) []byte {
	return appendText(append(b, a.ton, a.npi), a.digits)
}

func (f *fields) address() address {
	return address{f.octet(), f.octet(), f.text()}
}

// The bits of esm_class (5.2.12).
const (
	esmKinds  uint8 = 0x3c // which kind of message; none set: a text
	esmHeader uint8 = 0x40 // the message begins with a user data header
)

// message is the body of submit_sm, deliver_sm and data_sm. The fields that
// data_sm does not have are zero there.
type message struct {
	service          string
	source, dest     address
	esmClass         uint8
	protocol         uint8
	priority         uint8
	schedule         string
	validity         string
	registered       uint8
	replaceIfPresent uint8
	dataCoding       uint8
	defaultID        uint8
	short            []byte // at most 254 octets
	tlvs             tlvs
	tail             []byte // after the last whole parameter
}

// append appends the body of a PDU with that command.
func (m *message) append(b []byte, c command) []byte {
	b = appendText(b, m.service)
	b = m.source.append(b)
	b = m.dest.append(b)
	if c == dataSM {
		b = append(b, m.esmClass, m.registered, m.dataCoding)
	} else {
		b = append(b, m.esmClass, m.protocol, m.priority)
		b = appendText(b, m.schedule)
		b = appendText(b, m.validity)
		b = append(b, m.registered, m.replaceIfPresent, m.dataCoding, m.defaultID)
		b = append(b, uint8(len(m.short)))
		b = append(b, m.short...)
	}
	return append(m.tlvs.append(b), m.tail...)
}

// parseMessage reads the body of a PDU with that command. What it returns
// refers to body.
func parseMessage(c command, body []byte) (message, error) {
	f := fields{rest: body}
	m := message{service: f.text(), source: f.address(), dest: f.address()}
	if c == dataSM {
		m.esmClass, m.registered, m.dataCoding = f.octet(), f.octet(), f.octet()
	} else {
		m.esmClass, m.protocol, m.priority = f.octet(), f.octet(), f.octet()
		m.schedule, m.validity = f.text(), f.text()
		m.registered, m.replaceIfPresent = f.octet(), f.octet()
		m.dataCoding, m.defaultID = f.octet(), f.octet()
		m.short = f.octets(int(f.octet()))
	}
	m.tlvs, m.tail = parseTLVs(f.rest)
	return m, f.err
}

// payload is what the message says, wherever it stands. Both places at once
// are not allowed; some leave the other one empty.
func (m *message) payload() []byte {
	if long, found := m.tlvs.find(tagPayload); found && len(m.short) == 0 {
		return long
	}
	return m.short
}
