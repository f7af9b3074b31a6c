package api_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

const sendPath = "/api/v1/email/send"

// request is one HTTP request. Header values replace the usual ones; an empty
// value takes the header away.
type request struct {
	method, path string
	header       headers
	body         []byte
	chunked      bool   // the length is not said beforehand
	twice        string // a header that is there a second time
	texts        bool   // at the SMS base URL
	hostile      bool   // it may be taken without being what openapi.yaml asks for
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	raw    []byte
	body   map[string]any // nil if raw is not a JSON object
	list   []mail         // nil if raw is not a JSON list
}

// mail is a body of POST /api/v1/email/send before it is JSON.
type mail map[string]any

// hello is the smallest of them, with changes.
func hello(changes ...mail) mail {
	m := mail{"to": "ada@example.com", "text": "hello"}
	for _, c := range changes {
		for k, v := range c {
			m[k] = v
		}
	}
	return m
}

func (m mail) json() []byte {
	b, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	return b
}

// headers are those of a request that deviates.
type headers map[string]string

// send calls POST /api/v1/email/send with the customer's key.
func (c *customer) send(t *testing.T, body []byte, with ...headers) *answer {
	t.Helper()
	c.calls++
	h := headers{"Content-Type": "application/json"}
	for _, more := range with {
		for k, v := range more {
			h[k] = v
		}
	}
	return c.call(t, "POST", sendPath, body, h)
}

// begin makes such a call while the test goes on.
func (c *customer) begin(t *testing.T, body []byte, with ...headers) <-chan *answer {
	answers := make(chan *answer, 1)
	caller := *c
	go func() { answers <- caller.send(t, body, with...) }()
	return answers
}

// look calls GET /api/v1/email/messages/{messageId}.
func (c *customer) look(t *testing.T, id string) *answer {
	t.Helper()
	return c.call(t, "GET", "/api/v1/email/messages/"+id, nil, nil)
}

// cancel calls POST /api/v1/email/messages/{messageId}/cancel.
func (c *customer) cancel(t *testing.T, id string) *answer {
	t.Helper()
	return c.call(t, "POST", "/api/v1/email/messages/"+id+"/cancel", nil, nil)
}

// call makes a request with the customer's key.
func (c *customer) call(t *testing.T, method, path string, body []byte, h headers) *answer {
	t.Helper()
	all := headers{"Authorization": "Bearer " + c.token}
	for k, v := range h {
		all[k] = v
	}
	return c.exchange(t, request{method: method, path: path, header: all, body: body})
}

var requestID = regexp.MustCompile(`^[0-9a-f]{20}$`)

// exchange makes a request and holds both sides to openapi.yaml.
func (h *house) exchange(t *testing.T, q request) *answer {
	t.Helper()
	var body io.Reader = bytes.NewReader(q.body)
	if q.chunked {
		body = io.MultiReader(body) // whose length net/http cannot see
	}
	base := h.door.URL
	if q.texts {
		base = h.textDoor.URL
	}
	r, err := http.NewRequestWithContext(t.Context(), q.method, base+q.path, body)
	if err != nil {
		t.Error(err)
		return &answer{}
	}
	r.Header.Set("X-Request-Id", "forged\tby the caller")
	for k, v := range q.header {
		if v != "" {
			r.Header.Set(k, v)
		}
	}
	if q.twice != "" {
		r.Header.Add(q.twice, r.Header.Get(q.twice))
	}
	res, err := h.door.Client().Do(r)
	if err != nil {
		t.Error(err) // not Fatal: calls are also made beside the test
		return &answer{}
	}
	defer res.Body.Close()
	a := &answer{status: res.StatusCode, header: res.Header}
	if a.raw, err = io.ReadAll(res.Body); err != nil {
		t.Error(err)
	}
	if strings.HasPrefix(a.header.Get("Content-Type"), "application/json") {
		var into any = &a.body
		if bytes.HasPrefix(a.raw, []byte("[")) {
			into = &a.list
		}
		if err := json.Unmarshal(a.raw, into); err != nil {
			t.Errorf("the answer is no JSON: %s", a.raw)
		}
	}
	if id := a.header.Values("X-Request-Id"); len(id) != 1 || !requestID.MatchString(id[0]) {
		t.Errorf("X-Request-Id is %q", id)
	}
	checkAgainstSpec(t, r, q, a)
	return a
}

// data returns a field of what was answered, success or not.
func (a *answer) data(field string) any {
	if data, ok := a.body["data"].(map[string]any); ok {
		return data[field]
	}
	return a.body[field]
}

// id returns the answer's messageId, "" if it has none.
func (a *answer) id() string {
	id, _ := a.data("messageId").(string)
	return id
}
