package story

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"aviso/credit"
	"aviso/db"
)

// TextAccount is a customer who may send texts.
type TextAccount struct {
	*Account
	Token string
}

// TextAccount makes a customer with SMS credits.
func (i *Installation) TextAccount(credits int64) *TextAccount {
	i.t.Helper()
	a := &TextAccount{Account: i.customer(credit.SMS, credits)}
	a.Token = i.text(i.Run("sms", "approve", "--account", a.ID), "token")
	return a
}

// Balance is the account's SMS credits.
func (a *TextAccount) Balance() int64 {
	a.house.t.Helper()
	return a.balance(credit.SMS)
}

// Shortcode gives the account a shortcode that is pushed to a hook.
func (a *TextAccount) Shortcode(code string, to *Hook) {
	a.house.t.Helper()
	a.house.Run("shortcode", "add", code, "--account", a.ID, "--webhook", to.URL(), "--secret", to.Secret)
}

// Text is what a caller asks for, in the names of the SMS API.
type Text struct {
	Recipient string `json:"recipient"`
	Content   string `json:"content"`
}

// Price is what a text costs (contract, SMS, 1).
func (x Text) Price() int64 { return int64(max(1, (len(x.Content)+159)/160)) }

// TextAnswer is a whole answer to one call.
type TextAnswer struct {
	*Answer
	ID        string `json:"ID"`
	State     string `json:"status"`
	Cost      int64  `json:"creditCost"`
	Segments  int    `json:"segments"`
	Code      string `json:"code"`      // of an error
	MessageID string `json:"messageId"` // of an error that has one
}

// Final says whether an answer is one that stays: taken, in doubt, or refused.
func (a *TextAnswer) Final() bool {
	return a.Status == http.StatusOK || a.Code == "RECIPIENT_REFUSED" || a.Code == "PROVIDER_FAILURE"
}

// SentText is a text as the API shows it to its owner.
type SentText struct {
	ID       string     `json:"ID"`
	Status   string     `json:"status"`
	Cost     int64      `json:"creditCost"`
	Segments []struct{} `json:"segments"`
	Error    string     `json:"error"`
}

// ReceivedText is a text that came in, as the API lists it.
type ReceivedText struct {
	ID            string `json:"id"`
	Sender        string `json:"sender"`
	Shortcode     string `json:"shortcode"`
	Content       string `json:"content"`
	WebhookStatus int    `json:"webhook_status"` // 0 for null
}

// Texter is a program with one token and one kept connection to one node.
type Texter struct{ *Caller }

// Texter returns a texter that has not connected yet. It calls the SMS base URL.
func (n *Node) Texter(token string) *Texter {
	n.t.Helper()
	var said struct {
		URL string `json:"sms_url"`
	}
	if err := json.Unmarshal([]byte(n.stderr.line(`"aviso serves"`)), &said); err != nil || said.URL == "" {
		n.t.Fatalf("aviso serve did not say where it takes texts:\n%s", n.stderr.text())
	}
	c := n.Caller(Key{Token: token})
	c.base = said.URL
	return &Texter{c}
}

// Send makes one call; the Idempotency-Key is left out when empty. The error is
// a *Silence when there was no whole answer.
func (c *Texter) Send(x Text, idempotencyKey string) (*TextAnswer, error) {
	body, err := json.Marshal(x)
	if err != nil {
		return nil, err
	}
	a, err := c.call(http.MethodPost, "/api/messages", body, idempotencyKey)
	if err != nil {
		return nil, err
	}
	t := &TextAnswer{}
	if err := json.Unmarshal([]byte(a.Body), t); err != nil {
		return nil, fmt.Errorf("%d with a body that is no answer: %w: %s", a.Status, err, a.Body)
	}
	t.Answer = a
	return t, nil
}

// MustSend is Send for a call that has to have that status.
func (c *Texter) MustSend(x Text, status int) *TextAnswer {
	c.t.Helper()
	a, err := c.Send(x, "")
	if err != nil {
		c.t.Fatal(err)
	}
	if a.Status != status {
		c.t.Fatalf("text to %s: %d, not %d: %s", x.Recipient, a.Status, status, a.Body)
	}
	return a
}

// Text asks where a text stands.
func (c *Texter) Text(id string) (*SentText, error) {
	m := &SentText{}
	return m, c.get("/api/messages/"+id, m)
}

// Becomes waits until a text has one of those statuses, or Patience is over, and
// returns how it stands then.
func (c *Texter) Becomes(id string, done func(status string) bool) (*SentText, error) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	late := time.NewTimer(Patience)
	defer late.Stop()
	for {
		m, err := c.Text(id)
		if err != nil || done(m.Status) {
			return m, err
		}
		select {
		case <-tick.C:
		case <-late.C:
			return m, nil
		}
	}
}

// Received returns every text that came in for the account, oldest last.
func (c *Texter) Received() (all []ReceivedText) {
	c.t.Helper()
	before := ""
	for {
		var page []ReceivedText
		if err := c.get("/api/messages?limit=100"+before, &page); err != nil {
			c.t.Fatal(err)
		}
		all = append(all, page...)
		if len(page) < 100 {
			return all
		}
		before = "&before=" + page[len(page)-1].ID
	}
}

func (c *Texter) get(path string, into any) error {
	a, err := c.call(http.MethodGet, path, nil, "")
	if err != nil {
		return err
	}
	if a.Status != http.StatusOK {
		return fmt.Errorf("%s: %d %s", path, a.Status, a.Body)
	}
	return json.Unmarshal([]byte(a.Body), into)
}

// PushRecord is what the database knows of one push: the page shows it, and
// nothing else.
type PushRecord struct {
	Content string
	Started bool // marked, so that nobody makes it again
	Over    bool
	Status  int // what the webhook has answered; 0 for nothing
}

// Pushes reads the record of every push.
func (i *Installation) Pushes() (list []PushRecord) {
	i.t.Helper()
	i.read(func(tx *db.Tx) error {
		list = nil
		return tx.Rows(`SELECT m.content, COALESCE(p.started_at, 0), COALESCE(p.finished_at, 0), p.status FROM sms_pushes p
			JOIN sms_messages m ON m.id = p.message_id ORDER BY p.id`, nil, func(scan func(...any) error) error {
			var r PushRecord
			var started, over int64
			err := scan(&r.Content, &started, &over, &r.Status)
			r.Started, r.Over = started != 0, over != 0
			list = append(list, r)
			return err
		})
	})
	return list
}
