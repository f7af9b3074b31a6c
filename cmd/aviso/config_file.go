package main

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// parseFile is a TOML document as plain values, and the line on which each
// key and each table stands. Decoding straight into Config was rejected: the
// decoder stops at the first value of a wrong type and forgets the lines that
// the rules between values need.
func parseFile(data []byte) (map[string]any, map[string]origin, *problem) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	values := map[string]any{}
	if err := toml.Unmarshal(data, &values); err != nil {
		bad := &problem{text: "is not TOML; see toml.io for how it is written"}
		var at *toml.DecodeError
		if errors.As(err, &at) {
			bad.origin.line, _ = at.Position()
			bad.text = strings.TrimPrefix(at.Error(), "toml: ") + "; mend this line's TOML"
		}
		return nil, nil, bad
	}
	l := liner{lines: map[string]origin{}, elements: map[string]int{}}
	l.parser.Reset(data)
	l.document()
	return values, l.lines, nil
}

// liner notes the line of every key. It runs on documents that the decoder has
// taken, so that their grammar is known to be right.
type liner struct {
	parser   unstable.Parser
	lines    map[string]origin
	elements map[string]int // how many an array of tables has so far
}

func (l *liner) document() {
	table := ""
	for l.parser.NextExpression() {
		switch e := l.parser.Expression(); e.Kind {
		case unstable.Table:
			table, _ = l.key("", e)
		case unstable.ArrayTable:
			array, at := l.key("", e)
			table = index(array, l.elements[array])
			l.elements[array]++
			l.lines[table] = at
		case unstable.KeyValue:
			l.keyValue(table, e)
		}
	}
}

// key notes the dotted key of a node below a table, and returns it whole and
// where it stands. A part of it that is an array of tables means that array's
// last element.
func (l *liner) key(table string, node *unstable.Node) (path string, at origin) {
	path = table
	for it := node.Key(); it.Next(); {
		if n := l.elements[path]; n > 0 {
			path = index(path, n-1)
		}
		path = join(path, string(it.Node().Data))
		at = origin{line: l.parser.Shape(it.Node().Raw).Start.Line}
		if _, seen := l.lines[path]; !seen {
			l.lines[path] = at
		}
	}
	return path, at
}

func (l *liner) keyValue(table string, node *unstable.Node) {
	path, _ := l.key(table, node)
	l.value(path, node.Value())
}

func (l *liner) value(path string, node *unstable.Node) {
	switch node.Kind {
	case unstable.InlineTable:
		for it := node.Children(); it.Next(); {
			l.keyValue(path, it.Node())
		}
	case unstable.Array:
		i := 0
		for it := node.Children(); it.Next(); i++ {
			l.value(index(path, i), it.Node())
		}
	}
}

func join(table, key string) string {
	if table == "" {
		return key
	}
	return table + "." + key
}

func index(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }
