package api

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"aviso/fault"
)

// maxBody bounds a request body, whatever it holds (contract, part 2): room
// for the largest message with every byte escaped.
const maxBody = 4 << 20

// readJSON reads a request body that says it is JSON. The body is read once
// and whole, since an Idempotency-Key is bound to its bytes.
func readJSON(w http.ResponseWriter, r *http.Request) ([]byte, *fault.Error) {
	return readUpTo(w, r, maxBody)
}

// readUpTo is readJSON for a body of at most so many bytes.
func readUpTo(w http.ResponseWriter, r *http.Request, most int64) ([]byte, *fault.Error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return nil, fault.New(fault.Unsupported, "UNSUPPORTED_MEDIA_TYPE", "Send the body as JSON, with `Content-Type: application/json`.")
	}
	return readLimited(w, r, most)
}

// readLimited reads a body of at most so many bytes, whatever its type.
func readLimited(w http.ResponseWriter, r *http.Request, most int64) ([]byte, *fault.Error) {
	if r.ContentLength > most {
		return nil, errTooLarge(most)
	}
	raw, err := readAll(http.MaxBytesReader(w, r.Body, most), r.ContentLength)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, errTooLarge(most)
	case err != nil:
		return nil, fault.New(fault.Invalid, "INVALID_REQUEST", "The request body ended before it was complete.")
	}
	return raw, nil
}

func errTooLarge(most int64) *fault.Error {
	return fault.New(fault.TooLarge, "PAYLOAD_TOO_LARGE", "The request body may have at most "+strconv.FormatInt(most, 10)+" bytes.")
}

// readAll is io.ReadAll with the length known beforehand in most cases.
func readAll(r io.Reader, length int64) ([]byte, error) {
	if length < 0 {
		return io.ReadAll(r)
	}
	raw := make([]byte, length)
	_, err := io.ReadFull(r, raw)
	return raw, err
}

// decode puts exactly one JSON object into the struct that into points to. A
// repeated name, invalid Unicode (a lone surrogate too), trailing bytes or a
// wrong type is a fault that says where; an unknown field is ignored.
func decode(raw []byte, into any) *fault.Error {
	if jsontext.Value(raw).Kind() != '{' {
		return fault.New(fault.Invalid, "INVALID_REQUEST", notAnObject(raw))
	}
	err := json.Unmarshal(raw, into)
	var syntax *jsontext.SyntacticError
	var semantic *json.SemanticError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &syntax):
		return fault.Field("INVALID_REQUEST", fieldName(syntax.JSONPointer),
			"The request body is not valid JSON: "+syntaxReason(syntax)+", after "+strconv.FormatInt(syntax.ByteOffset, 10)+" bytes.")
	case errors.As(err, &semantic):
		return fault.Field("INVALID_REQUEST", fieldName(semantic.JSONPointer), wrongType(semantic))
	}
	return fault.New(fault.Invalid, "INVALID_REQUEST", "The request body is not valid JSON.")
}

func notAnObject(raw []byte) string {
	switch {
	case len(raw) == 0:
		return "The request body is empty; send one JSON object."
	case bytes.HasPrefix(raw, []byte("\xef\xbb\xbf")):
		return "The request body begins with a byte order mark; send the JSON object without it (RFC 8259, section 8.1)."
	}
	return "The request body must be one JSON object."
}

func syntaxReason(e *jsontext.SyntacticError) string {
	switch why := e.Err.Error(); {
	case errors.Is(e.Err, jsontext.ErrDuplicateName):
		return "the same name stands twice in one object"
	case errors.Is(e.Err, io.ErrUnexpectedEOF):
		return "it ends too early"
	case strings.Contains(why, "UTF-8"):
		return "a text is not valid UTF-8"
	case strings.Contains(why, "surrogate"):
		return "a text holds half a surrogate pair"
	case strings.Contains(why, "after top-level value"):
		return "something follows the object"
	case strings.Contains(why, "depth"):
		return "it is nested too deep"
	}
	return "unexpected character"
}

var kindNames = map[jsontext.Kind]string{'n': "null", 'f': "false", 't': "true", '"': "a text", '0': "a number", '{': "an object", '[': "a list"}

func wrongType(e *json.SemanticError) string {
	name := fieldName(e.JSONPointer)
	if e.GoType != nil && e.GoType.Kind() == reflect.String {
		return name + " must be a text; this is " + kindNames[e.JSONKind] + "."
	}
	return name + " cannot be " + kindNames[e.JSONKind] + "."
}

// maxFieldName bounds how much of a caller's own nesting an answer repeats.
const maxFieldName = 100

// fieldName writes a JSON pointer as the contract names fields: "/to/3" is
// "to[3]".
func fieldName(p jsontext.Pointer) string {
	name := ""
	for token := range p.Tokens() {
		next := name + "." + token
		if _, err := strconv.Atoi(token); name == "" {
			next = token
		} else if err == nil {
			next = name + "[" + token + "]"
		}
		if len(next) > maxFieldName {
			break
		}
		name = next
	}
	return name
}
