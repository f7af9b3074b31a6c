package api

import (
	"fmt"
	"net/http"
	"slices"

	"aviso/fault"
	"aviso/sms"
)

type applicationView struct {
	ID            string  `json:"id"`
	AccountID     string  `json:"accountId"`
	AccountEmail  string  `json:"accountEmail"`
	AccountName   string  `json:"accountName"`
	UseCase       string  `json:"useCase"`
	Website       string  `json:"website"`
	MonthlyVolume int64   `json:"monthlyVolume"`
	Status        string  `json:"status"`
	Reason        *string `json:"reason"`
	SubmittedAt   string  `json:"submittedAt"`
	DecidedAt     *string `json:"decidedAt"`
	DecidedBy     *string `json:"decidedBy"`
}

func viewApplication(p sms.Application) applicationView {
	return applicationView{p.ID, p.Account, p.AccountEmail, p.AccountName, p.UseCase, p.Website, p.MonthlyVolume, p.Status, orNull(p.Reason),
		formatTime(p.SubmittedAt), formatOptional(p.DecidedAt), orNull(p.DecidedBy)}
}

// listApplications answers GET /api/v1/operator/sms/applications.
func (a *API) listApplications(w http.ResponseWriter, r *http.Request, _ session) error {
	s, err := spanOf(r)
	if err != nil {
		return err
	}
	status := r.URL.Query().Get("status")
	if !slices.Contains([]string{"", "pending", "approved", "rejected"}, status) {
		return fault.Field("INVALID_REQUEST", "status", "status must be pending, approved or rejected.")
	}
	list, total, err := a.sms.Applications(r.Context(), status, s.before, s.offset, s.limit)
	if err != nil {
		return err
	}
	return succeedList(w, s, viewAll(list, viewApplication), total, false)
}

// approveApplication answers POST /api/v1/operator/sms/applications/{id}/approve.
func (a *API) approveApplication(w http.ResponseWriter, r *http.Request, who session) error {
	p, err := a.sms.ApproveApplication(r.Context(), who.ID, r.PathValue("id"))
	if err != nil {
		return err
	}
	a.events.Publish(p.Account, "sms.application", p.ID)
	return succeed(w, http.StatusOK, viewApplication(p))
}

// rejectApplication answers POST /api/v1/operator/sms/applications/{id}/reject.
func (a *API) rejectApplication(w http.ResponseWriter, r *http.Request, who session) error {
	var body struct {
		Reason string `json:"reason"`
	}
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	p, err := a.sms.RejectApplication(r.Context(), who.ID, r.PathValue("id"), body.Reason)
	if err != nil {
		return err
	}
	a.events.Publish(p.Account, "sms.application", p.ID)
	return succeed(w, http.StatusOK, viewApplication(p))
}

type unknownTextView struct {
	ID           string  `json:"id"`
	AccountID    string  `json:"accountId"`
	AccountEmail string  `json:"accountEmail"`
	Peer         string  `json:"peer"`
	Content      string  `json:"content"`
	Gateway      string  `json:"gateway"`
	Segments     int64   `json:"segments"`
	CreditCost   int64   `json:"creditCost"`
	LastError    *string `json:"lastError"`
	CreatedAt    string  `json:"createdAt"`
}

// listUnknownTexts answers GET /api/v1/operator/sms/unknown.
func (a *API) listUnknownTexts(w http.ResponseWriter, r *http.Request, _ session) error {
	s, err := oldestFirst(r)
	if err != nil {
		return err
	}
	list, total, capped, err := a.sms.UnknownTexts(r.Context(), s.before, s.offset, s.limit)
	if err != nil {
		return err
	}
	return succeedList(w, s, viewAll(list, func(t sms.UnknownText) unknownTextView {
		return unknownTextView{t.ID, t.AccountID, t.AccountEmail, t.Peer, t.Content, t.Gateway, t.Segments, t.Charged, orNull(t.LastError), formatTime(t.CreatedAt)}
	}), total, capped)
}

// settleAtMost bounds one call of a page.
const settleAtMost = 1000

type settledView struct {
	Settled  int      `json:"settled"`
	Refunded int64    `json:"refunded"`
	Missed   []string `json:"missed"`
}

// settleTexts answers POST /api/v1/operator/sms/unknown/settle.
func (a *API) settleTexts(w http.ResponseWriter, r *http.Request, who session) error {
	var body struct {
		IDs     []string `json:"ids"`
		Outcome string   `json:"outcome"`
	}
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	if n := len(body.IDs); n == 0 || n > settleAtMost {
		return fault.Field("INVALID_REQUEST", "ids", fmt.Sprintf("ids must name 1 to %d texts.", settleAtMost))
	}
	slices.Sort(body.IDs)
	list, err := a.sms.Settle(r.Context(), who.ID, slices.Compact(body.IDs), sms.Status(body.Outcome))
	if err != nil {
		return err
	}
	v := settledView{Missed: []string{}}
	for _, t := range list {
		if t.Fault != nil {
			v.Missed = append(v.Missed, t.ID)
			continue
		}
		v.Settled++
		v.Refunded += t.Refunded
		a.events.Publish("", "sms", t.ID)
	}
	return succeed(w, http.StatusOK, v)
}

type unroutedView struct {
	ID         string `json:"id"`
	From       string `json:"from"`
	To         string `json:"to"`
	Content    string `json:"content"`
	Gateway    string `json:"gateway"`
	ReceivedAt string `json:"receivedAt"`
}

// listUnrouted answers GET /api/v1/operator/sms/unrouted.
func (a *API) listUnrouted(w http.ResponseWriter, r *http.Request, _ session) error {
	s, err := spanOf(r)
	if err != nil {
		return err
	}
	list, total, err := a.sms.Unrouted(r.Context(), s.before, s.offset, s.limit)
	if err != nil {
		return err
	}
	return succeedList(w, s, viewAll(list, func(m sms.InboundMessage) unroutedView {
		return unroutedView{m.ID, m.Sender, m.To, m.Content, m.Gateway, formatTime(m.CreatedAt)}
	}), total, false)
}

type optOutView struct {
	Number string `json:"number"`
	Word   string `json:"word"`
	At     string `json:"at"`
}

// listOptOuts answers GET /api/v1/operator/sms/optouts.
func (a *API) listOptOuts(w http.ResponseWriter, r *http.Request, _ session) error {
	s, err := spanOf(r)
	if err != nil {
		return err
	}
	if _, err := queryOf(r.URL.Query(), 30); err != nil {
		return err
	}
	prefix := bareNumber(r.URL.Query().Get("q"))
	list, total, err := a.sms.OptOuts(r.Context(), sms.OptOutFilter{Prefix: prefix, Before: bareNumber(s.before), Offset: s.offset, Limit: s.limit})
	if err != nil {
		return err
	}
	return succeedList(w, s, viewAll(list, func(o sms.OptOut) optOutView { return optOutView{o.Number, o.Word, formatTime(o.At)} }), total, false)
}

// deleteOptOut answers DELETE /api/v1/operator/sms/optouts/{number}.
func (a *API) deleteOptOut(w http.ResponseWriter, r *http.Request, who session) error {
	number, err := pathName(r, "number")
	if err != nil {
		return err
	}
	if err := a.sms.DeleteOptOut(r.Context(), who.ID, number); err != nil {
		return err
	}
	a.events.Publish("", "optout", number)
	w.WriteHeader(http.StatusNoContent)
	return nil
}
