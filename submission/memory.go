package submission

import "sync/atomic"

// memory is what all messages that come in at a time may take: a thousand
// sessions with ten megabytes each would be more than the machine has.
type memory struct{ left atomic.Int64 }

// memoryStep is how much a message asks for at a time, in bytes.
const memoryStep = 64 << 10

func newMemory(bytes int64) *memory {
	m := &memory{}
	m.left.Store(bytes)
	return m
}

// take reserves n bytes, if there are as many.
func (m *memory) take(n int64) bool {
	if m.left.Add(-n) >= 0 {
		return true
	}
	m.left.Add(n)
	return false
}

func (m *memory) give(n int64) { m.left.Add(n) }
