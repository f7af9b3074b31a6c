package api

import (
	"net/http"

	"aviso/audit"
)

type auditView struct {
	ID         string  `json:"id"`
	Actor      string  `json:"actor"`
	ActorEmail *string `json:"actorEmail"`
	Action     string  `json:"action"`
	Subject    string  `json:"subject"`
	Detail     string  `json:"detail"`
	CreatedAt  string  `json:"createdAt"`
}

// listAudit answers GET /api/v1/operator/audit.
func (a *API) listAudit(w http.ResponseWriter, r *http.Request, _ session) error {
	s, query, err := searchOf(r)
	if err != nil {
		return err
	}
	p, err := a.operator.Audit.Page(r.Context(), audit.Filter{Query: query, Before: s.before, Offset: s.offset, Limit: s.limit})
	if err != nil {
		return err
	}
	return succeedList(w, s, viewAll(p.Entries, func(e audit.Recorded) auditView {
		return auditView{e.ID, e.Actor, orNull(e.ActorEmail), e.Action, e.Subject, e.Detail, formatTime(e.CreatedAt)}
	}), p.Total, p.Capped)
}
