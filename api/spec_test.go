package api_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
)

// specification is openapi.yaml, and what finds an operation in it.
type specification struct {
	*openapi3.T
	routers.Router
}

// spec reads it strictly: what it leaves open for later versions, more fields
// in an answer, is closed here, so that no field goes undescribed.
var spec = sync.OnceValues(func() (*specification, error) {
	doc, err := openapi3.NewLoader().LoadFromFile("openapi.yaml")
	if err != nil {
		return nil, err
	}
	if err := doc.Validate(context.Background()); err != nil {
		return nil, err
	}
	no := false
	for name, s := range doc.Components.Schemas {
		if s.Value.Type.Is("object") && !slices.Contains([]string{"SendRequest", "SMSSendRequest"}, name) {
			s.Value.AdditionalProperties = openapi3.AdditionalProperties{Has: &no}
		}
	}
	for _, kind := range []string{"text/xml", "text/html", "message/rfc822"} {
		openapi3filter.RegisterBodyDecoder(kind, openapi3filter.FileBodyDecoder) // as the text it is
	}
	doc.Servers = nil // it is served at any address
	router, err := legacy.NewRouter(doc)
	return &specification{doc, router}, err
})

// wellFormed are the statuses of requests whose form was found good.
var wellFormed = []int{http.StatusOK, http.StatusCreated, http.StatusAccepted, http.StatusNoContent, http.StatusPaymentRequired, http.StatusConflict, http.StatusBadGateway}

// checkAgainstSpec holds one exchange to openapi.yaml: the answer always, the
// request if it was taken for well-formed and is no hostile one.
func checkAgainstSpec(t *testing.T, r *http.Request, sent request, a *answer) {
	t.Helper()
	doc, err := spec()
	if err != nil {
		t.Error(err)
		return
	}
	asked := r.Clone(context.Background())
	asked.URL.Path, asked.URL.RawPath = r.URL.EscapedPath(), "" // a slash in a name parts nothing
	route, params, err := doc.FindRoute(asked)
	otherDoor := a.body["error"] == "There is nothing at this path."    // it is at the other base URL
	trailing := r.URL.Path != "/" && strings.HasSuffix(r.URL.Path, "/") // which the router here does not mind
	if err != nil || trailing || otherDoor {
		if a.status != http.StatusNotFound && a.status != http.StatusMethodNotAllowed {
			t.Errorf("%s %s is not in openapi.yaml, but was answered %d", r.Method, r.URL.Path, a.status)
		}
		envelope := "Error"
		if _, ok := a.body["response"]; ok {
			envelope = "SMSError"
		}
		if err := doc.Components.Schemas[envelope].Value.VisitJSON(a.body); err != nil {
			t.Errorf("the answer is not what openapi.yaml says: %v\n%s", err, a.raw)
		}
		return
	}
	r = r.Clone(context.Background())
	r.Body = io.NopCloser(bytes.NewReader(sent.body))
	in := &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true}}
	if slices.Contains(wellFormed, a.status) && !sent.hostile {
		if err := openapi3filter.ValidateRequest(context.Background(), in); err != nil {
			t.Errorf("the request, answered %d, is not what openapi.yaml says: %v", a.status, err)
		}
	}
	out := &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: a.status, Header: a.header, Options: in.Options}
	out.SetBodyBytes(a.raw)
	if err := openapi3filter.ValidateResponse(context.Background(), out); err != nil {
		t.Errorf("the answer is not what openapi.yaml says: %v\n%s", err, a.raw)
	}
}

// TestSpecIsServed reads the file as a stranger would.
func TestSpecIsServed(t *testing.T) {
	each(t, options{noRelay: true}, func(t *testing.T, h *house) {
		want, err := os.ReadFile("openapi.yaml")
		if err != nil {
			t.Fatal(err)
		}
		a := h.exchange(t, request{method: "GET", path: "/api/openapi.yaml"})
		if a.status != http.StatusOK || !bytes.Equal(a.raw, want) || a.header.Get("Content-Type") != "application/yaml" {
			t.Errorf("%d %v, %d bytes", a.status, a.header, len(a.raw))
		}
	})
}

// TestSpecHasEveryRoute holds the table of routes and the file's operations to
// be the same set.
func TestSpecHasEveryRoute(t *testing.T) {
	doc, err := openapi3.NewLoader().LoadFromFile("openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var described []string
	for path, item := range doc.Paths.Map() {
		for method := range item.Operations() {
			described = append(described, method+" "+path)
		}
	}
	slices.Sort(described)
	each(t, options{noRelay: true}, func(t *testing.T, h *house) {
		served := h.api.Routes()
		slices.Sort(served)
		if !slices.Equal(served, described) {
			t.Errorf("served\n%v, described\n%v", served, described)
		}
	})
}
