package db

import "slices"

// OrNull is a number as an argument; NULL for 0, as which a time that never was
// is kept in memory.
func OrNull(n int64) any {
	if n == 0 {
		return nil
	}
	return n
}

// Args returns texts as arguments.
func Args(texts []string) []any {
	args := make([]any, len(texts))
	for i, text := range texts {
		args[i] = text
	}
	return args
}

// SortedKeys returns the keys of a map as arguments, in the order in which rows
// are locked.
func SortedKeys[V any](m map[string]V) []any {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return Args(keys)
}
