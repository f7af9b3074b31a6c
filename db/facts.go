package db

import (
	"maps"
	"slices"
)

// Facts are the rows of one table that a batch wants, by key. A row that is not
// in the table is a zero V.
//
// A Book that keeps its facts from batch to batch loads only what is missing.
// It may while nobody else writes to the database; see Keeper.
type Facts[K comparable, V any] struct {
	rows    map[K]*fact[V]
	missing []K
	changed []K
}

type fact[V any] struct {
	value   V
	changed bool
}

// factsAtMost bounds what is kept between batches.
const factsAtMost = 20_000

// Want asks for a row, and returns where it will be once it is loaded.
func (f *Facts[K, V]) Want(key K) *V {
	row, known := f.rows[key]
	if !known {
		if f.rows == nil {
			f.rows = map[K]*fact[V]{}
		}
		row = &fact[V]{}
		f.rows[key] = row
		f.missing = append(f.missing, key)
	}
	return &row.value
}

// Get returns a row that was wanted, nil if it was not.
func (f *Facts[K, V]) Get(key K) *V {
	if row := f.rows[key]; row != nil {
		return &row.value
	}
	return nil
}

// Change returns a row that was wanted, and has it written.
func (f *Facts[K, V]) Change(key K) *V {
	row := f.rows[key]
	if !row.changed {
		row.changed = true
		f.changed = append(f.changed, key)
	}
	return &row.value
}

// Missing are the keys that are to be loaded, in the order in which rows are
// locked.
func (f *Facts[K, V]) Missing(compare func(x, y K) int) []K {
	slices.SortFunc(f.missing, compare)
	return f.missing
}

// Changed are the keys that are to be written, in the same order.
func (f *Facts[K, V]) Changed(compare func(x, y K) int) []K {
	slices.SortFunc(f.changed, compare)
	return f.changed
}

// Keep begins another batch with what is known.
func (f *Facts[K, V]) Keep() {
	if len(f.rows) > factsAtMost {
		f.Reset()
		return
	}
	for _, key := range f.changed {
		f.rows[key].changed = false
	}
	f.missing, f.changed = f.missing[:0], f.changed[:0]
}

// Reset forgets everything.
func (f *Facts[K, V]) Reset() {
	clear(f.rows)
	f.missing, f.changed = f.missing[:0], f.changed[:0]
}

// Fresh are facts about rows that the batches before have made and that nobody
// has asked for since: most are asked for once, soon, by who made them. What is
// asked for and not known is loaded. A Keeper keeps them as it does Facts.
type Fresh[V any] struct {
	rows    map[string]V
	made    map[string]V  // by this batch
	wanted  map[string]*V // by this batch; nil until loaded
	missing []string
}

// Make notes a row that this batch makes.
func (f *Fresh[V]) Make(key string, v V) {
	if f.made == nil {
		f.rows, f.made = map[string]V{}, map[string]V{}
	}
	f.made[key] = v
}

// Want asks for what is known of a row, and forgets it for the batches to come:
// who asks may change it.
func (f *Fresh[V]) Want(key string) {
	if _, wanted := f.wanted[key]; wanted {
		return
	}
	if f.wanted == nil {
		f.wanted = map[string]*V{}
	}
	if v, known := f.rows[key]; known {
		f.wanted[key] = &v
		delete(f.rows, key)
		return
	}
	f.wanted[key] = nil
	f.missing = append(f.missing, key)
}

// Forget is told of a row that is loaded whole, by who may change it.
func (f *Fresh[V]) Forget(key string) { delete(f.rows, key) }

// Get returns what was wanted; nil if it was not, or if there is no such row.
func (f *Fresh[V]) Get(key string) *V { return f.wanted[key] }

// Missing are the keys that are to be loaded, in the order in which rows are
// locked.
func (f *Fresh[V]) Missing() []string {
	slices.Sort(f.missing)
	return f.missing
}

// Load notes what was loaded.
func (f *Fresh[V]) Load(key string, v V) { f.wanted[key] = &v }

// Keep begins another batch with what is known.
func (f *Fresh[V]) Keep() {
	if len(f.rows) > factsAtMost { // rows that are never asked for
		clear(f.rows)
	}
	maps.Copy(f.rows, f.made)
	f.begin()
}

// Reset forgets everything.
func (f *Fresh[V]) Reset() {
	clear(f.rows)
	f.begin()
}

func (f *Fresh[V]) begin() {
	clear(f.made)
	clear(f.wanted)
	f.missing = f.missing[:0]
}
