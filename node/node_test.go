package node_test

import (
	"slices"
	"testing"

	"aviso/db"
	"aviso/db/dbtest"
	"aviso/node"
)

// Nodes are alive as long as they say so, and until they leave.
func TestAlive(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		now := int64(1_900_000_000_000)
		d.SetClock(func() int64 { return now })
		first, second := node.NewRegister(d, "a"), node.NewRegister(d, "b")
		beat := func(r *node.Register) {
			t.Helper()
			if _, err := r.Beat(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		expect := func(when string, want ...node.Node) {
			t.Helper()
			if got, err := second.Alive(t.Context()); err != nil || !slices.Equal(got, want) {
				t.Errorf("%s: %+v, %v", when, got, err)
			}
		}
		began := now
		expect("before anybody came")
		beat(first)
		now += 10_000
		beat(first)
		beat(second)
		expect("both", node.Node{Name: "a", StartedAt: began, SeenAt: now}, node.Node{Name: "b", StartedAt: now, SeenAt: now})
		now += 34_999
		expect("for a while without a word", node.Node{Name: "a", StartedAt: began, SeenAt: now - 34_999}, node.Node{Name: "b", StartedAt: now - 34_999, SeenAt: now - 34_999})
		beat(second)
		now++
		expect("one is gone", node.Node{Name: "b", StartedAt: now - 35_000, SeenAt: now - 1})
		beat(first)
		expect("and back", node.Node{Name: "b", StartedAt: now - 35_000, SeenAt: now - 1}, node.Node{Name: "a", StartedAt: now, SeenAt: now})
		if err := second.Leave(t.Context()); err != nil {
			t.Fatal(err)
		}
		expect("one has left", node.Node{Name: "a", StartedAt: now, SeenAt: now})
	})
}
