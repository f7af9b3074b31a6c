package transport

import (
	"context"
	"time"
)

// PushReport is what became of one push.
type PushReport struct {
	Status   int    // what the endpoint answered; 0 when it did not
	Error    string // why there is no answer; one line, without credentials
	Answer   []byte // the beginning of the answer's body
	Duration time.Duration
}

// Pusher posts a JSON body to a customer's URL, once. It follows no redirect
// and never reaches an address that is not public. It is safe for concurrent
// use.
type Pusher interface {
	Push(ctx context.Context, url string, body []byte) PushReport
}
