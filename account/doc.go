// Package account is who calls: accounts, how one becomes one and signs in,
// their sessions, API keys and tokens, how often a key may call (its window),
// and which calls were made before (idempotency).
//
// A change to a key, a session or an account holds for every transaction begun
// after it, on every node, because each call reads them inside its own
// transaction; what a node remembers only saves it the work of refusing.
//
// Nothing that opens a door is stored in clear: passwords are argon2id hashes,
// tokens of keys, sessions, links and invites SHA-256.
//
// The package knows neither credits nor messages, and it sends no mail itself:
// how is handed in.
package account
