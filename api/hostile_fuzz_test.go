package api_test

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"aviso/db/dbtest"
)

// kinds has dbtest make a database for a fuzz target, which has no tests below
// it.
type kinds struct{ *testing.F }

func (k kinds) Run(_ string, f func(kinds)) bool {
	f(k)
	return true
}

// FuzzCall makes one call of any operation with any bytes in its path, query and
// body, by somebody who may call it: nothing that comes back is a fault of ours.
func FuzzCall(f *testing.F) {
	for _, s := range []struct{ name, query, body string }{
		{"\x00", "limit=1&q=%00", `{"name":"\u0000"}`},
		{"a\xff/b", "q=%ff&before=%ff", "{\"name\":\"\xff\"}"},
		{"01920000-0000-7000-8000-000000000000", "from=0000-01-01T00:00:00Z&days=0x1;", `{"to":"a\u0000@x.test","text":"a","ids":[null],"amount":1e400}`},
	} {
		for at := range 110 {
			f.Add(uint8(at), s.name, s.query, []byte(s.body))
		}
	}
	// PostgreSQL if there is one, which refuses more than SQLite.
	var last string
	dbtest.EachURL(kinds{f}, func(_ kinds, url string) { last = url })
	h := open(f, openDatabase(f, last), newClocks(), hostileHouse)
	var s *siege
	f.Fuzz(func(t *testing.T, at uint8, name, query string, body []byte) {
		if s == nil {
			s = besiege(t, h)
			s.renew(t)
		}
		list := operations(t)
		o := list[int(at)%len(list)]
		if o.pattern == "/api/v1/events" || hashes(o) || len(name)+len(query) > 4_000 || strings.ContainsFunc(query, notInQueries) || slices.Contains([]string{"", ".", ".."}, name) {
			return // a stream has no end, a password is slow on purpose, and of the rest no client makes a request line
		}
		q := request{method: o.method, path: o.filled(name), texts: o.pattern == "/", body: body, hostile: true, header: headers{"Sec-Fetch-Site": "same-origin"}}
		if query != "" {
			q.path += "?" + query
		}
		if o.RequestBody != nil {
			q.header["Content-Type"] = slices.Max(slices.Collect(maps.Keys(o.RequestBody.Value.Content)))
		}
		s.identify(t, o, q.header)
		a := s.exchange(t, q)
		if what := unfit(o, a); what != "" {
			t.Errorf("%s %s\n%q\nis answered %d: %s\n%s", q.method, q.path, body, a.status, what, a.raw)
		}
		if a.status == 401 {
			s.renew(t)
		}
	})
}

// notInQueries says whether net/http's client refuses a URL for it.
func notInQueries(r rune) bool { return r <= ' ' || r == 0x7f || r == '#' }

// filled puts a name wherever the pattern names something.
func (o operation) filled(name string) string {
	parts := strings.Split(o.pattern, "/")
	for i, p := range parts {
		if strings.HasPrefix(p, "{") {
			parts[i] = url.PathEscape(name)
		}
	}
	return strings.Join(parts, "/")
}
