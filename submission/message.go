package submission

import (
	"bufio"
	"bytes"
	"time"

	"aviso/email"
	"aviso/fault"
)

// message reads what DATA sends, up to CRLF.CRLF and nothing else, with the
// dots undone (RFC 5321, section 4.5.2). Lines that end otherwise stay as they
// are, for the draft to refuse: mended or skipped they would be two messages to
// one server and one to the next.
//
// A message that is too large, or that there is no memory for, is read to its
// end as well, so that the client hears why. The first has MaxSubmitted bytes
// and one more, the second is a fault. held is what was taken of memory.
func (s *session) message() (raw []byte, held int64, f *fault.Error, err error) {
	begins := true // a line does
	var before byte
	for {
		piece, err := s.r.ReadSlice('\n')
		if err != nil && err != bufio.ErrBufferFull { // what fills the buffer is longer than a dot and its CRLF
			return nil, held, nil, err
		}
		if begins && string(piece) == ".\r\n" {
			return raw, held, f, nil
		}
		ends := len(piece) > 1 && bytes.HasSuffix(piece, []byte("\r\n")) || before == '\r' && string(piece) == "\n"
		before = piece[len(piece)-1]
		if begins && piece[0] == '.' {
			piece = piece[1:]
		}
		begins = ends
		if room := email.MaxSubmitted + 1 - len(raw); len(piece) > room {
			piece = piece[:room]
		}
		if int64(len(raw)+len(piece)) > held && f == nil {
			if s.server.memory.take(memoryStep) {
				held += memoryStep
			} else {
				s.server.memory.give(held)
				raw, held = nil, 0
				f = fault.Later("Too many large messages come in at the moment. Send it again later.", 10*time.Second, nil)
			}
		}
		if f == nil {
			raw = append(raw, piece...)
		}
	}
}
