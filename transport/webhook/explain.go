package webhook

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
)

// explain is an error in words for the customer whose endpoint it is: one line,
// without the URL, without addresses, and without what the endpoint has said.
func explain(err error) string {
	var lookup *net.DNSError
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var network *net.OpError
	switch {
	case errors.Is(err, errNotPublic): // without the dialler's words around it
		return errNotPublic.Error()
	case errors.Is(err, errOurs):
		return errOurs.Error()
	case errors.Is(err, context.DeadlineExceeded):
		return "there was no answer in time"
	case errors.Is(err, context.Canceled):
		return "the server stopped before there was an answer"
	case errors.As(err, &lookup):
		if lookup.IsNotFound {
			return "its host name does not exist"
		}
		return "its host name could not be looked up"
	case errors.As(err, &certificate):
		return line("its certificate is not valid: " + certificate.Err.Error())
	case errors.As(err, &record):
		return "its host does not speak TLS at this port"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "its host refused the connection"
	case errors.As(err, &network) && network.Op == "dial":
		return "its host could not be reached"
	case errors.As(err, &network) && network.Op == "remote error": // crypto/tls's word for an alert
		return "its host did not agree to TLS"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), network != nil:
		return "the connection broke off before there was an answer"
	}
	return "its host gave no answer that could be understood"
}

// line makes one line of a text that holds what a stranger wrote.
func line(text string) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f {
			return '?'
		}
		return r
	}, text)
	return text[:min(len(text), 300)]
}
