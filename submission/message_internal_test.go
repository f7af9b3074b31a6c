package submission

import (
	"bufio"
	"bytes"
	"io"
	"testing"

	"aviso/email"
)

// FuzzMessage compares the reader with a slow and obvious one.
func FuzzMessage(f *testing.F) {
	for _, s := range []string{".\r\n", "a\r\n.\r\n", "..a\r\n.\r\nb", "a\n.\n.\r\n", "a\r.\r\n.\r\n", ".\r\r\n.\r\n", "aaaaaaaaaaaaaaa\r\n.\r\n", "aaaaaaaaaaaaaa\r\n.\r\n", "..\r\n", "\r\n\r\n.\r\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		source := bytes.NewReader(in)
		s := &session{server: &Server{memory: newMemory(1 << 30)}, conn: &conn{r: bufio.NewReaderSize(source, 16)}}
		got, held, fault, err := s.message()
		want, rest, ended := obvious(in)
		switch {
		case fault != nil || held < int64(len(got)):
			t.Fatalf("held %d for %d bytes, %v", held, len(got), fault)
		case !ended && err != io.EOF:
			t.Fatalf("%q is read as %q, %v", in, got, err)
		case ended && (err != nil || !bytes.Equal(got, want) || s.r.Buffered()+source.Len() != len(rest)):
			t.Fatalf("%q is read as %q, %v, and %d bytes are left", in, got, err, s.r.Buffered()+source.Len())
		}
	})
}

// obvious reads a message byte by byte.
func obvious(in []byte) (message, rest []byte, ended bool) {
	for i := 0; i < len(in); i++ {
		if in[i] == '.' && (i == 0 || i > 1 && in[i-1] == '\n' && in[i-2] == '\r') {
			if bytes.HasPrefix(in[i:], []byte(".\r\n")) {
				return message, in[i+3:], true
			}
			continue
		}
		message = append(message, in[i])
	}
	return nil, nil, false
}

// A message of any size leaves no more in memory than the draft needs to see
// that it is too large.
func TestMessageTooLarge(t *testing.T) {
	in := io.MultiReader(bytes.NewReader(bytes.Repeat([]byte("0123456789abcde\n"), 1<<20)), bytes.NewReader([]byte("\r\n.\r\n")))
	s := &session{server: &Server{memory: newMemory(1 << 30)}, conn: &conn{r: bufio.NewReader(in)}}
	raw, _, fault, err := s.message()
	if len(raw) != email.MaxSubmitted+1 || fault != nil || err != nil {
		t.Errorf("%d bytes, %v, %v", len(raw), fault, err)
	}
}
