package smpp

import (
	"strconv"
	"strings"
	"time"

	"aviso/transport"
)

// receiptText is what the text of a receipt says. What it does not say is the
// zero value; its state then is unknown.
type receiptText struct {
	id              string
	submitted, done time.Time
	state           transport.ReceiptState
	code            string
}

// labels begin the fields of a receipt, in the order of the standard's example
// (SMPP 3.4, appendix B). What comes after "text:" is the message itself and
// may look like anything.
var labels = [...]string{"id:", "sub:", "dlvrd:", "submit date:", "done date:", "stat:", "err:", "text:"}

// parseReceipt reads the text of a receipt as carriers write it: labels in any
// case and order, fields missing, space after the colon or not.
func parseReceipt(s string) receiptText {
	r := receiptText{state: transport.UnknownState}
	label, rest := nextLabel(s)
	for label != "" && label != "text:" {
		following, after := nextLabel(rest)
		value := strings.TrimSpace(rest[:len(rest)-len(after)-len(following)])
		r.set(label, value)
		label, rest = following, after
	}
	return r
}

// nextLabel finds the first label of s that begins a word, and returns it and
// what comes after it; "" and "" when there is none.
func nextLabel(s string) (label, after string) {
	for i := range len(s) {
		if i > 0 && s[i-1] != ' ' && s[i-1] != '\t' && s[i-1] != '\n' && s[i-1] != '\r' && s[i-1] != ',' {
			continue
		}
		for _, l := range labels {
			if len(s)-i >= len(l) && strings.EqualFold(s[i:i+len(l)], l) {
				return l, s[i+len(l):]
			}
		}
	}
	return "", ""
}

// set keeps the first value of each field.
func (r *receiptText) set(label, value string) {
	value = strings.TrimRight(value, ",; \t\r\n")
	switch {
	case value == "":
	case label == "id:" && r.id == "":
		r.id = value[:min(len(value), maxField)]
	case label == "submit date:" && r.submitted.IsZero():
		r.submitted = receiptTime(value)
	case label == "done date:" && r.done.IsZero():
		r.done = receiptTime(value)
	case label == "stat:" && r.state == transport.UnknownState:
		r.state = statOf(value)
	case label == "err:" && r.code == "":
		r.code = value[:min(len(value), 32)]
	}
}

// receiptTime reads YYMMDDhhmm, with seconds or without, and with a century or
// without. The zone is nowhere said; UTC is a guess.
func receiptTime(s string) time.Time {
	layout := map[int]string{10: "0601021504", 12: "060102150405", 14: "20060102150405"}[len(s)]
	t, err := time.Parse(layout, s)
	if err != nil || layout == "" {
		return time.Time{}
	}
	return t
}

// statOf reads a state by its first letters: the standard's words have 7, some
// gateways write them out, others shorten them.
func statOf(s string) transport.ReceiptState {
	s = strings.ToUpper(s)
	for _, known := range [...]struct {
		prefix string
		state  transport.ReceiptState
	}{
		{"DELIV", transport.Delivered}, {"DLVRD", transport.Delivered},
		{"EXPIR", transport.Expired},
		{"DELET", transport.Deleted},
		{"UNDEL", transport.Undeliverable}, {"FAIL", transport.Undeliverable},
		{"ACCEP", transport.Accepted}, {"ACKED", transport.Accepted},
		{"REJEC", transport.Rejected},
		{"ENROU", transport.Enroute}, {"BUFFE", transport.Enroute}, {"SCHED", transport.Enroute},
	} {
		if strings.HasPrefix(s, known.prefix) {
			return known.state
		}
	}
	return transport.UnknownState
}

// decimal is n, or "" for 0.
func decimal(n uint16) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(int(n))
}
