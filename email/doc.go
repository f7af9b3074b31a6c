// Package email is the life of an email, from the draft to its last recipient.
//
//	draft    what a call asks for, judged without a database (pure)
//	admit    the contract's order of answers, then debit and message in one commit
//	deliver  one attempt, the first and every later one (network, no transaction)
//	settle   what became of it, refunds, and what comes next, in one commit
//
// Every door (HTTP, SMTP) hands in the same Call and gets the same Outcome.
//
// The package knows neither HTTP statuses nor SMTP replies of a door, and never
// waits for the network inside a transaction.
package email
