package main

import (
	"fmt"
	"os"
)

const (
	ringSize = 64 << 20
	// ringBatch bounds what shares one sync.
	ringBatch = 4 << 20
)

// ring is the cheapest durable log there is: records that wait while a sync
// runs are written together and share the next one. The file is written once
// in advance and then used round and round, because overwriting needs no
// commit of the file system's journal, which makes a sync several times
// cheaper than appending does.
type ring struct {
	file *os.File
	in   chan record
}

type record struct {
	data []byte
	done chan<- error
}

// openRing makes the file, and starts what writes it until the process ends.
func openRing(name string) (*ring, error) {
	file, err := os.Create(name)
	if err != nil {
		return nil, err
	}
	zeros := make([]byte, 1<<20)
	for range ringSize / len(zeros) {
		if _, err := file.Write(zeros); err != nil {
			return nil, err
		}
	}
	if err := file.Sync(); err != nil {
		return nil, err
	}
	r := &ring{file: file, in: make(chan record, 4096)}
	go r.run()
	return r, nil
}

// append returns when data is durable.
func (r *ring) append(data []byte) error {
	if len(data) > ringBatch {
		return fmt.Errorf("a record of %d bytes is over the limit of %d", len(data), ringBatch)
	}
	done := make(chan error, 1)
	r.in <- record{data, done}
	return <-done
}

func (r *ring) run() {
	var batch []byte
	var waiting []chan<- error
	at := 0
	for rec := range r.in {
		batch, waiting = append(batch[:0], rec.data...), append(waiting[:0], rec.done)
		for len(r.in) > 0 && len(batch) < ringBatch {
			rec = <-r.in
			batch, waiting = append(batch, rec.data...), append(waiting, rec.done)
		}
		if at+len(batch) > ringSize {
			at = 0
		}
		_, err := r.file.WriteAt(batch, int64(at))
		if err == nil {
			err = datasync(r.file)
		}
		at += len(batch)
		for _, done := range waiting {
			done <- err
		}
	}
}
