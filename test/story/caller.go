package story

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"testing"
	"time"
)

// Mail is what a caller asks for, in the names of the email API.
type Mail struct {
	To       []string `json:"to,omitempty"`
	Cc       []string `json:"cc,omitempty"`
	Bcc      []string `json:"bcc,omitempty"`
	Subject  string   `json:"subject,omitempty"`
	Text     string   `json:"text,omitempty"`
	HTML     string   `json:"html,omitempty"`
	FromName string   `json:"fromName,omitempty"`
	ReplyTo  string   `json:"replyTo,omitempty"`
}

// Answer is a whole answer to one call.
type Answer struct {
	Status     int           `json:"-"`
	RetryAfter time.Duration `json:"-"` // 0 without the header
	Replayed   bool          `json:"-"`
	Body       string        `json:"-"` // as it came

	Code      string `json:"code"`      // of an error
	MessageID string `json:"messageId"` // of an error that has one
	Data      struct {
		MessageID     string `json:"messageId"`
		SMTPMessageID string `json:"smtpMessageId"`
		Recipients    int    `json:"recipients"`
		Charged       int64  `json:"creditsCharged"`
		Rejected      []struct {
			Address string `json:"address"`
			Code    int    `json:"code"`
		} `json:"rejected"`
	} `json:"data"`
}

// Silence is a call without a whole answer.
type Silence struct {
	Torn bool // some of the answer had come
	Err  error
}

// Error implements error.
func (s *Silence) Error() string {
	if s.Torn {
		return "the answer broke off: " + s.Err.Error()
	}
	return "no answer: " + s.Err.Error()
}

// Message is a message as the API shows it to its owner.
type Message struct {
	ID            string     `json:"messageId"`
	SMTPMessageID string     `json:"smtpMessageId"`
	Status        string     `json:"status"`
	Charged       int64      `json:"creditsCharged"`
	LastError     string     `json:"lastError"`
	NextAttemptAt *time.Time `json:"nextAttemptAt"`
	Attempts      []struct {
		Outcome string `json:"outcome"`
	} `json:"attempts"`
}

// Moving says whether something will happen to the message by itself within
// the time of a story.
func (m *Message) Moving() bool {
	soon := m.NextAttemptAt != nil && time.Until(*m.NextAttemptAt) < time.Minute
	return m.Status == "sending" || m.Status == "queued" && soon
}

// Caller is a program with one key and one kept connection to one node.
type Caller struct {
	t     testing.TB
	base  string
	token string
	http  http.Client
}

// Caller returns a caller that has not connected yet.
func (n *Node) Caller(k Key) *Caller {
	wire := &http.Transport{MaxConnsPerHost: 1, MaxIdleConnsPerHost: 1}
	n.t.Cleanup(wire.CloseIdleConnections)
	return &Caller{t: n.t, base: n.URL, token: k.Token, http: http.Client{Transport: wire, Timeout: Patience}}
}

// Greet makes a call that costs nothing and counts for nothing, so that the
// connection is open and the node knows the key.
func (c *Caller) Greet() {
	c.t.Helper()
	a, err := c.call(http.MethodGet, "/api/v1/email/messages/none", nil, "")
	if err != nil || a.Status != http.StatusNotFound {
		c.t.Fatalf("a message that never was: %+v %v", a, err)
	}
}

// Send makes one call; the Idempotency-Key is left out when empty. The error
// is a *Silence when there was no whole answer.
func (c *Caller) Send(m Mail, idempotencyKey string) (*Answer, error) {
	body, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	a, err := c.call(http.MethodPost, "/api/v1/email/send", body, idempotencyKey)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal([]byte(a.Body), a); err != nil {
		return nil, fmt.Errorf("%d with a body that is no answer: %w: %s", a.Status, err, a.Body)
	}
	return a, nil
}

// MustSend is Send for a call that has to have that status.
func (c *Caller) MustSend(m Mail, status int) *Answer {
	c.t.Helper()
	a, err := c.Send(m, "")
	if err != nil {
		c.t.Fatal(err)
	}
	if a.Status != status {
		c.t.Fatalf("mail to %s: %d, not %d: %s", m.To, a.Status, status, a.Body)
	}
	return a
}

// Insist makes the same call until it has that status, as often as refusals
// ask for and Patience allows.
func (c *Caller) Insist(m Mail, idempotencyKey string, status int) *Answer {
	c.t.Helper()
	late := time.Now().Add(Patience)
	for {
		a, err := c.Send(m, idempotencyKey)
		if err != nil {
			c.t.Fatal(err)
		}
		if a.Status == status {
			return a
		}
		if a.RetryAfter == 0 || time.Now().After(late) {
			c.t.Fatalf("mail to %s: %d, not %d: %s", m.To, a.Status, status, a.Body)
		}
		pause(a.RetryAfter)
	}
}

// Message asks where a message stands. Who asks too often is told when to
// come again.
func (c *Caller) Message(id string) (*Message, error) {
	for {
		a, err := c.call(http.MethodGet, "/api/v1/email/messages/"+id, nil, "")
		if err != nil {
			return nil, err
		}
		if a.Status == http.StatusTooManyRequests {
			pause(a.RetryAfter)
			continue
		}
		if a.Status != http.StatusOK {
			return nil, fmt.Errorf("message %s: %d %s", id, a.Status, a.Body)
		}
		var m struct{ Data Message }
		return &m.Data, json.Unmarshal([]byte(a.Body), &m)
	}
}

// Settled waits for a message to come to rest.
func (c *Caller) Settled(id string) *Message {
	c.t.Helper()
	m, err := c.settled(id)
	if err != nil {
		c.t.Fatal(err)
	}
	return m
}

// settled asks for a message until it does not move any more.
func (c *Caller) settled(id string) (*Message, error) {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	late := time.NewTimer(Patience)
	defer late.Stop()
	for {
		m, err := c.Message(id)
		if err != nil || !m.Moving() {
			return m, err
		}
		select {
		case <-tick.C:
		case <-late.C:
			return nil, fmt.Errorf("message %s is still %s (%s), after %d attempts", id, m.Status, m.LastError, len(m.Attempts))
		}
	}
}

func (c *Caller) call(method, path string, body []byte, idempotencyKey string) (*Answer, error) {
	req, err := http.NewRequest(method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("Content-Type", "application/json")
	if idempotencyKey != "" {
		req.Header.Set("Idempotency-Key", idempotencyKey)
		// With that header and this function the transport would repeat the
		// call by itself, and the journal would not know.
		req.GetBody = nil
	}
	silence := &Silence{}
	trace := &httptrace.ClientTrace{GotFirstResponseByte: func() { silence.Torn = true }}
	resp, err := c.http.Do(req.WithContext(httptrace.WithClientTrace(req.Context(), trace)))
	if err != nil {
		silence.Err = err
		return nil, silence
	}
	defer resp.Body.Close()
	read, err := io.ReadAll(resp.Body)
	if err != nil {
		silence.Err = err
		return nil, silence
	}
	a := &Answer{Status: resp.StatusCode, Replayed: resp.Header.Get("Idempotency-Replayed") == "true", Body: string(read)}
	if seconds, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil {
		a.RetryAfter = time.Duration(seconds) * time.Second
	}
	return a, nil
}
