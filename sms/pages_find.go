package sms

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/cases"
)

// matches are the numbers of texts that a filter let through, newest first.
type matches struct {
	numbers []int64
	last    int64 // the number of the last text looked at
	ended   bool  // nothing is left to look at
}

// findStep is how many texts are asked for at a time.
const findStep = 2000

// source chooses the index that has the least of what the filter does not want.
// Its texts have numbers up to $3, newest first, $4 at most.
func (l *textLister) source() (query string, of any) {
	columns := `SELECT number, direction, peer, `
	if l.filter.Query != "" {
		columns += `content`
	} else {
		columns += `''`
	}
	columns += ` FROM sms_messages WHERE account_id = $1 AND `
	const order = ` AND number <= $3 ORDER BY number DESC LIMIT $4`
	switch {
	case l.filter.Peer != "":
		return columns + `peer = $2` + order, l.filter.Peer
	case l.filter.Direction != "":
		return columns + `direction = $2` + order, string(l.filter.Direction)
	}
	return columns + `number >= $2` + order, int64(1)
}

// find looks from the number top on for texts that the filter lets through, until
// it has enough of them, or has looked at as many as it may.
func (l *textLister) find(top int64, enough int) (found matches, err error) {
	query, of := l.source()
	w := beginning{fold: cases.Fold()}
	w.wanted = w.fold.String(l.filter.Query)
	step := min(findStep, l.looked)
	for looked := int64(0); len(found.numbers) < enough; top = found.last - 1 {
		if looked >= l.looked {
			return found, nil
		}
		seen := int64(0)
		err := l.tx.Rows(query, []any{l.account, of, top, step}, func(scan func(...any) error) error {
			var peer, content string
			var direction Direction
			if err := scan(&found.last, &direction, &peer, &content); err != nil {
				return err
			}
			seen++
			f := l.filter
			if (f.Direction == "" || f.Direction == direction) && (f.Peer == "" || f.Peer == peer) && (f.Query == "" || w.of(peer) || w.of(content)) {
				found.numbers = append(found.numbers, found.last)
			}
			return nil
		})
		if err != nil {
			return found, err
		}
		if looked += seen; seen < step {
			found.ended = true
			break
		}
	}
	return found, nil
}

// beginning says whether a text begins as wanted, whatever its case. It is not
// asked of the databases: they fold case each in their own way.
type beginning struct {
	fold   cases.Caser
	wanted string // folded
}

func (w *beginning) of(text string) bool {
	// No letter is folded to a quarter of itself.
	if most := 4*len(w.wanted) + utf8.UTFMax; len(text) > most {
		text = text[:most]
	}
	return strings.HasPrefix(w.fold.String(text), w.wanted)
}
