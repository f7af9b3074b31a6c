package db

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"syscall"
)

// redoLog is a file beside a SQLite database. It holds the statements of the
// batches that were answered although the transaction they ran in is still
// open: a record for each batch, written and synced before its callers are
// told. Whoever opens a transaction next and finds records that the tables
// lack runs them first.
//
// A record costs one write of what changed. COMMIT writes every page that a
// batch has touched, and the next batch touches most of them again: with the
// log a page is written once for many batches.
//
// Who holds SQLite's write lock owns the file, so that it needs no lock of its
// own. Every COMMIT makes all records obsolete, and the next is written over the
// first: overwriting needs no commit of the file system's own journal.
type redoLog struct {
	file  *os.File
	where position          // of the latest record, or of the tables when there is none
	at    int64             // where the next record goes
	texts map[string]uint64 // the statements that the records hold, by number
	fresh []string          // those of them that only the next record holds
	next  []byte            // the next record; empty, or longer than a header
}

// position counts batches. The id belongs to one run of a server, so that what
// another has left in the file, or what belongs to a database that was
// restored from a backup since, is never taken for what comes next.
type position struct{ id, seq int64 }

const (
	redoSize   = 2 << 20
	redoHeader = 4 + 4 + 8 + 8 // checksum of what follows, size of the payload, id, seq
)

var (
	// errRedoFull is what a record that no longer fits is refused with.
	errRedoFull = errors.New("the redo log is full")
	castagnoli  = crc32.MakeTable(crc32.Castagnoli)
)

func redoPath(database string) string { return database + ".redo" }

// createRedo opens the log of a server, and makes it when there is none.
func createRedo(database string) (*redoLog, error) {
	f, err := os.OpenFile(redoPath(database), os.O_RDWR|os.O_CREATE|syscall.O_DSYNC, 0o600)
	if err != nil {
		return nil, err
	}
	if err := fillUp(f, redoSize); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", f.Name(), err), f.Close())
	}
	return &redoLog{file: f, texts: map[string]uint64{}}, nil
}

// findRedo opens the log that a server may have left; nil when there is none.
func findRedo(database string) (*redoLog, error) {
	f, err := os.Open(redoPath(database))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &redoLog{file: f}, nil
}

// fillUp writes a file to its full size once, so that no later write makes it
// longer, and makes its name outlive a power cut.
func fillUp(f *os.File, size int64) error {
	info, err := f.Stat()
	if err != nil || info.Size() >= size {
		return err
	}
	if _, err := f.WriteAt(make([]byte, size-info.Size()), info.Size()); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	folder, err := os.Open(filepath.Dir(f.Name()))
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// rewind forgets all records: the tables hold what they say.
func (l *redoLog) rewind(where position) {
	l.where, l.at = where, 0
	clear(l.texts)
	l.discard()
}

// note adds a statement to the next record.
func (l *redoLog) note(s *step) {
	if len(l.next) == 0 {
		l.next = append(l.next, make([]byte, redoHeader)...)
	}
	n, known := l.texts[s.sql]
	if !known {
		n = uint64(len(l.texts))
		l.texts[s.sql], l.fresh = n, append(l.fresh, s.sql)
	}
	l.next = appendStep(l.next, s, n, !known)
}

// discard drops the next record.
func (l *redoLog) discard() {
	for _, text := range l.fresh {
		delete(l.texts, text)
	}
	l.next, l.fresh = l.next[:0], l.fresh[:0]
}

// write makes the next record durable. After an error it is not in the file,
// as far as can be known, and the batch needs a COMMIT.
func (l *redoLog) write() error {
	if len(l.next) == 0 { // a batch that has only read
		return nil
	}
	if l.at+int64(len(l.next)) > redoSize {
		l.discard()
		return errRedoFull
	}
	record := l.next
	l.where.seq++
	seal(record, l.where)
	if _, err := l.file.WriteAt(record, l.at); err != nil {
		// It may be there in part, or whole and not synced.
		_, cutErr := l.file.WriteAt(make([]byte, redoHeader), l.at)
		l.discard()
		return errors.Join(err, cutErr)
	}
	l.at += int64(len(record))
	l.next, l.fresh = record[:0], l.fresh[:0]
	return nil
}

func seal(record []byte, where position) {
	binary.LittleEndian.PutUint32(record[4:], uint32(len(record)-redoHeader))
	binary.LittleEndian.PutUint64(record[8:], uint64(where.id))
	binary.LittleEndian.PutUint64(record[16:], uint64(where.seq))
	binary.LittleEndian.PutUint32(record, crc32.Checksum(record[4:], castagnoli))
}

// ahead says whether the file holds a record that follows where the tables are.
func (l *redoLog) ahead(tables position) (bool, error) {
	ahead := false
	_, err := l.replay(tables, func([]step) error {
		ahead = true
		return errEnough
	})
	if ahead {
		return true, nil
	}
	return false, err
}

var errEnough = errors.New("enough")

// replay calls each with the statements of every record that follows where the
// tables are, and returns where they are then. A record that was cut short is
// one whose callers were never answered; it ends the log, as do those of before.
func (l *redoLog) replay(tables position, each func([]step) error) (position, error) {
	r := io.NewSectionReader(l.file, 0, redoSize)
	var texts []string
	header := make([]byte, redoHeader)
	for {
		if _, err := io.ReadFull(r, header); err != nil {
			return tables, notEOF(err)
		}
		next := position{tables.id, tables.seq + 1}
		size := binary.LittleEndian.Uint32(header[4:])
		if int64(binary.LittleEndian.Uint64(header[8:])) != next.id || int64(binary.LittleEndian.Uint64(header[16:])) != next.seq || size > redoSize {
			return tables, nil
		}
		payload := make([]byte, size)
		if _, err := io.ReadFull(r, payload); err != nil {
			return tables, notEOF(err)
		}
		if crc32.Update(crc32.Checksum(header[4:], castagnoli), castagnoli, payload) != binary.LittleEndian.Uint32(header) {
			return tables, nil
		}
		steps, err := readSteps(payload, &texts)
		if err != nil {
			return tables, fmt.Errorf("%s: record %d: %w; move the file away to go on without what it holds", l.file.Name(), next.seq, err)
		}
		if err := each(steps); err != nil {
			return tables, err
		}
		tables = next
	}
}

func notEOF(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return nil
	}
	return err
}

func (l *redoLog) close() error {
	if l == nil {
		return nil
	}
	return l.file.Close()
}
