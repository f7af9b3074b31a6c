package sms_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"aviso/db"
	"aviso/db/dbtest"
	"aviso/sms"
	"aviso/transport"
)

func TestReceiveRoutesByTheFirstWord(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		st := openStation(t, d)
		st.shortcode("order", "")
		st.receive("\u200bORDER\u00a0two pizzas")
		st.receive("\"order\"")
		st.receive("pizza order", from("447700900124"))
		list := st.inbound()
		if len(list) != 2 || list[0].Content != "" || list[1].Content != "two pizzas" {
			t.Fatalf("%+v", list)
		}
		m := list[1]
		if m.Account != st.account.ID || m.Sender != "+"+phone || m.To != ours || m.Shortcode != "order" || m.WebhookStatus != 0 || m.Gateway != "air" || m.CreatedAt == 0 {
			t.Errorf("%+v", m)
		}
		others := st.unrouted()
		if len(others) != 1 || others[0].Content != "pizza order" || others[0].Shortcode != "" || others[0].Account != "" {
			t.Errorf("%+v", others)
		}
		if n := st.number(`SELECT COUNT(*) FROM sms_pushes`); n != 0 {
			t.Errorf("%d pushes without a webhook", n)
		}
		totals, err := st.service.Totals(context.Background())
		if err != nil || totals.Received != 3 || totals.Sent != 0 {
			t.Errorf("%+v, %v", totals, err)
		}
	})
}

func TestInboundListGoesOnBehindAnID(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		st := openStation(t, d)
		st.shortcode("order", "")
		for i := range 5 {
			st.receive(fmt.Sprintf("order %d", i))
		}
		ctx := context.Background()
		first, err := st.service.Inbound(ctx, st.account.ID, "", 2)
		if err != nil || len(first) != 2 || first[0].Content != "4" {
			t.Fatalf("%+v, %v", first, err)
		}
		rest, err := st.service.Inbound(ctx, st.account.ID, first[1].ID, 1000)
		if err != nil || len(rest) != 3 || rest[0].Content != "2" || rest[2].Content != "0" {
			t.Errorf("%+v, %v", rest, err)
		}
		for _, before := range []string{"x", db.NewID(), "\x00"} {
			if list, err := st.service.Inbound(ctx, st.account.ID, before, 10); err == nil {
				t.Errorf("before %q: %+v", before, list)
			}
		}
		if list, err := st.service.Inbound(ctx, "nobody", first[0].ID, 10); err == nil {
			t.Errorf("another's id: %+v", list)
		}
		if list, err := st.service.Inbound(ctx, "nobody", "", 10); err != nil || list == nil || len(list) != 0 {
			t.Errorf("%#v, %v", list, err)
		}
		for i := range 96 {
			st.receive(fmt.Sprintf("order %d", 5+i))
		}
		if list, err := st.service.Inbound(ctx, st.account.ID, "", 1000); err != nil || len(list) != 100 || list[0].Content != "100" || list[99].Content != "1" {
			t.Errorf("%d of 101 texts: %v", len(list), err)
		}
	})
}

// pieces cuts a text into parts of an eight-bit reference.
func pieces(reference uint16, content ...string) (list []*transport.InboundText) {
	for i, c := range content {
		p := text(c)
		p.Part = &transport.Part{Reference: reference, Total: len(content), Number: i + 1}
		list = append(list, p)
	}
	return list
}

func (st *station) bring(list ...*transport.InboundText) {
	st.t.Helper()
	for _, p := range list {
		if err := st.service.Receive(context.Background(), p); err != nil {
			st.t.Fatal(err)
		}
	}
}

func TestPartsInAnyOrder(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		st := openStation(t, d)
		st.shortcode("order", "")
		orders := [][]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}, {2, 2, 0, 0, 1}}
		for i, order := range orders {
			// A letter is cut in two, and so is the shortcode.
			list := pieces(uint16(i), "or", "der gr\xc3", "\xbcn")
			for at, n := range order {
				if at == len(order)-1 && len(st.inbound()) != i {
					t.Fatalf("%v: there is a text before its last part", order)
				}
				st.bring(list[n])
			}
			if got := st.inbound(); len(got) != i+1 || got[0].Content != "grün" {
				t.Fatalf("%v: %+v", order, got)
			}
		}
		if n := st.number(`SELECT COUNT(*) FROM sms_parts`) + st.number(`SELECT COUNT(*) FROM sms_part_sets`); n != 0 {
			t.Errorf("%d rows of parts are left", n)
		}
	})
}

// atOnce runs all functions at the same moment and waits for them.
func atOnce(functions ...func() error) error {
	start := make(chan struct{})
	failed := make([]error, len(functions))
	var all sync.WaitGroup
	for i, f := range functions {
		all.Go(func() { <-start; failed[i] = f() })
	}
	close(start)
	all.Wait()
	return errors.Join(failed...)
}

// The parts of a text at the same moment on two nodes: it is there once, and
// nothing of it is left over.
func TestPartsOnTwoNodes(t *testing.T) {
	dbtest.EachURL(t, func(t *testing.T, url string) {
		st := openStation(t, openURL(t, url))
		nodes := []*sms.Service{st.service, st.second(url)}
		st.shortcode("order", "")
		const texts = 60
		var want, got []string
		for i := range texts {
			want = append(want, fmt.Sprintf("%d, please", i))
			var bring []func() error
			for n, p := range pieces(uint16(i), "order ", fmt.Sprint(i), ", ", "please") {
				bring = append(bring, func() error { return nodes[n%2].Receive(context.Background(), p) })
			}
			if err := atOnce(bring...); err != nil {
				t.Fatal(err)
			}
		}
		for _, m := range st.inbound() {
			got = append(got, m.Content)
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%q", got)
		}
		if n := st.number(`SELECT COUNT(*) FROM sms_parts`) + st.number(`SELECT COUNT(*) FROM sms_part_sets`); n != 0 {
			t.Errorf("%d rows of parts are left", n)
		}
	})
}

func TestPartsOfAnotherTextBeginAnotherSet(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		st := openStation(t, d)
		st.setClock()
		st.shortcode("order", "")
		first, second := pieces(7, "order a", "pples"), pieces(7, "order p", "ears")
		st.bring(first[0], second[0], second[1])
		if got := st.inbound(); len(got) != 1 || got[0].Content != "pears" {
			t.Fatalf("%+v", got)
		}
		// The first set is closed: its other part begins a third.
		st.bring(first[1])
		if got := st.inbound(); len(got) != 1 {
			t.Fatalf("%+v", got)
		}
		// Eight bits of reference come round again within the hour, sixteen do not.
		narrow, wide := pieces(8, "order ", "narrow"), pieces(8, "order ", "wide")
		for _, p := range wide {
			p.Part.Wide = true
		}
		st.bring(narrow[0], wide[0])
		st.advance(time.Hour)
		st.bring(narrow[1], wide[1])
		if got := st.inbound(); len(got) != 2 || got[0].Content != "wide" {
			t.Errorf("%+v", got)
		}
	})
}

// Texts that are alike but for one thing in their parts' names are never mixed.
func TestPartsOfAlikeTexts(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		st := openStation(t, d)
		st.shortcode("order", "")
		for i, c := range []struct {
			differ string
			change func(*transport.InboundText)
		}{
			{"gateway", func(t *transport.InboundText) { t.Gateway = "other" }},
			{"sender", from("447700900124")},
			{"destination", func(t *transport.InboundText) { t.To = "14155550199" }},
			{"reference", func(t *transport.InboundText) { t.Part.Reference = 99 }},
		} {
			one, two := pieces(uint16(i), "order ", "one"), pieces(uint16(i), "order ", "two")
			for _, p := range two {
				c.change(p)
			}
			st.bring(one[0], two[1])
			if got := st.inbound(); len(got) != 2*i {
				t.Fatalf("another %s, and yet one text: %+v", c.differ, got[0])
			}
			st.bring(two[0], one[1])
			if got := st.inbound(); len(got) != 2*i+2 || got[0].Content != "one" || got[1].Content != "two" {
				t.Fatalf("another %s: %+v", c.differ, got)
			}
		}
	})
}

func TestIncompleteTextsAfterADay(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		st := openStation(t, d)
		st.setClock()
		st.shortcode("order", "")
		some, headless, strange, stop := pieces(1, "order a", "b", "c"), pieces(2, "lost ", "order x", "y"), pieces(3, "nobody ", "x"), pieces(4, "stop", " it")
		halfway := pieces(5, "I cannot ", "stop")
		// Who has not said stop could be answered.
		strange[0].From, halfway[1].From = "447700900124", "447700900125"
		st.bring(some[2], some[0], headless[2], headless[1], strange[0], stop[0], halfway[1])
		st.advance(24*time.Hour - time.Millisecond)
		st.service.EndParts(t.Context())
		if len(st.inbound())+len(st.unrouted()) != 0 {
			t.Fatal("a text was given up too early")
		}
		st.advance(time.Millisecond)
		st.service.EndParts(t.Context())
		if got := st.inbound(); len(got) != 1 || got[0].Content != "ac" || got[0].Shortcode != "order" {
			t.Errorf("%+v", got)
		}
		var others []string
		for _, m := range st.unrouted() {
			others = append(others, m.Content)
		}
		slices.Sort(others)
		if !slices.Equal(others, []string{"nobody ", "order xy", "stop", "stop"}) {
			t.Errorf("%q", others)
		}
		if n := st.number(`SELECT COUNT(*) FROM sms_auto_replies`); n != 0 {
			t.Errorf("%d replies to texts that are incomplete", n)
		}
		if n := st.number(`SELECT COUNT(*) FROM sms_optouts WHERE number = $1`, "+"+phone); n != 1 {
			t.Error("stop was not heard")
		}
		if n := st.number(`SELECT COUNT(*) FROM sms_optouts`); n != 1 {
			t.Error("the middle of a sentence has blocked somebody")
		}
		if n := st.number(`SELECT COUNT(*) FROM sms_parts`) + st.number(`SELECT COUNT(*) FROM sms_part_sets`); n != 0 {
			t.Errorf("%d rows of parts are left", n)
		}
	})
}

func repeated(key, bind string) func(*transport.InboundText) {
	return func(t *transport.InboundText) { t.RepeatKey, t.Bind = key, bind }
}

func TestRepetitions(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		st := openStation(t, d)
		st.setClock()
		st.shortcode("order", "")
		for i, c := range []struct {
			key, bind string
			after     time.Duration
			isNew     bool
			why       string
		}{
			{"", "", 0, true, "without a key there is no repetition"},
			{"", "", 0, true, "without a key there is no repetition"},
			{"SM1", "", 0, true, "the first of an HTTP gateway"},
			{"SM1", "", 48 * time.Hour, false, "the same id, however late"},
			{"SM2", "", 0, true, "another id"},
			{"pdu", "1", 0, true, "the first on a bind"},
			{"pdu", "1", 0, true, "the same words again on that bind"},
			{"pdu", "2", 0, false, "on another bind"},
			{"pdu", "2", 10*time.Minute - time.Millisecond, false, "just within ten minutes"},
			{"pdu", "2", time.Millisecond, true, "after ten minutes"},
		} {
			st.advance(c.after)
			before := len(st.inbound())
			st.receive(fmt.Sprintf("order %d", i), repeated(c.key, c.bind))
			if isNew := len(st.inbound()) > before; isNew != c.isNew {
				t.Errorf("%s: stored is %t", c.why, isNew)
			}
		}
		// Keys of one gateway mean nothing to another.
		before := len(st.inbound())
		st.receive("order x", repeated("SM1", ""), func(t *transport.InboundText) { t.Gateway = "other" })
		if len(st.inbound()) != before+1 {
			t.Error("two gateways share their ids")
		}
	})
}

// The same text at the same moment by two binds on two nodes is stored once,
// and both are told so.
func TestRepetitionsAtOnce(t *testing.T) {
	dbtest.EachURL(t, func(t *testing.T, url string) {
		st := openStation(t, openURL(t, url))
		other := st.second(url)
		st.shortcode("order", "")
		const texts = 60
		for i := range texts {
			var bring []func() error
			for n, node := range []*sms.Service{st.service, other} {
				p := text(fmt.Sprintf("order %d", i))
				p.RepeatKey, p.Bind = fmt.Sprint(i), fmt.Sprint(n)
				bring = append(bring, func() error { return node.Receive(context.Background(), p) })
			}
			if err := atOnce(bring...); err != nil {
				t.Fatal(err)
			}
		}
		seen := map[string]bool{}
		for _, m := range st.inbound() {
			if seen[m.Content] {
				t.Errorf("text %s is there twice", m.Content)
			}
			seen[m.Content] = true
		}
		if len(seen) != texts {
			t.Errorf("%v", seen)
		}
	})
}

// What has no meaning any more goes, and nothing earlier.
func TestSweepRemovesWhatIsOld(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		const day = 24 * time.Hour
		st := openStation(t, d, func(c *sms.Config) { c.KeepLogs = 60 * day })
		hook := listen(t, nil)
		c := st.shortcode("order", hook.URL)
		st.receive("order a", repeated("pdu", "1"))
		st.receive("order b", repeated("SM1", ""))
		st.receive("ordr")
		<-st.sent
		st.pushes(c)
		eventually(t, "the end of the reply", func() bool { return st.number(openReplies) == 0 })
		st.setClock()
		st.now.Store(time.Now().UnixMilli()) // ids are of the real time
		for _, step := range []struct {
			after                    time.Duration
			repeats, replies, pushes int64
		}{
			{0, 2, 1, 2}, {2 * time.Hour, 1, 1, 2}, {29 * day, 1, 1, 2}, {day, 1, 0, 2}, {31 * day, 1, 0, 0}, {30 * day, 0, 0, 0},
		} {
			st.advance(step.after)
			st.service.EndMarked(t.Context())
			repeats, replies, pushes := st.number(`SELECT COUNT(*) FROM sms_repeats`), st.replies(), st.number(`SELECT COUNT(*) FROM sms_pushes`)
			if repeats != step.repeats || replies != step.replies || pushes != step.pushes {
				t.Errorf("after %s more: %d repeats, %d replies, %d pushes", step.after, repeats, replies, pushes)
			}
		}
	})
}
