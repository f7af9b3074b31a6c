package email

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/cases"
)

// Which messages a filter lets through is found by looking at the newest first.
// An index for each question would be paid for by every message that is sent
// (docs/decisions/0010); these bound the looking instead.
type reach struct {
	counted int64 // matches
	looked  int64 // messages, for one page; half as many where their recipients are read as well
}

// usualReach counts as far as the contract wants (dashboard, lists).
var usualReach = reach{counted: 10_000, looked: 20_000}

// disorder is by how many milliseconds the times of messages numbered one after
// the other may differ: two nodes may ask for the time in another order than
// they number.
const disorder = 10_000

// matches are the numbers of messages that a filter let through, newest first.
type matches struct {
	numbers []int64
	last    int64 // the number of the last message looked at
	ended   bool  // nothing is left to look at
}

// overStatuses have an index of their own: they are few, and hardly any message
// ever enters it.
var overStatuses = map[Status]string{Failed: " AND status = 'failed'", Unknown: " AND status = 'unknown'",
	Interrupted: " AND status = 'interrupted'", Cancelled: " AND status = 'cancelled'"}

// liveStatuses are found by the indexes that the queue is worked off with.
var liveStatuses = map[Status]string{
	Queued:  "account_id = $1 AND status = 'queued' ORDER BY due_at",
	Sending: "account_id || '' = $1 AND status = 'sending' ORDER BY due_at",
}

const candidateColumns = `SELECT id, number, key_id, status, created_at, subject FROM `

// source is a statement that reads messages with numbers from $3 to $2, newest
// first, $4 at most, and how many to ask for at a time.
type source struct {
	from string
	step int64
}

func numbered(table, also string) string {
	return `(` + candidateColumns + table + ` WHERE account_id = $1 AND number <= $2 AND number >= $3` + also + ` ORDER BY number DESC LIMIT $4) m`
}

// source chooses the shortest way to what the filter wants.
func (l *lister) source() (source, error) {
	if also := overStatuses[l.filter.Status]; also != "" {
		return source{numbered("email_messages", also), 2000}, nil
	}
	live := liveStatuses[l.filter.Status]
	if live == "" {
		return source{numbered("email_messages", ""), 2000}, nil
	}
	// More than can be counted would be read for nothing, and the newest of so
	// many are found among the newest of all.
	var n int64
	err := l.tx.Row(`SELECT COUNT(*) FROM (SELECT 1 FROM email_messages WHERE `+live+` LIMIT $2) c`, []any{l.account, l.counted + 1}, &n)
	if n > l.counted {
		return source{numbered("email_messages", ""), 2000}, err
	}
	all := `(SELECT id, number, account_id, key_id, status, created_at, subject FROM email_messages WHERE ` + live + ` LIMIT ` + strconv.FormatInt(l.counted, 10) + `) q`
	return source{numbered(all, ""), l.counted}, err
}

// find looks from the number top on for messages that the filter lets through,
// until it has enough of them, or has looked at as many as it may.
func (l *lister) find(top int64, enough int) (found matches, err error) {
	src, err := l.source()
	if err != nil {
		return found, err
	}
	low, high, err := l.between()
	if err != nil {
		return found, err
	}
	top = min(top, high)
	most := l.looked
	query := `SELECT m.number, '', '' FROM ` + src.from + passes + ` ORDER BY m.number DESC`
	w := words{fold: cases.Fold()}
	if l.filter.Query != "" {
		w.wanted = w.fold.String(l.filter.Query)
		query = `SELECT m.number, m.subject, r.address FROM ` + src.from + ` JOIN email_recipients r ON r.message_id = m.id` + passes + ` ORDER BY m.number DESC`
		src.step, most = min(src.step, 1000), most/2
	}
	src.step = min(src.step, most)
	for looked := int64(0); len(found.numbers) < enough; {
		seen, err := l.look(src, query, top, low, &w, &found)
		if err != nil {
			return found, err
		}
		looked += seen
		if seen < src.step {
			found.ended = true
			break
		}
		if top = found.last - 1; looked >= most {
			break
		}
	}
	return found, nil
}

// passes is what the database can say about a message itself.
const passes = ` WHERE ($5 = '' OR m.key_id = $5) AND ($6 = '' OR m.status = $6) AND m.created_at >= $7 AND m.created_at < $8`

// look reads one step and returns how many messages it looked at.
func (l *lister) look(src source, query string, top, low int64, w *words, found *matches) (seen int64, err error) {
	step := []any{l.account, top, low, src.step}
	// Of what is not let through only the number is needed, which is in the index.
	if err := l.tx.Row(`SELECT COUNT(*), COALESCE(MIN(m.number), 0) FROM `+src.from, step, &seen, &found.last); err != nil || seen == 0 {
		return seen, err
	}
	before := l.filter.To
	if before == 0 {
		before = 1 << 62
	}
	taken := int64(0)
	return seen, l.tx.Rows(query, append(step, l.filter.KeyID, string(l.filter.Status), l.filter.From, before), func(scan func(...any) error) error {
		var number int64
		var subject, address string
		if err := scan(&number, &subject, &address); err != nil {
			return err
		}
		if number == taken || w.wanted != "" && !w.begin(subject) && !w.begin(address) {
			return nil // one of several recipients is enough
		}
		taken = number
		found.numbers = append(found.numbers, number)
		return nil
	})
}

// between returns the numbers that the filter's times can be in: a few more
// than are.
func (l *lister) between() (low, high int64, err error) {
	low, high = 1, l.messages
	if l.filter.From > 0 {
		low, err = l.firstSince(l.filter.From - disorder)
		if low == l.keptFrom {
			low = 1 // what retention had to leave is older
		}
	}
	if l.filter.To > 0 && err == nil {
		high, err = l.firstSince(l.filter.To + disorder)
		high--
	}
	return low, high, err
}

// firstSince returns the lowest number from keptFrom on whose message is of a
// time or later. Numbers are in order of time, so it takes a step for each
// doubling of their number.
func (l *lister) firstSince(at int64) (int64, error) {
	low, high := l.keptFrom, l.messages+1
	for low < high {
		middle := low + (high-low)/2
		var created int64
		if err := l.tx.Row(`SELECT created_at FROM email_messages WHERE account_id = $1 AND number = $2`, []any{l.account, middle}, &created); err != nil {
			return 0, err
		}
		if created >= at {
			high = middle
		} else {
			low = middle + 1
		}
	}
	return low, nil
}

// words says whether a text begins as wanted, whatever its case. The databases
// fold case each in their own way, and SQLite that of ASCII alone.
type words struct {
	fold   cases.Caser
	wanted string // folded
}

func (w *words) begin(text string) bool {
	if text == "" || text[0] < utf8.RuneSelf && lower(text[0]) != w.wanted[0] {
		return false // most are, and an ASCII letter folds to one
	}
	if len(text) > 4*len(w.wanted)+utf8.UTFMax { // no letter is folded to a quarter of itself
		text = text[:4*len(w.wanted)+utf8.UTFMax]
	}
	if len(text) >= len(w.wanted) && strings.EqualFold(text[:len(w.wanted)], w.wanted) {
		return true
	}
	return strings.HasPrefix(w.fold.String(text), w.wanted)
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
