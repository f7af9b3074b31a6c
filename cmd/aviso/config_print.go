package main

import (
	"bytes"
	"encoding/json"
	"io"
	"reflect"
	"slices"

	"github.com/pelletier/go-toml/v2"
)

// print writes the whole configuration as TOML that can be loaded, with each
// secret masked and each path absolute.
func (c *Config) print(w io.Writer) error {
	return toml.NewEncoder(w).Encode(c.masked())
}

// printJSON writes what print does as one JSON object.
func (c *Config) printJSON(w io.Writer) error {
	var text bytes.Buffer
	if err := c.print(&text); err != nil {
		return err
	}
	var values map[string]any
	if err := toml.Unmarshal(text.Bytes(), &values); err != nil {
		return err
	}
	return json.NewEncoder(w).Encode(values)
}

// masked is a copy in which nothing is secret. The TOML encoder would not do
// it: it takes a string for a string and asks no MarshalText.
func (c *Config) masked() *Config {
	public := *c
	public.Email.Relay = slices.Clone(c.Email.Relay)
	public.SMS.Gateway = slices.Clone(c.SMS.Gateway)
	for leaf := range leaves(reflect.ValueOf(&public).Elem(), "") {
		switch hidden := leaf.value.Interface().(type) {
		case Secret:
			leaf.value.SetString(hidden.String())
		case URL:
			leaf.value.SetString(hidden.String())
		}
	}
	return &public
}
