package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
)

// loadConfig is the defaults, overridden by the file at path (none when it is
// empty), overridden by the AVISO_ variables of environ, which is shaped like
// os.Environ. Relative paths, from wherever they come, begin at the file's
// folder, without a file at the working directory.
//
// The warnings are one line each and hold no secret, and so does the error,
// which lists everything that is wrong.
func loadConfig(path string, environ []string) (*Config, []string, error) {
	l := loader{findings: findings{origins: map[string]origin{}}}
	var err error
	if l.base, err = filepath.Abs(filepath.Dir(path)); err != nil {
		return nil, nil, fmt.Errorf("the working directory cannot be found: %w", err)
	}
	c := defaults()
	if path != "" && !l.file(path, &c) {
		return nil, nil, l.err(path)
	}
	l.environment(environ, &c)
	l.absolute(&c)
	check(&l.findings, &c)
	warnings := lines(path, l.warnings)
	if err := l.err(path); err != nil {
		return nil, warnings, err
	}
	return &c, warnings, nil
}

// loader fills a Config and keeps account of where each value came from.
type loader struct {
	findings
	base string // absolute; where relative paths begin
}

// file applies the file to c. False means that nothing of it could be read.
func (l *loader) file(path string, c *Config) bool {
	data, err := readFile(path)
	if err != nil {
		l.fail("", "%s; name a readable file with --config", err)
		return false
	}
	values, origins, bad := parseFile(data)
	if bad != nil {
		l.problems = append(l.problems, *bad)
		return false
	}
	l.origins = origins
	l.table("", values, reflect.ValueOf(c).Elem())
	return true
}

// table applies a TOML table to a struct.
func (l *loader) table(path string, values map[string]any, to reflect.Value) {
	fields := fieldsOf(to)
	for _, key := range slices.Sorted(maps.Keys(values)) {
		at, value := join(path, key), values[key]
		if field, known := fields[key]; known {
			l.value(at, value, field)
			continue
		}
		if base, isFile := strings.CutSuffix(key, "_file"); isFile {
			if field, known := fields[base]; known && field.Type() == reflect.TypeFor[Secret]() {
				l.secretFile(at, value, values[base] != nil, field)
				continue
			}
		}
		remedy := "remove it"
		if like := nearest(key, slices.Sorted(maps.Keys(fields))); like != "" {
			remedy = "did you mean " + like + "?"
		}
		l.fail(at, "is no setting of Aviso; %s", remedy)
	}
}

// value applies one TOML value to a field of any shape.
func (l *loader) value(path string, value any, to reflect.Value) {
	switch {
	case to.Kind() == reflect.Struct && !isLeaf(to):
		table, ok := value.(map[string]any)
		if !ok {
			l.fail(path, "is a section; write it as [%s] on a line of its own", path)
			return
		}
		l.table(path, table, to)
	case to.Kind() == reflect.Slice && !isLeaf(to):
		l.elements(path, value, to)
	default:
		if err := setLeaf(to, value); err != nil {
			l.fail(path, "%s", err)
		}
	}
}

// elements replaces an array of tables: defaults and file are not mixed.
func (l *loader) elements(path string, value any, to reflect.Value) {
	array, ok := value.([]any)
	list := reflect.MakeSlice(to.Type(), len(array), len(array))
	for i := range array {
		table, isTable := array[i].(map[string]any)
		if !isTable {
			ok = false
			break
		}
		list.Index(i).Addr().Interface().(element).setDefaults()
		l.table(index(path, i), table, list.Index(i))
	}
	if !ok {
		l.fail(path, "is a list of sections; write each as [[%s]] on a line of its own", path)
		return
	}
	to.Set(noneIsNil(list))
}

// secretFile applies KEY_file, which any secret may be given as.
func (l *loader) secretFile(path string, value any, both bool, to reflect.Value) {
	name, ok := value.(string)
	switch {
	case !ok:
		l.fail(path, "is %s; write the path of a file in quotes", article(value))
	case both:
		l.fail(path, "is set beside the value itself; keep one of the two")
	default:
		text, err := l.readValue(name)
		if err != nil {
			l.fail(path, "%s %s; make the file readable or correct the path", name, err)
			return
		}
		to.SetString(text)
	}
}

// readValue is the content of a file that holds one value, without the line
// end that editors put after it.
func (l *loader) readValue(path string) (string, error) {
	data, err := readFile(l.resolve(path))
	data = bytes.TrimSuffix(data, []byte("\n"))
	data = bytes.TrimSuffix(data, []byte("\r"))
	return string(data), err
}

// absolute resolves what is a path.
func (l *loader) absolute(c *Config) {
	for leaf := range leaves(reflect.ValueOf(c).Elem(), "") {
		if path, ok := leaf.value.Interface().(Path); ok && path != "" {
			leaf.value.SetString(l.resolve(string(path)))
		}
	}
	if path, ok := c.Database.sqlitePath(); ok && path != "" {
		c.Database.URL = URL(sqliteScheme + l.resolve(path))
	}
}

func (l *loader) resolve(path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(l.base, path)
}

// maxFile is more than any configuration, key or certificate chain needs.
const maxFile = 1 << 20

// readFile reads a file of at most maxFile bytes. Its errors leave the path to
// the caller, who knows how the operator wrote it.
func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, unreadable(err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, unreadable(err)
	}
	if len(data) > maxFile {
		return nil, errors.New("is larger than 1 MiB")
	}
	return data, nil
}

func unreadable(err error) error {
	if inner := new(fs.PathError); errors.As(err, &inner) {
		err = inner.Err
	}
	return fmt.Errorf("cannot be read (%w)", err)
}
