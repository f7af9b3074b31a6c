package db

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"sync"
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
// Who has a transaction open owns the file, see own. Every COMMIT makes all
// records obsolete, and the next is written over the first: overwriting needs no
// commit of the file system's own journal.
type redoLog struct {
	file  *os.File
	where position              // of the latest record, or of the tables when there is none
	at    int64                 // where the next record goes
	known map[*statement]uint64 // the statements that the records and the next hold, by number
	next  []byte                // the next record; empty, or longer than a header

	writing sync.Mutex   // held while the file is written, and for what is below
	latest  *redoWrite   // nil after a COMMIT
	waiting *redoWrite   // the latest, while nobody has begun to write it
	failed  []*redoWrite // those that could not be written
	broken  error        // why no more can be written before the next COMMIT
	warned  bool         // since the latest write that was made
	warn    func(error)  // is told of the first that was not
}

// redoWrite is one write of the log: the records of what ran while the write
// before was under way, which is one batch or a few.
type redoWrite struct {
	data  []byte
	at    int64
	begun bool
	err   error // of the write
	ended bool  // the transaction has ended before this was written, with fate
	fate  error
}

// position counts batches. The id belongs to one run of a server, so that what
// another has left in the file, or what belongs to a database that was
// restored from a backup since, is never taken for what comes next. Nor is a
// number given twice: the record that had it first may still be in the file.
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

// redoPath is beside the file itself, where SQLite has its own: a server and a
// command may know it by different links.
func redoPath(database string) string {
	if real, err := filepath.EvalSymlinks(database); err == nil {
		database = real
	}
	return database + ".redo"
}

// createRedo opens the log of a server, and makes it when there is none.
func createRedo(database string, warn func(error)) (*redoLog, error) {
	f, err := os.OpenFile(redoPath(database), os.O_RDWR|os.O_CREATE|syscall.O_DSYNC, 0o600)
	if err != nil {
		return nil, err
	}
	if err := fillUp(f, redoSize); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", f.Name(), err), f.Close())
	}
	return &redoLog{file: f, known: map[*statement]uint64{}, warn: warn}, nil
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
// longer, and makes it outlive a power cut, whoever has made it.
func fillUp(f *os.File, size int64) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.Size() < size {
		if _, err := f.WriteAt(make([]byte, size-info.Size()), info.Size()); err != nil {
			return err
		}
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

// own waits until no other process writes to the file any more. SQLite's write
// lock does not say so: it is free as soon as a COMMIT is through, or SQLite has
// ended a transaction by itself, and the records of that may still be under way.
func (l *redoLog) own() error {
	for {
		if err := syscall.Flock(int(l.file.Fd()), syscall.LOCK_EX); err != syscall.EINTR {
			return err
		}
	}
}

// leave ends own.
func (l *redoLog) leave() { _ = syscall.Flock(int(l.file.Fd()), syscall.LOCK_UN) }

// rewind forgets all records: the tables hold what they say.
func (l *redoLog) rewind(where position) {
	l.writing.Lock()
	defer l.writing.Unlock()
	l.endAll(nil)
	l.latest, l.broken = nil, nil
	l.where, l.at = where, 0
	clear(l.known)
	l.discard()
}

// abandon says that the transaction was rolled back: what was not written
// before is lost, for the reason err.
func (l *redoLog) abandon(err error) {
	l.writing.Lock()
	defer l.writing.Unlock()
	l.endAll(err)
}

// endAll ends the writes that were not made. One that was tried has an error of
// its own: the fate of the transaction may be that of another batch.
func (l *redoLog) endAll(fate error) {
	if l.waiting != nil {
		l.failed = append(l.failed, l.waiting)
	}
	for _, w := range l.failed {
		if w.ended, w.fate = true, fate; fate != nil && w.err != nil {
			w.fate = w.err
		}
	}
	l.waiting, l.failed = nil, nil
}

// note adds a statement to the next record.
func (l *redoLog) note(s *step) {
	if len(l.next) == 0 {
		l.next = append(l.next, make([]byte, redoHeader)...)
	}
	n, known := l.known[s.statement]
	if !known {
		n = uint64(len(l.known))
		l.known[s.statement] = n
	}
	l.next = appendStep(l.next, s, n, !known)
}

// discard drops the next record. None may follow before rewind: what it was
// the first to hold is known to nobody.
func (l *redoLog) discard() {
	l.next = l.next[:0]
	if cap(l.next) > redoSize {
		l.next = nil // a batch of large messages, which comes seldom
	}
}

// append puts the next record behind the others, and returns the write that it
// is part of. A batch that has changed nothing waits for the one before, which
// its answers may tell of; there is none after a COMMIT. A record that does not
// fit is discarded, and only a COMMIT makes room.
func (l *redoLog) append() (*redoWrite, error) {
	l.writing.Lock()
	defer l.writing.Unlock()
	if len(l.next) == 0 {
		return l.latest, nil
	}
	if l.at+int64(len(l.next)) > redoSize {
		l.discard()
		return nil, errRedoFull
	}
	if l.broken != nil {
		l.discard()
		return nil, l.broken
	}
	l.where.seq++
	seal(l.next, l.where)
	if l.waiting == nil {
		l.waiting = &redoWrite{at: l.at}
		l.latest = l.waiting
	}
	l.waiting.data = append(l.waiting.data, l.next...)
	l.at += int64(len(l.next))
	l.next = l.next[:0]
	return l.waiting, nil
}

// write returns when w is on the disk, whoever has written it, or is needed
// there no more.
func (l *redoLog) write(w *redoWrite) error {
	l.writing.Lock()
	defer l.writing.Unlock()
	switch {
	case w.ended:
		return w.fate
	case !w.begun:
		l.begin(w)
	}
	return w.err
}

// flush writes what waits.
func (l *redoLog) flush() {
	l.writing.Lock()
	defer l.writing.Unlock()
	if l.waiting != nil {
		l.begin(l.waiting)
	}
}

func (l *redoLog) begin(w *redoWrite) {
	l.waiting, w.begun = nil, true
	if w.err = l.broken; w.err == nil {
		_, w.err = l.file.WriteAt(w.data, w.at)
	}
	if w.err == nil {
		l.warned = false
		return
	}
	if !l.warned {
		l.warned = true
		l.warn(w.err)
	}
	// It may be there in part, or whole and not synced; and what follows a hole
	// would never be found. Only a COMMIT helps now.
	_, _ = l.file.WriteAt(make([]byte, redoHeader), w.at)
	l.broken, l.failed = w.err, append(l.failed, w)
}

// outlived says whether the transaction of w has ended, and how, for those
// whose records could not be written.
func (l *redoLog) outlived(w *redoWrite) (ended bool, fate error) {
	l.writing.Lock()
	defer l.writing.Unlock()
	return w.ended, w.fate
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
	_, err := l.replay(tables, new([]*statement), func([]step) error {
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
// tables are, and returns where they are then; known are all statements there
// were. A record that was cut short is one whose callers were never answered; it
// ends the log, as do those of before.
func (l *redoLog) replay(tables position, known *[]*statement, each func([]step) error) (position, error) {
	r := io.NewSectionReader(l.file, 0, redoSize)
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
		steps, err := readSteps(payload, known)
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
