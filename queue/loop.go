package queue

import (
	"context"
	"log/slog"
	"time"
)

// Loop runs due work until its context ends.
type Loop struct {
	// Name is for the log.
	Name string
	// Run does what is due now and says how long nothing will be due, as far
	// as it knows; 0 means that it stopped early and wants to run again at once.
	Run func(context.Context) (time.Duration, error)
	// Poll is the longest pause, however long Run says.
	Poll time.Duration
	Log  *slog.Logger

	wake chan struct{}
}

// NewLoop returns a loop that does nothing until Start.
func NewLoop(name string, poll time.Duration, log *slog.Logger, run func(context.Context) (time.Duration, error)) *Loop {
	return &Loop{Name: name, Run: run, Poll: poll, Log: log, wake: make(chan struct{}, 1)}
}

// Wake ends the pause: something may be due. It never blocks.
func (l *Loop) Wake() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// WakeAfter wakes the loop when something becomes due before the next poll
// would find it.
func (l *Loop) WakeAfter(d time.Duration) {
	if d < l.Poll {
		time.AfterFunc(max(0, d), l.Wake)
	}
}

// Start runs the loop until ctx ends.
func (l *Loop) Start(ctx context.Context) {
	for ctx.Err() == nil {
		pause, err := l.Run(ctx)
		if err != nil && ctx.Err() == nil {
			l.Log.Error("due work failed; trying again", "loop", l.Name, "error", err)
			pause = l.Poll
		}
		if pause <= 0 {
			continue
		}
		timer := time.NewTimer(min(pause, l.Poll))
		select {
		case <-ctx.Done():
		case <-l.wake:
		case <-timer.C:
		}
		timer.Stop()
	}
}
