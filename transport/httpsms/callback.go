package httpsms

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"unicode"

	"aviso/transport"
)

// event is what a callback brought: a text, a receipt, or no news at all.
type event struct {
	text    *transport.InboundText
	receipt *transport.Receipt
}

// refusal is why a callback was not taken. Its words tell a stranger nothing
// that the request did not say.
type refusal struct {
	status int
	words  string
}

func (r *refusal) Error() string { return r.words }

var (
	errMethod    = &refusal{http.StatusMethodNotAllowed, "A callback is a POST."}
	errTooLarge  = &refusal{http.StatusRequestEntityTooLarge, "A callback may have at most 64 KiB."}
	errBroken    = &refusal{http.StatusBadRequest, "The body ended before it was complete."}
	errSignature = &refusal{http.StatusForbidden, "The signature is missing or does not fit."}
	errStale     = &refusal{http.StatusForbidden, "The signature is older than five minutes, or the clocks differ."}
)

func malformed(words string) *refusal { return &refusal{http.StatusBadRequest, words} }

// callback takes what comes in at one door. It is answered well only after
// Inbound has made it durable: on anything else gateways bring it again, or
// show it to their owner.
func (g *Gateway) callback(at door) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		e, err := g.receive(w, r, at)
		if err != nil {
			var no *refusal
			if !errors.As(err, &no) {
				no = malformed("The callback cannot be read.")
			}
			g.log.Warn("a callback was refused", "at", string(at), "status", no.status, "why", no.words)
			http.Error(w, no.words, no.status)
			return
		}
		if err := g.store(r.Context(), e); err != nil {
			g.log.Error("a callback could not be stored", "at", string(at), "error", err)
			w.Header().Set("Retry-After", "5")
			http.Error(w, "It cannot be stored at present; bring it again.", http.StatusServiceUnavailable)
			return
		}
		g.kind.thank(w, at)
	})
}

func (g *Gateway) receive(w http.ResponseWriter, r *http.Request, at door) (event, error) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return event{}, errMethod
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return event{}, errTooLarge
	case err != nil:
		return event{}, errBroken
	}
	return g.kind.read(at, r.URL.RawQuery, r.Header, body)
}

func (g *Gateway) store(ctx context.Context, e event) error {
	switch {
	case e.text != nil:
		return g.cfg.Inbound.Receive(ctx, e.text)
	case e.receipt != nil:
		return g.cfg.Inbound.Receipt(ctx, e.receipt)
	}
	return nil
}

// mediaType wants a body of one type.
func mediaType(h http.Header, want string) *refusal {
	if kind, _, err := mime.ParseMediaType(h.Get("Content-Type")); err != nil || kind != want {
		return &refusal{http.StatusUnsupportedMediaType, "A callback of this gateway is " + want + "."}
	}
	return nil
}

// maxName bounds what names a message or a party.
const maxName = 100

// identifier reports whether s can be an id that a gateway made: printable
// ASCII without spaces.
func identifier(s string) bool {
	return s != "" && len(s) <= maxName && !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

// party reports whether s can name who a text is from or to: a number, or the
// few letters a network shows instead.
func party(s string) bool {
	return len(s) <= maxName && strings.ToValidUTF8(s, "") == s && !strings.ContainsFunc(s, unicode.IsControl)
}

// shortNumber is how many digits a short code has at most; the shortest
// number with a calling code has seven (ITU-T E.164).
const shortNumber = 6

// number takes the plus off a number and says how it is to be read.
func number(s string) (string, transport.NumberType) {
	digits, plus := strings.CutPrefix(s, "+")
	switch {
	case digits == "" || strings.Trim(digits, "0123456789") != "":
		return digits, transport.Alphanumeric
	case plus:
		return digits, transport.International
	case len(digits) <= shortNumber:
		return digits, transport.ShortNumber
	}
	return digits, transport.UnknownNumber
}
