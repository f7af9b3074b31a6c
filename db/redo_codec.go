package db

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// A statement in a record: its number and, the first time that the number
// comes up, its text; how many arguments; each with a byte for its type.
const (
	redoNull  = 'n'
	redoInt   = 'i'
	redoText  = 't'
	redoBytes = 'b'
	redoFalse = '0'
	redoTrue  = '1'
)

var errRedoDamaged = errors.New("the redo log is damaged")

// appendStep appends a statement that has the number n, with its text if the
// reader does not know it yet.
func appendStep(dst []byte, s *step, n uint64, withText bool) []byte {
	dst = binary.AppendUvarint(dst, n)
	if withText {
		dst = appendRedoText(dst, s.sql)
	}
	dst = binary.AppendUvarint(dst, uint64(len(s.args)))
	for _, a := range s.args {
		dst = appendRedoArg(dst, a)
	}
	return dst
}

func appendRedoArg(dst []byte, a any) []byte {
	switch v := a.(type) {
	case nil:
		return append(dst, redoNull)
	case int64:
		return binary.AppendVarint(append(dst, redoInt), v)
	case string:
		return appendRedoText(append(dst, redoText), v)
	case []byte:
		if v == nil {
			return append(dst, redoNull)
		}
		return append(binary.AppendUvarint(append(dst, redoBytes), uint64(len(v))), v...)
	case bool:
		if v {
			return append(dst, redoTrue)
		}
		return append(dst, redoFalse)
	}
	// A programmer's mistake: Pipeline names the types.
	panic(fmt.Sprintf("db: a pipelined statement has an argument of the type %T", a))
}

func appendRedoText(dst []byte, s string) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}

// readSteps reads a record. known are the statements by number; those that come
// for the first time are added.
func readSteps(payload []byte, known *[]*statement) (steps []step, err error) {
	r := redoReader{rest: payload}
	for len(r.rest) > 0 && r.err == nil {
		n := r.uvarint()
		if n == uint64(len(*known)) {
			*known = append(*known, &statement{sql: string(r.bytes())})
		}
		count := r.uvarint()
		if r.err != nil || n >= uint64(len(*known)) || count > uint64(len(r.rest)) {
			return nil, errRedoDamaged
		}
		s := step{statement: (*known)[n], args: make([]any, count)}
		for i := range s.args {
			s.args[i] = r.arg()
		}
		steps = append(steps, s)
	}
	return steps, r.err
}

// redoReader takes a record apart. After an error it gives zero values.
type redoReader struct {
	rest []byte
	err  error
}

func (r *redoReader) uvarint() uint64 {
	v, n := binary.Uvarint(r.rest)
	r.skip(n)
	return v
}

func (r *redoReader) varint() int64 {
	v, n := binary.Varint(r.rest)
	r.skip(n)
	return v
}

func (r *redoReader) skip(n int) {
	if n <= 0 {
		r.rest, r.err = nil, errRedoDamaged
		return
	}
	r.rest = r.rest[n:]
}

func (r *redoReader) bytes() []byte {
	n := r.uvarint()
	if n > uint64(len(r.rest)) {
		r.rest, r.err = nil, errRedoDamaged
		return nil
	}
	b := r.rest[:n:n]
	r.rest = r.rest[n:]
	return b
}

func (r *redoReader) arg() any {
	if len(r.rest) == 0 {
		r.err = errRedoDamaged
		return nil
	}
	kind := r.rest[0]
	r.rest = r.rest[1:]
	switch kind {
	case redoNull:
		return nil
	case redoInt:
		return r.varint()
	case redoText:
		return string(r.bytes())
	case redoBytes:
		return append([]byte{}, r.bytes()...)
	case redoFalse:
		return false
	case redoTrue:
		return true
	}
	r.rest, r.err = nil, errRedoDamaged
	return nil
}
