package api

// Routes returns each operation as "METHOD /path".
func (a *API) Routes() []string {
	var list []string
	for _, r := range a.routes() {
		list = append(list, r.method+" "+r.pattern)
	}
	return list
}
