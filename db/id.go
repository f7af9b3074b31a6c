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

// IsID says whether s has the form of an id. What has not is in no table, and
// may hold bytes that a database refuses.
func IsID(s string) bool { return len(s) == 36 && uuid.Validate(s) == nil }
