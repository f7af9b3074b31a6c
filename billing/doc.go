// Package billing sells: bundles of credits, the unlimited tier of email, and
// Prime. What a customer pays becomes entries of the ledger and dates.
//
// Who takes the money is a Provider: Stripe, or a sandbox for demonstrations.
// Its events come late, twice, or in any order, so that none of them is an
// order to do something: each is a fact that is added to those known about a
// payment or a subscription, and what follows from all of them is brought about
// in the same transaction. Whichever order they come in, the end is the same.
//
// The package never sees a card, never believes an amount that a browser or an
// event names for what was bought, and never waits for the network inside a
// transaction.
package billing
