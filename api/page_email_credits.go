package api

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"aviso/credit"
	"aviso/email"
	"aviso/fault"
)

type creditsView struct {
	Balance        int64   `json:"balance"`
	UnlimitedUntil *string `json:"unlimitedUntil"`
}

// viewCredits shows a tier that has ended as none.
func viewCredits(b credit.Balance, now int64) creditsView {
	v := creditsView{Balance: b.Credits}
	if now < b.UnlimitedUntil {
		v.UnlimitedUntil = formatOptional(b.UnlimitedUntil)
	}
	return v
}

// emailCredits answers GET /api/v1/email/credits.
func (a *API) emailCredits(w http.ResponseWriter, r *http.Request, who session) error {
	b, now, err := a.emailPages.Ledger.Balance(r.Context(), who.ID, credit.Email)
	if err != nil {
		return err
	}
	return succeed(w, http.StatusOK, viewCredits(b, now))
}

type bundleView struct {
	ID       string `json:"id"`
	Credits  int64  `json:"credits,omitzero"`
	Days     int64  `json:"days,omitzero"`
	Price    int64  `json:"price"`
	Currency string `json:"currency"`
}

func viewBundle(b Bundle) bundleView { return bundleView(b) }

// listEmailBundles answers GET /api/v1/email/credits/bundles.
func (a *API) listEmailBundles(w http.ResponseWriter, r *http.Request, _ session) error {
	return succeedAll(w, r, viewAll(a.emailPages.Bundles, viewBundle))
}

// entryView is one line of a ledger.
type entryView struct {
	ID           string  `json:"id"`
	Delta        int64   `json:"delta"`
	BalanceAfter int64   `json:"balanceAfter"`
	Reason       string  `json:"reason"`
	Ref          string  `json:"ref"`
	Note         string  `json:"note"`
	MessageID    *string `json:"messageId"`
	CreatedAt    string  `json:"createdAt"`
}

func viewEntry(e credit.Entry) entryView {
	v := entryView{ID: strconv.FormatInt(e.Number, 10), Delta: e.Delta, BalanceAfter: e.BalanceAfter, Reason: string(e.Reason), Ref: e.Ref, Note: e.Note,
		CreatedAt: formatTime(e.CreatedAt)}
	if kind, rest, _ := strings.Cut(e.Ref, "/"); kind == "charge" || kind == "refund" {
		id, _, _ := strings.Cut(rest, "/")
		v.MessageID = orNull(id)
	}
	return v
}

// listEmailCredits answers GET /api/v1/email/credits/history.
func (a *API) listEmailCredits(w http.ResponseWriter, r *http.Request, who session) error {
	return a.history(w, r, who, credit.Email)
}

// history answers with a part of a ledger, newest first.
func (a *API) history(w http.ResponseWriter, r *http.Request, who session, p credit.Product) error {
	s, err := spanOf(r)
	if err != nil {
		return err
	}
	var before int64
	if s.before != "" {
		if before, err = strconv.ParseInt(s.before, 10, 64); err != nil || before < 1 {
			return fault.Field("INVALID_REQUEST", "before", "before must be the id of an item in this list.")
		}
	}
	list, total, err := a.emailPages.Ledger.Page(r.Context(), who.ID, p, s.offset, before, s.limit)
	if err != nil {
		return err
	}
	return succeedList(w, s, viewAll(list, viewEntry), total, false)
}

type dayView struct {
	Day      string `json:"day"`
	Accepted int64  `json:"accepted"`
	Sent     int64  `json:"sent"`
	Failed   int64  `json:"failed"`
	Queued   int64  `json:"queued"`
	Other    int64  `json:"other"`
	Credits  int64  `json:"credits"`
}

type statsView struct {
	Days []dayView `json:"days"`
}

// How many days the statistics show, today included.
const (
	defaultDays = 30
	maxDays     = 366
)

// emailStats answers GET /api/v1/email/stats.
func (a *API) emailStats(w http.ResponseWriter, r *http.Request, who session) error {
	days, err := number(r.URL.Query(), "days", defaultDays, 1, maxDays)
	if err != nil {
		return err
	}
	list, err := a.email.Stats(r.Context(), who.ID, days)
	if err != nil {
		return err
	}
	return succeed(w, http.StatusOK, statsView{viewAll(list, func(d email.Day) dayView {
		return dayView{formatDay(d.Day), d.Accepted, d.Sent, d.Failed, d.Queued, d.Other, d.Credits}
	})})
}

// formatDay writes a day since 1970.
func formatDay(day int64) string { return time.Unix(day*24*60*60, 0).UTC().Format(time.DateOnly) }
