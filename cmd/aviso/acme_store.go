package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/crypto/acme/autocert"

	"aviso/db"
)

// turnFor is how long one node may take to have a first certificate before
// another tries: what autocert itself leaves between two tries.
const turnFor = time.Minute

// errAnotherNode ends a handshake; the next one finds the certificate.
var errAnotherNode = errors.New("another node is fetching this certificate at this moment")

// certificateStore is an autocert.Cache in the database, so that all nodes have
// the same certificates, and any of them answers for a challenge that another
// was given. Everything in it is sealed.
//
// Its rows belong to one directory: after a change from a directory for tests
// to the real one, the certificates of the tests are not shown.
type certificateStore struct {
	db        *db.DB
	vault     *vault
	directory string
	holder    string // this process, for turns
}

// Get returns what is stored under a name. Who asks for a certificate that is
// not there gets autocert.ErrCacheMiss if it is their turn to fetch it.
func (s *certificateStore) Get(ctx context.Context, name string) ([]byte, error) {
	var sealed []byte
	err := s.db.Read(ctx, func(tx *db.Tx) error {
		return tx.Row(`SELECT data FROM certificates WHERE directory = $1 AND name = $2`, []any{s.directory, name}, &sealed)
	})
	switch {
	case err == nil:
		return s.vault.Open(s.purpose(name), sealed)
	case !db.IsMissing(err):
		return nil, fmt.Errorf("reading a certificate: %w", err)
	}
	if domain := domainOf(name); domain != "" {
		if err := s.takeTurn(ctx, domain); err != nil {
			return nil, err
		}
	}
	return nil, autocert.ErrCacheMiss
}

// takeTurn makes this process the only one that fetches a first certificate.
// Renewals take no turns: they begin at a random moment and look here first.
func (s *certificateStore) takeTurn(ctx context.Context, domain string) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		now, err := tx.Now()
		if err != nil {
			return err
		}
		taken, err := tx.Exec(`INSERT INTO certificate_turns (domain, holder, until) VALUES ($1, $2, $3)
			ON CONFLICT (domain) DO UPDATE SET holder = excluded.holder, until = excluded.until
			WHERE certificate_turns.holder = excluded.holder OR certificate_turns.until < $4`,
			domain, s.holder, now+turnFor.Milliseconds(), now)
		if err == nil && taken == 0 {
			err = errAnotherNode
		}
		return err
	})
}

// Put stores data under a name.
func (s *certificateStore) Put(ctx context.Context, name string, data []byte) error {
	sealed := s.vault.Seal(s.purpose(name), data)
	return s.db.Write(ctx, func(tx *db.Tx) error {
		now, err := tx.Now()
		if err != nil {
			return err
		}
		if _, err := tx.Exec(`INSERT INTO certificates (directory, name, data, updated_at) VALUES ($1, $2, $3, $4)
			ON CONFLICT (directory, name) DO UPDATE SET data = excluded.data, updated_at = excluded.updated_at`,
			s.directory, name, sealed, now); err != nil {
			return err
		}
		if domain := domainOf(name); domain != "" {
			_, err = tx.Exec(`DELETE FROM certificate_turns WHERE domain = $1`, domain)
		}
		return err
	})
}

// Delete removes what is stored under a name, if anything is.
func (s *certificateStore) Delete(ctx context.Context, name string) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(`DELETE FROM certificates WHERE directory = $1 AND name = $2`, s.directory, name)
		return err
	})
}

func (s *certificateStore) purpose(name string) string {
	return "certificate " + s.directory + " " + name
}

// domainOf is the domain of a certificate by the name that autocert stores it
// under: the domain itself, and with +rsa the one for clients that know no
// elliptic curves. What else is stored, challenges and the account's key, is
// named with another plus and has no turns.
func domainOf(name string) string {
	domain, kind, _ := strings.Cut(name, "+")
	if kind != "" && kind != "rsa" {
		return ""
	}
	return domain
}
