package account

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

const minute = 60_000

// stored is a window after it was written and read again.
func stored(w window) window { return decodeWindow(w.encode()) }

// drawClock makes a clock that ticks, pauses, and sometimes goes back.
func drawClock(t *rapid.T) func() int64 {
	clock := int64(1_700_000_000_000)
	step := rapid.OneOf(
		rapid.Int64Range(0, 5),
		rapid.Int64Range(0, minute/4),
		rapid.SampledFrom([]int64{0, minute - 1, minute, minute + 1, -1, -minute, -3_600_000, 3_600_000}),
	)
	return func() int64 { clock += step.Draw(t, "step"); return clock }
}

// In no 60 seconds, however placed, are there more than the limit; and whoever
// is refused is let in after exactly the time that was said, not a millisecond
// sooner.
func TestWindowHoldsInEveryMinute(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(1, 8).Draw(t, "limit")
		tick := drawClock(t)
		var w window
		var counted []int64
		for range rapid.IntRange(1, 80).Draw(t, "calls") {
			clock := tick()
			next, wait := w.take(clock, limit)
			if wait == 0 {
				w = stored(next)
				counted = append(counted, w.last())
				continue
			}
			if !slices.Equal(next, w) {
				t.Fatal("a refused call was counted")
			}
			if _, again := w.take(clock+wait.Milliseconds(), limit); again != 0 {
				t.Fatalf("after %v it is to wait for %v more", wait, again)
			}
			if _, again := w.take(clock+wait.Milliseconds()-1, limit); again != time.Millisecond {
				t.Fatalf("a millisecond before the end of %v it is to wait for %v", wait, again)
			}
		}
		for i := limit; i < len(counted); i++ {
			if d := counted[i] - counted[i-limit]; d <= minute {
				t.Fatalf("%d calls in %d ms: %v", limit+1, d, counted[i-limit:i+1])
			}
		}
		if !slices.IsSorted(counted) {
			t.Fatalf("stamps go back: %v", counted)
		}
	})
}

// After a pause exactly the limit is let in, at whatever moments.
func TestWindowLetsTheLimitInAfterAPause(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		limit := rapid.IntRange(1, 120).Draw(t, "limit")
		tick := drawClock(t)
		var w window
		for range rapid.IntRange(0, 40).Draw(t, "before") {
			w, _ = w.take(tick(), limit)
		}
		now := w.last() + minute + 1
		spread := rapid.Int64Range(0, int64(minute/limit)).Draw(t, "spread")
		for i := range limit {
			var wait time.Duration
			if w, wait = w.take(now+int64(i)*spread, limit); wait != 0 {
				t.Fatalf("call %d of %d is refused", i+1, limit)
			}
			w = stored(w)
		}
		if _, wait := w.take(now+minute, limit); wait != time.Millisecond {
			t.Fatalf("one more in the same minute: %v", wait)
		}
	})
}

// A limit that was lowered holds at once, one that was raised too.
func TestWindowWithAnotherLimit(t *testing.T) {
	var w window
	for i := range int64(10) {
		w, _ = w.take(1000+i, 10)
	}
	if _, wait := w.take(1010, 3); wait != (minute-2)*time.Millisecond {
		t.Errorf("with 3 instead of 10: wait %v", wait)
	}
	next, wait := w.take(1010, 11)
	if wait != 0 || len(next) != 11 {
		t.Errorf("with 11 instead of 10: wait %v", wait)
	}
}

// What is stored is everything that can still decide: the stamps of the last
// minute, in 8 bytes and 4 more for each but the first.
func TestWindowRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := window(rapid.SliceOfN(rapid.Int64Range(0, 2*minute), 1, 200).Draw(t, "stamps"))
		slices.Sort(w)
		base := rapid.Int64Range(0, 1<<53).Draw(t, "base")
		for i := range w {
			w[i] += base
		}
		b := w.encode()
		want := w[slices.IndexFunc(w, func(stamp int64) bool { return w.last()-stamp <= minute }):]
		if got := decodeWindow(b); !slices.Equal(got, want) || len(b) != 4+4*len(want) {
			t.Fatalf("%v became %v in %d bytes", want, got, len(b))
		}
	})
}

func TestAKeyThatWasNeverUsed(t *testing.T) {
	if w := decodeWindow([]byte{}); len(w) != 0 || w.last() != 0 {
		t.Errorf("%v", w)
	}
}

// Whatever is in the column, reading it harms nobody.
func FuzzDecodeWindow(f *testing.F) {
	f.Add([]byte{})
	f.Add(make([]byte, 7))
	f.Add(window{1_700_000_000_000, 1_700_000_000_005, 1_700_000_060_000}.encode())
	f.Add(bytes.Repeat([]byte{0xff}, 21))
	f.Fuzz(func(t *testing.T, b []byte) {
		w := decodeWindow(b)
		if len(b) < 8 {
			if len(w) != 0 {
				t.Fatalf("%d stamps in %d bytes", len(w), len(b))
			}
			return
		}
		if len(w) != 1+(len(b)-8)/4 {
			t.Fatalf("%d stamps in %d bytes", len(w), len(b))
		}
		if slices.IsSorted(w) && w.last()-w[0] <= minute {
			if again := w.encode(); !bytes.Equal(again, b[:len(again)]) || len(b)-len(again) > 3 {
				t.Fatalf("%x became %x", b, again)
			}
		}
		for limit := range 4 {
			w.take(1_700_000_000_000, limit+1)
		}
		w.encode()
	})
}
