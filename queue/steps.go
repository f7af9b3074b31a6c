package queue

import (
	"context"
	"time"
)

// Long work over many rows is done in steps of StepRows, with a pause after
// each, so that what is urgent passes between them.
const (
	StepRows  = 500
	stepPause = 10 * time.Millisecond
)

// InSteps runs step until it says that it was the last.
func InSteps(ctx context.Context, step func() (more bool, err error)) error {
	for {
		more, err := step()
		if err != nil || !more {
			return err
		}
		timer := time.NewTimer(stepPause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
		}
	}
}
