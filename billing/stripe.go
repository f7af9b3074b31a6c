package billing

import (
	"context"
	"errors"
	"time"

	"github.com/stripe/stripe-go/v85"
)

// StripeConfig is an account at Stripe.
type StripeConfig struct {
	SecretKey     string
	WebhookSecret string // of the endpoint that its events are sent to
	APIBase       string // Stripe's own when empty
}

// Stripe is a Provider.
type Stripe struct {
	client *stripe.Client
	secret string
}

const (
	// stripeTimeout is less than what the caller's own door waits.
	stripeTimeout = 20 * time.Second
	// checkoutKey is the metadata that leads from what a session makes back to
	// the checkout.
	checkoutKey = "checkout"
)

// NewStripe returns the provider. It calls nobody.
func NewStripe(c StripeConfig) *Stripe {
	b := &stripe.BackendConfig{EnableTelemetry: stripe.Bool(false), LeveledLogger: &stripe.LeveledLogger{Level: stripe.LevelNull}}
	if c.APIBase != "" {
		b.URL = stripe.String(c.APIBase)
	}
	return &Stripe{client: stripe.NewClient(c.SecretKey, stripe.WithBackends(stripe.NewBackendsWithConfig(b))), secret: c.WebhookSecret}
}

// Name implements Provider.
func (*Stripe) Name() string { return "stripe" }

// Open implements Provider.
func (s *Stripe) Open(ctx context.Context, o Order) (Session, error) {
	ctx, stop := context.WithTimeout(ctx, stripeTimeout)
	defer stop()
	made, err := s.client.V1CheckoutSessions.Create(ctx, checkoutParams(o))
	if o.Customer != "" && isMissing(err, "customer") {
		// They were a customer of another account of the operator's, or in its
		// test mode.
		o.Customer = ""
		made, err = s.client.V1CheckoutSessions.Create(ctx, checkoutParams(o))
	}
	if err != nil {
		return Session{}, err
	}
	if !isID(made.ID) || made.URL == "" {
		return Session{}, errors.New("the session that Stripe made has no id or no URL")
	}
	return Session{made.ID, made.URL}, nil
}

// checkoutParams asks for one thing at one price. The checkout's id goes along
// on everything that events will be about.
func checkoutParams(o Order) *stripe.CheckoutSessionCreateParams {
	product := &stripe.CheckoutSessionCreateLineItemPriceDataParams{Currency: stripe.String(o.Price.Currency), UnitAmount: stripe.Int64(o.Price.Amount),
		ProductData: &stripe.CheckoutSessionCreateLineItemPriceDataProductDataParams{Name: stripe.String(o.Title)}}
	ours := map[string]string{checkoutKey: o.ID}
	p := &stripe.CheckoutSessionCreateParams{
		Mode: stripe.String(string(stripe.CheckoutSessionModePayment)), ClientReferenceID: stripe.String(o.ID), Metadata: ours,
		LineItems:  []*stripe.CheckoutSessionCreateLineItemParams{{Quantity: stripe.Int64(1), PriceData: product}},
		SuccessURL: stripe.String(o.Paid + "{CHECKOUT_SESSION_ID}"), CancelURL: stripe.String(o.Back)}
	if o.Monthly {
		p.Mode = stripe.String(string(stripe.CheckoutSessionModeSubscription))
		product.Recurring = &stripe.CheckoutSessionCreateLineItemPriceDataRecurringParams{Interval: stripe.String(string(stripe.PriceRecurringIntervalMonth))}
		p.SubscriptionData = &stripe.CheckoutSessionCreateSubscriptionDataParams{Metadata: ours}
	} else {
		p.PaymentIntentData = &stripe.CheckoutSessionCreatePaymentIntentDataParams{Metadata: ours}
	}
	if o.Customer != "" {
		p.Customer = stripe.String(o.Customer)
	} else {
		p.CustomerEmail = stripe.String(o.Email)
	}
	// With another customer it is another request.
	p.SetIdempotencyKey(o.ID + "/" + o.Customer)
	return p
}

func isMissing(err error, param string) bool {
	var e *stripe.Error
	return errors.As(err, &e) && e.Code == stripe.ErrorCodeResourceMissing && e.Param == param
}

// Portal implements Provider.
func (s *Stripe) Portal(ctx context.Context, customer, back string) (string, error) {
	ctx, stop := context.WithTimeout(ctx, stripeTimeout)
	defer stop()
	made, err := s.client.V1BillingPortalSessions.Create(ctx, &stripe.BillingPortalSessionCreateParams{Customer: stripe.String(customer), ReturnURL: stripe.String(back)})
	if err != nil {
		return "", err
	}
	return made.URL, nil
}
