package sms_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"aviso/db"
	"aviso/db/dbtest"
	"aviso/sms"
	"aviso/transport"
)

// exchange is a house whose account also receives, by the shortcode order, at a
// time that the test moves.
type exchange struct {
	*house
	now atomic.Int64
}

func openExchange(t *testing.T, d *db.DB, changes ...change) *exchange {
	t.Helper()
	x := &exchange{}
	x.now.Store(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).UnixMilli())
	d.SetClock(x.now.Load)
	x.house = open(t, d, changes...)
	x.exec(`INSERT INTO sms_shortcodes (id, account_id, code, webhook_url, secret, created_at) VALUES ($1, $2, 'order', '', $3, 1)`, db.NewID(), x.account.ID, []byte{})
	return x
}

func (x *exchange) advance(d time.Duration) { x.now.Add(d.Milliseconds()) }

func (x *exchange) receive(number, content string) {
	x.t.Helper()
	t := text(content)
	t.From = number
	if err := x.service.Receive(context.Background(), t); err != nil {
		x.t.Fatal(err)
	}
}

const dayMS = int64(24 * time.Hour / time.Millisecond)

// counted is what the statistics and conversations must say: told from every
// text.
func (x *exchange) counted() (days map[int64]sms.Day, talks map[string]int64) {
	x.t.Helper()
	days, talks = map[int64]sms.Day{}, map[string]int64{}
	err := x.db.Read(context.Background(), func(tx *db.Tx) error {
		return tx.Rows(`SELECT created_at, status, peer, charged - refunded FROM sms_messages WHERE account_id = $1`, []any{x.account.ID}, func(scan func(...any) error) error {
			var at, cost int64
			var status sms.Status
			var peer string
			err := scan(&at, &status, &peer, &cost)
			d := days[at/dayMS]
			d.Day, d.Credits = at/dayMS, d.Credits+cost
			switch status {
			case sms.Sent:
				d.Sent++
			case sms.Delivered:
				d.Sent++
				d.Delivered++
			case sms.Undelivered:
				d.Undelivered++
			case sms.Failed, sms.Interrupted:
				d.Failed++
			case sms.Unknown:
				d.Unknown++
			case sms.Received:
				d.Received++
			case sms.Sending:
			}
			days[at/dayMS] = d
			talks[peer]++
			return err
		})
	})
	if err != nil {
		x.t.Fatal(err)
	}
	return days, talks
}

// countsAreRight compares what the pages show with the texts themselves.
func (x *exchange) countsAreRight(when string) {
	x.t.Helper()
	ctx := context.Background()
	want, talks := x.counted()
	list, err := x.service.Stats(ctx, x.account.ID, 30)
	if err != nil {
		x.t.Fatal(err)
	}
	got := map[int64]sms.Day{}
	for _, d := range list {
		if d != (sms.Day{Day: d.Day}) {
			got[d.Day] = d
		}
	}
	if !maps.Equal(got, want) {
		x.t.Errorf("%s: the days are\n%+v, not\n%+v", when, got, want)
	}
	page, err := x.service.Conversations(ctx, x.account.ID, sms.TextSpan{Limit: 200})
	if err != nil || page.Total != int64(len(talks)) {
		x.t.Fatalf("%s: %+v, %v", when, page, err)
	}
	for i, c := range page.Items {
		if talks[c.Peer] != c.Texts || c.Last.Peer != c.Peer || i > 0 && c.Last.CreatedAt > page.Items[i-1].Last.CreatedAt {
			x.t.Errorf("%s: %+v, and there are %d", when, c, talks[c.Peer])
		}
	}
}

// Whatever becomes of texts, in whatever order, their days are what they come to,
// and the conversations hold all of them.
func TestStatsAgreeWithTheTexts(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		x := openExchange(t, d)
		random := rand.New(rand.NewPCG(3, 4))
		verdicts := []transport.TextVerdict{{Outcome: transport.Taken}, {Outcome: transport.Refused}, {Outcome: transport.Unknown}, {Outcome: transport.Taken}}
		states := []transport.ReceiptState{transport.Delivered, transport.Undeliverable, transport.Rejected, transport.Enroute}
		var ids []string
		for step := range 40 {
			v := verdicts[random.IntN(len(verdicts))]
			v.ProviderID = fmt.Sprint("p", step)
			x.network.script(verdict(v))
			ids = append(ids, x.sendTo(fmt.Sprintf("+4477009001%02d", random.IntN(9))))
			at := random.IntN(len(ids))
			switch random.IntN(5) {
			case 0:
				r := &transport.Receipt{Gateway: "carrier", ProviderID: fmt.Sprint("p", at), TextID: ids[at], State: states[random.IntN(len(states))]}
				if err := x.service.Receipt(ctx, r); err != nil {
					t.Fatal(err)
				}
			case 1:
				if _, err := x.service.Settle(ctx, "op", []string{ids[at]}, []sms.Status{sms.Sent, sms.Failed}[random.IntN(2)]); err != nil {
					t.Fatal(err)
				}
			case 2:
				x.receive(fmt.Sprintf("4477009002%02d", random.IntN(4)), "order one")
			case 3:
				x.advance(5 * time.Hour)
			}
			x.countsAreRight(fmt.Sprint("step ", step))
			if got, err := x.service.Numbers(ctx); err != nil || got != x.numbersOf() {
				t.Errorf("step %d: %+v, not %+v; %v", step, got, x.numbersOf(), err)
			}
		}
		days, _ := x.counted()
		if len(days) < 3 {
			t.Errorf("only %d days", len(days))
		}
		x.credits(1000 - x.spent(days))
	})
}

// numbersOf tells the installation's figures from every text.
func (x *exchange) numbersOf() (n sms.Numbers) {
	x.t.Helper()
	err := x.db.Read(context.Background(), func(tx *db.Tx) error {
		return tx.Rows(`SELECT status, COUNT(*) FROM sms_messages WHERE created_at / 600000 > $1 GROUP BY status`, []any{(x.now.Load() - dayMS) / 600_000},
			func(scan func(...any) error) error {
				var status sms.Status
				var many int64
				err := scan(&status, &many)
				if status != sms.Received {
					n.Accepted += many
				}
				switch status {
				case sms.Received:
					n.Received += many
				case sms.Sent:
					n.Sent += many
				case sms.Delivered:
					n.Sent, n.Delivered = n.Sent+many, n.Delivered+many
				case sms.Failed, sms.Undelivered, sms.Interrupted:
					n.Failed += many
				case sms.Unknown, sms.Sending:
				}
				return err
			})
	})
	n.Unknown = x.number(`SELECT COUNT(*) FROM sms_messages WHERE status = 'unknown'`)
	if err != nil {
		x.t.Fatal(err)
	}
	return n
}

func (x *exchange) spent(days map[int64]sms.Day) (n int64) {
	for _, d := range days {
		n += d.Credits
	}
	return n
}

// sendTo sends a text to a number and returns its id, whatever became of it.
func (h *house) sendTo(number string) string {
	h.t.Helper()
	c := h.call("hello")
	c.Draft, _ = sms.Parse(number, "hello", sms.Limits{Countries: []string{"*"}})
	return h.send(c).Outcome.MessageID
}

// A text that moved on to another gateway is counted for that one, and the vain
// attempt is told.
func TestMovedTextIsCountedOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		second := &network{answer: taken}
		h := open(t, d, func(c *sms.Config) {
			c.Gateways = append(c.Gateways, &sms.Gateway{Name: "reserve", Texter: second, Weight: 0, Places: 8})
		})
		h.network.down.Store(true)
		id := h.sendTo("+447700900123")
		m, err := h.service.Text(context.Background(), h.account.ID, id)
		if err != nil || len(m.Attempts) != 2 || m.Attempts[0].Gateway != "carrier" || m.Attempts[0].Outcome != "later" || m.Attempts[1].Gateway != "reserve" || m.Attempts[1].Outcome != "taken" {
			t.Fatalf("%+v, %v", m, err)
		}
		for gateway, want := range map[string]int64{"carrier": 0, "reserve": 1} {
			if n := h.number(`SELECT COALESCE(SUM(accepted), 0) FROM sms_recent WHERE gateway = $1`, gateway); n != want {
				t.Errorf("%s has %d texts, not %d", gateway, n, want)
			}
		}
		if _, err := h.service.Text(context.Background(), "another", id); code(err) != "NOT_FOUND" {
			t.Error(err)
		}
	})
}

// What retention has removed is not counted, offsets go on being numbers, and a
// conversation goes with its last text.
func TestTextsStayCountable(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		x := openExchange(t, d, func(c *sms.Config) { c.KeepLogs = 48 * time.Hour })
		var ids []string
		for i := range 6 {
			if i == 4 {
				x.advance(36 * time.Hour)
			}
			ids = append(ids, x.sendTo(fmt.Sprintf("+44770090010%d", i%4)))
			x.advance(time.Minute)
		}
		x.advance(24 * time.Hour)
		if err := x.service.SweepOld(ctx); err != nil {
			t.Fatal(err)
		}
		for offset, want := range [][]string{{ids[5], ids[4]}, {ids[4]}, nil, nil} {
			p, err := x.service.Texts(ctx, x.account.ID, sms.TextFilter{}, sms.TextSpan{Limit: 10, Offset: int64(offset)})
			var got []string
			for _, r := range p.Rows {
				got = append(got, r.ID)
			}
			if err != nil || p.Total != 2 || !slices.Equal(got, want) {
				t.Errorf("offset %d: %v of %d, %v", offset, got, p.Total, err)
			}
		}
		p, err := x.service.Conversations(ctx, x.account.ID, sms.TextSpan{Limit: 10})
		if err != nil || p.Total != 2 || p.Items[0].Texts != 1 || p.Items[0].Last.ID != ids[5] || p.Items[1].Peer != "+447700900100" {
			t.Errorf("%+v, %v", p, err)
		}
		list, err := x.service.Stats(ctx, x.account.ID, 10)
		if err != nil {
			t.Fatal(err)
		}
		sent := int64(0)
		for _, d := range list {
			sent += d.Sent
		}
		if sent != 6 {
			t.Errorf("the days have %d texts; what they were is not forgotten", sent)
		}
	})
}

// What is looked for far down is not found at once: the answer says so and how to
// go on.
func TestTextsLookSoFar(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := open(t, d)
		h.service.SetReach(5, 10)
		ids := []string{""}
		for i := range 20 {
			ids = append(ids, h.sendTo(fmt.Sprintf("+4477009001%02d", i%10)))
		}
		for _, r := range []struct {
			what   string
			filter sms.TextFilter
			span   sms.TextSpan
			want   int
			total  int64
			capped bool
			next   string
		}{
			{"one of each ten", sms.TextFilter{Query: "+447700900100"}, sms.TextSpan{Limit: 5}, 1, 1, true, ids[11]},
			{"the end", sms.TextFilter{Query: "+447700900100"}, sms.TextSpan{Limit: 5, Before: ids[11]}, 1, 1, true, ids[1]},
			{"by number", sms.TextFilter{Peer: "+447700900100"}, sms.TextSpan{Limit: 5}, 2, 2, false, ""},
			{"more than are counted", sms.TextFilter{Direction: sms.Out}, sms.TextSpan{Limit: 3}, 3, 5, true, ""},
			{"none", sms.TextFilter{Direction: sms.In}, sms.TextSpan{Limit: 3}, 0, 0, false, ""},
		} {
			p, err := h.service.Texts(ctx, h.account.ID, r.filter, r.span)
			if err != nil || len(p.Rows) != r.want || p.Total != r.total || p.Capped != r.capped || p.Next != r.next {
				t.Errorf("%s: %d of %d, capped %v, next %d; %v", r.what, len(p.Rows), p.Total, p.Capped, slices.Index(ids, p.Next), err)
			}
		}
		if p, err := h.service.Conversations(ctx, h.account.ID, sms.TextSpan{Limit: 3}); err != nil || len(p.Items) != 3 || p.Total != 5 || !p.Capped {
			t.Errorf("%+v, %v", p, err)
		}
	})
}
