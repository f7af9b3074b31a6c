package db

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// drawStep is any statement that a pipeline may hold.
func drawStep(t *rapid.T, statements []*statement) step {
	arg := rapid.OneOf(
		rapid.Just[any](nil),
		rapid.Map(rapid.Int64(), func(n int64) any { return n }),
		rapid.Map(rapid.String(), func(s string) any { return s }),
		rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) any { return append([]byte{}, b...) }),
		rapid.Map(rapid.Bool(), func(b bool) any { return b }),
	)
	return step{statement: rapid.SampledFrom(statements).Draw(t, "statement"), args: append([]any{}, rapid.SliceOfN(arg, 0, 5).Draw(t, "args")...)}
}

// A nil slice is NULL, as it is to the driver, and an empty one is not.
func TestNilBytesComeBackAsNull(t *testing.T) {
	r := redoReader{rest: appendRedoArg(appendRedoArg(nil, []byte(nil)), []byte{})}
	if v := r.arg(); v != nil {
		t.Errorf("%#v", v)
	}
	if v, ok := r.arg().([]byte); !ok || v == nil || len(v) > 0 || r.err != nil {
		t.Errorf("%#v (%v)", v, r.err)
	}
}

func texts3() []*statement {
	return []*statement{{sql: ""}, {sql: "INSERT INTO t VALUES (?)"}, {sql: strings.Repeat("long", 100)}}
}

// What appendStep writes is what readSteps reads, record after record, and no
// part of a record is another one.
func TestStepsComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		statements, numbers := texts3(), map[*statement]uint64{}
		var known []*statement
		for range rapid.IntRange(1, 4).Draw(t, "records") {
			var payload []byte
			var written []step
			for range rapid.IntRange(1, 6).Draw(t, "steps") {
				s := drawStep(t, statements)
				n, met := numbers[s.statement]
				if !met {
					n = uint64(len(numbers))
					numbers[s.statement] = n
				}
				payload = appendStep(payload, &s, n, !met)
				written = append(written, s)
			}
			before := slices.Clone(known)
			if cut := rapid.IntRange(0, len(payload)-1).Draw(t, "cut"); cut > 0 {
				if steps, err := readSteps(payload[:cut], &before); err == nil && len(steps) >= len(written) {
					t.Fatalf("%d of %d bytes are %v", cut, len(payload), steps)
				}
			}
			read, err := readSteps(payload, &known)
			if err != nil || len(read) != len(written) {
				t.Fatalf("%d steps instead of %d: %v", len(read), len(written), err)
			}
			for i := range read {
				if read[i].sql != written[i].sql || !reflect.DeepEqual(read[i].args, written[i].args) {
					t.Fatalf("%q %#v instead of %q %#v", read[i].sql, read[i].args, written[i].sql, written[i].args)
				}
			}
		}
	})
}

// Whatever is in a record, reading it ends, and what it is taken for is what it
// says when it is written again.
func FuzzRedoSteps(f *testing.F) {
	s := step{statement: &statement{sql: "INSERT"}, args: []any{nil, int64(-1), "text", []byte("bytes"), true, false}}
	f.Add(appendStep(appendStep(nil, &s, 1, true), &s, 0, false))
	f.Add(appendStep(nil, &s, 1, false))
	f.Add([]byte{1, 0xff, 0xff, 0xff, 0xff, 0x7f, 'x'})
	f.Add([]byte{0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f})
	f.Add([]byte{0, 0x80, 0x80})
	f.Fuzz(func(t *testing.T, payload []byte) {
		known := []*statement{{sql: "known"}}
		steps, err := readSteps(payload, &known)
		if err != nil {
			if !errors.Is(err, errRedoDamaged) {
				t.Errorf("%v", err)
			}
			return
		}
		var again []byte
		told := 1
		for i := range steps {
			n := slices.Index(known, steps[i].statement)
			again = appendStep(again, &steps[i], uint64(n), n == told)
			told = max(told, n+1)
		}
		known = known[:1:1]
		twice, err := readSteps(again, &known)
		if err != nil || len(twice) != len(steps) {
			t.Fatalf("%d steps are %d when they are written again (%v)", len(steps), len(twice), err)
		}
		for i := range steps {
			if steps[i].sql != twice[i].sql || !reflect.DeepEqual(steps[i].args, twice[i].args) {
				t.Errorf("%v is %v", steps[i], twice[i])
			}
		}
	})
}

// newRedo is the log of a database that is not there.
func newRedo(t *testing.T) *redoLog {
	t.Helper()
	l, err := createRedo(filepath.Join(t.TempDir(), "aviso.db"), func(error) {})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.close() })
	l.rewind(position{7, 100})
	return l
}

// put writes one record.
func (l *redoLog) put(t *testing.T, steps ...step) (end int64) {
	t.Helper()
	for i := range steps {
		l.note(&steps[i])
	}
	w, err := l.append()
	if err != nil {
		t.Fatal(err)
	}
	if err := l.write(w); err != nil {
		t.Fatal(err)
	}
	return l.at
}

// replayed is what a replay from a position finds: the first argument of each
// step, and where it ends.
func (l *redoLog) replayed(t *testing.T, from position) (found []any, where position) {
	t.Helper()
	where, err := l.replay(from, new([]*statement), func(steps []step) error {
		for _, s := range steps {
			found = append(found, s.args[0])
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found, where
}

// A record that is cut short anywhere, or has one wrong byte, ends the log
// before it: it is no error, and nothing of it is seen.
func TestEveryDamageEndsTheLog(t *testing.T) {
	l, statements := newRedo(t), texts3()
	var ends []int64
	for i := range int64(4) {
		ends = append(ends, l.put(t, step{statements[1], []any{2 * i}, nil}, step{statements[i%3], []any{2*i + 1, "text", nil, true, []byte{1, 2}}, nil}))
	}
	whole, err := os.ReadFile(l.file.Name())
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "damaged.redo")
	check := func(what string, at int64, content []byte) {
		t.Helper()
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		want := slices.IndexFunc(ends, func(end int64) bool { return end > at })
		if want < 0 {
			want = len(ends)
		}
		found, where := (&redoLog{file: f}).replayed(t, position{7, 100})
		if len(found) != 2*want || where != (position{7, 100 + int64(want)}) {
			t.Errorf("%s at %d: %v up to %v instead of %d records", what, at, found, where, want)
		}
	}
	last := ends[len(ends)-1]
	for at := int64(0); at <= last+1; at++ {
		check("cut", at, whole[:at])
		for _, change := range []byte{0x01, 0x80, 0xff} {
			if at < last {
				damaged := slices.Clone(whole[:last+redoHeader])
				damaged[at] ^= change
				check("damaged", at, damaged)
			}
		}
	}
	check("zeros", 0, make([]byte, redoSize))
	check("nothing", 0, nil)
}

// Only records that follow where the tables are count.
func TestReplayFollowsThePosition(t *testing.T) {
	l, s := newRedo(t), &statement{sql: "x"}
	for i := range int64(3) {
		l.put(t, step{s, []any{i}, nil})
	}
	for from, want := range map[position]int{
		{7, 100}: 3, {7, 99}: 0, {7, 101}: 0, {7, 103}: 0, {8, 100}: 0, {0, 0}: 0,
	} {
		found, where := l.replayed(t, from)
		if len(found) != want || where != (position{from.id, from.seq + int64(want)}) {
			t.Errorf("from %v: %v up to %v", from, found, where)
		}
		if ahead, err := l.ahead(from); err != nil || ahead != (want > 0) {
			t.Errorf("from %v: ahead %t, %v", from, ahead, err)
		}
	}
	l.rewind(position{7, 103})
	l.put(t, step{s, []any{"new"}, nil}) // over the first, and shorter than all
	if found, _ := l.replayed(t, position{7, 100}); found != nil {
		t.Errorf("from the old position: %v", found)
	}
	if found, where := l.replayed(t, position{7, 103}); !slices.Equal(found, []any{"new"}) || where.seq != 104 {
		t.Errorf("%v up to %v", found, where)
	}
}

// What runs while a write is under way is written together by the next.
func TestRecordsAreWrittenTogether(t *testing.T) {
	l, s := newRedo(t), &statement{sql: "x"}
	var writes []*redoWrite
	for i := range int64(3) {
		l.note(&step{s, []any{i}, nil})
		w, err := l.append()
		if err != nil {
			t.Fatal(err)
		}
		writes = append(writes, w)
	}
	if found, _ := l.replayed(t, position{7, 100}); found != nil {
		t.Errorf("written before anybody has asked: %v", found)
	}
	if w, err := l.append(); w != writes[2] || err != nil {
		t.Errorf("a batch without changes does not wait for the latest: %v", err)
	}
	for _, w := range writes {
		if err := l.write(w); err != nil {
			t.Error(err)
		}
		if found, _ := l.replayed(t, position{7, 100}); len(found) != 3 {
			t.Errorf("%v", found)
		}
	}
	l.note(&step{s, []any{"not written"}, nil})
	late, err := l.append()
	if err != nil {
		t.Fatal(err)
	}
	l.rewind(l.where)
	if w, err := l.append(); w != nil || err != nil {
		t.Errorf("there is nothing to wait for after a COMMIT: %v", err)
	}
	for range 4 {
		l.put(t, step{s, []any{"new"}, nil})
	}
	if err := l.write(late); err != nil {
		t.Error(err)
	}
	if found, _ := l.replayed(t, position{7, 104}); len(found) != 4 {
		t.Errorf("what a COMMIT has made obsolete was written over what came later: %v", found)
	}
}

// Behind a record that could not be written nothing would be found: there is no
// other before the next COMMIT.
func TestNothingIsWrittenBehindAHole(t *testing.T) {
	l, s := newRedo(t), &statement{sql: "x"}
	end := l.put(t, step{s, []any{int64(1)}, nil})
	sealed, err := os.Open(l.file.Name())
	if err != nil {
		t.Fatal(err)
	}
	defer sealed.Close()
	l.note(&step{s, []any{"lost"}, nil})
	w, err := l.append()
	if err != nil {
		t.Fatal(err)
	}
	healthy := l.file
	l.file = sealed
	failure := l.write(w)
	l.file = healthy
	if failure == nil || l.write(w) != failure {
		t.Errorf("%v", failure)
	}
	l.note(&step{s, []any{"behind"}, nil})
	if _, err := l.append(); err != failure {
		t.Errorf("%v", err)
	}
	if ended, _ := l.outlived(w); ended {
		t.Error("there was no COMMIT")
	}
	l.rewind(l.where)
	if ended, fate := l.outlived(w); !ended || fate != nil || l.where.seq != 102 {
		t.Errorf("a COMMIT has made it durable: %t, %v, up to %v", ended, fate, l.where)
	}
	if next := l.put(t, step{s, []any{int64(2)}, nil}); next != end {
		t.Errorf("up to %d instead of %d", next, end)
	}
}

// A log that is full says so, and takes the next record after a COMMIT.
func TestRedoIsFull(t *testing.T) {
	l := newRedo(t)
	s, large := &statement{sql: "x"}, &statement{sql: strings.Repeat("x", redoSize-200)}
	end := l.put(t, step{s, []any{int64(1)}, nil})
	before := l.where
	l.note(&step{large, []any{"does not fit"}, nil})
	l.note(&step{large, []any{strings.Repeat("x", 200)}, nil})
	if _, err := l.append(); !errors.Is(err, errRedoFull) || l.where != before || l.at != end {
		t.Errorf("%v at %v", err, l.where)
	}
	if found, _ := l.replayed(t, position{7, 100}); !slices.Equal(found, []any{int64(1)}) {
		t.Errorf("%v", found)
	}
	l.rewind(l.where)
	l.put(t, step{large, []any{"fits"}, nil}) // with its text, which was never written
	if found, _ := l.replayed(t, position{7, 101}); !slices.Equal(found, []any{"fits"}) {
		t.Errorf("%v", found)
	}
}

// A file of any length and content can be a log.
func TestRedoFileIsFilledUp(t *testing.T) {
	for _, size := range []int{0, 10, redoSize - 1, redoSize, redoSize + 10} {
		database := filepath.Join(t.TempDir(), "aviso.db")
		before := bytes.Repeat([]byte("x"), size)
		if err := os.WriteFile(redoPath(database), before, 0o600); err != nil {
			t.Fatal(err)
		}
		l, err := createRedo(database, func(error) {})
		if err != nil {
			t.Fatal(err)
		}
		l.close()
		after, err := os.ReadFile(redoPath(database))
		if err != nil || len(after) != max(size, redoSize) || !bytes.HasPrefix(after, before) {
			t.Errorf("%d bytes of %d (%v)", len(after), size, err)
		}
	}
}
