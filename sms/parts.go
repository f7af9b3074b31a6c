package sms

import (
	"bytes"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"aviso/transport"
)

// How long the parts of a text are waited for (contract, SMS, receiving).
const (
	partsWait = 24 * time.Hour
	// Phones count their long texts in eight bits, and begin again soon.
	narrowSilence = time.Hour
)

// partKey is which text a part belongs to. The width says which of two spaces
// of references is meant (3GPP TS 23.040, 9.2.3.24.1 and 9.2.3.24.8).
type partKey struct {
	gateway, from, to string
	wide              bool
	reference         uint16
	total             int
}

func (k partKey) name() string {
	return nameOf(k.gateway, k.from, k.to, strconv.FormatBool(k.wide), strconv.Itoa(int(k.reference)), strconv.Itoa(k.total))
}

// part is one piece of a longer text.
type part struct {
	alphabet transport.Alphabet
	data     []byte
}

func (p part) equal(q part) bool { return p.alphabet == q.alphabet && bytes.Equal(p.data, q.data) }

// validPart says whether a header about parts can be meant as it stands. A text
// whose header cannot is taken as one piece (3GPP TS 23.040, 9.2.3.24.1).
func validPart(p *transport.Part) bool {
	return p != nil && p.Total >= 2 && p.Total <= 255 && p.Number >= 1 && p.Number <= p.Total
}

// partSet is the parts of one text that have come so far.
type partSet struct {
	id        string
	name      string
	gateway   string
	sender    string // as readSender returns it
	recipient string
	beganAt   int64
	lastAt    int64
	closedAt  int64 // nothing is added any more; 0 while something may be
	parts     map[int]part

	stored   bool
	changed  bool
	finished bool // routed: its rows go
}

// closedBy says whether a part does not belong to the set, although all its
// numbers are the set's: its place holds something else, or the set is of
// another time.
func (s *partSet) closedBy(number int, p part, wide bool, now int64) bool {
	if now-s.beganAt >= partsWait.Milliseconds() || !wide && now-s.lastAt >= narrowSilence.Milliseconds() {
		return true
	}
	had, taken := s.parts[number]
	return taken && !had.equal(p)
}

// joinParts returns what the parts say in their order, of an incomplete set what
// there is. The octets are joined before they are decoded: a character may
// begin in one part and end in the next.
func joinParts(parts map[int]part) string {
	var text strings.Builder
	var octets []byte
	numbers := slices.Sorted(maps.Keys(parts))
	for i, n := range numbers {
		octets = append(octets, parts[n].data...)
		if i+1 == len(numbers) || parts[numbers[i+1]].alphabet != parts[n].alphabet {
			text.WriteString(decode(parts[n].alphabet, octets))
			octets = nil
		}
	}
	return text.String()
}
