package job

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
)

const (
	// startPause lies between two attempts to begin while the state database is away.
	startPause = time.Second
	// registerWithin bounds one attempt to make this process known.
	registerWithin = 5 * time.Second
)

// Queue is this process's share of the work. It is safe for use by many goroutines.
type Queue struct {
	Options
	pace    pace
	river   *river.Client[pgx.Tx]
	lease   *lease
	hands   *hands
	easel   *easel
	metrics *metrics
	room    chan struct{} // one for everything that is done beside the queue
	booth   chan struct{} // the same for what waits for the chat: a chat that hangs holds up no request
	worker  atomic.Int64

	open    context.Context // ends when the program is being stopped: nothing new is begun
	shut    context.CancelFunc
	grace   context.Context // ends when runs have had their grace
	hurry   context.CancelFunc
	records context.Context // ends when there is no more time to record results
	giveUp  context.CancelFunc
}

// New makes a queue that can already be put into; it does no I/O.
func New(o Options) (*Queue, error) {
	q := &Queue{Options: o, pace: usual, hands: newHands(), easel: newEasel(), room: make(chan struct{}, maxStrays), booth: make(chan struct{}, maxStrays), metrics: newMetrics(o.Registry)}
	q.open, q.shut = context.WithCancel(context.Background())
	q.grace, q.hurry = context.WithCancel(context.Background())
	q.records, q.giveUp = context.WithCancel(context.Background())
	q.lease = &lease{url: o.Direct, log: o.Log, pace: &q.pace, lost: q.metrics.lost, heard: q.wish, seen: q.seen}
	client, err := river.NewClient(riverpgxv5.New(o.Pool), q.riverConfig())
	q.river = client
	return q, err
}

// Worker is this process's number, zero until it has one.
func (q *Queue) Worker() int64 { return q.worker.Load() }

// Run does the work until ctx ends, and is not run again. It begins when the state database can be reached, as often as
// that takes. Once ctx has ended it begins nothing new, lets runs go on for Grace, and returns when all that could be
// recorded is recorded: Grace and twenty seconds later at most.
func (q *Queue) Run(ctx context.Context) error {
	var running sync.WaitGroup
	alive, die := context.WithCancel(context.WithoutCancel(ctx))
	defer running.Wait()
	defer die() // the lease ends last: until then nobody else takes up what is ours
	if !q.begin(ctx, "this process could not be made known", func() error { return q.register(ctx) }) {
		return nil
	}
	running.Go(func() { q.lease.keep(alive, q.Worker()) })
	if !q.begin(ctx, "the queue could not be started", func() error { return q.river.Start(alive) }) {
		return nil
	}
	q.Log.Info("working", "worker", q.Worker())
	running.Go(q.lookout)
	<-ctx.Done()
	return q.stop(context.WithoutCancel(ctx))
}

// begin tries until it works, or until ctx ends.
func (q *Queue) begin(ctx context.Context, fault string, try func() error) bool {
	for news := (news{log: q.Log}); ; {
		err := try()
		if err == nil {
			return true
		}
		news.bad(fault, err)
		if !pause(ctx, startPause) {
			return false
		}
	}
}

func (q *Queue) register(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, registerWithin)
	defer cancel()
	id, err := q.Store.Worker(ctx, q.Host, q.Version)
	if err == nil {
		q.worker.Store(id)
	}
	return err
}

// pause waits, and says whether ctx has not ended meanwhile.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
