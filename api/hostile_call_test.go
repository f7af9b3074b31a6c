package api_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// operation is one of openapi.yaml, and the calls that are made up for it.
type operation struct {
	route, method, pattern string
	*openapi3.Operation
}

// operations returns all of the file's, in its order of paths.
func operations(t *testing.T) []operation {
	t.Helper()
	doc, err := spec()
	if err != nil {
		t.Fatal(err)
	}
	var list []operation
	paths := doc.Paths.Map()
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		item := paths[path].Operations()
		for _, method := range slices.Sorted(maps.Keys(item)) {
			list = append(list, operation{method + " " + path, method, path, item[method]})
		}
	}
	return list
}

// secured says whether a call needs the scheme.
func (o operation) secured(scheme string) bool {
	if o.Security == nil {
		return scheme == "session"
	}
	return slices.ContainsFunc(*o.Security, func(r openapi3.SecurityRequirement) bool { _, ok := r[scheme]; return ok })
}

// forOperators says whether customers are refused.
func (o operation) forOperators() bool { return strings.HasPrefix(o.pattern, "/api/v1/operator/") }

// parameters are those of one place: path, query or header.
func (o operation) parameters(in string) []*openapi3.Parameter {
	var list []*openapi3.Parameter
	for _, p := range o.Parameters {
		if p.Value.In == in {
			list = append(list, p.Value)
		}
	}
	return list
}

// moreExamples is examples for what is no page's.
var moreExamples = map[string]example{
	"GET /api/v1/email/messages/{messageId}":         {name: ownMail},
	"POST /api/v1/email/messages/{messageId}/cancel": {name: ownMail},
	"GET /api/messages/{id}":                         {name: ownText},
	"POST /hooks/sms/{name}/inbound":                 {name: named("air")},
	"POST /hooks/sms/{name}/status":                  {name: named("air")},
	"POST /api/v1/email/send":                        {body: hello()},
	"POST /api/messages":                             {body: mail{"recipient": "+447700900123", "content": "hello"}},
	"POST /api/v1/sms/credits/checkout":              {body: mail{"bundleId": "1k"}},
	"POST /api/v1/operator/sandbox/inbound":          {body: mail{"from": "+447700900123", "text": "hello"}},
}

func (o operation) example() example {
	if e, ok := examples[o.route]; ok {
		return e
	}
	return moreExamples[o.route]
}

// path fills in the pattern: own are the names that a good call would use.
func (c chaos) path(o operation, own string, known []string) string {
	parts := strings.Split(o.pattern, "/")
	first, last, two := strings.Cut(own, "/")
	if !two {
		first = own
	}
	for i, p := range parts {
		if !strings.HasPrefix(p, "{") {
			continue
		}
		name := first
		if first = last; c.chance(35) {
			name = c.text(known)
		}
		if name == "" || name == "." || name == ".." {
			name = "\x00" // what a path cannot hold is no call of this operation
		}
		parts[i] = strings.ReplaceAll(url.PathEscape(name), "+", "%2B")
	}
	return strings.Join(parts, "/")
}

// query is what follows the path.
func (c chaos) query(o operation, known []string) string {
	var list []string
	add := func(name, value string) { list = append(list, url.QueryEscape(name)+"="+url.QueryEscape(value)) }
	for _, p := range o.parameters("query") {
		if !c.chance(35) {
			continue
		}
		for range 1 + c.IntN(10)/9 {
			if c.chance(45) {
				add(p.Name, c.text(known))
				continue
			}
			var fits any
			_ = json.Unmarshal([]byte(c.value(p.Name, p.Schema, known)), &fits)
			text, ok := fits.(string)
			if !ok {
				b, _ := json.Marshal(fits)
				text = string(b)
			}
			add(p.Name, text)
		}
	}
	switch n := c.IntN(100); {
	case n < 4:
		list = append(list, pick(c, []string{"%", "%zz=1", "a;b", "limit", "limit=%", "limit=1;offset=2", "=", "&&", "q=%ff%00", strings.Repeat("a=1&", 2_000)}))
	case n < 8:
		add(c.text(nil), c.text(known))
	}
	if len(list) == 0 {
		return ""
	}
	return "?" + strings.Join(list, "&")
}

// body is a call's body and its type, "" for none.
func (c chaos) body(o operation, known []string) (body []byte, kind string) {
	if o.RequestBody == nil {
		if c.chance(10) {
			return []byte(pick(c, hostileBodies)), jsonType
		}
		return nil, ""
	}
	content := o.RequestBody.Value.Content
	kind = pick(c, slices.Sorted(maps.Keys(content)))
	schema := content[kind].Schema.Value
	m := c.object(schema, known)
	if good, ok := o.example().body.(mail); ok && c.chance(50) {
		m = nil
		for _, name := range slices.Sorted(maps.Keys(good)) {
			b, _ := json.Marshal(good[name])
			m = append(m, member{name, string(b)})
		}
	}
	for range c.IntN(3) {
		m = c.spoil(m, schema, known)
	}
	switch {
	case c.chance(8):
		return []byte(pick(c, hostileBodies)), kind
	case kind == formType:
		return []byte(m.form()), kind
	}
	return []byte(m.json()), kind
}

// form writes an object as a form would.
func (m members) form() string {
	var list []string
	for _, x := range m {
		text := x.value
		var s string
		if json.Unmarshal([]byte(text), &s) == nil {
			text = s
		}
		list = append(list, url.QueryEscape(x.name)+"="+url.QueryEscape(text))
	}
	return strings.Join(list, "&")
}

// headers are those that a stranger chooses.
func (c chaos) headers(o operation, kind string) headers {
	// Each call from a client of its own: their throttles are not what is tried here.
	h := headers{"X-Forwarded-For": fmt.Sprintf("2001:db8:%x:%x::1", c.IntN(1<<16), c.IntN(1<<16)), "Sec-Fetch-Site": "same-origin"}
	if h["Content-Type"] = kind; c.chance(6) {
		h["Content-Type"] = pick(c, []string{"", "text/plain", "application/json; charset=utf-16", "application/json; charset", "APPLICATION/JSON", "multipart/form-data", formType, jsonType, "\xff", "application/json, text/html", ";"})
	}
	if len(o.parameters("header")) > 0 && c.chance(40) {
		h["Idempotency-Key"] = pick(c, []string{"k", "k", "a b", "\xff", "\u00e4", strings.Repeat("k", 255), strings.Repeat("k", 256), "k,k", "\"k\"", "a\tb"})
	}
	if c.chance(10) {
		h["User-Agent"] = pick(c, []string{"\xff\xfe", "\u202e", strings.Repeat("\U0001f98a", 100), "a\tb", "\xed\xa0\x80"})
	}
	if c.chance(5) {
		h["X-Forwarded-For"] = pick(c, []string{"\xff", "1", "::1%eth0", "fe80::1%\xff, 127.0.0.1", "999.1.1.1", strings.Repeat("1.1.1.1,", 500), "[::1]:99999", ","})
	}
	if c.chance(3) {
		h["Origin"] = pick(c, []string{"null", "https://evil.test", "\xff", "http://%zz"})
	}
	if c.chance(3) {
		h["Accept"] = pick(c, []string{"text/html", "\xff", "*/*;q=NaN"})
	}
	return h
}
