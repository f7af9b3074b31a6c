package api

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"aviso/account"
	"aviso/audit"
	"aviso/fault"
	"aviso/inbox"
)

// OperatorPages is what operators look after beside email and texts.
type OperatorPages struct {
	Accounts *account.Office
	Audit    *audit.Log
	Mails    *inbox.Store     // what the sandbox captured
	Texts    *inbox.TextStore // likewise
	// Inject has the sandbox receive a text; nil when no gateway is one.
	Inject func(ctx context.Context, from, text string) error
	// Nodes tells which processes of the installation live.
	Nodes func(context.Context) ([]Node, error)
}

// Node is one process of the installation.
type Node struct {
	Name                  string
	StartedAt, LastSeenAt int64 // milliseconds UTC
}

// operatorRoutes is what operators do. Whatever changes something is in the audit
// log, with the operator's id as its actor.
func (a *API) operatorRoutes() []pageRoute {
	return []pageRoute{
		{"GET", "/api/v1/operator/overview", operator, a.overview},
		{"GET", "/api/v1/operator/accounts", operator, a.listAccounts},
		{"GET", "/api/v1/operator/accounts/{id}", operator, a.accountDetail},
		{"POST", "/api/v1/operator/accounts/{id}/suspend", operator, a.suspendAccount},
		{"POST", "/api/v1/operator/accounts/{id}/unsuspend", operator, a.unsuspendAccount},
		{"POST", "/api/v1/operator/accounts/{id}/credits", operator, a.grantCredits},
		{"POST", "/api/v1/operator/accounts/{id}/prime", operator, a.setPrime},
		{"GET", "/api/v1/operator/invites", operator, a.listInvites},
		{"POST", "/api/v1/operator/invites", operator, a.createInvite},
		{"GET", "/api/v1/operator/senders", operator, a.listSenders},
		{"POST", "/api/v1/operator/senders", operator, a.createSender},
		{"PATCH", "/api/v1/operator/senders/{id}", operator, a.patchSender},
		{"DELETE", "/api/v1/operator/senders/{id}", operator, a.deleteSender},
		{"PUT", "/api/v1/operator/senders/{id}/accounts/{accountId}", operator, a.assignSender},
		{"DELETE", "/api/v1/operator/senders/{id}/accounts/{accountId}", operator, a.unassignSender},
		{"GET", "/api/v1/operator/relays", operator, a.listRelays},
		{"POST", "/api/v1/operator/relays/{name}/pause", operator, a.pauseRelay},
		{"POST", "/api/v1/operator/relays/{name}/resume", operator, a.resumeRelay},
		{"POST", "/api/v1/operator/relays/{name}/test", operator, a.testRelay},
		{"GET", "/api/v1/operator/gateways", operator, a.listGateways},
		{"POST", "/api/v1/operator/gateways/{name}/pause", operator, a.pauseGateway},
		{"POST", "/api/v1/operator/gateways/{name}/resume", operator, a.resumeGateway},
		{"POST", "/api/v1/operator/gateways/{name}/test", operator, a.testGateway},
		{"GET", "/api/v1/operator/queue", operator, a.listQueue},
		{"POST", "/api/v1/operator/queue/{id}/retry", operator, a.retryQueued},
		{"POST", "/api/v1/operator/queue/{id}/cancel", operator, a.cancelQueued},
		{"POST", "/api/v1/operator/queue/{id}/settle", operator, a.settleQueued},
		{"POST", "/api/v1/operator/queue/hold", operator, a.holdSending},
		{"POST", "/api/v1/operator/queue/release", operator, a.releaseSending},
		{"GET", "/api/v1/operator/sms/applications", operator, a.listApplications},
		{"POST", "/api/v1/operator/sms/applications/{id}/approve", operator, a.approveApplication},
		{"POST", "/api/v1/operator/sms/applications/{id}/reject", operator, a.rejectApplication},
		{"GET", "/api/v1/operator/sms/unknown", operator, a.listUnknownTexts},
		{"POST", "/api/v1/operator/sms/unknown/settle", operator, a.settleTexts},
		{"GET", "/api/v1/operator/sms/unrouted", operator, a.listUnrouted},
		{"GET", "/api/v1/operator/sms/optouts", operator, a.listOptOuts},
		{"DELETE", "/api/v1/operator/sms/optouts/{number}", operator, a.deleteOptOut},
		{"GET", "/api/v1/operator/sandbox/mail", operator, a.listSandboxMail},
		{"GET", "/api/v1/operator/sandbox/mail/{id}/raw", operator, a.sandboxMailRaw},
		{"GET", "/api/v1/operator/sandbox/mail/{id}/html", operator, a.sandboxMailHTML},
		{"GET", "/api/v1/operator/sandbox/texts", operator, a.listSandboxTexts},
		{"POST", "/api/v1/operator/sandbox/inbound", operator, a.injectText},
		{"GET", "/api/v1/operator/audit", operator, a.listAudit},
	}
}

// showable says whether a text from a URL has at most so many bytes, and none
// that a database or an answer could not hold.
func showable(s string, most int) bool {
	return len(s) <= most && utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}

// queryOf reads ?q=, which may be absent.
func queryOf(q url.Values, most int) (string, error) {
	s := strings.TrimSpace(q.Get("q"))
	if !showable(s, most) {
		return "", fault.Field("INVALID_REQUEST", "q", "q may have at most 200 bytes, and no control characters.")
	}
	return s, nil
}

// searchOf reads which part of a list is asked for, and its ?q=.
func searchOf(r *http.Request) (s span, query string, err error) {
	if s, err = spanOf(r); err != nil {
		return s, "", err
	}
	if query, err = queryOf(r.URL.Query(), 200); err == nil && query != "" {
		err = s.checkCounted()
	}
	return s, query, err
}

// pathName returns the part of the path that names a thing. What nothing can be
// called is as missing as what is not there.
func pathName(r *http.Request, part string) (string, error) {
	s := r.PathValue(part)
	if !showable(s, 100) {
		return "", fault.New(fault.NotFound, "NOT_FOUND", "There is nothing of this name.")
	}
	return s, nil
}
