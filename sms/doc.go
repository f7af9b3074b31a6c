// Package sms is the life of a text, in both directions.
//
//	draft    what a call asks for, judged without a database (pure)
//	admit    the contract's order of answers, then debit and message in one commit
//	send     one submission, over the gateways in turn (network, no transaction)
//	settle   what became of it and refunds, in one commit
//	receipt  what the network reports later, matched to the segment it is about
//
//	receive  a text from outside: parts joined, routed by its shortcode, stored
//	         before it is acknowledged
//
// A text is submitted once. Where it is in doubt whether a gateway took it, it
// stays unknown until an answer, a receipt or the operator says more; it is
// never sent again.
//
// The package knows neither HTTP statuses nor SMPP, and never waits for the
// network inside a transaction.
package sms
