package api_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// callTimes makes n calls, all of them let in.
func (c *customer) callTimes(t *testing.T, n int) {
	t.Helper()
	for range n {
		c.send(t, []byte(`{}`)).is(t, 400, "INVALID_REQUEST", "to")
	}
}

// limited makes a call that is refused for as many seconds.
func (c *customer) limited(t *testing.T, seconds int) {
	t.Helper()
	a := c.send(t, hello().json())
	a.is(t, 429, "RATE_LIMITED", "")
	if got := a.header.Get("Retry-After"); got != strconv.Itoa(seconds) {
		t.Errorf("Retry-After is %s, not %d", got, seconds)
	}
}

// In no 60 seconds, however placed, more than 120.
func TestRateLimit(t *testing.T) {
	each(t, options{}, func(t *testing.T, h *house) {
		c := h.customer(t, 10)
		c.callTimes(t, 60)
		c.advance(59 * time.Second)
		c.callTimes(t, 60)
		c.limited(t, 2)
		c.restart(t) // what the node remembers would hide what the database says
		c.advance(time.Second)
		c.limited(t, 1) // the first 60 share a minute until 60.001
		c.advance(time.Millisecond)
		c.callTimes(t, 60)
		c.limited(t, 59)
		c.advance(58 * time.Second)
		c.limited(t, 1)
		c.advance(time.Second)
		c.send(t, hello().json()).is(t, 200, "", "")
		if got := c.ledger(t); asJSON(got) != "[10,-1]" {
			t.Errorf("the ledger is %v", got)
		}
	})
}

// Refusals and replays count, whatever they are; 429, 401 and 403 for the key
// do not.
func TestWhatCounts(t *testing.T) {
	each(t, options{rateLimit: 10}, func(t *testing.T, h *house) {
		c := h.customer(t, 1)
		c.send(t, hello().json(), key("k")).is(t, 200, "", "")
		c.send(t, hello().json(), key("k")).is(t, 200, "", "") // a replay
		c.send(t, hello(mail{"cc": "b@x.test"}).json(), key("k")).is(t, 409, "IDEMPOTENCY_KEY_REUSED", "")
		c.send(t, hello().json()).is(t, 402, "INSUFFICIENT_CREDITS", "")
		c.send(t, hello(mail{"from": "stranger@mail.test"}).json()).is(t, 403, "SENDER_NOT_ALLOWED", "")
		c.send(t, []byte(`{}`)).is(t, 400, "INVALID_REQUEST", "to")
		c.send(t, []byte(strings.Repeat(" ", 4<<20+1))).is(t, 413, "PAYLOAD_TOO_LARGE", "")
		c.send(t, hello().json(), headers{"Content-Type": "text/plain"}).is(t, 415, "UNSUPPORTED_MEDIA_TYPE", "")
		c.enable(t, false)
		for range 20 {
			c.send(t, hello().json()).is(t, 403, "KEY_DISABLED", "")
			c.send(t, hello().json(), headers{"Authorization": "Bearer " + c.token + "x"}).is(t, 401, "UNAUTHORIZED", "")
		}
		c.enable(t, true)
		c.callTimes(t, 2)
		c.advance(30 * time.Second)
		for range 20 {
			c.limited(t, 31)
		}
		c.another(t).send(t, []byte(`{}`)).is(t, 400, "INVALID_REQUEST", "to") // each key has its own
		c.advance(30*time.Second + time.Millisecond)
		c.callTimes(t, 10) // the 429 of half a minute ago are not among them
		c.limited(t, 61)
	})
}

// A new token is no way around the window, and neither is a restart.
func TestWindowOutlives(t *testing.T) {
	each(t, options{rateLimit: 5}, func(t *testing.T, h *house) {
		c := h.customer(t, 1)
		c.callTimes(t, 5)
		c.restart(t)
		c.limited(t, 61)
		rotateKeyTo(t, c)
		c.limited(t, 61)
	})
}

// Time never goes back: a clock that was set back does not open the window, and
// Retry-After knows how long that takes to mend.
func TestClockSetBack(t *testing.T) {
	each(t, options{rateLimit: 5}, func(t *testing.T, h *house) {
		c := h.customer(t, 1)
		c.callTimes(t, 5)
		c.database.Add(-time.Hour.Milliseconds())
		a := c.send(t, hello().json())
		a.is(t, 429, "RATE_LIMITED", "")
		wait, err := time.ParseDuration(a.header.Get("Retry-After") + "s")
		if err != nil {
			t.Fatal(err)
		}
		c.advance(wait - time.Second)
		c.limited(t, 1)
		c.advance(time.Second)
		c.callTimes(t, 5)
	})
}

// 0 switches the limit off.
func TestNoRateLimit(t *testing.T) {
	each(t, options{rateLimit: -1}, func(t *testing.T, h *house) { h.customer(t, 1).callTimes(t, 130) })
}

// Of a hundred and fifty calls at once, over all nodes, a hundred and twenty
// are let in.
func TestRateLimitUnderPressure(t *testing.T) {
	eachCluster(t, options{}, func(t *testing.T, nodes []*house) {
		c := nodes[0].customer(t, 1)
		statuses := make(chan int, 150)
		for i := range 150 {
			answers := c.at(nodes[i%len(nodes)]).begin(t, []byte(`{}`))
			go func() { statuses <- (<-answers).status }()
		}
		got := map[int]int{}
		for range 150 {
			got[<-statuses]++
		}
		if got[400] != 120 || got[429] != 30 {
			t.Errorf("%v, not 120 and 30", got)
		}
		for _, n := range nodes {
			c.at(n).limited(t, 61)
		}
	})
}

// A window that is known to be full costs neither a body nor the database.
func TestFullWindowIsRemembered(t *testing.T) {
	eachMortal(t, options{rateLimit: 5}, func(t *testing.T, h *house) {
		c := h.customer(t, 1)
		c.callTimes(t, 5)
		c.limited(t, 61)
		if err := h.db.Close(); err != nil {
			t.Fatal(err)
		}
		for range 20 {
			c.limited(t, 61)
		}
		conn, err := net.Dial("tcp", h.door.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n", sendPath, c.token)
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if res.StatusCode != 429 {
			t.Errorf("%d, before a byte of the body was sent", res.StatusCode)
		}
	})
}
