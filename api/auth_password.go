package api

import "net/http"

// changePassword answers POST /api/v1/auth/password. It is open to a session
// that must do this first, and to a suspended account: who looks at it may shut
// a thief out.
func (a *API) changePassword(w http.ResponseWriter, r *http.Request, who session) error {
	var body struct {
		Current string `json:"current"`
		New     string `json:"new"`
	}
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	if err := a.desk.ChangePassword(r.Context(), who.Account, who.sessionID, body.Current, body.New); err != nil {
		return err
	}
	a.events.recheck(who.ID)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// requestReset answers POST /api/v1/auth/reset: 204, whoever has that address.
func (a *API) requestReset(w http.ResponseWriter, r *http.Request, _ session) error {
	if err := a.take(a.clients.links, r); err != nil {
		return err
	}
	var body struct {
		Email string `json:"email"`
	}
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	if err := a.desk.RequestReset(body.Email); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// confirmReset answers POST /api/v1/auth/reset/confirm. It signs nobody in:
// the new password does.
func (a *API) confirmReset(w http.ResponseWriter, r *http.Request, _ session) error {
	if err := a.take(a.clients.links, r); err != nil {
		return err
	}
	var body struct {
		Token    string `json:"token"`
		Password string `json:"password"`
	}
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	x, err := a.desk.ConfirmReset(r.Context(), body.Token, body.Password)
	if err != nil {
		return err
	}
	a.events.recheck(x.ID)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// verify answers POST /api/v1/auth/verify.
func (a *API) verify(w http.ResponseWriter, r *http.Request, _ session) error {
	if err := a.take(a.clients.links, r); err != nil {
		return err
	}
	var body struct {
		Token string `json:"token"`
	}
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	x, err := a.desk.Verify(r.Context(), body.Token)
	if err != nil {
		return err
	}
	a.events.Publish(x.ID, "account", x.ID)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// resendVerification answers POST /api/v1/auth/verify/resend.
func (a *API) resendVerification(w http.ResponseWriter, r *http.Request, who session) error {
	if err := a.take(a.clients.links, r); err != nil {
		return err
	}
	if err := a.desk.ResendVerification(who.Account); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
