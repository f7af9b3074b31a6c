package api

import "slices"

// PageRoutes returns each operation of the dashboard as "METHOD /path", and who
// may call it: anyone, signedIn, guardian, owner or operator.
func (a *API) PageRoutes() map[string]string {
	names := map[caller]string{anyone: "anyone", signedIn: "signedIn", guardian: "guardian", owner: "owner", operator: "operator"}
	list := map[string]string{}
	for _, r := range a.pageRoutes() {
		list[r.method+" "+r.pattern] = names[r.who]
	}
	return list
}

// Routes returns each operation as "METHOD /path", of both base URLs.
func (a *API) Routes() []string {
	list := []string{"GET /"}
	for _, r := range slices.Concat(a.routes(), a.textRoutes(), a.hookRoutes()) {
		list = append(list, r.method+" "+r.pattern)
	}
	return list
}
