package api

import (
	"net/http"

	"github.com/go-json-experiment/json"

	"aviso/fault"
	"aviso/sms"
)

// receivedText is a text that came in, as GET /api/messages lists it.
type receivedText struct {
	ID            string `json:"id"`
	UserID        string `json:"userID"`
	Sender        string `json:"sender"`
	Shortcode     string `json:"shortcode"`
	Content       string `json:"content"`
	WebhookStatus *int64 `json:"webhook_status"`
	CreatedAt     string `json:"created_at"`
}

// receivedAtMost is how many texts one answer has (contract, SMS, receiving).
const receivedAtMost = 100

// receivedTexts answers GET /api/messages: a bare list, as the contract has it.
func (a *API) receivedTexts(w http.ResponseWriter, r *http.Request) error {
	caller, err := a.textReader(r)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	limit, err := number(q, "limit", receivedAtMost, 1, receivedAtMost)
	if err != nil {
		return err
	}
	texts, err := a.sms.Inbound(r.Context(), caller.AccountID, q.Get("before"), limit)
	if err != nil {
		return err
	}
	list := make([]receivedText, len(texts))
	for i, t := range texts {
		list[i] = receivedText{t.ID, t.Account, t.Sender, t.Shortcode, t.Content, orNull(t.WebhookStatus), formatTime(t.CreatedAt)}
	}
	return respondJSON(w, list)
}

// textView is a text as GET /api/messages/{id} shows it.
type textView struct {
	ID        string        `json:"ID"`
	From      string        `json:"sent_from"`
	To        string        `json:"sent_to"`
	Content   string        `json:"content"`
	Status    string        `json:"status"`
	Encoding  string        `json:"encoding"`
	Cost      int64         `json:"creditCost"`
	Segments  []segmentView `json:"segments"`
	Receipts  []receiptView `json:"receipts"`
	Error     *string       `json:"error"`
	CreatedAt string        `json:"created_at"`
}

type segmentView struct {
	Number      int     `json:"number"`
	Status      string  `json:"status"`
	Gateway     *string `json:"gateway"`
	MessageID   *string `json:"messageId"`
	Code        *string `json:"code"`
	Text        *string `json:"text"`
	SubmittedAt *string `json:"submittedAt"`
	AnsweredAt  *string `json:"answeredAt"`
	ReceiptAt   *string `json:"receiptAt"`
}

type receiptView struct {
	At      string  `json:"at"`
	Segment *int    `json:"segment"`
	State   string  `json:"state"`
	Code    *string `json:"code"`
	Text    string  `json:"text"`
}

// text answers GET /api/messages/{id}, for texts that were sent.
func (a *API) text(w http.ResponseWriter, r *http.Request) error {
	caller, err := a.textReader(r)
	if err != nil {
		return err
	}
	m, err := a.sms.Message(r.Context(), caller.AccountID, r.PathValue("id"))
	if err != nil {
		return err
	}
	if m.Direction != sms.Out {
		return fault.New(fault.NotFound, "NOT_FOUND", "This text was received; GET /api/messages lists it.")
	}
	return respondJSON(w, textView{ID: m.ID, From: m.Ours, To: m.Peer, Content: m.Content, Status: string(m.Status), Encoding: string(m.Encoding),
		Cost: m.Charged, Segments: viewSegments(m.Segments), Receipts: viewReceipts(m.Receipts), Error: orNull(m.LastError), CreatedAt: formatTime(m.CreatedAt)})
}

func viewSegments(segments []sms.LoggedSegment) []segmentView {
	list := make([]segmentView, len(segments))
	for i, g := range segments {
		list[i] = segmentView{g.Number + 1, g.Standing(), orNull(g.Gateway), orNull(g.ProviderID), orNull(g.Code), orNull(g.Words),
			formatOptional(g.SubmittedAt), formatOptional(g.AnsweredAt), formatOptional(g.ReceiptAt)}
	}
	return list
}

func viewReceipts(receipts []sms.LoggedReceipt) []receiptView {
	list := make([]receiptView, len(receipts))
	for i, r := range receipts {
		segment := r.Segment + 1
		list[i] = receiptView{formatTime(r.ReceivedAt), &segment, string(r.State), orNull(r.Code), r.Words}
	}
	return list
}

// textTotals answers GET / of the SMS base URL.
func (a *API) textTotals(w http.ResponseWriter, r *http.Request) error {
	t, err := a.sms.Totals(r.Context())
	if err != nil {
		return err
	}
	return respondJSON(w, struct {
		Sent     int64  `json:"messagesSent"`
		Received int64  `json:"messagesReceived"`
		Segments int64  `json:"segmentsSent"`
		Accounts int64  `json:"accounts"`
		Since    string `json:"since"`
	}{t.Sent, t.Received, t.Segments, t.Accounts, formatTime(t.Since)})
}

// respondJSON answers 200 with v as it is: the SMS API has no envelope around
// what went well.
func respondJSON(w http.ResponseWriter, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	respond(w, http.StatusOK, body)
	return nil
}
