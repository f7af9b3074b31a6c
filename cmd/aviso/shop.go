package main

import (
	"time"

	"aviso/billing"
	"aviso/db"
)

// newShop is what this installation sells: in the demo for nothing, else by
// Stripe if that is configured, and nothing otherwise.
func newShop(c *Config, d *db.DB, url string, demo bool, changed func(account, kind, id string)) *billing.Service {
	shop := billing.Config{Email: forSale(c.Email.Bundle), SMS: forSale(c.SMS.Bundle),
		Unlimited: billing.Price{Amount: c.Email.Unlimited.Price, Currency: c.Email.Unlimited.Currency},
		Prime:     billing.Price{Amount: c.Prime.Price, Currency: c.Prime.Currency}, Grace: time.Duration(c.Prime.Grace),
		PublicURL: url, Changed: changed}
	switch {
	case demo:
		shop.Provider = billing.Sandbox{}
	case c.Stripe.SecretKey != "":
		shop.Provider = billing.NewStripe(billing.StripeConfig{SecretKey: string(c.Stripe.SecretKey),
			WebhookSecret: string(c.Stripe.WebhookSecret), APIBase: string(c.Stripe.APIBase)})
	}
	return billing.New(d, shop)
}

func forSale(bundles []BundleConfig) []billing.Bundle {
	list := make([]billing.Bundle, len(bundles))
	for i, b := range bundles {
		list[i] = billing.Bundle{ID: b.ID, Credits: b.Credits, Price: billing.Price{Amount: b.Price, Currency: b.Currency}}
	}
	return list
}
