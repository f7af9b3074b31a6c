package db_test

import (
	"fmt"
	"sync"
	"testing"

	"aviso/db"
	"aviso/db/dbtest"
)

// BenchmarkCommitter is what one durable request costs while so many callers
// share one counter: a row updated and a row made.
func BenchmarkCommitter(b *testing.B) {
	for _, callers := range []int{1, 16, 64} {
		b.Run(fmt.Sprint(callers), func(b *testing.B) {
			dbtest.Each(b, func(b *testing.B, d *db.DB) {
				prepare(b, d, "a")
				k := engage(b, d)
				requests := make(chan *add)
				var all sync.WaitGroup
				for range callers {
					all.Go(func() {
						for w := range requests {
							if err := k.Do(db.Admitting, w); err != nil {
								b.Error(err)
							}
						}
					})
				}
				b.ResetTimer()
				for range b.N {
					requests <- k.add("a")
				}
				close(requests)
				all.Wait()
				b.StopTimer()
				k.Close()
				k.check("a", int64(b.N))
				b.ReportMetric(float64(b.N)/float64(len(k.book.sizes)), "requests/batch")
			})
		})
	}
}
