package db

import (
	"bytes"
	"compress/gzip"
	"testing"
)

// No file makes the reader panic, and what it takes for whole has as many
// values as rows and columns say.
func FuzzRestore(f *testing.F) {
	head := `{"format":"aviso backup","version":1,"schema":1}` + "\n"
	f.Add(head + `{"table":"t","columns":["n","b"]}` + "\n" + `[1,"AA=="]` + "\n" + `[null,""]` + "\n" + `{"end":true,"rows":2}`)
	f.Add(head + `{"table":"t","columns":["b","n"]}` + "\n" + `["",-1]` + "\n" + `{"end":true,"rows":1}`)
	f.Add(head + `{"end":true}`)
	f.Add(`[[]]`)
	f.Fuzz(func(t *testing.T, text string) {
		var file bytes.Buffer
		z := gzip.NewWriter(&file)
		z.Write([]byte(text))
		z.Close()
		r, err := openBackup(&file)
		if err != nil {
			return
		}
		written := 0
		fill := &filler{
			tables: map[string]*table{"t": {name: "t", columns: []column{{"n", kindNumber}, {"b", kindBytes}}}},
			write:  func(_ *Many, args []any) error { written += len(args); return nil },
		}
		if err := fill.fill(r); err == nil && (written != 2*int(fill.rows) || len(fill.tables) > 0) {
			t.Errorf("%d values of %d rows", written, fill.rows)
		}
	})
}
