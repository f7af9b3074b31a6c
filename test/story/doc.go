// Package story is the world around a shipped Aviso: the operator who types
// commands, callers who journal every answer, a relay that dawdles and refuses,
// a real Postfix, a message centre by others, a webhook, and auditors who compare
// what all of them have seen.
//
// It starts the binary and knows it by configuration, commands, HTTP, SMTP and
// SMPP alone. Only balances and the record of pushes are read from the database
// itself. It never decides whether a story is good: the tests do, with what it
// hands them.
package story
