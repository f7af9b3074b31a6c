package api

import (
	"context"
	_ "embed"
	"net/http"
	"time"

	"aviso/fault"
)

//go:embed openapi.yaml
var openAPIFile []byte

// openAPI answers GET /api/openapi.yaml: the contract as a machine reads it.
func (a *API) openAPI(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "application/yaml")
	_, err := w.Write(openAPIFile)
	return err
}

// healthz says that the process is alive.
func (a *API) healthz(w http.ResponseWriter, _ *http.Request) error {
	respond(w, http.StatusOK, []byte(`{"ok":true}`))
	return nil
}

// readyz says whether calls can be answered: the database does, it is
// migrated, and the server is not shutting down.
func (a *API) readyz(w http.ResponseWriter, r *http.Request) error {
	if a.isDraining() {
		return errDraining
	}
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	if err := a.database.Ping(ctx); err != nil {
		return fault.Later("The database does not answer.", 2*time.Second, err)
	}
	migrated, err := a.database.Migrated(ctx)
	if err != nil || !migrated {
		return fault.Later("The database is not migrated to this version.", 2*time.Second, err)
	}
	respond(w, http.StatusOK, []byte(`{"ok":true}`))
	return nil
}
