package main

import (
	"encoding"
	"errors"
	"fmt"
	"iter"
	"net/netip"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// leaf is one scalar, or one list of scalars, of a Config.
type leaf struct {
	key      string // as in email.relay[0].url
	variable string // as in AVISO_EMAIL_RELAY_PRIMARY_URL; empty when it has none
	value    reflect.Value
}

// leaves goes through every leaf below a struct in the order of its fields.
func leaves(v reflect.Value, key string) iter.Seq[leaf] {
	return func(yield func(leaf) bool) { walk(v, leaf{key: key, variable: "AVISO"}, yield) }
}

func walk(v reflect.Value, at leaf, yield func(leaf) bool) bool {
	at.value = v
	switch {
	case isLeaf(v):
		return yield(at)
	case v.Kind() == reflect.Slice:
		for i := range v.Len() {
			name := v.Index(i).Addr().Interface().(element).elementName()
			if !walk(v.Index(i), at.below(index(at.key, i), name), yield) {
				return false
			}
		}
		return true
	}
	for i := range v.NumField() {
		name := v.Type().Field(i).Tag.Get("toml")
		if !walk(v.Field(i), at.below(join(at.key, name), name), yield) {
			return false
		}
	}
	return true
}

func (l leaf) below(key, name string) leaf {
	return leaf{key: key, variable: l.variable + "_" + strings.ReplaceAll(strings.ToUpper(name), "-", "_")}
}

// fieldsOf is the fields of a struct by the names they have in the file.
func fieldsOf(v reflect.Value) map[string]reflect.Value {
	fields := make(map[string]reflect.Value, v.NumField())
	for i := range v.NumField() {
		fields[v.Type().Field(i).Tag.Get("toml")] = v.Field(i)
	}
	return fields
}

// isLeaf tells scalars and lists of them from sections and lists of those.
func isLeaf(v reflect.Value) bool {
	t := v.Type()
	if t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	return t.Kind() != reflect.Struct || reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]())
}

// setLeaf puts a decoded TOML value into a leaf. Its errors say what is wrong
// and what to do, and never quote the value, which may be a secret.
func setLeaf(to reflect.Value, value any) error {
	if to.Kind() == reflect.Slice {
		return setList(to, value)
	}
	if text, ok := to.Addr().Interface().(encoding.TextUnmarshaler); ok {
		s, isString := value.(string)
		if !isString {
			return fmt.Errorf("is %s; write %s in quotes", article(value), example(to))
		}
		if text.UnmarshalText([]byte(s)) != nil {
			return fmt.Errorf("cannot be understood; write it like %s", example(to))
		}
		return nil
	}
	v := reflect.ValueOf(value)
	switch {
	case v.Kind() == reflect.String && to.Kind() == reflect.String:
		to.SetString(v.String())
	case v.Kind() == reflect.Int64 && to.CanInt():
		if to.OverflowInt(v.Int()) {
			return errors.New("is too large; write a smaller number")
		}
		to.SetInt(v.Int())
	case to.CanInt():
		return fmt.Errorf("is %s; write a whole number without quotes", article(value))
	default:
		return fmt.Errorf("is %s; write a text in quotes", article(value))
	}
	return nil
}

func setList(to reflect.Value, value any) error {
	array, ok := value.([]any)
	if !ok {
		return fmt.Errorf("is %s; write a list in brackets", article(value))
	}
	list := reflect.MakeSlice(to.Type(), len(array), len(array))
	for i := range array {
		if err := setLeaf(list.Index(i), array[i]); err != nil {
			return fmt.Errorf("entry %d %w", i+1, err)
		}
	}
	to.Set(noneIsNil(list))
	return nil
}

// noneIsNil makes a list that is set to nothing the same as one never set.
func noneIsNil(list reflect.Value) reflect.Value {
	if list.Len() == 0 {
		return reflect.Zero(list.Type())
	}
	return list
}

// setText puts the text of a variable into a leaf; lists are separated by
// commas.
func setText(to reflect.Value, text string) error {
	switch {
	case to.Kind() == reflect.Slice:
		list := []any{}
		for entry := range strings.SplitSeq(text, ",") {
			if entry = strings.TrimSpace(entry); entry != "" {
				list = append(list, entry)
			}
		}
		return setLeaf(to, list)
	case to.CanInt() && to.Type() != reflect.TypeFor[Duration]():
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return errors.New("is no whole number; write one such as 120")
		}
		return setLeaf(to, n)
	}
	return setLeaf(to, text)
}

// example is how a value of a leaf's type is written.
func example(to reflect.Value) string {
	switch to.Interface().(type) {
	case Duration:
		return `"10s", "72h" or "400d"`
	case netip.Prefix:
		return `"10.0.0.0/8"`
	}
	return `"..."`
}

// article names what kind of TOML value was found where another was wanted.
func article(value any) string {
	switch value.(type) {
	case string:
		return "a text"
	case int64:
		return "a number"
	case float64:
		return "a number with a fraction"
	case bool:
		return "true or false"
	case []any:
		return "a list"
	case map[string]any:
		return "a section"
	case time.Time:
		return "a date"
	}
	return "a date or a time"
}
