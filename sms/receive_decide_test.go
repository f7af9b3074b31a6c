package sms

import (
	"errors"
	"sync"
	"testing"

	"aviso/transport"
)

// counter is a desk that takes texts in, where one account has the shortcode
// "order" with a webhook.
func counter() *Service {
	s := desk(&Gateway{Name: "air"})
	c := Receiving{RepliesPerHour: 60, HelpText: "help", FreeShortcodes: 1, PrimeShortcodes: 5, Limits: Limits{Countries: []string{"*"}}}
	s.in = &inbound{Receiving: c, repeats: newRepeatBook(), parts: newPartBook(), codes: newShortcodeBook(c), optouts: newOptoutBook(),
		replies: newReplyBook(), pushes: newPushBook(), owners: owners{of: map[string]string{}}}
	return s
}

// arrive decides over a text as often as it asks for another run, and returns
// how often that was. Facts are what the database says about shortcodes.
func arrive(t *testing.T, s *Service, text *transport.InboundText, facts map[string]*codeFacts, now int64) (*arrival, int) {
	t.Helper()
	a := s.newArrival(text)
	for run := range storeTries {
		a.Want()
		for code, f := range facts {
			if _, wanted := s.in.codes.wanted[code]; wanted {
				s.in.codes.wanted[code] = f
			}
		}
		a.Decide(now)
		if !a.again {
			return a, run + 1
		}
		if len(s.messages.inserted)+len(s.in.pushes.inserted)+len(s.in.replies.inserted) > 0 {
			t.Fatal("a run that is not the last has written something")
		}
	}
	t.Fatal("it never comes to an end")
	return nil, 0
}

func inboundText(content string) *transport.InboundText {
	return &transport.InboundText{Gateway: "air", From: "447700900123", FromType: transport.International, To: "2899682626", Alphabet: transport.UTF8, Data: []byte(content)}
}

func order() map[string]*codeFacts {
	return map[string]*codeFacts{"order": {id: "c1", account: "a", code: "order", url: "https://shop.test/"}}
}

func TestArrivalDecides(t *testing.T) {
	for name, c := range map[string]struct {
		content string
		change  func(*codeFacts)
		account string
		pushed  bool
		replied bool
	}{
		"for a shortcode":                 {content: "order x", account: "a", pushed: true},
		"without a webhook":               {content: "order x", change: func(f *codeFacts) { f.url = "" }, account: "a"},
		"beyond the free limit":           {content: "order x", change: func(f *codeFacts) { f.older = 1 }, account: "a"},
		"the fifth with Prime":            {content: "order x", change: func(f *codeFacts) { f.older, f.primeUntil = 4, testNow+1 }, account: "a", pushed: true},
		"the sixth with Prime":            {content: "order x", change: func(f *codeFacts) { f.older, f.primeUntil = 5, testNow+1 }, account: "a"},
		"the second after Prime":          {content: "order x", change: func(f *codeFacts) { f.older, f.primeUntil = 1, testNow }, account: "a"},
		"an account that is suspended":    {content: "order x", change: func(f *codeFacts) { f.suspended = true }, account: "a"},
		"nobody's":                        {content: "ordr x", replied: true},
		"help":                            {content: "help", replied: true},
		"stop":                            {content: "stop"},
		"what looks like a reply of ours": {content: "The shortcode x"},
	} {
		s, facts := counter(), order()
		if c.change != nil {
			c.change(facts["order"])
		}
		a, _ := arrive(t, s, inboundText(c.content), facts, testNow)
		if a.account != c.account || a.pushed != c.pushed || a.replied != c.replied {
			t.Errorf("%s: account %q, pushed %t, replied %t", name, a.account, a.pushed, a.replied)
		}
		if len(s.messages.inserted) == 0 || s.accounts.wanted.Get(c.account).messages != 1 || s.totals.added.Received != 1 {
			t.Errorf("%s: it is not stored once", name)
		}
	}
}

// A shortcode whose account is known from the last time takes one run, and a
// memory that is wrong one more.
func TestArrivalRemembersOwners(t *testing.T) {
	s := counter()
	for _, want := range []int{2, 1} {
		if _, runs := arrive(t, s, inboundText("order x"), order(), testNow); runs != want {
			t.Errorf("%d runs instead of %d", runs, want)
		}
		s.messages.Reset()
		s.in.pushes.Reset()
	}
	moved := order()
	moved["order"].account = "b"
	if a, runs := arrive(t, s, inboundText("order x"), moved, testNow); runs != 2 || a.account != "b" {
		t.Errorf("%d runs, account %q", runs, a.account)
	}
}

// A batch that is run again, after the database refused it, decides the same.
func TestArrivalDecidesTwice(t *testing.T) {
	s := counter()
	a, _ := arrive(t, s, inboundText("order x"), order(), testNow)
	for _, b := range s.in.books() {
		b.Reset()
	}
	s.messages.Reset()
	s.accounts.Reset()
	a.Want()
	s.in.codes.wanted["order"] = order()["order"]
	a.Decide(testNow)
	if a.again || a.account != "a" || !a.pushed || len(s.in.pushes.inserted) != 5 {
		t.Errorf("%+v", a.routing)
	}
}

// Both parts of a text, and their repetitions, in one batch.
func TestPartsInOneBatch(t *testing.T) {
	s, facts := counter(), order()
	part := func(number int, content string) *arrival {
		p := inboundText(content)
		p.Part = &transport.Part{Reference: 1, Total: 2, Number: number}
		p.RepeatKey, p.Bind = content, "1"
		return s.newArrival(p)
	}
	batch := []*arrival{part(1, "order "), part(1, "order "), part(2, "x")}
	for range 3 {
		for _, b := range s.in.books() {
			b.Reset()
		}
		s.messages.Reset()
		for _, a := range batch {
			a.Want()
		}
		for code, f := range facts {
			if _, wanted := s.in.codes.wanted[code]; wanted {
				s.in.codes.wanted[code] = f
			}
		}
		for _, a := range batch {
			a.Decide(testNow)
		}
	}
	if last := batch[2]; last.again || last.waits || last.account != "a" || last.content != "order x" {
		t.Errorf("%+v", last.routing)
	}
	if !batch[0].waits || !batch[1].waits || len(s.messages.inserted) == 0 {
		t.Error("the parts do not make one text")
	}
	for _, set := range s.in.parts.sets {
		if !set.finished {
			t.Error("a set is left")
		}
	}
}

// Who brings a text while it is being stored waits for that.
func TestArrivalsAtOnce(t *testing.T) {
	l := arrivals{under: map[string]*arriving{}}
	lead, first := l.enter("x")
	again, second := l.enter("x")
	other, _ := l.enter("y")
	nameless, _ := l.enter("")
	if !lead || again || !other || !nameless || first != second {
		t.Fatalf("%t, %t, %t, %t", lead, again, other, nameless)
	}
	var waiting sync.WaitGroup
	waiting.Go(func() {
		<-second.done
		if second.err == nil {
			t.Error("the second was told that it is stored")
		}
	})
	first.err = errors.New("the database is gone")
	l.leave("x", first)
	waiting.Wait()
	if lead, _ := l.enter("x"); !lead {
		t.Error("after that, it is no repetition of something under way")
	}
}

// What is marked is nobody else's, and while sending is held nothing is marked.
func TestMarksAreGivenOnce(t *testing.T) {
	for name, c := range map[string]struct {
		facts *pushFacts // nil: there is no such row
		held  bool
		want  bool
	}{
		"it waits":            {&pushFacts{}, false, true},
		"another node has it": {&pushFacts{startedAt: 1}, false, false},
		"it is over":          {&pushFacts{finishedAt: 1}, false, false},
		"sending is held":     {&pushFacts{}, true, false},
		"it is gone":          {nil, false, false},
	} {
		s := counter()
		push := &pushing{s: s, id: "p"}
		reply := &replying{s: s, gateway: s.gateways[0], text: transport.Text{ID: "r"}, dueAt: testNow}
		push.Want()
		reply.Want()
		s.holds.Held = c.held
		if c.facts != nil {
			facts := *c.facts
			s.in.pushes.wanted["p"], s.in.replies.wanted["r"] = c.facts, &facts
		}
		push.Decide(testNow)
		reply.Decide(testNow)
		if push.marked != c.want || reply.marked != c.want {
			t.Errorf("%s: marked is %t and %t", name, push.marked, reply.marked)
		}
		if c.want != (len(s.in.pushes.started) > 0) {
			t.Errorf("%s: %v is written", name, s.in.pushes.started)
		}
	}
}

func TestRepliesThatComeTooLateAreNotSent(t *testing.T) {
	s := counter()
	late := &replying{s: s, gateway: s.gateways[0], text: transport.Text{ID: "r"}, dueAt: testNow - replyStale.Milliseconds()}
	late.Want()
	s.in.replies.wanted["r"] = &pushFacts{}
	late.Decide(testNow)
	if late.marked || len(s.in.replies.ended) == 0 {
		t.Errorf("marked is %t", late.marked)
	}
	paused := &replying{s: s, gateway: s.gateways[0], text: transport.Text{ID: "q"}, dueAt: testNow}
	paused.Want()
	s.in.replies.wanted["q"] = &pushFacts{}
	s.holds.Paused["air"] = true
	if paused.Decide(testNow); paused.marked {
		t.Error("it was sent through a gateway that is paused")
	}
}
