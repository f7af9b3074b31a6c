package sms

import (
	"hash/fnv"
	"sync"
	"sync/atomic"
	"time"

	"aviso/account"
)

// flight is one text under this node's lease: from admission to settlement.
type flight struct {
	id      string
	account string
	attempt int64   // which lease
	row     message // as it was when the lease was given
	draft   *Draft

	gateways []*Gateway // that may be tried, in this order
	current  atomic.Pointer[Gateway]
	deadline time.Time // when the caller's patience is over

	claim  *account.Claim
	encode func(*Outcome) (int, []byte)

	request string // the id of the call that made it

	// expired is set when the caller's patience is over, before anything is
	// made of it: no other gateway is tried then.
	expired atomic.Bool
	// inDoubt is closed when another node, which the text was handed to, has
	// begun to submit it and the caller's patience is over.
	inDoubt chan struct{}
	doubted sync.Once

	// lease is when the lease ends on this process's monotonic clock, in
	// nanoseconds since the service began.
	lease atomic.Int64
	phase atomic.Int32
}

// The phases of a flight decide between the first octet and the end of the
// caller's patience: whichever is first excludes the other.
const (
	phaseOpen      int32 = iota // nothing was submitted
	phaseHanded                 // another node decides it, through a row
	phaseStarted                // the first octet of a submission may be out
	phaseWithdrawn              // nothing may be submitted any more
)

// doubt says that the caller's patience is over and another node may be
// submitting the text.
func (f *flight) doubt() {
	f.expired.Store(true)
	f.doubted.Do(func() { close(f.inDoubt) })
}

// references returns the user_message_reference of each of n parts. They follow
// from the id, so that receipts find the segments of a text whose node died
// before it wrote them down. None is 0, which means that there is none.
func references(id string, n int) []uint16 {
	h := fnv.New32a()
	h.Write([]byte(id))
	first := uint16(h.Sum32()>>16 ^ h.Sum32())
	list := make([]uint16, 0, n)
	for len(list) < n {
		if first != 0 {
			list = append(list, first)
		}
		first++
	}
	return list
}
