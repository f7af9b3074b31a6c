package smpp

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// command is what a PDU asks for, or answers (SMPP 3.4, 5.1.2.1).
type command uint32

// answer is the bit that makes a command the answer to it.
const answer command = 0x80000000

const (
	genericNack command = answer
	bindRX      command = 0x00000001
	bindTX      command = 0x00000002
	submitSM    command = 0x00000004
	deliverSM   command = 0x00000005
	unbind      command = 0x00000006
	bindTRX     command = 0x00000009
	outbind     command = 0x0000000b
	enquireLink command = 0x00000015
	alert       command = 0x00000102 // alert_notification, which has no answer
	dataSM      command = 0x00000103
)

const (
	headerSize = 16
	// maxPDU is more than the largest PDU there can be: one TLV of 64 KiB, a
	// short message and the fields before it.
	maxPDU = 68 << 10
	// maxField is longer than any C-octet string of SMPP; the longest are the
	// addresses and ids of data_sm, with 65 octets.
	maxField = 255
	// maxSequence is the largest number a request may have (5.1.4).
	maxSequence = 0x7fffffff
)

var (
	errLength    = errors.New("the length of a PDU is not possible")
	errTruncated = errors.New("a PDU ends in the middle of a field")
	errField     = fmt.Errorf("a field of a PDU is longer than %d octets", maxField)
)

// header is what every PDU begins with, without its length.
type header struct {
	command  command
	status   status
	sequence uint32
}

// begin appends the header of a PDU to b; finish puts the length in once the
// body is there.
func begin(b []byte, h header) []byte {
	b = append(b, 0, 0, 0, 0)
	b = binary.BigEndian.AppendUint32(b, uint32(h.command))
	b = binary.BigEndian.AppendUint32(b, uint32(h.status))
	return binary.BigEndian.AppendUint32(b, h.sequence)
}

// finish completes the PDU that b is, and returns it.
func finish(b []byte) []byte {
	binary.BigEndian.PutUint32(b, uint32(len(b)))
	return b
}

// number gives a finished PDU its sequence number.
func number(pdu []byte, sequence uint32) {
	binary.BigEndian.PutUint32(pdu[12:], sequence)
}

// readPDU reads one PDU. The body is in buf, or in its larger successor, which
// is returned for the next call. After errLength the header is as much as was
// there, and the stream is of no more use: where the next PDU begins is not
// known.
func readPDU(r io.Reader, buf []byte) (h header, body, next []byte, err error) {
	var head [headerSize]byte
	if _, err := io.ReadFull(r, head[:4]); err != nil {
		return h, nil, buf, err
	}
	length := binary.BigEndian.Uint32(head[:])
	if length < headerSize {
		return h, nil, buf, errLength
	}
	if _, err := io.ReadFull(r, head[4:]); err != nil {
		return h, nil, buf, err
	}
	h = header{
		command:  command(binary.BigEndian.Uint32(head[4:])),
		status:   status(binary.BigEndian.Uint32(head[8:])),
		sequence: binary.BigEndian.Uint32(head[12:]),
	}
	if length > maxPDU {
		return h, nil, buf, errLength
	}
	n := int(length) - headerSize
	if n > cap(buf) {
		buf = make([]byte, n)
	}
	body = buf[:n]
	_, err = io.ReadFull(r, body)
	return h, body, buf, err
}

// fields reads the fields of a body in turn. After the first that is not
// whole all others are empty, and err says why.
type fields struct {
	rest []byte
	err  error
}

func (f *fields) octet() uint8 {
	if f.err != nil || len(f.rest) == 0 {
		f.fail(errTruncated)
		return 0
	}
	o := f.rest[0]
	f.rest = f.rest[1:]
	return o
}

func (f *fields) octets(n int) []byte {
	if f.err != nil || len(f.rest) < n {
		f.fail(errTruncated)
		return nil
	}
	o := f.rest[:n:n]
	f.rest = f.rest[n:]
	return o
}

// text reads a C-octet string, which ends in NUL.
func (f *fields) text() string {
	if f.err != nil {
		return ""
	}
	for i, o := range f.rest {
		if o == 0 {
			s := string(f.rest[:i])
			f.rest = f.rest[i+1:]
			return s
		}
		if i == maxField {
			f.fail(errField)
			return ""
		}
	}
	f.fail(errTruncated)
	return ""
}

func (f *fields) fail(err error) {
	if f.err == nil {
		f.err = err
	}
	f.rest = nil
}

// appendText appends a C-octet string. What holds a NUL must not come here.
func appendText(b []byte, s string) []byte {
	return append(append(b, s...), 0)
}

// textField is a C-octet string that is alone in b, whether it ends in NUL or,
// as some write it, where b ends.
func textField(b []byte) string {
	b = b[:min(len(b), maxField)]
	for i, o := range b {
		if o == 0 {
			return string(b[:i])
		}
	}
	return string(b)
}
