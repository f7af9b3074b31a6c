package billing_test

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"aviso/billing"
	"aviso/credit"
	"aviso/db"
	"aviso/db/dbtest"
)

// happening is an event before it has an id: offset is when it happens after
// begin, in milliseconds.
type happening struct {
	kind   string
	offset int64
	about  object
}

// scene is what the events of a story are about; each order of them plays with
// an account and names of its own.
type scene struct {
	*shop
	account string
	session map[string]string // by letter
	sub     string
	prime   string // the order's id
}

func (c *scene) paid(letter string) happening {
	id := c.session[letter]
	return happening{"checkout.session.completed", 0, object{"id": id, "payment_status": "paid", "payment_intent": "pi_" + id}}
}

func (c *scene) completed(letter string) happening {
	h := c.paid(letter)
	h.about["payment_status"] = "unpaid"
	return h
}

func (c *scene) later(letter string) happening {
	h := c.paid(letter)
	h.kind = "checkout.session.async_payment_succeeded"
	return h
}

func (c *scene) expired(letter string) happening {
	return happening{"checkout.session.expired", 0, object{"id": c.session[letter], "payment_status": "unpaid"}}
}

// charge is a charge's refunds so far.
func (c *scene) charge(letter string, refunded int64) happening {
	id := c.session[letter]
	return happening{"charge.refunded", 0, object{"id": "ch_" + id, "payment_intent": "pi_" + id, "amount_refunded": refunded}}
}

func (c *scene) refund(letter, number, status string, amount int64) happening {
	id := c.session[letter]
	kind := map[string]string{"failed": "refund.failed"}[status]
	if kind == "" {
		kind = "refund.created"
	}
	return happening{kind, 0, object{"id": "re_" + number + id, "payment_intent": object{"id": "pi_" + id, "object": "payment_intent"}, "amount": amount, "status": status}}
}

func (c *scene) dispute(letter, kind, status string, amount int64) happening {
	id := c.session[letter]
	return happening{"charge.dispute." + kind, 0, object{"id": "dp_" + id, "payment_intent": "pi_" + id, "amount": amount, "status": status}}
}

// subscription is one event of the scene's: its period is in days from begin.
func (c *scene) subscription(kind, status string, at, from, to int64) happening {
	return happening{"customer.subscription." + kind, at, object{"id": c.sub, "customer": "cus_1", "status": status, "metadata": object{"checkout": c.prime},
		"items": object{"data": []object{{"current_period_start": (begin + from*day) / 1000, "current_period_end": (begin + to*day) / 1000}}}}}
}

func (c *scene) ended(at int64) happening {
	h := c.subscription("deleted", "canceled", at, 0, 30)
	h.about["ended_at"] = (begin + at) / 1000
	return h
}

func (c *scene) invoice(kind string, at, to int64) happening {
	return happening{"invoice." + kind, at, object{"id": "in_1", "parent": object{"subscription_details": object{"subscription": c.sub}},
		"lines": object{"data": []object{{"period": object{"start": begin / 1000, "end": (begin + to*day) / 1000}}}}}}
}

func (c *scene) subscribed(at int64) happening {
	return happening{"checkout.session.completed", at, object{"id": c.session["p"], "payment_status": "paid", "mode": "subscription", "subscription": c.sub, "customer": "cus_1"}}
}

// Whatever order events come in, and some of them again: the end is the same.
func TestAnyOrder(t *testing.T) {
	const hour = 60 * 60 * 1000
	rows := []struct {
		name  string
		spent int64 // of bundle z, paid beforehand
		tell  func(*scene) []happening
		want  standing
	}{
		{"paid later", 0, func(c *scene) []happening {
			return []happening{c.completed("a"), c.later("a"), c.expired("a"), c.paid("b")}
		}, standing{Email: 20_000}},
		{"refunded in parts", 0, func(c *scene) []happening {
			return []happening{c.paid("a"), c.charge("a", 100), c.charge("a", 350), c.refund("a", "2", "pending", 250)}
		}, standing{Email: 3_000}},
		{"a refund that fails", 0, func(c *scene) []happening {
			return []happening{c.paid("a"), c.charge("a", 500), c.refund("a", "1", "pending", 500), c.refund("a", "1", "failed", 500)}
		}, standing{Email: 10_000}},
		{"a refund that fails, and another", 0, func(c *scene) []happening {
			return []happening{c.paid("a"), c.charge("a", 500), c.refund("a", "1", "failed", 500), c.refund("a", "2", "succeeded", 500)}
		}, standing{}},
		{"a dispute that is won", 0, func(c *scene) []happening {
			return []happening{c.paid("a"), c.dispute("a", "created", "needs_response", 500), c.dispute("a", "updated", "under_review", 500), c.dispute("a", "closed", "won", 500)}
		}, standing{Email: 10_000}},
		{"a dispute that is lost, beside a purchase", 0, func(c *scene) []happening {
			return []happening{c.paid("a"), c.paid("b"), c.dispute("a", "created", "warning_needs_response", 500), c.dispute("a", "closed", "lost", 500)}
		}, standing{Email: 10_000}},
		{"an inquiry", 0, func(c *scene) []happening {
			return []happening{c.paid("a"), c.dispute("a", "created", "warning_needs_response", 500), c.dispute("a", "closed", "warning_closed", 500)}
		}, standing{Email: 10_000}},
		{"refunded when it is spent", 9_990, func(c *scene) []happening {
			return []happening{c.charge("z", 500), c.paid("a"), c.paid("b"), c.charge("b", 250)}
		}, standing{Email: 5_010}},
		{"refunded when it is spent, and more", 10_000, func(c *scene) []happening {
			return []happening{c.charge("z", 250), c.dispute("z", "created", "needs_response", 500), c.paid("a"), c.charge("a", 250)}
		}, standing{OwedEmail: 5_000}},
		{"the tier", 0, func(c *scene) []happening {
			return []happening{c.paid("u"), c.paid("v"), c.charge("u", 750), c.dispute("v", "closed", "lost", 1500)}
		}, standing{Unlimited: 15}},
		{"a subscription begins", 0, func(c *scene) []happening {
			return []happening{c.subscribed(2000), c.subscription("created", "incomplete", 0, 0, 30), c.subscription("updated", "active", 0, 0, 30), c.invoice("paid", 1000, 30)}
		}, standing{Prime: 30}},
		{"a subscription is renewed", 0, func(c *scene) []happening {
			return []happening{c.subscribed(2000), c.subscription("created", "active", 0, 0, 30), c.subscription("updated", "active", 30*day, 30, 60), c.invoice("paid", 30*day+hour, 60)}
		}, standing{Prime: 60}},
		{"a renewal is not paid", 0, func(c *scene) []happening {
			return []happening{c.subscribed(2000), c.subscription("updated", "active", 30*day, 30, 60), c.subscription("updated", "past_due", 30*day+hour, 30, 60), c.invoice("payment_failed", 30*day+hour, 60)}
		}, standing{Prime: 30}},
		{"a renewal is not paid, as invoices tell", 0, func(c *scene) []happening {
			return []happening{c.subscribed(2000), c.invoice("paid", 0, 30), c.subscription("updated", "active", 30*day, 30, 60), c.invoice("payment_failed", 30*day+hour, 60)}
		}, standing{Prime: 30}},
		{"a renewal is not paid, as the subscription tells", 0, func(c *scene) []happening {
			return []happening{c.subscribed(2000), c.subscription("updated", "active", 30*day, 30, 60), c.subscription("updated", "past_due", 30*day+hour, 30, 60)}
		}, standing{Prime: 30}},
		{"a period that is made shorter", 0, func(c *scene) []happening {
			return []happening{c.subscription("created", "active", 0, 0, 365), c.subscription("updated", "active", hour, 0, 31), c.subscription("updated", "active", 2*hour, 0, 29)}
		}, standing{Prime: 29}},
		{"paid twice, as invoices tell", 0, func(c *scene) []happening {
			return []happening{c.subscribed(2000), c.invoice("paid", 0, 30), c.invoice("paid", 30*day, 60)}
		}, standing{Prime: 60}},
		{"a renewal is paid at last", 0, func(c *scene) []happening {
			return []happening{c.subscribed(2000), c.subscription("updated", "past_due", 30*day+hour, 30, 60), c.invoice("payment_failed", 30*day+hour, 60), c.invoice("paid", 33*day, 60)}
		}, standing{Prime: 60}},
		{"a subscription ends before its period", 0, func(c *scene) []happening {
			return []happening{c.subscribed(2000), c.subscription("created", "active", 0, 0, 30), c.ended(20 * day), c.invoice("paid", 1000, 30)}
		}, standing{Prime: 20}},
	}
	each(t, func(t *testing.T, s *shop) {
		for _, r := range rows {
			plays := 0
			for order := range permutations(len(s.stage(r.spent).tell(r.tell))) {
				plays++
				c := s.stage(r.spent)
				events := c.tell(r.tell)
				for _, i := range append(order, order[0], order[len(order)-1]) {
					s.hear(events[i])
				}
				if have := s.standing(c.account); have != r.want {
					t.Errorf("%s, in the order %v: %+v\nnot %+v", r.name, order, have, r.want)
				}
			}
			if plays < 6 {
				t.Errorf("%s was played %d times", r.name, plays)
			}
		}
		s.verify()
	})
}

// stage makes an account with open checkouts: a and b of email, u and v of the
// tier, p of Prime; and z of email, which is paid and spent.
func (s *shop) stage(spent int64) *scene {
	s.t.Helper()
	c := &scene{shop: s, account: s.customer(), sub: "sub_" + db.NewID(), session: map[string]string{}}
	s.write(func(tx *db.Tx) error {
		for _, open := range []struct {
			letter       string
			item         billing.Item
			units, price int64
		}{
			{"a", billing.EmailCredits, 10_000, 500}, {"b", billing.EmailCredits, 10_000, 500}, {"z", billing.EmailCredits, 10_000, 500},
			{"u", billing.Unlimited, 30 * day, 1500}, {"v", billing.Unlimited, 30 * day, 1500}, {"p", billing.Prime, 0, 500},
		} {
			id := db.NewID()
			if c.session[open.letter] = "cs_" + id; open.item == billing.Prime {
				c.prime = id
			}
			_, err := tx.Exec(`INSERT INTO billing_checkouts (id, session_id, account_id, item, bundle, units, price, currency, state, reversed, created_at)
				VALUES ($1, $2, $3, $4, '', $5, $6, 'usd', 'open', 0, 0)`, id, "cs_"+id, c.account, string(open.item), open.units, open.price)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if spent > 0 {
		s.pay(c.session["z"])
		s.spend(c.account, spent)
	}
	return c
}

// tell gives the events of a story their ids.
func (c *scene) tell(story func(*scene) []happening) (events [][]byte) {
	for _, h := range story(c) {
		events = append(events, event(db.NewID(), h.kind, begin+h.offset, h.about))
	}
	return events
}

// permutations yields each order of n things.
func permutations(n int) func(yield func([]int) bool) {
	var put func(order []int, yield func([]int) bool) bool
	put = func(order []int, yield func([]int) bool) bool {
		if len(order) == n {
			return yield(append([]int(nil), order...))
		}
		for i := range n {
			taken := false
			for _, o := range order {
				taken = taken || o == i
			}
			if !taken && !put(append(order, i), yield) {
				return false
			}
		}
		return true
	}
	return func(yield func([]int) bool) { put(nil, yield) }
}

// Two nodes are told everything at once, many times over.
func TestTwoNodes(t *testing.T) {
	dbtest.EachURL(t, func(t *testing.T, url string) {
		k := openTill(t)
		nodes := []*shop{openShop(t, url, k), openShop(t, url, k)}
		s := nodes[0]
		for range 5 {
			c := s.stage(10_000)
			events := c.tell(func(c *scene) []happening {
				return []happening{c.completed("a"), c.paid("a"), c.later("a"), c.charge("a", 250), c.dispute("a", "created", "needs_response", 250), c.charge("z", 500),
					c.subscribed(0), c.subscription("created", "incomplete", 0, 0, 30), c.subscription("updated", "active", 1000, 0, 30), c.invoice("paid", 0, 30), c.paid("u")}
			})
			var all sync.WaitGroup
			for _, node := range nodes {
				for _, e := range append(events, events...) {
					all.Go(func() {
						if err := node.TakeEvent(context.Background(), e, sign(e, secret, time.Now())); err != nil {
							t.Errorf("%v\n%s", err, e)
						}
					})
				}
			}
			all.Wait()
			// Bundle a came and went whole; so did z, all of which was spent.
			if have, want := s.standing(c.account), (standing{OwedEmail: 10_000, Unlimited: 30, Prime: 30}); have != want {
				t.Errorf("%+v\nnot %+v", have, want)
			}
			if n := s.count(`SELECT COUNT(*) FROM credit_entries WHERE ref = $1`, "purchase/"+c.session["a"]); n != 1 {
				t.Errorf("it was credited %d times", n)
			}
		}
		s.verify()
	})
}

// A purchase beside the mail that spends it: whatever was left is taken, and
// all is accounted for.
func TestRefundBesideSpending(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		c := s.stage(0)
		s.hear(c.tell(func(c *scene) []happening { return []happening{c.paid("a")} })[0])
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				err := s.db.Write(context.Background(), func(tx *db.Tx) error {
					_, err := credit.Post(tx, c.account, credit.Email, credit.Entry{Ref: fmt.Sprint("charge/", c.account, i), Delta: -300, Reason: credit.Charged})
					if err == credit.ErrInsufficient {
						return nil
					}
					return err
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		all.Go(func() {
			s.hear(c.tell(func(c *scene) []happening { return []happening{c.charge("a", 500)} })[0])
		})
		all.Wait()
		have := s.standing(c.account)
		if have.Email != 0 || have.OwedEmail%300 != 0 || have.OwedEmail > 6_000 {
			t.Errorf("%+v", have)
		}
		s.tell("charge.dispute.closed", object{"id": "dp_1", "payment_intent": "pi_" + c.session["a"], "status": "won", "amount": 500})
		if now := s.standing(c.account); now != have {
			t.Errorf("a dispute without effect: %+v", now)
		}
		s.verify()
	})
}

// The history that a customer reads explains each credit.
func TestReversalsInTheLedger(t *testing.T) {
	each(t, func(t *testing.T, s *shop) {
		c := s.stage(0)
		for _, e := range c.tell(func(c *scene) []happening {
			return []happening{c.paid("a"), c.dispute("a", "created", "needs_response", 500), c.paid("b"), c.dispute("a", "closed", "won", 500)}
		}) {
			s.hear(e)
		}
		var told []string
		s.write(func(tx *db.Tx) error {
			entries, err := credit.History(tx, c.account, credit.Email, 0, 100)
			for _, e := range entries {
				told = append([]string{fmt.Sprint(e.Reason, " ", e.Delta)}, told...)
				if e.Reason == credit.Adjusted && e.Note == "" {
					t.Errorf("%+v explains nothing", e)
				}
			}
			return err
		})
		want := `["purchase 10000","adjust -10000","purchase 10000","adjust 10000"]`
		if have, _ := json.Marshal(told); string(have) != want {
			t.Errorf("%s", have)
		}
		for _, action := range []string{"billing.purchase", "billing.takeback", "billing.giveback"} {
			if s.count(`SELECT COUNT(*) FROM audit_entries WHERE subject = $1 AND action = $2`, c.account, action) == 0 {
				t.Errorf("%s is not in the audit log", action)
			}
		}
	})
}
