package numbered

// Reach bounds the looking for what a filter lets through.
type Reach struct {
	Counted int64 // matches
	Looked  int64 // rows, for one page
}

// UsualReach counts as far as the contract wants (dashboard, lists).
var UsualReach = Reach{Counted: 10_000, Looked: 20_000}

// Search finds which rows a filter lets through. An index for each question would
// be paid for by every row that is written (docs/decisions/0010).
type Search struct {
	Reach
	Step int64 // how many rows to look at at a time
	// Look looks at the rows with the number top and lower, newest first, most of
	// them at most.
	Look func(top, most int64) (Seen, error)
}

// Seen is what one look has seen.
type Seen struct {
	Rows    int64   // how many; fewer than could have been when nothing is left to look at
	Last    int64   // the number of the last of them
	Matches []int64 // the numbers that the filter lets through, newest first
}

// found is what a search has found.
type found struct {
	numbers []int64 // newest first
	last    int64   // the number of the last row looked at
	ended   bool    // nothing is left to look at
}

// find looks from the number top on until it has enough matches, or more, or has
// looked as far as it may.
func (s *Search) find(top, enough int64) (f found, err error) {
	step := min(s.Step, s.Looked)
	for looked := int64(0); looked < s.Looked && int64(len(f.numbers)) < enough; top = f.last - 1 {
		seen, err := s.Look(top, step)
		if err != nil {
			return f, err
		}
		f.numbers, f.last = append(f.numbers, seen.Matches...), seen.Last
		if seen.Rows < step {
			f.ended = true
			return f, nil
		}
		looked += seen.Rows
	}
	return f, nil
}
