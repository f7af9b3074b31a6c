package inbox_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"aviso/db"
	"aviso/db/dbtest"
	"aviso/inbox"
	"aviso/transport"
	"aviso/transport/sandbox"
)

var _ sandbox.TextStore = (*inbox.TextStore)(nil)

func keepText(t *testing.T, s *inbox.TextStore, id string) {
	t.Helper()
	if err := s.KeepText(t.Context(), "carrier", &transport.Text{ID: id, To: "+447700900123", Content: "hello"}); err != nil {
		t.Fatal(err)
	}
}

func listTexts(t *testing.T, s *inbox.TextStore, before string, limit int64) []inbox.Text {
	t.Helper()
	texts, err := s.List(t.Context(), before, limit)
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

func textIDs(texts []inbox.Text) (list []string) {
	for _, x := range texts {
		list = append(list, x.MessageID)
	}
	return list
}

func TestKeepAndListTexts(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		d.SetClock(func() int64 { return 1234 })
		s := inbox.NewTextStore(d, 100)
		if texts := listTexts(t, s, "", 10); texts == nil || len(texts) != 0 {
			t.Errorf("%+v", texts)
		}
		out := &transport.Text{ID: "1", From: "+447700900000", To: "+447700900123", Content: "grüße 😀", Encoding: transport.UCS2, Parts: make([][]byte, 2)}
		if err := s.KeepText(t.Context(), "carrier", out); err != nil {
			t.Fatal(err)
		}
		in := &transport.InboundText{Gateway: "carrier", From: "447700900123", To: "+447700900000", Data: []byte("order\x00 \xff"), RepeatKey: "2"}
		if err := s.KeepInbound(t.Context(), in); err != nil {
			t.Fatal(err)
		}
		got := listTexts(t, s, "", 10)
		want := []inbox.Text{
			{Gateway: "carrier", MessageID: "2", From: "447700900123", To: "+447700900000", Content: "order \uFFFD", Segments: 1, Direction: inbox.In, ReceivedAt: 1234},
			{Gateway: "carrier", MessageID: "1", From: "+447700900000", To: "+447700900123", Content: "grüße 😀", Encoding: transport.UCS2, Segments: 2, Direction: inbox.Out, ReceivedAt: 1234},
		}
		for i := range got {
			if !db.IsID(got[i].ID) {
				t.Errorf("%q is no id", got[i].ID)
			}
			want[min(i, 1)].ID = got[i].ID
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestPagesOfTexts(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := inbox.NewTextStore(d, 100)
		for i := range 5 {
			keepText(t, s, fmt.Sprint(i+1))
		}
		page := listTexts(t, s, "", 2)
		if got := textIDs(page); !slices.Equal(got, []string{"5", "4"}) {
			t.Errorf("the first page is %v", got)
		}
		page = listTexts(t, s, page[1].ID, 2)
		if got := textIDs(page); !slices.Equal(got, []string{"3", "2"}) {
			t.Errorf("the second page is %v", got)
		}
		page = listTexts(t, s, page[1].ID, 2)
		if got := textIDs(page); !slices.Equal(got, []string{"1"}) {
			t.Errorf("the third page is %v", got)
		}
		if got := textIDs(listTexts(t, s, page[0].ID, 2)); len(got) != 0 {
			t.Errorf("the page after the last is %v", got)
		}
	})
}

// The latest texts are there, and never many more, although many are kept at
// once.
func TestBoundOfTexts(t *testing.T) {
	const limit, senders, each = 20, 8, 20
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := inbox.NewTextStore(d, limit)
		var all sync.WaitGroup
		for range senders {
			all.Go(func() {
				for range each {
					if err := s.KeepText(t.Context(), "carrier", &transport.Text{ID: "text"}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		keepText(t, s, "the last")
		got := textIDs(listTexts(t, s, "", 1000))
		if len(got) < limit || len(got) > limit+slack || got[0] != "the last" {
			t.Errorf("%d texts, the latest is %q", len(got), got[0])
		}
	})
}

// A process that is started again and again keeps to the bound as well.
func TestBoundOfTextsOverRestarts(t *testing.T) {
	const limit = 20
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for range 6 {
			s := inbox.NewTextStore(d, limit)
			for range 20 {
				keepText(t, s, "text")
			}
		}
		if n := len(listTexts(t, inbox.NewTextStore(d, limit), "", 1000)); n < limit || n > limit+slack {
			t.Errorf("%d texts", n)
		}
	})
}
