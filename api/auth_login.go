package api

import (
	"net/http"

	"aviso/account"
	"aviso/fault"
)

type registerRequest struct {
	Email    string `json:"email"`
	Password string `json:"password"`
	Name     string `json:"name"`
	Invite   string `json:"invite"`
}

// register answers POST /api/v1/auth/register: an account and a session.
func (a *API) register(w http.ResponseWriter, r *http.Request, _ session) error {
	if err := a.take(a.clients.registrations, r); err != nil {
		return err
	}
	var body registerRequest
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	token, made, err := a.desk.Register(r.Context(), account.Registration(body), a.visitor(r))
	if err != nil {
		return err
	}
	a.setCookie(w, token)
	return succeed(w, http.StatusCreated, a.viewMe(made, made.CreatedAt))
}

type loginRequest struct {
	Email    string `json:"email"`
	Password string `json:"password"`
}

// login answers POST /api/v1/auth/login: a session.
func (a *API) login(w http.ResponseWriter, r *http.Request, _ session) error {
	if err := a.take(a.clients.logins, r); err != nil {
		return err
	}
	var body loginRequest
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	token, who, err := a.desk.Login(r.Context(), body.Email, body.Password, a.visitor(r))
	if err != nil {
		return err
	}
	a.setCookie(w, token)
	return succeed(w, http.StatusOK, a.viewMe(who, a.now().UnixMilli()))
}

// logout answers POST /api/v1/auth/logout.
func (a *API) logout(w http.ResponseWriter, r *http.Request, who session) error {
	// One that has ended meanwhile is as good as ended.
	if err := a.sessions.End(r.Context(), who.ID, who.sessionID); err != nil && fault.Of(err).Kind != fault.NotFound {
		return err
	}
	a.events.recheck(who.ID)
	a.setCookie(w, "")
	w.WriteHeader(http.StatusNoContent)
	return nil
}
