package smtprelay

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestCanonical(t *testing.T) {
	for data, want := range map[string]bool{
		"a\r\n": true, "\r\n": true, ".\r\n": true, "a\r\n.\r\n\r\n": true,
		"": false, "a": false, "a\n": false, "a\r": false, "a\r\nb": false,
		"a\n.\r\n": false, "a\r\n.\n": false, "a\r.\r\n": false, "a\r\r\n": false, "\na\r\n": false, "a\r\n\n": false,
	} {
		if got := canonical([]byte(data)); got != want {
			t.Errorf("%q: %t", data, got)
		}
	}
}

// stuffSlowly says what stuffing is, line by line.
func stuffSlowly(data []byte) []byte {
	var out []byte
	for line := range bytes.Lines(data) {
		if line[0] == '.' {
			out = append(out, '.')
		}
		out = append(out, line...)
	}
	return out
}

// stuffInBlocks is what content writes, without the network.
func stuffInBlocks(data []byte, limit int) []byte {
	var out []byte
	for len(data) > 0 {
		lines := firstLines(data, limit)
		data = data[len(lines):]
		out = appendStuffed(out, lines)
	}
	return out
}

func TestStuffing(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	pieces := []string{".", "..", "\r\n", "\r\n.", "\r\n..\r\n", "a", "long words and more of them", "\r\n\r\n", "é"}
	for range 2000 {
		var b strings.Builder
		for range random.IntN(60) {
			b.WriteString(pieces[random.IntN(len(pieces))])
		}
		data := []byte(b.String() + "\r\n")
		if got, want := stuffInBlocks(data, 1+random.IntN(64)), stuffSlowly(data); !bytes.Equal(got, want) {
			t.Fatalf("%q became %q, not %q", data, got, want)
		}
	}
}

func FuzzStuffing(f *testing.F) {
	f.Add([]byte(".\r\n..\r\na\r\n.b\r\n"), 4)
	f.Fuzz(func(t *testing.T, data []byte, limit int) {
		if !canonical(data) || limit < 1 || limit > maxBlock {
			return
		}
		out := stuffInBlocks(data, limit)
		if !bytes.Equal(out, stuffSlowly(data)) {
			t.Fatalf("%q became %q", data, out)
		}
		if bytes.Contains(append([]byte("\r\n"), out...), []byte("\r\n.\r\n")) {
			t.Fatalf("%q ends early", out)
		}
	})
}
