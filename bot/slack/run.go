package slack

import (
	"context"
	"sync"

	"golang.org/x/sync/errgroup"
)

// Run connects and hands what people do to h, until ctx ends or Slack says something that no repetition mends: then
// the error is an *ops.Error with the fix. On the way out it takes no new work and says so to whoever asks, finishes
// what it has within ten seconds, and closes its sockets with a close frame.
func (c *Client) Run(ctx context.Context, h Handler) error {
	me, err := c.introduce(ctx)
	if err != nil || ctx.Err() != nil {
		return err
	}
	handling, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	in := newIntake(handling, c, h, me)
	group, connected := errgroup.WithContext(ctx)
	for range c.config.Sockets {
		group.Go(func() error { return c.keep(connected, in) })
	}
	err = group.Wait()
	c.wind(in, stop)
	return err
}

// wind ends a run: work first, then the sockets, so that acks and answers still go out.
func (c *Client) wind(in *intake, stop context.CancelFunc) {
	in.stopping.Store(true)
	patience, cancel := context.WithTimeout(context.Background(), c.bounds.drain)
	defer cancel()
	if left := in.stop(patience); left > 0 {
		c.log.Warn("slack: stopped before all was done", "left", left)
	}
	stop()
	last, cancel := context.WithTimeout(context.Background(), c.bounds.ack)
	defer cancel()
	in.await(last)
	var closing sync.WaitGroup
	for _, s := range c.status.all() {
		closing.Go(s.close)
	}
	closing.Wait()
	in.readers.Wait()
}

// introduce asks Slack who we are before anything is let in: payloads are checked against it. It goes on asking
// while Slack cannot be reached, and gives up on what is final.
func (c *Client) introduce(ctx context.Context) (self, error) {
	for failures := 1; ; failures++ {
		who, err := c.identify(ctx)
		if err == nil {
			return self{team: who.Team, enterprise: who.Enterprise, user: who.BotUser}, nil
		}
		if ctx.Err() != nil {
			return self{}, nil
		}
		if fatal(err) {
			return self{}, err
		}
		c.lost(err)
		if sleep(ctx, backoff(failures, c.bounds.pause)) != nil {
			return self{}, nil
		}
	}
}
