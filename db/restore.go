package db

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Why a file is not restored.
var (
	ErrNoBackup = errors.New("this file is no backup of Aviso")
	ErrDamaged  = errors.New("the backup is cut short or damaged; nothing was restored")
)

// Restore fills an empty, migrated database from a backup and returns how many
// rows it holds. Everything happens in one transaction: a database is whole
// afterwards or as empty as before. In the same transaction prepare runs first,
// to remove what a first start makes by itself, and finish last.
//
// The file is read from its beginning, more than once if PostgreSQL asks for
// the transaction again, and a megabyte of rows is in memory at a time.
func (d *DB) Restore(ctx context.Context, file io.ReadSeeker, prepare func(*Tx) error, finish func(*Tx, Backup) error) (b Backup, rows int64, err error) {
	err = d.Write(ctx, func(tx *Tx) error {
		if _, err := file.Seek(0, io.SeekStart); err != nil {
			return err
		}
		r, err := openBackup(file)
		if err != nil {
			return err
		}
		b = r.backup
		if err := prepare(tx); err != nil {
			return err
		}
		f, err := newFiller(tx, b)
		if err != nil {
			return err
		}
		if err := f.fill(r); err != nil {
			return err
		}
		rows = f.rows
		return finish(tx, b)
	})
	return b, rows, err
}

// backupReader takes a backup apart.
type backupReader struct {
	backup Backup
	values *json.Decoder
	raw    json.RawMessage // the latest value, until the next
}

func openBackup(file io.Reader) (*backupReader, error) {
	z, err := gzip.NewReader(bufio.NewReaderSize(file, 1<<16))
	if err != nil {
		return nil, ErrNoBackup
	}
	r := &backupReader{values: json.NewDecoder(z)}
	if err := r.next(); err != nil {
		if errors.As(err, new(*json.SyntaxError)) {
			return nil, ErrNoBackup
		}
		return nil, err
	}
	if json.Unmarshal(r.raw, &r.backup) != nil || r.backup.Format != backupFormat {
		return nil, ErrNoBackup
	}
	if r.backup.Version != backupVersion {
		return nil, fmt.Errorf("the backup is of format %d and this aviso reads format %d: use the aviso that made it", r.backup.Version, backupVersion)
	}
	return r, nil
}

// next reads one value. A file that ends before its last mark is as damaged as
// one whose checksum is wrong.
func (r *backupReader) next() error {
	if err := r.values.Decode(&r.raw); err != nil {
		return fmt.Errorf("%w (%w)", ErrDamaged, err)
	}
	return nil
}

// ended proves that nothing follows, which also compares the checksum.
func (r *backupReader) ended() error {
	if err := r.values.Decode(&r.raw); err != io.EOF {
		return ErrDamaged
	}
	return nil
}

// filler inserts rows, some at a time.
type filler struct {
	write  func(insert *Many, args []any) error
	tables map[string]*table // that have not come yet
	rows   int64

	table  *table // the one whose rows come
	insert *Many
	args   []any
	size   int // about how many bytes args are
}

func newFiller(tx *Tx, b Backup) (*filler, error) {
	version, err := tx.version()
	if err != nil {
		return nil, err
	}
	if version != b.Schema {
		return nil, fmt.Errorf("the backup is of database version %d and this database is of version %d: restore it with the aviso that made it, then upgrade", b.Schema, version)
	}
	tables, err := tx.tables()
	if err != nil {
		return nil, err
	}
	write := func(insert *Many, args []any) error { return tx.Each(insert, args, nil) }
	f := &filler{write: write, tables: map[string]*table{}}
	for i := range tables {
		t := &tables[i]
		var filled bool
		if err := tx.Row(`SELECT EXISTS (SELECT 1 FROM `+quote(t.name)+`)`, nil, &filled); err != nil {
			return nil, err
		}
		if filled {
			return nil, fmt.Errorf("the database is not empty: there are rows in %s; restore into a new one", t.name)
		}
		f.tables[t.name] = t
	}
	return f, nil
}

// fill reads a backup to its end.
func (f *filler) fill(r *backupReader) error {
	for {
		if err := r.next(); err != nil {
			return err
		}
		if r.raw[0] == '[' {
			if err := f.row(r.raw); err != nil {
				return err
			}
			continue
		}
		var m mark
		if json.Unmarshal(r.raw, &m) != nil {
			return ErrDamaged
		}
		if err := f.flush(); err != nil {
			return err
		}
		if !m.End {
			if err := f.begin(m); err != nil {
				return err
			}
			continue
		}
		if m.Rows != f.rows || len(f.tables) > 0 {
			return ErrDamaged
		}
		return r.ended()
	}
}

// begin turns to the next table. Each comes once.
func (f *filler) begin(m mark) error {
	t := f.tables[m.Table]
	if t == nil {
		return fmt.Errorf("%w (the table %q is unknown, or comes twice)", ErrDamaged, m.Table)
	}
	delete(f.tables, m.Table)
	if !t.reorder(m.Columns) {
		return fmt.Errorf("%w (the columns of %s are not this version's)", ErrDamaged, t.name)
	}
	slots := make([]string, len(t.columns))
	for i := range slots {
		slots[i] = "$" + strconv.Itoa(i+1)
	}
	f.table = t
	f.insert = NewMany(`INSERT INTO ` + quote(t.name) + ` (` + t.list() + `) VALUES {{(` + strings.Join(slots, ", ") + `)}}`)
	return nil
}

// reorder puts the columns into the order of names, if they are the same: two
// engines, or two ages of one, need not agree on the order.
func (t *table) reorder(names []string) bool {
	ordered := make([]column, 0, len(names))
	for _, name := range names {
		at := slices.IndexFunc(t.columns, func(c column) bool { return c.name == name })
		if at < 0 || slices.Contains(ordered, t.columns[at]) {
			return false
		}
		ordered = append(ordered, t.columns[at])
	}
	complete := len(ordered) == len(t.columns)
	t.columns = ordered
	return complete
}

// row takes one row.
func (f *filler) row(raw json.RawMessage) error {
	var values []json.RawMessage
	if f.table == nil || json.Unmarshal(raw, &values) != nil || len(values) != len(f.table.columns) {
		return ErrDamaged
	}
	for i, v := range values {
		arg, err := f.table.columns[i].parse(v)
		if err != nil {
			return fmt.Errorf("%w (%s.%s)", ErrDamaged, f.table.name, f.table.columns[i].name)
		}
		f.args = append(f.args, arg)
	}
	f.rows++
	f.size += len(raw)
	if f.size < 1<<20 && len(f.args) < 64*len(values) {
		return nil
	}
	return f.flush()
}

func (f *filler) flush() error {
	if len(f.args) == 0 {
		return nil
	}
	err := f.write(f.insert, f.args)
	if err != nil {
		err = fmt.Errorf("restoring %s: %w", f.table.name, err)
	}
	clear(f.args)
	f.args, f.size = f.args[:0], 0
	return err
}

// parse reads a value of the backup as this column takes it.
func (c column) parse(raw json.RawMessage) (any, error) {
	if string(raw) == "null" {
		return nil, nil
	}
	switch c.kind {
	case kindText:
		var s string
		err := json.Unmarshal(raw, &s)
		return s, err
	case kindBytes:
		b := []byte{}
		err := json.Unmarshal(raw, &b)
		return b, err
	case kindBoolean:
		n, err := strconv.ParseUint(string(raw), 10, 1)
		return n == 1, err
	default:
		return strconv.ParseInt(string(raw), 10, 64)
	}
}
