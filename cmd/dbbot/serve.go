package main

import (
	"context"
	"errors"
	"net"
	"time"

	"golang.org/x/sync/errgroup"
)

type serveCommand struct{ configFlag }

// stopWithin bounds the way out, above what each part takes for itself: Slack's work at hand gets ten seconds.
const stopWithin = 20 * time.Second

// Run answers until it is told to stop, or until Slack says something that no repetition mends.
func (c serveCommand) Run(ctx context.Context, p *process) error {
	config, err := load(c.Config, p.env, need{slack: true})
	if err != nil {
		return err
	}
	a, err := wire(config, newLog(p.errs, config.Log), true)
	if err != nil {
		return err
	}
	listener, err := listen(config.HTTP.Listen)
	if err != nil {
		return err
	}
	a.log.Info("starting", "version", version(), "databases", len(config.Databases), "http", listener.Addr().String())
	err = a.serve(ctx, listener)
	a.log.Info("stopped")
	return err
}

// errSlow is logged when something holds up the end.
var errSlow = errors.New("something did not end in time and is left behind")

// serve runs all parts until ctx ends or one of them cannot go on.
func (a *app) serve(ctx context.Context, listener net.Listener) error {
	group, running := errgroup.WithContext(ctx)
	group.Go(func() error { return a.slack.Run(running, a.road) })
	group.Go(func() error { return serveHTTP(running, listener, routes(a.health, a.figures)) })
	group.Go(func() error { a.health.watch(running); return nil })
	group.Go(func() error { a.health.announce(running); return nil })

	ended := make(chan error, 1)
	go func() {
		err := group.Wait()
		a.close()
		ended <- err
	}()
	<-running.Done()
	select {
	case err := <-ended:
		return err
	case <-time.After(stopWithin):
		return errSlow
	}
}
