package api

import (
	"net/http"

	"aviso/account"
)

// meView is an account as its owner sees it.
type meView struct {
	ID                 string    `json:"id"`
	Email              string    `json:"email"`
	Name               string    `json:"name"`
	Role               string    `json:"role"`
	EmailVerified      bool      `json:"emailVerified"`
	MustChangePassword bool      `json:"mustChangePassword"`
	Suspended          bool      `json:"suspended"`
	Prime              primeView `json:"prime"`
	CreatedAt          string    `json:"createdAt"`
}

type primeView struct {
	Active bool    `json:"active"`
	Until  *string `json:"until"`
}

func (a *API) viewMe(x account.Account, now int64) meView {
	role := "customer"
	if x.Admin {
		role = "admin"
	}
	return meView{ID: x.ID, Email: x.Email, Name: x.Name, Role: role, EmailVerified: x.MaySend(), MustChangePassword: x.MustChangePassword,
		Suspended: x.SuspendedAt != 0, CreatedAt: formatTime(x.CreatedAt),
		Prime: primeView{Active: x.PrimeUntil != 0 && now < x.PrimeUntil+a.site.PrimeGrace.Milliseconds(), Until: formatOptional(x.PrimeUntil)}}
}

// me answers GET /api/v1/auth/me.
func (a *API) me(w http.ResponseWriter, _ *http.Request, who session) error {
	return succeed(w, http.StatusOK, a.viewMe(who.Account, who.now))
}

// rename answers PATCH /api/v1/auth/me.
func (a *API) rename(w http.ResponseWriter, r *http.Request, who session) error {
	var body struct {
		Name *string `json:"name"`
	}
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	if body.Name == nil {
		return a.me(w, r, who)
	}
	x, err := a.desk.Rename(r.Context(), who.Account, *body.Name)
	if err != nil {
		return err
	}
	return succeed(w, http.StatusOK, a.viewMe(x, who.now))
}

// sessionView is one place where the account is signed in.
type sessionView struct {
	ID         string `json:"id"`
	IP         string `json:"ip"`
	UserAgent  string `json:"userAgent"`
	CreatedAt  string `json:"createdAt"`
	LastSeenAt string `json:"lastSeenAt"`
	Current    bool   `json:"current"`
}

// listSessions answers GET /api/v1/auth/sessions.
func (a *API) listSessions(w http.ResponseWriter, r *http.Request, who session) error {
	all, err := a.sessions.List(r.Context(), who.ID)
	if err != nil {
		return err
	}
	items := make([]sessionView, 0, len(all))
	for _, x := range all {
		items = append(items, sessionView{x.ID, x.IP, x.UserAgent, formatTime(x.CreatedAt), formatTime(x.SeenAt), x.ID == who.sessionID})
	}
	return succeedAll(w, r, items)
}

// endSession answers DELETE /api/v1/auth/sessions/{id}.
func (a *API) endSession(w http.ResponseWriter, r *http.Request, who session) error {
	id := r.PathValue("id")
	if err := a.sessions.End(r.Context(), who.ID, id); err != nil {
		return err
	}
	a.events.recheck(who.ID)
	if id == who.sessionID {
		a.setCookie(w, "")
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
