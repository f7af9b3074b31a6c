package api

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"aviso/fault"
)

// How many items a list shows at once, and up to where a filtered one is
// counted (contract, dashboard).
const (
	defaultLimit = 50
	maxLimit     = 200
	countedTo    = 10_000
)

// span is which part of a list is asked for.
type span struct {
	limit, offset int64
	before        string // an id; only what comes after it in the list, "" for all
}

// spanOf reads ?limit=&offset=&before=.
func spanOf(r *http.Request) (s span, err error) {
	q := r.URL.Query()
	if s.limit, err = number(q, "limit", defaultLimit, 1, maxLimit); err != nil {
		return s, err
	}
	if s.offset, err = number(q, "offset", 0, 0, 1<<40); err != nil {
		return s, err
	}
	s.before = q.Get("before")
	if !showable(s.before, 64) {
		return s, fault.Field("INVALID_REQUEST", "before", "before must be the id of an item in this list.")
	}
	return s, nil
}

// number reads a whole number between low and high; other is what an absent one
// stands for.
func number(q url.Values, name string, other, low, high int64) (int64, error) {
	if !q.Has(name) {
		return other, nil
	}
	n, err := strconv.ParseInt(q.Get(name), 10, 64)
	if err != nil || n < low || n > high {
		return 0, fault.Field("INVALID_REQUEST", name, fmt.Sprintf("%s must be a whole number from %d to %d.", name, low, high))
	}
	return n, nil
}

// checkCounted refuses an offset into a filtered list beyond what is counted.
func (s span) checkCounted() error {
	if s.offset > countedTo {
		return fault.Field("INVALID_REQUEST", "offset", fmt.Sprintf("With a filter the offset may be at most %d; go on with before=<id of the last item>.", countedTo))
	}
	return nil
}

// list is the answer with part of a list. Total counts all of it; TotalCapped
// says that there are more than were counted.
type list[T any] struct {
	Items       []T   `json:"items"`
	Total       int64 `json:"total"`
	TotalCapped bool  `json:"totalCapped,omitzero"`
	Limit       int64 `json:"limit"`
	Offset      int64 `json:"offset"`
}

// succeedList answers with the part s of a list.
func succeedList[T any](w http.ResponseWriter, s span, items []T, total int64, capped bool) error {
	if items == nil {
		items = []T{} // null is no list
	}
	return succeed(w, http.StatusOK, list[T]{items, total, capped, s.limit, s.offset})
}

// succeedAll answers with a list that is short enough to be shown whole; a part
// of it may be asked for all the same.
func succeedAll[T any](w http.ResponseWriter, r *http.Request, items []T) error {
	s, err := spanOf(r)
	if err != nil {
		return err
	}
	total := int64(len(items))
	from := min(s.offset, total)
	return succeedList(w, s, items[from:min(from+s.limit, total)], total, false)
}
