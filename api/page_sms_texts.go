package api

import (
	"net/http"
	"net/url"
	"strings"

	"aviso/fault"
	"aviso/sms"
)

// textRow is one text of the dashboard's list.
type textRow struct {
	ID            string  `json:"id"`
	Direction     string  `json:"direction"`
	Peer          string  `json:"peer"`
	Content       string  `json:"content"`
	Shortcode     *string `json:"shortcode"`
	Status        string  `json:"status"`
	Segments      int64   `json:"segments"`
	Encoding      *string `json:"encoding"`
	CreditCost    int64   `json:"creditCost"`
	WebhookStatus *int64  `json:"webhookStatus"`
	WebhookError  *string `json:"webhookError"`
	CreatedAt     string  `json:"createdAt"`
}

func viewText(t sms.TextRow) textRow {
	return textRow{ID: t.ID, Direction: string(t.Direction), Peer: t.Peer, Content: t.Content, Shortcode: orNull(t.Shortcode), Status: string(t.Status),
		Segments: t.Segments, Encoding: encodingOf(t.Direction, string(t.Encoding)), CreditCost: t.Charged, WebhookStatus: orNull(t.WebhookStatus),
		WebhookError: orNull(t.WebhookError), CreatedAt: formatTime(t.CreatedAt)}
}

// encodingOf is what a text went out in; what came in is text already.
func encodingOf(d sms.Direction, encoding string) *string {
	if d == sms.In {
		return nil
	}
	return orNull(encoding)
}

// textList is a list that may have had to stop looking.
type textList struct {
	list[textRow]
	Next string `json:"next,omitempty"`
}

// listTexts answers GET /api/v1/sms/messages.
func (a *API) listTexts(w http.ResponseWriter, r *http.Request, who session) error {
	s, err := spanOf(r)
	if err != nil {
		return err
	}
	f, err := textFilterOf(r.URL.Query())
	if err != nil {
		return err
	}
	if f != (sms.TextFilter{}) {
		if err := s.checkCounted(); err != nil {
			return err
		}
	}
	p, err := a.sms.Texts(r.Context(), who.ID, f, sms.TextSpan{Limit: s.limit, Offset: s.offset, Before: s.before})
	if err != nil {
		return err
	}
	return succeed(w, http.StatusOK, textList{list[textRow]{viewAll(p.Rows, viewText), p.Total, p.Capped, s.limit, s.offset}, p.Next})
}

// textFilterOf reads ?direction=&peer=&q=.
func textFilterOf(q url.Values) (f sms.TextFilter, err error) {
	f = sms.TextFilter{Direction: sms.Direction(q.Get("direction")), Peer: bareNumber(q.Get("peer"))}
	switch f.Direction {
	case "", sms.Out, sms.In:
	default:
		return f, fault.Field("INVALID_REQUEST", "direction", "direction must be in or out.")
	}
	if !showable(f.Peer, 30) {
		return f, fault.Field("INVALID_REQUEST", "peer", "peer must be a number, such as +14155551212.")
	}
	f.Query, err = queryOf(q, 200)
	if strings.HasPrefix(q.Get("q"), " ") {
		f.Query = bareNumber(q.Get("q"))
	}
	return f, err
}

// bareNumber mends a number whose + was not escaped, and so became a space.
func bareNumber(s string) string {
	trimmed := strings.TrimSpace(s)
	if strings.HasPrefix(s, " ") && trimmed != "" && trimmed[0] >= '0' && trimmed[0] <= '9' {
		return "+" + trimmed
	}
	return trimmed
}

// textDetailView is one text with all that is known about it.
type textDetailView struct {
	ID            string            `json:"id"`
	Direction     string            `json:"direction"`
	Peer          string            `json:"peer"`
	Ours          string            `json:"ours"`
	Content       string            `json:"content"`
	Shortcode     *string           `json:"shortcode"`
	Status        string            `json:"status"`
	Standing      string            `json:"standing"`
	Encoding      *string           `json:"encoding"`
	Gateway       *string           `json:"gateway"`
	Segments      []segmentView     `json:"segments"`
	Receipts      []receiptView     `json:"receipts"`
	Attempts      []textAttemptView `json:"attempts"`
	Push          *pushView         `json:"push"`
	Credits       []entryView       `json:"credits"`
	CreditCost    int64             `json:"creditCost"`
	WebhookStatus *int64            `json:"webhookStatus"`
	WebhookError  *string           `json:"webhookError"`
	LastError     *string           `json:"lastError"`
	CreatedAt     string            `json:"createdAt"`
	SentAt        *string           `json:"sentAt"`
	DoneAt        *string           `json:"doneAt"`
}

type textAttemptView struct {
	Gateway    string  `json:"gateway"`
	Outcome    string  `json:"outcome"`
	Code       *string `json:"code"`
	Text       *string `json:"text"`
	StartedAt  string  `json:"startedAt"`
	DurationMS int64   `json:"durationMs"`
}

func viewTextDetail(d *sms.TextDetail) textDetailView {
	v := textDetailView{ID: d.ID, Direction: string(d.Direction), Peer: d.Peer, Ours: d.Ours, Content: d.Content, Shortcode: orNull(d.Shortcode),
		Status: string(d.Status), Standing: d.Standing, Encoding: encodingOf(d.Direction, string(d.Encoding)), Gateway: orNull(d.Gateway),
		Segments: viewSegments(d.Segments), Receipts: viewReceipts(d.Receipts), Credits: viewAll(d.Credits, viewEntry), CreditCost: d.Charged,
		LastError: orNull(d.LastError), CreatedAt: formatTime(d.CreatedAt), SentAt: formatOptional(d.SentAt), DoneAt: formatOptional(d.DoneAt)}
	v.Attempts = viewAll(d.Attempts, func(t sms.Attempt) textAttemptView {
		return textAttemptView{t.Gateway, t.Outcome, orNull(t.Code), orNull(t.Words), formatTime(t.StartedAt), t.DurationMS}
	})
	if d.Push != nil {
		push := viewPush(*d.Push)
		v.Push, v.WebhookStatus, v.WebhookError = &push, push.Status, push.Error
	}
	return v
}

// textDetail answers GET /api/v1/sms/messages/{id}.
func (a *API) textDetail(w http.ResponseWriter, r *http.Request, who session) error {
	d, err := a.sms.Text(r.Context(), who.ID, r.PathValue("id"))
	if err != nil {
		return err
	}
	return succeed(w, http.StatusOK, viewTextDetail(d))
}

type conversationView struct {
	Peer     string  `json:"peer"`
	Messages int64   `json:"messages"`
	Last     textRow `json:"lastMessage"`
}

// listConversations answers GET /api/v1/sms/conversations. Their order changes
// with every text, so that an offset is no number; it is bounded as in filtered
// lists.
func (a *API) listConversations(w http.ResponseWriter, r *http.Request, who session) error {
	s, err := spanOf(r)
	if err == nil {
		err = s.checkCounted()
	}
	if err != nil {
		return err
	}
	p, err := a.sms.Conversations(r.Context(), who.ID, sms.TextSpan{Limit: s.limit, Offset: s.offset, Before: bareNumber(s.before)})
	if err != nil {
		return err
	}
	return succeedList(w, s, viewAll(p.Items, func(c sms.Conversation) conversationView {
		return conversationView{c.Peer, c.Texts, viewText(c.Last)}
	}), p.Total, p.Capped)
}
