package job

import (
	"context"
	"time"

	"github.com/riverqueue/river"
)

// easel is where the home tabs are drawn: one drawing at a time, a pause after each, and one at most that waits.
type easel struct {
	waiting chan struct{}
	drawing chan struct{}
	last    time.Time // of whoever draws
}

func newEasel() *easel {
	return &easel{waiting: make(chan struct{}, 1), drawing: make(chan struct{}, 1)}
}

// redraw draws the home tabs as they are then. Whoever finds somebody waiting leaves it to them: that drawing begins
// later than now, and shows the same.
func (q *Queue) redraw(ctx context.Context) error {
	e := q.easel
	select {
	case e.waiting <- struct{}{}:
	default:
		return nil
	}
	select {
	case e.drawing <- struct{}{}:
		defer func() { <-e.drawing }()
	case <-ctx.Done():
		<-e.waiting
		return ctx.Err()
	}
	pause(q.open, time.Until(e.last.Add(q.pace.redraw)))
	<-e.waiting
	again, err := q.Desk.Redraw(ctx)
	e.last = time.Now()
	if err == nil && again > 0 {
		return river.JobSnooze(again)
	}
	return err
}
