// Package web is the dashboard: the files that `npm run build` makes of src,
// inside the program, and the handler that serves them. It knows no API and
// asks nobody for anything: what a page shows, the browser asks of the API.
package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"
)

// The pattern takes in dist.html too, so that the program compiles without Node
// and after `make clean`.
//
//go:embed all:dist*
var files embed.FS

// unbuilt says that the page was not built, and what to do.
//
//go:embed dist.html
var unbuilt []byte

// policy is the Content-Security-Policy of every page: scripts and styles are
// files of this host, nothing is asked of another, and no text becomes code.
// Captured mail is shown in a frame whose own answer forbids it still more.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; frame-src 'self'; " +
	"manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// headers go out with every answer. The referrer stays inside: addresses can
// hold the token of a reset.
var headers = [][2]string{
	{"Content-Security-Policy", policy},
	{"Cross-Origin-Opener-Policy", "same-origin"},
	{"Cross-Origin-Resource-Policy", "same-origin"},
	{"Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"},
	{"Referrer-Policy", "same-origin"},
	{"X-Content-Type-Options", "nosniff"},
	{"X-Frame-Options", "DENY"},
}

// A name of a file under assets holds a hash of what is in it. Everything else
// is asked for again each time, and answered 304 by its ETag.
const (
	assets    = "assets/"
	immutable = "public, max-age=31536000, immutable"
	fresh     = "no-cache"
)

// Handler serves the dashboard: files by their name, and the page itself for
// every path that has none, since the page finds its way by the address. It
// takes GET and HEAD, and is mounted beside the API, never over it. With secure,
// browsers are told to come back by HTTPS only.
func Handler(secure bool) http.Handler { return handler(files, secure) }

// handler serves what is in the folder dist.
func handler(from fs.FS, secure bool) http.Handler {
	s := &server{files: load(from), secure: secure}
	if s.files["index.html"] == nil {
		s.files["index.html"] = newFile("index.html", unbuilt)
	}
	return s
}

type server struct {
	files  map[string]*file // by path, without a slash before it
	secure bool
}

// file is what is served under one name.
type file struct {
	kind, tag string
	variants  []variant // the smallest first; the last is the file as it is
}

// variant is one encoding of a file.
type variant struct {
	encoding string // "" for none
	content  []byte
}

// encodings are made when the page is built; nothing is compressed here.
var encodings = []struct{ name, suffix string }{{"br", ".br"}, {"gzip", ".gz"}}

func load(from fs.FS) map[string]*file {
	loaded := map[string]*file{}
	// A folder that is not there is a page that was not built, and no error.
	_ = fs.WalkDir(from, "dist", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path.Ext(name) == ".br" || path.Ext(name) == ".gz" {
			return err
		}
		content, err := fs.ReadFile(from, name)
		if err != nil {
			return err
		}
		f := newFile(name, content)
		for i, e := range encodings {
			if packed, err := fs.ReadFile(from, name+e.suffix); err == nil {
				f.variants = slices.Insert(f.variants, min(i, len(f.variants)-1), variant{e.name, packed})
			}
		}
		loaded[strings.TrimPrefix(name, "dist/")] = f
		return nil
	})
	return loaded
}

func newFile(name string, content []byte) *file {
	kind := mime.TypeByExtension(path.Ext(name))
	switch path.Ext(name) { // the machine's own table may say otherwise
	case ".js":
		kind = "text/javascript; charset=utf-8"
	case ".txt":
		kind = "text/plain; charset=utf-8"
	case "":
		kind = "application/octet-stream"
	}
	sum := sha256.Sum256(content)
	return &file{kind: kind, tag: hex.EncodeToString(sum[:12]), variants: []variant{{"", content}}}
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for _, h := range headers {
		w.Header().Set(h[0], h[1])
	}
	if s.secure {
		w.Header().Set("Strict-Transport-Security", "max-age=31536000")
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "This is a page: GET and HEAD are what it takes.", http.StatusMethodNotAllowed)
		return
	}
	name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
	f, ok := s.files[name]
	switch {
	case !ok && isFileName(name):
		// A script of yesterday's build must fail as one, not arrive as a page.
		w.Header().Set("Cache-Control", fresh)
		http.Error(w, "There is no such file.", http.StatusNotFound)
		return
	case !ok:
		f = s.files["index.html"]
		w.Header().Set("Cache-Control", fresh)
	case strings.HasPrefix(name, assets):
		w.Header().Set("Cache-Control", immutable)
	default:
		w.Header().Set("Cache-Control", fresh)
	}
	f.serve(w, r)
}

// isFileName tells a name of a file from a place on the page.
func isFileName(name string) bool {
	if name == "" || strings.HasPrefix(name, "dashboard/") {
		return false
	}
	return strings.HasPrefix(name+"/", assets) || strings.Contains(path.Base(name), ".")
}

func (f *file) serve(w http.ResponseWriter, r *http.Request) {
	v := f.choose(r.Header.Values("Accept-Encoding"))
	h := w.Header()
	h.Set("Content-Type", f.kind)
	tag := f.tag
	if len(f.variants) > 1 {
		h.Set("Vary", "Accept-Encoding")
	}
	if v.encoding != "" {
		h.Set("Content-Encoding", v.encoding)
		tag += "-" + v.encoding
	}
	h.Set("ETag", `"`+tag+`"`)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(v.content))
}

// choose returns the smallest variant that the caller accepts.
func (f *file) choose(accept []string) variant {
	for _, v := range f.variants {
		if v.encoding == "" || accepts(accept, v.encoding) {
			return v
		}
	}
	return f.variants[len(f.variants)-1]
}

// accepts reads Accept-Encoding as far as it matters here: an encoding that is
// named, and not with a weight of zero (RFC 9110, section 12.5.3).
func accepts(headers []string, encoding string) bool {
	for _, header := range headers {
		for part := range strings.SplitSeq(header, ",") {
			name, weight, _ := strings.Cut(strings.TrimSpace(part), ";")
			if !strings.EqualFold(strings.TrimSpace(name), encoding) {
				continue
			}
			q, found := strings.CutPrefix(strings.ToLower(strings.ReplaceAll(weight, " ", "")), "q=")
			return !found || strings.Trim(q, "0.") != ""
		}
	}
	return false
}
