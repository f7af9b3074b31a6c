package billing

import (
	"cmp"
	"context"
	"slices"
	"time"

	"aviso/db"
	"aviso/fault"
)

// Item is a kind of thing for sale.
type Item string

// The items.
const (
	EmailCredits Item = "email_credits"
	SMSCredits   Item = "sms_credits"
	Unlimited    Item = "unlimited"
	Prime        Item = "prime"
)

// unlimitedPeriod is what one purchase of the unlimited tier brings.
const unlimitedPeriod = 30 * 24 * time.Hour

// Price is an amount of money.
type Price struct {
	Amount   int64  // in the currency's smallest unit
	Currency string // ISO 4217, lower case
}

// Bundle is one amount of credits for sale.
type Bundle struct {
	ID      string
	Credits int64
	Price   Price
}

// Config is what is for sale, and who takes the money.
type Config struct {
	Email, SMS []Bundle
	Unlimited  Price         // of 30 days
	Prime      Price         // of a month
	Grace      time.Duration // that Prime outlives its paid end by
	PublicURL  string        // of the dashboard, without a slash at its end
	Provider   Provider      // nil sells nothing
	// Changed is told, after the commit, which thing of an account is another
	// now: "checkout", "credit" or "account". It may be nil.
	Changed func(account, kind, id string)
}

// Provider takes money.
type Provider interface {
	// Name is "stripe" or "sandbox"; the audit log names it as who acted.
	Name() string
	// Open prepares the page where an order is paid.
	Open(context.Context, Order) (Session, error)
	// Portal prepares the page where a customer manages what they subscribe to,
	// and returns its URL. The page leads back to the URL back.
	Portal(ctx context.Context, customer, back string) (string, error)
	// Read returns the event that a signed body holds. One that says nothing of
	// interest has no Fact.
	Read(body []byte, signature string) (Event, error)
}

// Order is what a provider is asked to take money for.
type Order struct {
	ID         string // of the checkout; the provider's events name it again
	Title      string // what the customer reads
	Price      Price
	Monthly    bool   // a subscription; else one payment
	Email      string // of the customer
	Customer   string // what the provider has called them before; empty if it has not
	Paid, Back string // where the customer goes after paying, and instead of it; Paid ends with a slash that the session's id follows
}

// Session is an order at the provider.
type Session struct {
	ID  string
	URL string // where it is paid
}

// Service sells. It is safe for concurrent use.
type Service struct {
	db *db.DB
	c  Config
}

// New returns the service that keeps its books in d.
func New(d *db.DB, c Config) *Service {
	if c.Changed == nil {
		c.Changed = func(string, string, string) {}
	}
	return &Service{d, c}
}

// Mode is "stripe", "sandbox" or "off".
func (s *Service) Mode() string {
	if s.c.Provider == nil {
		return "off"
	}
	return s.c.Provider.Name()
}

// Errors of this package.
var (
	errDisabled       = fault.New(fault.Unavailable, "BILLING_DISABLED", "This installation sells nothing. The operator can grant credits and Prime.")
	errNoCheckout     = fault.New(fault.NotFound, "NOT_FOUND", "There is no such purchase.")
	errNoSubscription = fault.New(fault.Conflict, "NO_SUBSCRIPTION", "There is no Prime subscription to manage.")
	errSubscribed     = fault.New(fault.Conflict, "ALREADY_SUBSCRIBED", "There is a Prime subscription already. Manage it instead of paying twice.")
	errSuspended      = fault.New(fault.Forbidden, "ACCOUNT_SUSPENDED", "This account is suspended: it cannot buy. Write to the operator.")
)

// errProvider wraps what a provider did not answer as it should.
func errProvider(cause error) error {
	return fault.Later("The payment provider does not answer as it should. Nothing was charged; try again in a moment.", 10*time.Second, cause)
}

// maxID bounds what a provider calls its things.
const maxID = 255

// isID says whether s can be a provider's name for something: what has another
// form is in no table, and may hold bytes that a database refuses.
func isID(s string) bool {
	return s != "" && len(s) <= maxID && !slices.ContainsFunc([]byte(s), func(b byte) bool { return b <= ' ' || b > '~' })
}

// find returns the bundle with this id.
func find(bundles []Bundle, id string) (Bundle, error) {
	i := slices.IndexFunc(bundles, func(b Bundle) bool { return b.ID == id })
	if i < 0 {
		return Bundle{}, fault.Field("INVALID_REQUEST", "bundleId", "No bundle with this id is for sale; the list of bundles has the ids.")
	}
	return bundles[i], nil
}

// words is what a customer reads of an item.
func (i Item) words() string {
	return cmp.Or(map[Item]string{EmailCredits: "email credits", SMSCredits: "SMS credits", Unlimited: "30 days of email without limit", Prime: "Prime"}[i], string(i))
}
