package email

import (
	"strconv"

	"aviso/fault"
)

// maxNamed is how many recipients a call may name before it is refused unread,
// so that repeating one address cannot buy work.
const maxNamed = 1000

// RecipientKind is where a recipient is named.
type RecipientKind uint8

// The kinds, in the order in which they win when an address is named twice.
const (
	To RecipientKind = iota
	Cc
	Bcc // never in a header
)

func (k RecipientKind) String() string {
	return [...]string{"to", "cc", "bcc"}[k]
}

// Recipient is one distinct recipient of a message: a Mailbox and its kind.
type Recipient struct {
	Kind    RecipientKind
	Name    string // display name; may be empty
	Address string // the first spelling, as it is shown and stored
	Wire    string // for the envelope
}

// named is one of the request's three lists.
type named struct {
	kind      RecipientKind
	addresses []string
	list      bool
}

// field is the name of the i-th address in a fault.
func (n *named) field(i int) string {
	if !n.list {
		return n.kind.String()
	}
	return n.kind.String() + "[" + strconv.Itoa(i) + "]"
}

// absent reports whether the field is as good as not there: an empty string,
// which forms send for what was not filled in, or an empty list.
func (n *named) absent() bool {
	return len(n.addresses) == 0 || !n.list && len(n.addresses) == 1 && n.addresses[0] == ""
}

// setRecipients keeps the distinct recipients: the first spelling of each, in
// the order of RecipientKind. Every address named is judged before they are
// counted, so that a bad one is the fault whatever their number is.
func (d *Draft) setRecipients(r *Request, l Limits) *fault.Error {
	lists := [...]named{{To, r.To, r.ToList}, {Cc, r.Cc, r.CcList}, {Bcc, r.Bcc, r.BccList}}
	total := len(r.To) + len(r.Cc) + len(r.Bcc)
	if total > maxNamed {
		return tooMany(l.Recipients, "with over "+strconv.Itoa(maxNamed)+" named it was not read further.")
	}
	if lists[To].absent() {
		return fault.Field("INVALID_REQUEST", "to", "to is missing: give an address or a list of them.")
	}

	seen := make(map[string]struct{}, total)
	d.Recipients = make([]Recipient, 0, total)
	for i := range lists {
		list := &lists[i]
		if list.absent() {
			continue
		}
		for i, s := range list.addresses {
			m, err := ParseAddress(s)
			if err != nil {
				return fault.Field("INVALID_ADDRESS", list.field(i), err.Error())
			}
			key := m.Key()
			if _, again := seen[key]; again {
				continue
			}
			seen[key] = struct{}{}
			d.Recipients = append(d.Recipients, Recipient{list.kind, m.Name, m.Address, m.Wire})
		}
	}
	if n := len(d.Recipients); n > l.Recipients {
		return tooMany(l.Recipients, "this one has "+strconv.Itoa(n)+".")
	}
	return nil
}

func tooMany(limit int, why string) *fault.Error {
	return fault.Field("TOO_MANY_RECIPIENTS", "to",
		"A message may have "+strconv.Itoa(limit)+" distinct recipients in to, cc and bcc; "+why)
}
