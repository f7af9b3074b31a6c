package billing

import (
	"context"

	"aviso/account"
	"aviso/db"
)

// Standing is how an account stands with Prime, and what it costs.
type Standing struct {
	Active     bool
	Until      int64 // the end of what is paid for or granted, milliseconds UTC; 0 if there never was any
	GraceUntil int64 // until when it stays active without a renewal; likewise
	Price      Price // of a month
	Manageable bool  // whether Portal leads anywhere
}

// Prime returns how an account stands.
func (s *Service) Prime(ctx context.Context, accountID string) (p Standing, err error) {
	p.Price = s.c.Prime
	return p, s.db.Read(ctx, func(tx *db.Tx) error {
		now, err := tx.Now()
		if err != nil {
			return err
		}
		a, err := account.Find(tx, accountID)
		if err != nil {
			return err
		}
		if p.Until = a.PrimeUntil; p.Until != 0 {
			p.GraceUntil = p.Until + s.c.Grace.Milliseconds()
		}
		p.Active = now < p.GraceUntil
		sub, err := currentSubscription(tx, a.ID)
		p.Manageable = s.manages(sub)
		return err
	})
}

// Portal opens the page where an account manages its subscription.
func (s *Service) Portal(ctx context.Context, accountID string) (url string, err error) {
	if s.c.Provider == nil {
		return "", errDisabled
	}
	var sub subscription
	err = s.db.Read(ctx, func(tx *db.Tx) error {
		sub, err = currentSubscription(tx, accountID)
		return err
	})
	if err != nil {
		return "", err
	}
	if !s.manages(sub) {
		return "", errNoSubscription
	}
	url, err = s.c.Provider.Portal(ctx, sub.customer, s.c.PublicURL+Prime.page())
	if err != nil {
		return "", errProvider(err)
	}
	return url, nil
}

// manages says whether there is a subscription to manage at the provider.
func (s *Service) manages(sub subscription) bool {
	return s.c.Provider != nil && sub.alive() && sub.customer != ""
}
