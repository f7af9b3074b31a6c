package api

import (
	"net/http"

	"aviso/fault"
	"aviso/sms"
)

// SMSPages is what the SMS pages need beside the service itself.
type SMSPages struct {
	// Bundles are for sale, in this order.
	Bundles []Bundle
}

// smsRoutes is the SMS of the account that is signed in.
func (a *API) smsRoutes() []pageRoute {
	return []pageRoute{
		{"GET", "/api/v1/sms/account", owner, a.smsAccount},
		{"POST", "/api/v1/sms/apply", owner, a.applySMS},
		{"POST", "/api/v1/sms/auth/rotate", owner, a.rotateSMSToken},
		{"GET", "/api/v1/sms/messages", owner, a.listTexts},
		{"GET", "/api/v1/sms/messages/{id}", owner, a.textDetail},
		{"GET", "/api/v1/sms/conversations", owner, a.listConversations},
		{"GET", "/api/v1/sms/credits", owner, a.smsCredits},
		{"GET", "/api/v1/sms/credits/history", owner, a.listSMSCredits},
		{"GET", "/api/v1/sms/credits/bundles", owner, a.listSMSBundles},
		{"GET", "/api/v1/sms/shortcodes", owner, a.listShortcodes},
		{"POST", "/api/v1/sms/shortcodes", owner, a.createShortcode},
		{"PATCH", "/api/v1/sms/shortcodes/{id}", owner, a.patchShortcode},
		{"DELETE", "/api/v1/sms/shortcodes/{id}", owner, a.deleteShortcode},
		{"GET", "/api/v1/sms/shortcodes/{id}/pushes", owner, a.listPushes},
		{"POST", "/api/v1/sms/shortcodes/{id}/test", owner, a.testShortcode},
		{"GET", "/api/v1/sms/stats", owner, a.smsStats},
	}
}

type smsAccountView struct {
	Status      string                `json:"status"`
	Application *applicationStateView `json:"application"`
	Sender      *string               `json:"sender"`
	Token       *smsTokenView         `json:"token"`
	Credits     int64                 `json:"credits"`
	Shortcodes  shortcodeCountView    `json:"shortcodes"`
	Prime       bool                  `json:"prime"`
	Held        bool                  `json:"held"`
}

type applicationStateView struct {
	UseCase       string  `json:"useCase"`
	Website       string  `json:"website"`
	MonthlyVolume int64   `json:"monthlyVolume"`
	SubmittedAt   string  `json:"submittedAt"`
	DecidedAt     *string `json:"decidedAt"`
	Reason        *string `json:"reason"`
}

type smsTokenView struct {
	Prefix    string `json:"prefix"`
	Last4     string `json:"last4"`
	CreatedAt string `json:"createdAt"`
}

type shortcodeCountView struct {
	Used  int `json:"used"`
	Limit int `json:"limit"`
}

func viewGlance(g sms.Glance) smsAccountView {
	v := smsAccountView{Status: g.Status, Sender: orNull(g.Sender), Credits: g.Credits, Shortcodes: shortcodeCountView{g.Shortcodes, g.ShortcodesAllowed},
		Prime: g.Prime, Held: g.Held}
	if p := g.Application; p != nil {
		v.Application = &applicationStateView{p.UseCase, p.Website, p.MonthlyVolume, formatTime(p.SubmittedAt), formatOptional(p.DecidedAt), orNull(p.Reason)}
	}
	if t := g.Token; t != nil {
		v.Token = &smsTokenView{t.Prefix, t.Last4, formatTime(t.CreatedAt)}
	}
	return v
}

// smsAccount answers GET /api/v1/sms/account.
func (a *API) smsAccount(w http.ResponseWriter, r *http.Request, who session) error {
	g, err := a.sms.Glance(r.Context(), who.ID)
	if err != nil {
		return err
	}
	return succeed(w, http.StatusOK, viewGlance(g))
}

// applySMS answers POST /api/v1/sms/apply.
func (a *API) applySMS(w http.ResponseWriter, r *http.Request, who session) error {
	var body struct {
		UseCase       string  `json:"useCase"`
		Website       *string `json:"website"`
		MonthlyVolume *int64  `json:"monthlyVolume"`
	}
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	if body.MonthlyVolume == nil {
		return fault.Field("INVALID_REQUEST", "monthlyVolume", "Say about how many texts a month you will send: a whole number, 0 or more.")
	}
	n := sms.NewApplication{UseCase: body.UseCase, MonthlyVolume: *body.MonthlyVolume}
	if body.Website != nil {
		n.Website = *body.Website
	}
	made, err := a.sms.Apply(r.Context(), who.ID, n)
	if err != nil {
		return err
	}
	a.events.Publish(who.ID, "sms.application", made.ID)
	return a.smsAccount(w, r, who)
}

type newTokenView struct {
	Token string `json:"token"`
}

// rotateSMSToken answers POST /api/v1/sms/auth/rotate.
func (a *API) rotateSMSToken(w http.ResponseWriter, r *http.Request, who session) error {
	token, err := a.sms.RotateToken(r.Context(), who.ID, who.ID)
	if err != nil {
		return err
	}
	a.events.Publish(who.ID, "sms.token", who.ID)
	return succeed(w, http.StatusOK, newTokenView{token})
}
