package story

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// Hook is a customer's webhook, which writes down what it is told.
type Hook struct {
	watch
	Secret string
	server *httptest.Server
	pushes map[string][]int // what each text was answered, by its content
	odd    []string
}

// NewHook starts a webhook that t's end stops.
func NewHook(t testing.TB) *Hook {
	h := &Hook{Secret: "only the hook knows", pushes: map[string][]int{}}
	h.server = httptest.NewServer(h)
	t.Cleanup(h.server.Close)
	return h
}

// URL is where it listens.
func (h *Hook) URL() string { return h.server.URL + "/texts" }

// ServeHTTP writes a push down, and answers some of them badly.
func (h *Hook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	var told struct{ Sender, Auth, Shortcode, MessageContent string }
	if err == nil {
		err = json.Unmarshal(body, &told)
	}
	again := fmt.Sprintf(`{"sender":%q,"auth":%q,"shortcode":%q,"messageContent":%q}`, told.Sender, h.Secret, told.Shortcode, told.MessageContent)
	status := http.StatusOK
	if strings.HasSuffix(told.MessageContent, "3") {
		status = http.StatusInternalServerError
	}
	h.change(func() {
		if err != nil || strings.TrimSpace(string(body)) != again || r.Method != http.MethodPost || r.Header.Get("Authorization") != "" {
			h.odd = append(h.odd, fmt.Sprintf("%s %s %v %s: %v", r.Method, r.URL, r.Header, body, err))
		}
		h.pushes[told.MessageContent] = append(h.pushes[told.MessageContent], status)
	})
	w.WriteHeader(status)
}

// Pushes returns what each text was answered, by its content.
func (h *Hook) Pushes() map[string][]int {
	all := map[string][]int{}
	h.look(func() {
		for content, answers := range h.pushes {
			all[content] = append([]int(nil), answers...)
		}
	})
	return all
}

// Odd returns what no webhook should be told.
func (h *Hook) Odd() (list []string) {
	h.look(func() { list = append(list, h.odd...) })
	return list
}
