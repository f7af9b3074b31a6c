package main

import (
	"crypto/tls"
	"log/slog"
	"os"
	"sync"
	"time"
)

// keyPair is a certificate in two files, read again when one of them changes:
// certificates are renewed more often than servers are started.
type keyPair struct {
	cert, key string
	log       *slog.Logger

	mu     sync.Mutex
	loaded *tls.Certificate
	seen   [2]time.Time // when the files were changed that loaded is from
}

func (p *keyPair) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	seen, err := p.changed()
	if err == nil && p.loaded != nil && seen == p.seen {
		return p.loaded, nil
	}
	if err == nil {
		var read tls.Certificate
		if read, err = tls.LoadX509KeyPair(p.cert, p.key); err == nil {
			p.loaded, p.seen = &read, seen
			return p.loaded, nil
		}
	}
	if p.loaded == nil {
		return nil, err
	}
	// A renewal writes one file after the other.
	p.log.Warn("certificate not read; the one before is used", "file", p.cert, "error", err)
	return p.loaded, nil
}

func (p *keyPair) changed() (times [2]time.Time, err error) {
	for i, path := range []string{p.cert, p.key} {
		info, err := os.Stat(path)
		if err != nil {
			return times, err
		}
		times[i] = info.ModTime()
	}
	return times, nil
}
