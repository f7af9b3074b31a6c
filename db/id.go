package db

import "github.com/google/uuid"

// NewID returns a new id: a UUIDv7 in its canonical text, so that ids of one
// table sort by the moment they were made and new rows go to the end of their
// index.
func NewID() string {
	// NewV7 fails only when the system has no randomness, which Go's runtime
	// does not survive either.
	return uuid.Must(uuid.NewV7()).String()
}
