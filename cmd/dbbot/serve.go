package main

import (
	"context"
	"errors"
	"net"
	"time"

	"golang.org/x/sync/errgroup"
)

type serveCommand struct{ configFlag }

// Help is what --help says beside the summary.
func (serveCommand) Help() string {
	return "SLACK_BOT_TOKEN and SLACK_APP_TOKEN come from the environment, or from the files that SLACK_BOT_TOKEN_FILE and " +
		"SLACK_APP_TOKEN_FILE name. Where there is no configuration file, DATABASE_URL is the one database. " +
		"`dbbot check` finds what is wrong with any of it. SIGTERM or Ctrl-C ends it when the work at hand is done; a second one at once."
}

// stopWithin bounds the way out, above what each part takes for itself: Slack's work at hand gets ten seconds, running
// changes get their grace, and recording what became of them may take twenty more while the state database is away.
const stopWithin = 40 * time.Second

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
	group.Go(func() error { a.changes.wait(running); return a.slack.Run(running, a.road) })
	group.Go(func() error { return a.changes.run(running) })
	group.Go(func() error { return serveHTTP(running, listener, routes(a.health, a.figures)) })
	group.Go(func() error { a.health.watch(running); return nil })
	group.Go(func() error { a.health.announce(running); return nil })
	group.Go(func() error { a.stores.tidy(running, a.log); return nil })

	ended := make(chan error, 1)
	go func() {
		err := group.Wait()
		a.close()
		ended <- err
	}()
	<-running.Done()
	a.log.Info("stopping", "within", stopWithin)
	select {
	case err := <-ended:
		return err
	case <-time.After(stopWithin):
		return errSlow
	}
}
