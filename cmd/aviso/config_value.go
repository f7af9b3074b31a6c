package main

import (
	"errors"
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// mask stands for a secret wherever one would be shown.
const mask = "********"

// Secret is a string that shows itself as a mask in logs, errors and prints.
// string(s) is what it holds.
type Secret string

// String is the mask, or empty when there is no secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return mask
}

// GoString keeps %#v from showing what String hides.
func (s Secret) GoString() string { return strconv.Quote(s.String()) }

// MarshalText keeps JSON, and with it slog, from showing what String hides.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// URL is an address that may hold a password, shown without it. string(u) is
// the address as it was given.
type URL string

// String is the URL with its passwords masked; one that cannot be read is
// masked as a whole.
func (u URL) String() string {
	if strings.HasPrefix(string(u), sqliteScheme) {
		return string(u) // a path, in which % and ? are letters
	}
	parsed, err := url.Parse(string(u))
	if err != nil {
		return mask
	}
	masked := false
	if _, ok := parsed.User.Password(); ok {
		parsed.User, masked = url.UserPassword(parsed.User.Username(), mask), true
	}
	query := parsed.Query()
	for name := range query {
		if strings.Contains(name, "password") { // PostgreSQL's password and sslpassword
			query.Set(name, mask)
			parsed.RawQuery, masked = query.Encode(), true
		}
	}
	if !masked {
		return string(u)
	}
	return strings.ReplaceAll(parsed.String(), url.QueryEscape(mask), mask)
}

// GoString keeps %#v from showing what String hides.
func (u URL) GoString() string { return strconv.Quote(u.String()) }

// MarshalText keeps JSON, and with it slog, from showing what String hides.
func (u URL) MarshalText() ([]byte, error) { return []byte(u.String()), nil }

// Path is a file, made absolute when the configuration is loaded.
type Path string

// sqliteScheme begins the URL of an embedded database; what follows is a path.
const sqliteScheme = "sqlite:"

const day = 24 * time.Hour

// Duration is a time.Duration whose text may count days, such as "400d".
type Duration time.Duration

var errDuration = errors.New(`is not a duration; write it like "10s", "72h" or "400d"`)

// UnmarshalText reads what time.ParseDuration does, or whole days before it:
// "400d", "1d12h". Negative durations mean nothing here and are refused.
func (d *Duration) UnmarshalText(text []byte) error {
	before, rest, hasDays := strings.Cut(string(text), "d")
	if !hasDays {
		before, rest = "0", before
	}
	days, err := strconv.ParseUint(before, 10, 16) // 65,535 days fit in an int64 of nanoseconds
	if err != nil {
		return errDuration
	}
	clock := time.Duration(0)
	if !hasDays || rest != "" {
		if clock, err = time.ParseDuration(rest); err != nil || clock < 0 {
			return errDuration
		}
	}
	whole := time.Duration(days) * day
	if clock > math.MaxInt64-whole {
		return errDuration
	}
	*d = Duration(whole + clock)
	return nil
}

// MarshalText writes the shortest text that UnmarshalText reads as d.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// String is whole days when there are no hours over, "10s" rather than "0m10s",
// and "1h" rather than "1h0m0s".
func (d Duration) String() string {
	if whole := time.Duration(d); whole >= day && whole%day == 0 {
		return strconv.FormatInt(int64(whole/day), 10) + "d"
	}
	s := time.Duration(d).String()
	if strings.HasSuffix(s, "m0s") {
		s = s[:len(s)-len("0s")]
	}
	if strings.HasSuffix(s, "h0m") {
		s = s[:len(s)-len("0m")]
	}
	return s
}
