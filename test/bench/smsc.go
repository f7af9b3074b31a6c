package main

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"strconv"
	"sync/atomic"
)

// The commands of SMPP 3.4 (5.1.2.1) that a submission takes. An answer has the
// highest bit set.
const (
	smppSubmit  = 0x00000004
	smppUnbind  = 0x00000006
	smppBind    = 0x00000009 // as a transceiver
	smppEnquire = 0x00000015
	smppAnswer  = 0x80000000
)

// mostPDU bounds what either side reads: no text here comes near it.
const mostPDU = 4096

// pdu is one of them, as far as the benchmark cares: it looks into no body.
type pdu struct {
	command, status, sequence uint32
	body                      []byte
}

func (p pdu) appendTo(dst []byte) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(16+len(p.body)))
	dst = binary.BigEndian.AppendUint32(dst, p.command)
	dst = binary.BigEndian.AppendUint32(dst, p.status)
	dst = binary.BigEndian.AppendUint32(dst, p.sequence)
	return append(dst, p.body...)
}

// readPDU reads one into buf, which its body stays in.
func readPDU(r *bufio.Reader, buf []byte) (p pdu, err error) {
	if _, err := io.ReadFull(r, buf[:16]); err != nil {
		return p, err
	}
	size := binary.BigEndian.Uint32(buf)
	if size < 16 || int(size) > len(buf) {
		return p, errors.New("a PDU of " + strconv.Itoa(int(size)) + " octets")
	}
	p = pdu{binary.BigEndian.Uint32(buf[4:]), binary.BigEndian.Uint32(buf[8:]), binary.BigEndian.Uint32(buf[12:]), buf[16:size]}
	_, err = io.ReadFull(r, p.body)
	return p, err
}

// startSMSC starts the message centre that all texts go to.
func startSMSC(ctx context.Context, dir string) (*counter, error) { return startPart(ctx, dir, "smsc") }

// smscPart takes every text it is given, at little cost.
func smscPart(args []string) error { return countPart("smsc", args, serveSMSC) }

// serveSMSC is one session. Answers to what came together leave together.
func serveSMSC(conn net.Conn, taken *atomic.Int64) {
	defer conn.Close()
	r, w := bufio.NewReaderSize(conn, 1<<16), bufio.NewWriterSize(conn, 1<<16)
	buf, out := make([]byte, mostPDU), make([]byte, 0, 64)
	for {
		p, err := readPDU(r, buf)
		if err != nil {
			return
		}
		answer := pdu{command: p.command | smppAnswer, sequence: p.sequence}
		switch p.command {
		case smppSubmit:
			answer.body = append(strconv.AppendInt(buf[:0], taken.Add(1), 10), 0)
		case smppBind:
			answer.body = []byte("smsc\x00")
		case smppEnquire, smppUnbind:
		default:
			continue
		}
		out = answer.appendTo(out[:0])
		_, _ = w.Write(out) // an error stays, and comes again from Flush
		if r.Buffered() == 0 && w.Flush() != nil {
			return
		}
	}
}
