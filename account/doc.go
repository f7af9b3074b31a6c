// Package account is who calls: accounts, their API keys and tokens, how often
// a key may call (its window), and which calls were made before (idempotency).
//
// A change to a key or an account holds for every transaction begun after it,
// on every node, because each admission reads them inside its own transaction;
// what a node remembers only saves it the work of refusing.
//
// The package knows neither credits nor messages.
package account
