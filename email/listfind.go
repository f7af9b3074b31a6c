package email

import (
	"strconv"

	"aviso/db"
	"aviso/numbered"
)

// disorder is by how many milliseconds the times of messages numbered one after
// the other may differ: two nodes may ask for the time in another order than
// they number.
const disorder = 10_000

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

// newest reads messages with numbers from $3 to $2, newest first, $4 at most.
func newest(table, also string) string {
	return `(` + candidateColumns + table + ` WHERE account_id = $1 AND number <= $2 AND number >= $3` + also + ` ORDER BY number DESC LIMIT $4) m`
}

// passes is what the database can say about a message itself.
const passes = ` WHERE ($5 = '' OR m.key_id = $5) AND ($6 = '' OR m.status = $6) AND m.created_at >= $7 AND m.created_at < $8`

// logSearch looks for the messages that a filter lets through.
type logSearch struct {
	tx      *db.Tx
	account string
	filter  LogFilter
	numbered.Range
	begins *numbered.Beginning

	low, high int64  // the numbers that may be let through
	from      string // the shortest way to them: newest of a table
	query     string // reads the texts of those that pass
}

func newLogSearch(tx *db.Tx, account string, f LogFilter, r numbered.Range, reach numbered.Reach) (s numbered.Search, err error) {
	l := &logSearch{tx: tx, account: account, filter: f, Range: r, begins: numbered.NewBeginning(f.Query)}
	s = numbered.Search{Reach: reach, Look: l.look}
	if l.from, s.Step, err = l.source(reach.Counted); err != nil {
		return s, err
	}
	texts, joined := `'', ''`, ``
	if f.Query != "" {
		texts, joined = `m.subject, r.address`, ` JOIN email_recipients r ON r.message_id = m.id`
		s.Step, s.Looked = min(s.Step, 1000), s.Looked/2 // recipients are as many rows again
	}
	l.query = `SELECT m.number, ` + texts + ` FROM ` + l.from + joined + passes + ` ORDER BY m.number DESC`
	l.low, l.high, err = l.between()
	return s, err
}

// source chooses the shortest way to what the filter wants, and how many to look
// at at a time.
func (l *logSearch) source(counted int64) (from string, step int64, err error) {
	if also := overStatuses[l.filter.Status]; also != "" {
		return newest("email_messages", also), 2000, nil
	}
	live := liveStatuses[l.filter.Status]
	if live == "" {
		return newest("email_messages", ""), 2000, nil
	}
	// More than can be counted would be read for nothing, and the newest of so
	// many are found among the newest of all.
	var n int64
	err = l.tx.Row(`SELECT COUNT(*) FROM (SELECT 1 FROM email_messages WHERE `+live+` LIMIT $2) c`, []any{l.account, counted + 1}, &n)
	if n > counted {
		return newest("email_messages", ""), 2000, err
	}
	all := `(SELECT id, number, account_id, key_id, status, created_at, subject FROM email_messages WHERE ` + live + ` LIMIT ` + strconv.FormatInt(counted, 10) + `) q`
	return newest(all, ""), counted, err
}

func (l *logSearch) look(top, most int64) (seen numbered.Seen, err error) {
	if l.filter.KeyID != "" && !db.IsID(l.filter.KeyID) {
		return seen, nil // nobody's, and perhaps nothing that a database takes
	}
	step := []any{l.account, min(top, l.high), l.low, most}
	// Of what is not let through only the number is needed, which is in the index.
	err = l.tx.Row(`SELECT COUNT(*), COALESCE(MIN(m.number), 0) FROM `+l.from, step, &seen.Rows, &seen.Last)
	if err != nil || seen.Rows == 0 {
		return seen, err
	}
	before := l.filter.To
	if before == 0 {
		before = 1 << 62
	}
	taken := int64(0)
	err = l.tx.Rows(l.query, append(step, l.filter.KeyID, string(l.filter.Status), l.filter.From, before), func(scan func(...any) error) error {
		var number int64
		var subject, address string
		if err := scan(&number, &subject, &address); err != nil {
			return err
		}
		if number == taken || !l.begins.Of(subject) && !l.begins.Of(address) {
			return nil // one of several recipients is enough
		}
		taken = number
		seen.Matches = append(seen.Matches, number)
		return nil
	})
	return seen, err
}

// between returns the numbers that the filter's times can be in: a few more
// than are.
func (l *logSearch) between() (low, high int64, err error) {
	low, high = 1, l.Last
	if l.filter.From > 0 {
		low, err = l.firstSince(l.filter.From - disorder)
		if low == l.KeptFrom {
			low = 1 // what retention had to leave is older
		}
	}
	if l.filter.To > 0 && err == nil {
		high, err = l.firstSince(l.filter.To + disorder)
		high--
	}
	return low, high, err
}

// firstSince returns the lowest number from KeptFrom on whose message is of a
// time or later. Numbers are in order of time, so it takes a step for each
// doubling of their number.
func (l *logSearch) firstSince(at int64) (int64, error) {
	low, high := l.KeptFrom, l.Last+1
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
