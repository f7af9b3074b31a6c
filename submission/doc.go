// Package submission is the SMTP door: a session becomes the same email.Call
// that a request to the HTTP API makes, so that what comes in by it has the same
// credits, rate limit, caps and log.
//
//	client            STARTTLS, AUTH        the API key is the password
//	session.go        MAIL, RCPT, DATA      one transaction
//	email.Service     Send                  one Call
//	reply.go          250, 452, 550 ...     the one table from a fault to a reply
//
// It never opens a connection, never mends a message, and never lets anything
// but CRLF.CRLF end one. Whoever has not shown a key learns nothing here, holds
// no place that somebody else could use, and stands alone for its mistakes.
package submission
