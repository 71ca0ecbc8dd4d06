package job

import (
	"context"
	"errors"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// errLeft is given when something did not end in time: the process may end all the same, and others look at it.
var errLeft = errors.New("a run did not stop in time; another replica, or the next start, finds out what came of it")

// stop begins nothing new, lets runs go on for their grace, then tells them to stop, and waits until what came of them is
// recorded and said. Each step has its bound, so that it works with the state database away, too.
func (q *Queue) stop(ctx context.Context) error {
	q.shut()
	if !q.rest(ctx, q.Grace) {
		q.hurry()
		if !q.rest(ctx, q.pace.cancel) {
			q.Log.Error("a run goes on although it was told to stop")
		}
	}
	late := time.AfterFunc(q.pace.record, q.giveUp)
	done := q.rest(ctx, q.pace.record+time.Second)
	late.Stop()
	q.giveUp()
	q.drain(ctx)
	err := q.leave(ctx)
	if !done {
		return errors.Join(errLeft, err)
	}
	return err
}

// rest waits until nothing is in hand, and says whether it came to that.
func (q *Queue) rest(ctx context.Context, within time.Duration) bool {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	return q.hands.empty(ctx)
}

// drainPause lies between two looks at what is still to be said.
const drainPause = 50 * time.Millisecond

// drain leaves time for the last messages: people should not read "running" until the next start. What is to be sent
// later, or again, is left to the others.
func (q *Queue) drain(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, drainWithin)
	defer cancel()
	due := river.NewJobListParams().Kinds(deliverArgs{}.Kind()).First(1).Where("scheduled_at <= now()").
		States(rivertype.JobStateAvailable, rivertype.JobStateRunning)
	for {
		left, err := q.river.JobList(ctx, due)
		if err != nil || len(left.Jobs) == 0 || !pause(ctx, drainPause) {
			return
		}
	}
}

// leave ends River's part, gently and then not.
func (q *Queue) leave(ctx context.Context) error {
	gently, cancel := context.WithTimeout(ctx, leaveWithin/2)
	defer cancel()
	if q.river.Stop(gently) == nil {
		return nil
	}
	now, cancel := context.WithTimeout(ctx, leaveWithin/2)
	defer cancel()
	return q.river.StopAndCancel(now)
}
