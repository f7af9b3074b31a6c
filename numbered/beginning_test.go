package numbered_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"golang.org/x/text/cases"

	"aviso/numbered"
)

func TestBeginning(t *testing.T) {
	for _, r := range []struct {
		wanted, text string
		is           bool
	}{
		{"", "", true},
		{"", "anything", true},
		{"a", "", false},
		{"ORDER", "order one", true},
		{"order", "an order", false},
		{"order", "orde", false},
		{"straSSe", "Straße 1", true},
		{"straße", "STRASSE", true},
		{"ß", "SS", true},
		{"k", "\u212aelvin", true}, // the sign of the unit
		{"\u212a", "kelvin", true},
		{"ſ", "S", true},
		{"élan", "ÉLAN vital", true},
		{"ΣΊΣΥΦΟΣ", "σίσυφος", true},
		{"ﬁn", "FINAL", true},
		{"fin", "ﬁnal", true},
		{"+44", "+447700900123", true},
		{"+44", "447700900123", false},
		{"a", strings.Repeat("A", 100_000), true},
		{"ab", strings.Repeat("a", 100_000), false},
	} {
		if got := numbered.NewBeginning(r.wanted).Of(r.text); got != r.is {
			t.Errorf("%q at the beginning of %.40q: %v", r.wanted, r.text, got)
		}
	}
}

// The shortcuts change no answer.
func TestBeginningIsFolding(t *testing.T) {
	letters := []rune("aAbBkK\u212asSſßẞiIıİﬁéÉ+1 ΐΐσςΣ漢")
	random := rand.New(rand.NewPCG(1, 2))
	some := func(most int) string {
		var b strings.Builder
		for range random.IntN(most + 1) {
			b.WriteRune(letters[random.IntN(len(letters))])
		}
		return b.String()
	}
	fold := cases.Fold()
	begun := 0
	for range 200_000 {
		wanted, text := some(3), some(8)
		want := strings.HasPrefix(fold.String(text), fold.String(wanted))
		if got := numbered.NewBeginning(wanted).Of(text); got != want {
			t.Fatalf("%q at the beginning of %q: %v", wanted, text, got)
		}
		if want && wanted != "" {
			begun++
		}
	}
	if begun < 1000 {
		t.Errorf("only %d began so", begun)
	}
}
