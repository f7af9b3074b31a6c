package db_test

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"aviso/db"
)

// serve opens a database as a server does, whose transactions end only when
// somebody needs them to.
func serve(t *testing.T, url string) *db.DB {
	t.Helper()
	d := openAs(t, url, true)
	d.Patient()
	return d
}

func openAs(t *testing.T, url string, server bool) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), db.Options{URL: url, Create: true, Server: server})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func newURL(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "aviso.db") }

// crash returns the URL of what the disk holds at this moment.
func crash(t *testing.T, d *db.DB) string {
	t.Helper()
	url := newURL(t)
	if err := d.CopyTo(pathOf(url)); err != nil {
		t.Fatal(err)
	}
	return url
}

func pathOf(url string) string { return strings.TrimPrefix(url, "sqlite:") }

// do hands in requests, each in a batch of its own.
func (k *clerk) do(requests ...*add) {
	k.t.Helper()
	for _, w := range requests {
		if err := k.Do(db.Admitting, w); err != nil {
			k.t.Fatal(err)
		}
	}
}

// named is an add with a known id.
func (k *clerk) named(id, counter string) *add {
	w := k.add(counter)
	w.id = id
	return w
}

// marksOf are the ids of all marks, in order.
func marksOf(t *testing.T, d *db.DB) (ids []string) {
	t.Helper()
	err := d.Read(t.Context(), func(tx *db.Tx) error {
		ids = nil
		return tx.Rows(`SELECT id FROM marks ORDER BY id`, nil, func(scan func(...any) error) error {
			ids = append(ids, "")
			return scan(&ids[len(ids)-1])
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

// What was answered is there after a crash, exactly once, whoever looks first.
func TestCrashKeepsWhatWasAnswered(t *testing.T) {
	for name, who := range map[string][]bool{ // each a server, or not
		"a server, twice":            {true, true},
		"a command, then a server":   {false, true},
		"commands, and then servers": {false, false, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			d := serve(t, newURL(t))
			prepare(t, d, "a", "b")
			k := engage(t, d)
			k.do(k.add("a"), k.add("b"))
			k.check("a", 1) // which ends the transaction
			k.do(k.add("a"), k.add("a"), k.add("b"))
			if n := d.Kept(); n != 3 {
				t.Fatalf("a transaction of %d batches", n)
			}
			url, more := crash(t, d), int64(0)
			for _, server := range who {
				t.Run(fmt.Sprintf("server %t", server), func(t *testing.T) {
					left := openAs(t, url, server)
					(&clerk{t: t, db: left}).check("a", 3+more)
					(&clerk{t: t, db: left}).check("b", 2)
					k := engage(t, left)
					k.do(k.add("a"))
					more++
					k.check("a", 3+more)
				})
			}
		})
	}
}

// At whatever moment it comes, a crash loses nothing that was answered, and
// leaves no batch by half.
func TestCrashAtAnyMoment(t *testing.T) {
	d := openAs(t, newURL(t), true)
	prepare(t, d, names(3)...)
	k := engage(t, d)
	var mu sync.Mutex
	var answered []string
	var callers sync.WaitGroup
	stop := make(chan struct{})
	for c := range 6 {
		callers.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				w := k.add(names(3)[(c+i)%3])
				if err := k.Do(db.Admitting, w); err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				answered = append(answered, w.id)
				mu.Unlock()
			}
		})
	}
	for round := range 16 {
		mu.Lock()
		before := slices.Clone(answered)
		mu.Unlock()
		left := openAs(t, crash(t, d), round%2 == 0)
		found := marksOf(t, left)
		for _, id := range before {
			if _, there := slices.BinarySearch(found, id); !there {
				t.Errorf("%s is lost", id)
			}
		}
		if n := number(t, left, `SELECT COALESCE(SUM(n), 0) FROM counters`); n != int64(len(found)) {
			t.Errorf("counted to %d with %d marks", n, len(found))
		}
	}
	close(stop)
	callers.Wait()
}

// recordsOf returns where each record of a log that was never begun anew ends.
func recordsOf(log []byte) (ends []int) {
	for at, seq := 0, uint64(1); binary.LittleEndian.Uint64(log[at+16:]) == seq; seq++ {
		at += 24 + int(binary.LittleEndian.Uint32(log[at+4:]))
		ends = append(ends, at)
	}
	return ends
}

// A log that was cut short or damaged has the batches before that place, and
// none by half.
func TestDamagedLog(t *testing.T) {
	const batches = 5
	d := serve(t, newURL(t))
	prepare(t, d, "a")
	k := engage(t, d)
	for i := range batches {
		k.do(k.named(strconv.Itoa(i), "a"))
	}
	whole := crash(t, d)
	log, err := os.ReadFile(pathOf(whole) + ".redo")
	if err != nil {
		t.Fatal(err)
	}
	ends := recordsOf(log)
	if len(ends) != batches {
		t.Fatalf("%d records for %d batches", len(ends), batches)
	}
	check := func(t *testing.T, log []byte, want int, what string) {
		t.Helper()
		url := newURL(t)
		if err := os.CopyFS(filepath.Dir(pathOf(url)), os.DirFS(filepath.Dir(pathOf(whole)))); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(pathOf(url)+".redo", log, 0o600); err != nil {
			t.Fatal(err)
		}
		left, err := db.Open(t.Context(), db.Options{URL: url})
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		defer left.Close()
		if found := marksOf(t, left); len(found) != want || int64(want) != number(t, left, `SELECT n FROM counters`) {
			t.Errorf("%s: %v instead of %d", what, found, want)
		}
	}
	check(t, log, batches, "as it was")
	for cut := ends[batches-3]; cut <= ends[batches-1]; cut += 7 {
		whole := len(slices.DeleteFunc(slices.Clone(ends), func(end int) bool { return end > cut }))
		check(t, log[:cut], whole, fmt.Sprintf("cut at %d", cut))
	}
	for at := ends[batches-3]; at < ends[batches-1]; at += 7 {
		before := len(slices.DeleteFunc(slices.Clone(ends), func(end int) bool { return end > at }))
		damaged := slices.Clone(log)
		damaged[at] ^= 0x10
		check(t, damaged, before, fmt.Sprintf("damaged at %d", at))
	}
}

// Records that do not follow what the tables hold are not theirs.
func TestStaleLog(t *testing.T) {
	d := serve(t, newURL(t))
	prepare(t, d, "a")
	k := engage(t, d)
	k.do(k.add("a"))
	k.check("a", 1)
	early := crash(t, d) // with a log that the tables need no more
	first, err := os.ReadFile(pathOf(early) + ".redo")
	if err != nil {
		t.Fatal(err)
	}
	k.do(k.add("a"), k.add("a"), k.add("a"))
	late := crash(t, d)
	log, err := os.ReadFile(pathOf(late) + ".redo")
	if err != nil {
		t.Fatal(err)
	}
	second := 24 + int(binary.LittleEndian.Uint32(log[4:]))
	gap := slices.Concat(log[second:], make([]byte, second))

	k.check("a", 4)
	k.do(k.add("a"))
	later, err := os.ReadFile(pathOf(crash(t, d)) + ".redo")
	if err != nil {
		t.Fatal(err)
	}

	another := crash(t, d)
	revived := openAs(t, another, true) // another life of the same file
	(&clerk{t: t, db: revived}).check("a", 5)
	if err := revived.Close(); err != nil {
		t.Fatal(err)
	}
	fresh := newURL(t)
	prepare(t, open(t, fresh), "a")

	for _, c := range []struct {
		name, url string
		log       []byte
		want      int64
	}{
		{"that the tables hold already", early, nil, 1},
		{"without its first record", late, gap, 1},
		{"beside a database that was restored from an earlier time", early, later, 1},
		{"of an earlier life", another, later, 5},
		{"of an earlier life, from its begin", another, first, 5},
		{"beside another database", fresh, log, 0},
	} {
		for _, server := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, server %t", c.name, server), func(t *testing.T) {
				url := newURL(t)
				if err := os.CopyFS(filepath.Dir(pathOf(url)), os.DirFS(filepath.Dir(pathOf(c.url)))); err != nil {
					t.Fatal(err)
				}
				if c.log != nil {
					if err := os.WriteFile(pathOf(url)+".redo", c.log, 0o600); err != nil {
						t.Fatal(err)
					}
				}
				(&clerk{t: t, db: openAs(t, url, server)}).check("a", c.want)
			})
		}
	}
}

// A database that is not there yet does not take over what lies in its place.
func TestLogWithoutItsDatabase(t *testing.T) {
	d := serve(t, newURL(t))
	prepare(t, d, "a")
	k := engage(t, d)
	k.do(k.add("a"))
	url := crash(t, d)
	for _, suffix := range []string{"", "-wal"} {
		if err := os.Remove(pathOf(url) + suffix); err != nil {
			t.Fatal(err)
		}
	}
	left := openAs(t, url, true)
	prepare(t, left, "a")
	k = engage(t, left)
	k.check("a", 0)
	k.do(k.add("a"))
	k.check("a", 1)
}

// A database may be known by a link: its log lies beside the file itself.
func TestLogOfALink(t *testing.T) {
	d := serve(t, newURL(t))
	prepare(t, d, "a")
	k := engage(t, d)
	k.do(k.add("a"))
	url, link := crash(t, d), newURL(t)
	if err := os.Symlink(pathOf(url), pathOf(link)); err != nil {
		t.Fatal(err)
	}
	(&clerk{t: t, db: openAs(t, link, false)}).check("a", 1)
	if path := db.RedoPath(pathOf(link)); path != pathOf(url)+".redo" {
		t.Errorf("%s", path)
	}
}
