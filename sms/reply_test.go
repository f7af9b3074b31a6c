package sms_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"aviso/db"
	"aviso/db/dbtest"
	"aviso/sms"
	"aviso/transport"
)

// replies is how many automatic replies were decided upon.
func (st *station) replies() int64 { return st.number(`SELECT COUNT(*) FROM sms_auto_replies`) }

func TestUnknownShortcodeIsAnswered(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		// The answer comes from the number that was written to, which is none
		// of those that texts go out from otherwise.
		st := openStation(t, d, func(c *sms.Config) { c.Gateways[0].Sender = "AVISO" })
		st.receive("Ordr! two pizzas", func(t *transport.InboundText) { t.To = "14155550199" })
		sent := <-st.sent
		if !sent.Unreported || sent.To != "+"+phone || sent.From != "+14155550199" || len(sent.Parts) != 1 || sent.Encoding != transport.GSM7 ||
			sent.Content != "The shortcode ordr does not exist. Please include it as the first word of your message." {
			t.Errorf("%+v", sent)
		}
		eventually(t, "the outcome", func() bool {
			return st.number(`SELECT COUNT(*) FROM sms_auto_replies WHERE finished_at IS NOT NULL AND outcome = 'taken'`) == 1
		})
		if n := st.number(`SELECT COUNT(*) FROM credit_entries`); n != 0 {
			t.Error("somebody paid for it")
		}
	})
}

func TestWhatIsNotAnswered(t *testing.T) {
	short := func(t *transport.InboundText) { t.From, t.FromType = "84433", transport.ShortNumber }
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		st := openStation(t, d, func(c *sms.Config) {
			c.Gateways = append(c.Gateways, &sms.Gateway{Name: "ears", ReceiveOnly: true, Places: 1})
		})
		st.shortcode("order", "")
		for _, c := range []struct {
			why, content string
			change       func(*transport.InboundText)
		}{
			{"a shortcode that exists", "order x", from(phone)},
			{"a word of no shortcode's form", "größe", from(phone)},
			{"one letter", "a b c", from(phone)},
			{"no word", "", from(phone)},
			{"an automatic reply", "The shortcode order does not exist.", from(phone)},
			{"a reserved word", "stop", from("447700900125")},
			{"another", "start", from("447700900125")},
			{"a name", "ordr", func(t *transport.InboundText) { t.From, t.FromType = "Bank", transport.Alphanumeric }},
			{"a short number", "ordr", short},
			{"a number of no country", "ordr", from("2899682627")},
			{"our own number", "ordr", from("2899682626")},
			{"the number that it came to", "ordr", func(t *transport.InboundText) { t.To = phone }},
			{"a satellite's number, which has to be named", "ordr", from("881612345678")},
			{"a gateway that is none of ours", "ordr", func(t *transport.InboundText) { t.Gateway = "gone" }},
			{"a gateway that nothing leaves by", "ordr", func(t *transport.InboundText) { t.Gateway = "ears" }},
			{"a national number without a country", "ordr", func(t *transport.InboundText) { t.FromType = transport.National }},
		} {
			st.receive(c.content, c.change)
			if n := st.replies(); n != 0 {
				t.Fatalf("%s was answered", c.why)
			}
		}
	})
}

func TestReplyLimits(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		st := openStation(t, d, func(c *sms.Config) { c.Inbound.RepliesPerHour = 6 })
		st.setClock()
		for i, c := range []struct {
			after  time.Duration
			sender string
			word   string
			want   bool
			why    string
		}{
			{0, "447700900101", "aa", true, "the first"},
			{time.Hour - time.Millisecond, "447700900101", "bb", false, "within the hour"},
			{time.Millisecond, "447700900101", "bb", true, "after an hour"},
			{time.Hour, "447700900101", "bb", true, "the third of the day"},
			{time.Hour, "447700900101", "bb", false, "the fourth of the day"},
			{0, "447700900102", "bb", true, "another sender"},
			{22*time.Hour - 2, "447700900101", "bb", true, "a day after the first"},
			{0, "447700900103", "bb", true, "two in this hour"},
			{0, "447700900104", "bb", true, "three"},
			{0, "447700900105", "bb", true, "four"},
			{0, "447700900106", "bb", true, "five"},
			{0, "447700900107", "bb", true, "six"},
			{0, "447700900108", "bb", false, "seven in an hour"},
			{time.Hour - 1, "447700900108", "bb", false, "the hour is not over"},
			{time.Second, "447700900108", "bb", true, "now it is"},
		} {
			st.advance(c.after)
			before := st.replies()
			st.receive(c.word, from(c.sender))
			if got := st.replies() > before; got != c.want {
				t.Fatalf("%d, %s: answered is %t", i, c.why, got)
			}
		}
	})
}

func TestRepliesCanBeSwitchedOff(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		st := openStation(t, d, func(c *sms.Config) { c.Inbound.RepliesPerHour, c.Inbound.HelpText = 0, "" })
		st.receive("ordr")
		st.receive("help")
		if n := st.replies(); n != 0 || len(st.unrouted()) != 2 {
			t.Errorf("%d replies", n)
		}
	})
}

// Two nodes never send more together than the installation may.
func TestReplyLimitsOnTwoNodes(t *testing.T) {
	dbtest.EachURL(t, func(t *testing.T, url string) {
		limit := func(c *sms.Config) { c.Inbound.RepliesPerHour = 5 }
		st := openStation(t, openURL(t, url), limit)
		other := st.second(url, limit)
		var all sync.WaitGroup
		for i := range 40 {
			all.Go(func() {
				p := text("ordr")
				p.From = fmt.Sprintf("4477009%05d", i/2) // each sender twice
				if err := []*sms.Service{st.service, other}[i%2].Receive(context.Background(), p); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if n := st.replies(); n != 5 {
			t.Errorf("%d replies", n)
		}
		if n := st.number(`SELECT COUNT(*) FROM (SELECT recipient FROM sms_auto_replies GROUP BY recipient HAVING COUNT(*) > 1) AS twice`); n != 0 {
			t.Errorf("%d senders were answered twice", n)
		}
	})
}

func TestHelpIsAnswered(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		st := openStation(t, d)
		st.receive("stop")
		st.receive("HELP me")
		if sent := <-st.sent; sent.Content != "Write to help@shop.test." || sent.To != "+"+phone {
			t.Errorf("%+v", sent)
		}
		st.receive("info")
		if n := st.replies(); n != 1 {
			t.Errorf("%d answers within an hour", n)
		}
	})
}

func TestStopBlocksUntilStart(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		st := openStation(t, d)
		ctx := context.Background()
		blocked := func() []sms.OptOut {
			list, total, err := st.service.OptOuts(ctx, sms.OptOutFilter{Limit: 10})
			if err != nil || int(total) != len(list) {
				t.Fatal(total, err)
			}
			return list
		}
		st.receive("  Stop.")
		st.receive("unsubscribe")
		if list := blocked(); len(list) != 1 || list[0].Number != "+"+phone || list[0].Word != "stop" || list[0].At == 0 {
			t.Fatalf("%+v", list)
		}
		st.receive("ordr")
		if n := st.replies(); n != 0 {
			t.Error("a blocked number was answered")
		}
		st.receive("YES")
		if list := blocked(); len(list) != 0 {
			t.Errorf("%+v", list)
		}
		st.receive("quit", from("447700900124"))
		if err := st.service.DeleteOptOut(ctx, "root", "+447700900124"); err != nil {
			t.Error(err)
		}
		if err := st.service.DeleteOptOut(ctx, "root", "+447700900124"); err == nil {
			t.Error("deleted twice")
		}
		if list := blocked(); len(list) != 0 {
			t.Errorf("%+v", list)
		}
		if n := st.number(`SELECT COUNT(*) FROM audit_entries WHERE action = 'optout.delete' AND actor = 'root'`); n != 1 {
			t.Errorf("%d entries of the audit", n)
		}
	})
}

// A reply that waited while its number said stop is not sent; the answer to HELP
// is, which such a number may have.
func TestStopOvertakesAReply(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		st := openStation(t, d, func(c *sms.Config) { c.Inbound.HelpText = "Call us." })
		st.hold()
		st.receive("ordr")
		st.receive("stop")
		st.receive("help")
		st.release()
		if sent := <-st.sent; sent.Content != "Call us." {
			t.Errorf("%+v", sent)
		}
		eventually(t, "the end of the replies", func() bool { return st.number(openReplies) == 0 })
		if n := st.number(`SELECT COUNT(*) FROM sms_auto_replies WHERE outcome = 'later' AND words = 'the number has asked for no more texts since'`); n != 1 || len(st.sent) != 0 {
			t.Errorf("%d were dropped, and %d more sent", n, len(st.sent))
		}
	})
}

// Two installations whose numbers write to each other come to an end, whatever
// they begin with.
func TestNoLoopBetweenTwoInstallations(t *testing.T) {
	dbtest.EachURL(t, func(t *testing.T, url string) {
		const numberA, numberB = "447700900201", "447700900202"
		at := func(number string) func(*sms.Config) {
			return func(c *sms.Config) { c.Sender, c.Inbound.HelpText = "+"+number, "Help: write to help@shop.test." }
		}
		a := openStation(t, openURL(t, url), at(numberA))
		b := openStation(t, openURL(t, "sqlite:"+t.TempDir()+"/b.db"), at(numberB))
		carry := func(s *station, t *transport.Text) {
			s.receive(t.Content, func(in *transport.InboundText) { in.From, in.To = t.From[1:], t.To[1:] })
		}
		for _, first := range []string{"ordr", "help"} {
			a.receive(first, func(t *transport.InboundText) { t.From, t.To = numberB, numberA })
		}
		hops := 0
		eventually(t, "the end of it", func() bool {
			// What is over in the database has been sent before.
			over := a.number(openReplies)+b.number(openReplies) == 0
			select {
			case sent := <-a.sent:
				carry(b, sent)
			case sent := <-b.sent:
				carry(a, sent)
			default:
				return over
			}
			if hops++; hops > 10 {
				t.Fatal("they go on answering each other")
			}
			return false
		})
		if n := a.replies() + b.replies(); n > 4 {
			t.Errorf("%d replies", n)
		}
	})
}

const openReplies = `SELECT COUNT(*) FROM sms_auto_replies WHERE finished_at IS NULL`

// A reply that was marked by a node that died is over, and never sent again.
func TestMarkedReplyIsNotRepeated(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		st := openStation(t, d)
		st.hold()
		st.receive("ordr")
		st.write(func(tx *db.Tx) error {
			now, err := tx.Now()
			if err == nil {
				_, err = tx.Exec(`UPDATE sms_auto_replies SET started_at = $1`, now-time.Minute.Milliseconds())
			}
			return err
		})
		st.release()
		st.service.EndMarked(t.Context())
		if n := st.number(`SELECT COUNT(*) FROM sms_auto_replies WHERE finished_at IS NOT NULL AND outcome = 'unknown'`); n != 1 {
			t.Error("it is not over")
		}
		if len(st.sent) != 0 {
			t.Error("it was sent")
		}
	})
}

// hold stops sending, release lets it go on.
func (st *station) hold() {
	st.t.Helper()
	st.write(func(tx *db.Tx) error {
		_, err := tx.Exec(`INSERT INTO sending_holds (scope, held_at, reason) VALUES ('all', 1, 'test')`)
		return err
	})
}

func (st *station) release() {
	st.t.Helper()
	st.write(func(tx *db.Tx) error {
		_, err := tx.Exec(`DELETE FROM sending_holds`)
		return err
	})
}
