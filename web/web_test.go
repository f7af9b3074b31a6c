package web

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

// built is what a build leaves behind, in small.
var built = fstest.MapFS{
	"dist/index.html":               {Data: []byte("<html>page</html>")},
	"dist/index.html.br":            {Data: []byte("br page")},
	"dist/index.html.gz":            {Data: []byte("gz page")},
	"dist/llms.txt":                 {Data: []byte("plain")},
	"dist/assets/index-a1b2.js":     {Data: []byte("code")},
	"dist/assets/index-a1b2.js.br":  {Data: []byte("br code")},
	"dist/assets/index-a1b2.css":    {Data: []byte("style")},
	"dist/assets/index-a1b2.css.gz": {Data: []byte("gz style")},
}

func TestServe(t *testing.T) {
	h := handler(built, false)
	for _, c := range []struct {
		method, path, accept   string
		status                 int
		body, encoding, caches string
	}{
		{"GET", "/", "", 200, "<html>page</html>", "", fresh},
		{"GET", "/", "gzip, br", 200, "br page", "br", fresh},
		{"GET", "/", "gzip, br;q=0", 200, "gz page", "gzip", fresh},
		{"GET", "/", "GZIP;q=0.5", 200, "gz page", "gzip", fresh},
		{"GET", "/", "gzip; q=0.0, deflate, brx", 200, "<html>page</html>", "", fresh},
		{"GET", "/dashboard/email/logs/018f", "br", 200, "br page", "br", fresh},
		{"GET", "/dashboard/operator/accounts/ada@example.com", "", 200, "<html>page</html>", "", fresh},
		{"GET", "/sign-in", "", 200, "<html>page</html>", "", fresh},
		{"GET", "/assets/index-a1b2.js", "gzip, deflate, br", 200, "br code", "br", immutable},
		{"GET", "/assets/index-a1b2.css", "gzip, deflate, br", 200, "gz style", "gzip", immutable},
		{"GET", "/llms.txt", "gzip, br", 200, "plain", "", fresh},
		{"HEAD", "/", "br", 200, "", "br", fresh},

		// What is gone must not come back as a page, and packed files are no files.
		{"GET", "/assets/index-old.js", "", 404, "There is no such file.\n", "", fresh},
		{"GET", "/assets/", "", 404, "There is no such file.\n", "", fresh},
		{"GET", "/index.html.br", "", 404, "There is no such file.\n", "", fresh},
		{"GET", "/favicon.ico", "", 404, "There is no such file.\n", "", fresh},
		{"GET", "/../web.go", "", 404, "There is no such file.\n", "", fresh},
		{"POST", "/", "", 405, "This is a page: GET and HEAD are what it takes.\n", "", ""},
	} {
		t.Run(c.method+c.path+c.accept, func(t *testing.T) {
			r := httptest.NewRequest(c.method, c.path, nil)
			r.Header.Set("Accept-Encoding", c.accept)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			got := w.Result()
			body, err := io.ReadAll(got.Body)
			if err != nil {
				t.Fatal(err)
			}
			if got.StatusCode != c.status || string(body) != c.body {
				t.Errorf("status %d, body %q", got.StatusCode, body)
			}
			if e := got.Header.Get("Content-Encoding"); e != c.encoding {
				t.Errorf("Content-Encoding %q", e)
			}
			if cc := got.Header.Get("Cache-Control"); cc != c.caches {
				t.Errorf("Cache-Control %q", cc)
			}
			csp := got.Header.Get("Content-Security-Policy")
			if csp == "" || strings.Contains(csp, "unsafe") || got.Header.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("headers %v", got.Header)
			}
			if got.Header.Get("Strict-Transport-Security") != "" {
				t.Error("without HTTPS the browser would be locked out")
			}
		})
	}
}

func TestKinds(t *testing.T) {
	h := handler(built, true)
	for name, kind := range map[string]string{
		"/": "text/html; charset=utf-8", "/assets/index-a1b2.js": "text/javascript; charset=utf-8",
		"/assets/index-a1b2.css": "text/css; charset=utf-8", "/llms.txt": "text/plain; charset=utf-8",
	} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", name, nil))
		if got := w.Header().Get("Content-Type"); got != kind {
			t.Errorf("%s is %q", name, got)
		}
		if w.Header().Get("Strict-Transport-Security") == "" {
			t.Errorf("%s: no Strict-Transport-Security", name)
		}
	}
}

// Each encoding has a tag of its own, or a cache would mix them up.
func TestUnchanged(t *testing.T) {
	h := handler(built, false)
	tags := map[string]bool{}
	for _, accept := range []string{"", "gzip", "br"} {
		ask := func(tag string) *httptest.ResponseRecorder {
			r := httptest.NewRequest("GET", "/", nil)
			r.Header.Set("Accept-Encoding", accept)
			r.Header.Set("If-None-Match", tag)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			return w
		}
		tag := ask("").Header().Get("ETag")
		if tags[tag] {
			t.Errorf("tag %s twice", tag)
		}
		tags[tag] = true
		if w := ask(tag); w.Code != http.StatusNotModified || w.Body.Len() != 0 {
			t.Errorf("%q: status %d, body %q", accept, w.Code, w.Body)
		}
		if w := ask(`"other"`); w.Code != http.StatusOK {
			t.Errorf("%q: status %d", accept, w.Code)
		}
	}
}

func TestNotBuilt(t *testing.T) {
	w := httptest.NewRecorder()
	handler(fstest.MapFS{}, false).ServeHTTP(w, httptest.NewRequest("GET", "/dashboard", nil))
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "make build") {
		t.Errorf("status %d, body %s", w.Code, w.Body)
	}
}

// Whatever is embedded at the moment is served.
func TestHandler(t *testing.T) {
	w := httptest.NewRecorder()
	Handler(true).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "<title>Aviso</title>") {
		t.Errorf("status %d, body %s", w.Code, w.Body)
	}
}
