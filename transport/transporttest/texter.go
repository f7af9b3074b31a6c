package transporttest

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode"

	"aviso/transport"
)

// TextHop is a Texter and what its gateway does with some recipients. One that
// is empty belongs to something the gateway cannot do, and the parts of the
// story about it are left out.
type TextHop struct {
	Texter transport.Texter
	// Taken makes a number that is taken, a different one for each n.
	Taken        func(n int) string
	Refused      string // refused for good, without blame for the number
	BadRecipient string // refused because of the number
	Later        string // not taken now
	Unknown      string // submitted, and then the link or the answer is no good
	// Silent is submitted and never answered. Begun is sent to when that
	// silence has begun.
	Silent string
	Begun  <-chan struct{}
	// Submitted is how many parts, or whole texts, of a message id have come
	// to the gateway in full.
	Submitted func(id string) int
	// PerPart says that each part has a verdict of its own.
	PerPart bool
}

// RunTexts tells the story, each chapter with a TextHop of its own.
func RunTexts(t *testing.T, open func(t *testing.T) TextHop) {
	tell(t, open, []chapter[TextHop]{
		{"taken, with an id", textTaken},
		{"not taken, each for its reason", textNotTaken},
		{"several parts", textParts},
		{"the text is left as it was", textUntouched},
		{"MayStart is asked once, and can say no", textWithdrawn},
		{"a context that has ended", textEndedBefore},
		{"a context that ends before the answer", textEndsLate},
		{"many at a time", textsTogether},
	})
}

// TextOf is the id of the story's text that content, or a part of it, belongs
// to: they begin with it, for gateways that are told no id of ours.
func TextOf(content string) string {
	id, _, _ := strings.Cut(content, "/")
	return id
}

func text(id, to string, parts ...string) *transport.Text {
	m := &transport.Text{ID: id, From: "+447700900000", To: to, Encoding: transport.GSM7, Reference: 0x0102}
	for i, part := range append(parts, "once") {
		part = id + "/" + part
		m.Content += part
		m.Parts = append(m.Parts, []byte(part))
		m.PartReferences = append(m.PartReferences, uint16(7+i))
	}
	return m
}

// threeParts is a text that has to be split.
func threeParts(id, to string) *transport.Text {
	full := 153 - len(id+"/")
	return text(id, to, strings.Repeat("a", full), strings.Repeat("b", full))
}

// submit sends m, checks what holds for every report, and returns the verdict
// on the first part. The others must follow from it: no part leaves after one
// that was not taken.
func (h TextHop) submit(ctx context.Context, t *testing.T, m *transport.Text) transport.TextVerdict {
	t.Helper()
	report := h.Texter.Send(ctx, m)
	want := 1
	if h.PerPart {
		want = len(m.Parts)
	}
	if len(report.Verdicts) != want {
		t.Fatalf("%s: %d verdicts for %d parts", m.ID, len(report.Verdicts), len(m.Parts))
	}
	taken := true
	for i, v := range report.Verdicts {
		if len(v.Text) > 500 || strings.ContainsFunc(v.Text, unicode.IsControl) {
			t.Errorf("%s: the words are not one line of at most 500 bytes: %q", m.ID, v.Text)
		}
		if v.Outcome != transport.Taken && v.Text == "" && v.Code == "" {
			t.Errorf("%s: part %d is %s without a reason", m.ID, i, v.Outcome)
		}
		if v.Recipient && v.Outcome != transport.Refused {
			t.Errorf("%s: the number is blamed for a part that is %s", m.ID, v.Outcome)
		}
		if !taken && v.Outcome != transport.Later {
			t.Errorf("%s: part %d is %s after one that was not taken", m.ID, i, v.Outcome)
		}
		taken = taken && v.Outcome == transport.Taken
	}
	return report.Verdicts[0]
}

// expectText sends m and compares the outcome and how much came to the gateway.
func (h TextHop) expectText(ctx context.Context, t *testing.T, m *transport.Text, want transport.Outcome, submitted int) transport.TextVerdict {
	t.Helper()
	v := h.submit(ctx, t, m)
	if v.Outcome != want {
		t.Errorf("%s is %s, not %s: %+v", m.ID, v.Outcome, want, v)
	}
	if n := h.Submitted(m.ID); submitted >= 0 && n != submitted {
		t.Errorf("%s was submitted %d times, not %d", m.ID, n, submitted)
	}
	return v
}

func textTaken(t *testing.T, h TextHop) {
	ids := map[string]bool{}
	for i := range 3 {
		v := h.expectText(t.Context(), t, text(fmt.Sprint("taken ", i), h.Taken(i)), transport.Taken, 1)
		if v.ProviderID == "" || ids[v.ProviderID] {
			t.Errorf("%q is no id of its own", v.ProviderID)
		}
		ids[v.ProviderID] = true
	}
}

func textNotTaken(t *testing.T, h TextHop) {
	for _, c := range []struct {
		to        string
		want      transport.Outcome
		recipient bool
	}{
		{h.Refused, transport.Refused, false},
		{h.BadRecipient, transport.Refused, true},
		{h.Later, transport.Later, false},
		{h.Unknown, transport.Unknown, false},
	} {
		if c.to == "" {
			continue
		}
		// A gateway may refuse before or after it has looked at the whole text.
		v := h.expectText(t.Context(), t, text("to "+c.to, c.to), c.want, -1)
		if v.Recipient != c.recipient {
			t.Errorf("%s: %+v", c.to, v)
		}
		if n := h.Submitted("to " + c.to); n > 1 {
			t.Errorf("%s was tried %d times", c.to, n)
		}
		h.expectText(t.Context(), t, text("after "+c.to, h.Taken(1)), transport.Taken, 1)
	}
}

func textParts(t *testing.T, h TextHop) {
	submissions := 1
	if h.PerPart {
		submissions = 3
	}
	h.expectText(t.Context(), t, threeParts("long", h.Taken(1)), transport.Taken, submissions)
	for _, to := range []string{h.Refused, h.BadRecipient, h.Later, h.Unknown} {
		if to == "" {
			continue
		}
		id := "long to " + to
		if v := h.submit(t.Context(), t, threeParts(id, to)); v.Outcome == transport.Taken {
			t.Errorf("%s: %+v", to, v)
		}
		if n := h.Submitted(id); n > 1 {
			t.Errorf("%d submissions to %s, which takes none", n, to)
		}
	}
}

func textUntouched(t *testing.T, h TextHop) {
	m, want := threeParts("untouched", h.Taken(1)), threeParts("untouched", h.Taken(1))
	h.submit(t.Context(), t, m)
	if !reflect.DeepEqual(m, want) {
		t.Errorf("Send made %+v of %+v", m, want)
	}
}

func textWithdrawn(t *testing.T, h TextHop) {
	for i, may := range []bool{true, false, true} {
		var mu sync.Mutex
		asked := 0
		m := threeParts(fmt.Sprintf("may start %d %t", i, may), h.Taken(1))
		m.MayStart = func() bool {
			mu.Lock()
			defer mu.Unlock()
			asked++
			if n := h.Submitted(m.ID); !may && n != 0 {
				t.Errorf("asked after %d submissions", n)
			}
			return may
		}
		want, submitted := transport.Taken, -1
		if !may {
			want, submitted = transport.Later, 0
		}
		h.expectText(t.Context(), t, m, want, submitted)
		mu.Lock()
		if asked != 1 {
			t.Errorf("MayStart was asked %d times", asked)
		}
		mu.Unlock()
	}
}

func textEndedBefore(t *testing.T, h TextHop) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 8 { // a select that has both an end and a place takes either
		h.expectText(ctx, t, text("ended", h.Taken(1)), transport.Later, 0)
	}
	h.expectText(t.Context(), t, text("not ended", h.Taken(1)), transport.Taken, 1)
}

func textEndsLate(t *testing.T, h TextHop) {
	if h.Silent == "" {
		return
	}
	ctx, end := untilSilent(t, h.Begun)
	defer end()
	h.expectText(ctx, t, text("silent", h.Silent), transport.Unknown, 1)
	end()
	h.expectText(t.Context(), t, text("after silence", h.Taken(1)), transport.Taken, 1)
}

func textsTogether(t *testing.T, h TextHop) {
	const callers, each = 16, 8
	type cast struct {
		to   string
		want transport.Outcome
	}
	all := []cast{{h.Refused, transport.Refused}, {h.BadRecipient, transport.Refused}, {h.Later, transport.Later}}
	all = slices.DeleteFunc(all, func(c cast) bool { return c.to == "" })
	var done sync.WaitGroup
	for c := range callers {
		done.Go(func() {
			for i := range each {
				n := c*each + i
				role := cast{h.Taken(100 + n), transport.Taken}
				if len(all) > 0 && n%4 == 3 {
					role = all[n/4%len(all)]
				}
				m := text(fmt.Sprintf("text %d of %d", i, c), role.to)
				report := h.Texter.Send(t.Context(), m)
				if len(report.Verdicts) != 1 || report.Verdicts[0].Outcome != role.want {
					t.Errorf("%s to %s: %+v", m.ID, m.To, report.Verdicts)
				}
				if got := h.Submitted(m.ID); role.want == transport.Taken && got != 1 {
					t.Errorf("%s was submitted %d times", m.ID, got)
				}
			}
		})
	}
	done.Wait()
}
