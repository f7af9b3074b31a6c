package api

import (
	"errors"
	"io"
	"mime"
	"net/http"
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
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return nil, fault.New(fault.Unsupported, "UNSUPPORTED_MEDIA_TYPE", "Send the body as JSON, with `Content-Type: application/json`.")
	}
	if r.ContentLength > maxBody {
		return nil, errTooLarge()
	}
	raw, err := readAll(http.MaxBytesReader(w, r.Body, maxBody), r.ContentLength)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, errTooLarge()
	case err != nil:
		return nil, fault.New(fault.Invalid, "INVALID_REQUEST", "The request body ended before it was complete.")
	}
	return raw, nil
}

func errTooLarge() *fault.Error {
	return fault.New(fault.TooLarge, "PAYLOAD_TOO_LARGE", "The request body may have at most "+strconv.Itoa(maxBody)+" bytes.")
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
// repeated key, invalid Unicode (a lone surrogate too), trailing bytes or a
// wrong type is a fault that says where; an unknown field is ignored.
func decode(raw []byte, into any) *fault.Error {
	if kind := jsontext.Value(raw).Kind(); kind != '{' {
		return fault.New(fault.Invalid, "INVALID_REQUEST", "The request body must be one JSON object.")
	}
	err := json.Unmarshal(raw, into)
	if err == nil {
		return nil
	}
	var syntax *jsontext.SyntacticError
	if errors.As(err, &syntax) {
		return fault.Field("INVALID_REQUEST", fieldName(syntax.JSONPointer),
			"The request body is not valid JSON at byte "+strconv.FormatInt(syntax.ByteOffset, 10)+": "+syntaxReason(syntax)+".")
	}
	var semantic *json.SemanticError
	if errors.As(err, &semantic) {
		return fault.Field("INVALID_REQUEST", fieldName(semantic.JSONPointer), wrongType(fieldName(semantic.JSONPointer), semantic))
	}
	return fault.New(fault.Invalid, "INVALID_REQUEST", "The request body is not valid JSON.")
}

func syntaxReason(e *jsontext.SyntacticError) string {
	switch {
	case errors.Is(e.Err, jsontext.ErrDuplicateName):
		return "the same key stands twice in one object"
	case errors.Is(e.Err, io.ErrUnexpectedEOF):
		return "it ends too early"
	case strings.Contains(e.Err.Error(), "UTF-8"):
		return "a text is not valid Unicode"
	case strings.Contains(e.Err.Error(), "surrogate"):
		return "a text holds half a surrogate pair"
	}
	return "unexpected character"
}

func wrongType(field string, e *json.SemanticError) string {
	kind := map[jsontext.Kind]string{'n': "null", 'f': "false", 't': "true", '"': "a text", '0': "a number", '{': "an object", '[': "a list"}[e.JSONKind]
	if kind == "" {
		kind = "of another type"
	}
	return field + " is " + kind + ", which is not possible here."
}

// fieldName writes a JSON pointer as the contract names fields: "/to/3" is
// "to[3]".
func fieldName(p jsontext.Pointer) string {
	var b strings.Builder
	for token := range p.Tokens() {
		if _, err := strconv.Atoi(token); err == nil && b.Len() > 0 {
			b.WriteString("[" + token + "]")
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.WriteString(token)
	}
	name := b.String()
	if len(name) > 100 {
		name = strings.ToValidUTF8(name[:100], "")
	}
	return name
}
