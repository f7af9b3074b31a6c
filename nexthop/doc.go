// Package nexthop is what an operator does to the ways out, the relays of email
// and the gateways of SMS: holding all sending, pausing one, trying one. Any
// process may ask; the servers act on the rows.
//
// It knows next hops by their names only, and never sends. What becomes of the
// messages that wait meanwhile is decided by who owns them.
package nexthop

import (
	"fmt"
	"strings"

	"aviso/fault"
)

// Kind is one product's next hops.
type Kind struct {
	name   string // in audit entries, logs and column names
	pauses string // the table of those that were ever paused
	tests  string
}

// The kinds there are.
var (
	Relays   = Kind{"relay", "email_relays", "email_relay_tests"}
	Gateways = Kind{"gateway", "sms_gateways", "sms_gateway_tests"}
)

// Unknown is the error for a name that the configuration does not have.
func (k Kind) Unknown(name string, names []string) *fault.Error {
	there := "the configuration has none"
	if len(names) > 0 {
		there = "there are: " + strings.Join(names, ", ")
	}
	return fault.New(fault.NotFound, "NOT_FOUND", fmt.Sprintf("There is no %s %q; %s.", k.name, name, there))
}
