package api

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// optional is a field of a change, in which absent, null and a value mean three
// things: keep, take away, set.
type optional[T any] struct {
	given bool
	value *T // nil for null
}

// UnmarshalJSONFrom implements json.UnmarshalerFrom. It is called for null too,
// and not for what is absent.
func (o *optional[T]) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	o.given = true
	return json.UnmarshalDecode(d, &o.value)
}

// or returns the value as a change has it: nil keeps, and null is empty.
func (o optional[T]) or(empty T) *T {
	switch {
	case !o.given:
		return nil
	case o.value == nil:
		return &empty
	}
	return o.value
}
