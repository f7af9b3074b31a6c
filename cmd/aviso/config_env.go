package main

import (
	"maps"
	"reflect"
	"slices"
	"strings"
)

// environment applies the AVISO_ variables to c: each leaf by its own name, or
// by that name and _FILE, which reads the value from a file. An element of a
// list of sections is addressed by its name, and has to be in the file: what
// exists is not a matter of the environment.
func (l *loader) environment(environ []string, c *Config) {
	set := map[string]string{}
	for _, entry := range environ {
		if name, value, ok := strings.Cut(entry, "="); ok && strings.HasPrefix(name, "AVISO_") {
			set[name] = value
		}
	}
	known := []string{}
	for leaf := range leaves(reflect.ValueOf(c).Elem(), "") {
		if !leaf.hasVariable() {
			continue
		}
		known = append(known, leaf.variable)
		value, direct := set[leaf.variable]
		path, fromFile := set[leaf.variable+"_FILE"]
		delete(set, leaf.variable)
		delete(set, leaf.variable+"_FILE")
		switch {
		case direct && fromFile:
			l.failAt(origin{variable: leaf.variable}, leaf.key, "is set beside %s_FILE; unset one of the two", leaf.variable)
		case direct:
			l.variable(leaf, leaf.variable, value)
		case fromFile:
			l.variableFile(leaf, path)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(set)) {
		text := "is no setting of Aviso and was ignored"
		if like := nearest(name, known); like != "" {
			text += "; did you mean " + like + "?"
		}
		l.warnings = append(l.warnings, problem{origin: origin{variable: name}, text: text})
	}
}

// hasVariable is false for the name of an element, which the variables' own
// names are made of.
func (l leaf) hasVariable() bool {
	_, field, inElement := strings.Cut(l.key, "].")
	return !inElement || (field != "name" && field != "id")
}

func (l *loader) variable(to leaf, name, value string) {
	l.origins[to.key] = origin{variable: name}
	if err := setText(to.value, value); err != nil {
		l.fail(to.key, "%s", err)
	}
}

func (l *loader) variableFile(to leaf, path string) {
	name := to.variable + "_FILE"
	value, err := l.readValue(path)
	if err != nil {
		l.origins[to.key] = origin{variable: name}
		l.fail(to.key, "%s %s; make the file readable or correct the path", path, err)
		return
	}
	l.variable(to, name, value)
}
