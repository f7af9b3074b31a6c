package api

import (
	"net/http"

	"aviso/credit"
	"aviso/sms"
)

type smsCreditsView struct {
	Balance int64 `json:"balance"`
}

// smsCredits answers GET /api/v1/sms/credits.
func (a *API) smsCredits(w http.ResponseWriter, r *http.Request, who session) error {
	b, _, err := a.emailPages.Ledger.Balance(r.Context(), who.ID, credit.SMS)
	if err != nil {
		return err
	}
	return succeed(w, http.StatusOK, smsCreditsView{b.Credits})
}

// listSMSCredits answers GET /api/v1/sms/credits/history.
func (a *API) listSMSCredits(w http.ResponseWriter, r *http.Request, who session) error {
	return a.history(w, r, who, credit.SMS)
}

// listSMSBundles answers GET /api/v1/sms/credits/bundles.
func (a *API) listSMSBundles(w http.ResponseWriter, r *http.Request, _ session) error {
	return succeedAll(w, r, viewAll(a.smsPages.Bundles, viewBundle))
}

type textDayView struct {
	Day       string `json:"day"`
	Sent      int64  `json:"sent"`
	Delivered int64  `json:"delivered"`
	Failed    int64  `json:"failed"`
	Unknown   int64  `json:"unknown"`
	Received  int64  `json:"received"`
	Credits   int64  `json:"credits"`
}

type textStatsView struct {
	Days []textDayView `json:"days"`
}

// smsStats answers GET /api/v1/sms/stats.
func (a *API) smsStats(w http.ResponseWriter, r *http.Request, who session) error {
	days, err := number(r.URL.Query(), "days", defaultDays, 1, maxDays)
	if err != nil {
		return err
	}
	list, err := a.sms.Stats(r.Context(), who.ID, days)
	if err != nil {
		return err
	}
	return succeed(w, http.StatusOK, textStatsView{viewAll(list, func(d sms.Day) textDayView {
		return textDayView{formatDay(d.Day), d.Sent, d.Delivered, d.Failed + d.Undelivered, d.Unknown, d.Received, d.Credits}
	})})
}
