package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"dbbot/bot"
	"dbbot/commands"
	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/audit"
	"dbbot/ops/job"
	"dbbot/ops/policy"
	"dbbot/ops/store"

	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"
)

const (
	// openWithin bounds one attempt to open the state database: its tables may have to be made, and another replica may
	// be making them.
	openWithin = 25 * time.Second
	// openPause lies between two attempts.
	openPause = 2 * time.Second
	// firstWithin is how long the connection to Slack waits for the first attempt.
	firstWithin = 5 * time.Second
	// grace is what running changes get when the program is asked to stop.
	grace = 10 * time.Second
)

// changes is what requests, approvals and runs stand on. It is opened beside everything else: questions are answered
// without it, and are needed most when it is away.
type changes struct {
	config   Config
	log      *slog.Logger
	figures  prometheus.Registerer
	announce func(approval.Move) []store.Message
	desk     job.Desk
	room     bot.Room
	tick     func(context.Context) error // looks at what is due; nil where nothing is scheduled
	terminal bool                        // nothing is changed here: the state is opened for questions alone, when the first comes
	open     atomic.Pointer[opened]
	fault    atomic.Pointer[ops.Error] // why it is not open
	tried    chan struct{}             // closed once it was tried to open it
}

type opened struct {
	store *store.Store
	queue *job.Queue
}

// newChanges does no I/O. What is not configured stays closed, and says so.
func newChanges(config Config, log *slog.Logger, figures prometheus.Registerer) *changes {
	c := &changes{config: config, log: log, figures: figures, tried: make(chan struct{})}
	c.fault.Store(cmp.Or(config.unset(), &ops.Error{
		Message: "dbbot has not reached its own database yet, so nothing can be changed.", Hint: "Try again in a moment; /db ping says more.",
	}))
	return c
}

// state is what the road stands on, or the reason why it is not there.
func (c *changes) state() (bot.State, error) {
	if o := c.open.Load(); o != nil {
		return o.store, nil
	}
	return nil, c.fault.Load()
}

// run opens the state database, as often as that takes, and does the queue's work until ctx ends.
func (c *changes) run(ctx context.Context) error {
	if c.config.unset() != nil {
		close(c.tried)
		return nil
	}
	for once := sync.OnceFunc(func() { close(c.tried) }); ; {
		o, err := c.begin(ctx)
		if err == nil {
			c.open.Store(o)
			c.log.Info("the state database is open")
			once()
			err = o.queue.Run(ctx) // ends when ctx has, and all that ran has been recorded
			if err := o.stopped(ctx); err != nil {
				c.log.Warn("the end could not be recorded", "error", err)
			}
			return err
		}
		if ctx.Err() != nil {
			return nil
		}
		c.say(err)
		once()
		pause(ctx, openPause)
	}
}

// wait gives the state database a moment to open, so that who types a change right after a deploy is not refused. Whoever
// has a question is not made to wait for one that hangs.
func (c *changes) wait(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, firstWithin)
	defer cancel()
	select {
	case <-c.tried:
	case <-ctx.Done():
	}
}

// say keeps the reason for people, and logs it when it is a new one.
func (c *changes) say(err error) {
	said := ops.Explain(err, "state")
	now := &ops.Error{Message: "Nothing can be changed at the moment. " + said.Message, Hint: said.Hint, Cause: err}
	if was := c.fault.Swap(now); was == nil || was.Message != now.Message {
		c.log.Warn("the state database cannot be used", "error", err)
	}
}

func (c *changes) begin(ctx context.Context) (*opened, error) {
	ctx, cancel := context.WithTimeout(ctx, openWithin)
	defer cancel()
	o := &opened{}
	key, err := audit.NewKey(c.config.Audit.Key)
	if err != nil {
		return nil, err
	}
	o.store, err = store.Open(ctx, store.Options{
		URL: c.config.stateURL(), AuditKey: key, Version: version(), Policy: c.config.policyDigest(), Announce: c.announce,
		// The queue is made a moment later, from the store's own connections, and before anything moves.
		Enqueue: func(ctx context.Context, tx pgx.Tx, work []approval.Work) error {
			return o.queue.Enqueue(ctx, tx, work)
		},
		Worker: o.worker,
	})
	if err != nil {
		return nil, err
	}
	// Before the queue: what can fail comes first, since the queue's figures can be registered only once.
	if err := o.started(ctx, c.config); err != nil {
		o.store.Close()
		return nil, err
	}
	points := &checkpoints{anchor: audit.Anchor{Key: key, File: c.config.checkpointFile(), Chain: o.store.Chain}, note: o.store.Note, post: c.postCheckpoint}
	o.queue, err = job.New(job.Options{
		Pool: o.store.Pool(), Direct: c.config.stateURL(), Store: requests{o.store}, Desk: c.desk, Host: hostname(), Version: version(), Grace: grace,
		Checkpoint: points.take, Every: c.config.Audit.Every, Tick: c.tick, Log: c.log, Registry: c.figures,
	})
	if err != nil {
		o.store.Close()
		return nil, err
	}
	return o, nil
}

// worker is this process's number, zero until it has one.
func (o *opened) worker() int64 {
	if o.queue == nil {
		return 0
	}
	return o.queue.Worker()
}

// hostname is for people who look at the list of workers.
func hostname() string {
	host, err := os.Hostname()
	if err != nil {
		return "an unknown host"
	}
	return host
}

func (c *changes) close() {
	if o := c.open.Load(); o != nil {
		o.store.Close()
	}
}

// postCheckpoint says it in the channel for them. One that was not said is made up for by the next.
func (c *changes) postCheckpoint(ctx context.Context, text commands.View) error {
	channel := cmp.Or(c.config.Audit.Channel, c.config.Slack.Channel)
	if channel == "" {
		return nil
	}
	_, err := c.room.Post(ctx, bot.Address{Channel: channel}, ops.Reference(), bot.Post{View: text})
	return err
}

// requests is the store as the queue wants it.
type requests struct{ *store.Store }

// Strays finds what nobody does.
func (r requests) Strays(ctx context.Context) (job.Strays, error) {
	s, err := r.Store.Strays(ctx)
	out := job.Strays{Running: s.Running, Approved: s.Approved, Overdue: s.Overdue, Messages: s.Messages}
	for _, in := range s.Invocations {
		out.Invocations = append(out.Invocations, in.Key)
	}
	return out, err
}

// policyDigest names the rules in force, for the audit: who may do what, and on which databases. The environment of a
// database decides under which rules it falls, and so belongs to them; addresses and passwords do not.
func (c Config) policyDigest() string {
	data, err := json.Marshal(struct {
		Policy    policy.Policy
		Databases []ops.Target
	}{c.policy(), c.targets()})
	if err != nil { // maps and slices of plain words: it cannot fail
		return ""
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:8])
}
