package api

import (
	"net/http"

	"aviso/email"
	"aviso/fault"
	"aviso/nexthop"
)

// queuedView is a message that is not over.
type queuedView struct {
	ID            string  `json:"id"`
	AccountID     string  `json:"accountId"`
	AccountEmail  string  `json:"accountEmail"`
	Status        string  `json:"status"`
	From          string  `json:"from"`
	Subject       string  `json:"subject"`
	Recipients    int64   `json:"recipients"`
	Relay         *string `json:"relay"`
	WaitsFor      *string `json:"waitsFor"`
	Attempts      int64   `json:"attempts"`
	LastError     *string `json:"lastError"`
	CreatedAt     string  `json:"createdAt"`
	NextAttemptAt *string `json:"nextAttemptAt"`
	ExpiresAt     string  `json:"expiresAt"`
}

func viewQueued(m email.QueuedMessage) queuedView {
	return queuedView{m.ID, m.AccountID, m.AccountEmail, string(m.Status), m.From, m.Subject, m.Recipients, orNull(m.Relay), orNull(m.WaitsFor), m.Attempts,
		orNull(m.LastError), formatTime(m.CreatedAt), formatOptional(m.DueAt), formatTime(m.ExpiresAt)}
}

// listQueue answers GET /api/v1/operator/queue. It is in the order of ids, so an
// offset is counted off, and bounded as in filtered lists.
func (a *API) listQueue(w http.ResponseWriter, r *http.Request, _ session) error {
	s, err := oldestFirst(r)
	if err != nil {
		return err
	}
	q := r.URL.Query()
	f := email.QueueFilter{Status: email.Status(q.Get("state")), Relay: q.Get("relay"), After: s.before, Limit: int(s.offset + s.limit)}
	if !showable(f.Relay, 100) {
		return fault.Field("INVALID_REQUEST", "relay", "relay must be the name of a relay.")
	}
	total, capped, err := a.email.QueueTotal(r.Context(), f)
	if err != nil {
		return err
	}
	list, err := a.email.Queue(r.Context(), f)
	if err != nil {
		return asField(err, "relay")
	}
	return succeedList(w, s, viewAll(list[min(int(s.offset), len(list)):], viewQueued), total, capped)
}

// oldestFirst reads ?limit=&offset=&after=; what is to follow is in before.
func oldestFirst(r *http.Request) (span, error) {
	s, err := spanOf(r)
	if err == nil {
		err = s.checkCounted()
	}
	if s.before = r.URL.Query().Get("after"); s.before != "" {
		s.offset = 0
	}
	if err == nil && !showable(s.before, 64) {
		err = fault.Field("INVALID_REQUEST", "after", "after must be the id of an item in this list.")
	}
	return s, err
}

type movedView struct {
	ID       string `json:"id"`
	Status   string `json:"status"`
	Refunded int64  `json:"refunded"`
}

// succeedMoved answers with where a message stands now.
func (a *API) succeedMoved(w http.ResponseWriter, r *http.Request, id string, refunded int64) error {
	m, err := a.email.Message(r.Context(), "", id)
	if err != nil {
		return err
	}
	a.events.Publish(m.Account, "email", id)
	return succeed(w, http.StatusOK, movedView{id, string(m.Status), refunded})
}

// retryQueued answers POST /api/v1/operator/queue/{id}/retry.
func (a *API) retryQueued(w http.ResponseWriter, r *http.Request, who session) error {
	id, err := pathName(r, "id")
	if err != nil {
		return err
	}
	if err := a.email.Retry(r.Context(), who.ID, id); err != nil {
		return err
	}
	return a.succeedMoved(w, r, id, 0)
}

// cancelQueued answers POST /api/v1/operator/queue/{id}/cancel.
func (a *API) cancelQueued(w http.ResponseWriter, r *http.Request, who session) error {
	id := r.PathValue("id")
	refunded, err := a.email.CancelAs(r.Context(), who.ID, id)
	if err != nil {
		return err
	}
	return a.succeedMoved(w, r, id, refunded)
}

// settleQueued answers POST /api/v1/operator/queue/{id}/settle.
func (a *API) settleQueued(w http.ResponseWriter, r *http.Request, who session) error {
	var body struct {
		Outcome string `json:"outcome"`
	}
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	id := r.PathValue("id")
	refunded, err := a.email.Settle(r.Context(), who.ID, id, email.Status(body.Outcome))
	if err != nil {
		return err
	}
	return a.succeedMoved(w, r, id, refunded)
}

type holdView struct {
	Held   bool    `json:"held"`
	HeldAt *string `json:"heldAt"`
	Reason *string `json:"reason"`
}

func viewHold(h nexthop.Hold) holdView {
	return holdView{h.Since != 0, formatOptional(h.Since), orNull(h.Reason)}
}

// holdSending answers POST /api/v1/operator/queue/hold.
func (a *API) holdSending(w http.ResponseWriter, r *http.Request, who session) error {
	var body struct {
		Reason *string `json:"reason"`
	}
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	reason := orEmpty(body.Reason)
	if !showable(reason, 2000) {
		return fault.Field("INVALID_REQUEST", "reason", "The reason may have at most 500 characters, and no control characters.")
	}
	h, err := a.email.HoldSending(r.Context(), who.ID, reason)
	if err != nil {
		return err
	}
	a.events.Publish("", "hold", "")
	return succeed(w, http.StatusOK, viewHold(h))
}

type releasedView struct {
	Resumed   int64 `json:"resumed"`
	Cancelled int64 `json:"cancelled"`
}

// releaseSending answers POST /api/v1/operator/queue/release.
func (a *API) releaseSending(w http.ResponseWriter, r *http.Request, who session) error {
	var body struct {
		CancelQueued bool `json:"cancelQueued"`
	}
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	released, err := a.email.ReleaseSending(r.Context(), who.ID, body.CancelQueued)
	if err != nil {
		return err
	}
	a.events.Publish("", "hold", "")
	return succeed(w, http.StatusOK, releasedView(released))
}
