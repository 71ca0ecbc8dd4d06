package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"dbbot/bot/workspace"
	"dbbot/ops"
	"dbbot/ops/postgres/cluster"

	"filippo.io/age"
	"golang.org/x/sync/errgroup"
)

type demoCommand struct {
	Port    uint16 `placeholder:"PORT" help:"Where the page is served on this machine; default: 8484, or a free port where that is taken."`
	NoOpen  bool   `help:"Do not open a browser."`
	Install bool   `help:"Install PostgreSQL's server programs where they are missing (Debian and Ubuntu)."`
}

// Help is what --help says beside the summary.
func (demoCommand) Help() string {
	return "Everything is on this machine alone, and in a temporary directory. Ctrl-C ends it and leaves nothing behind. " +
		"REDIS_URL names a Redis server to use in place of the one inside. DATABASE_URL and dbbot.yml are not read."
}

// demo is what has been started so far: what runs on is in the group, and what it stands on is taken down after it, in
// the opposite order.
type demo struct {
	process *process
	begun   time.Time
	group   *errgroup.Group
	ends    []func() error
}

// Run starts everything on this machine, on loopback only, and ends it with ctx.
func (c demoCommand) Run(ctx context.Context, p *process) error {
	living, stop := context.WithCancel(ctx)
	group, running := errgroup.WithContext(living)
	d := &demo{process: p, begun: time.Now(), group: group}
	err := c.start(running, d)
	if err == nil {
		<-running.Done()
	}
	stop()
	if len(d.ends) > 0 {
		d.say("ending everything")
	}
	err = errors.Join(err, group.Wait())
	left := d.takeDown()
	switch {
	case ctx.Err() == nil: // a part ended by itself
		return errors.Join(err, left)
	case left == nil:
		d.say("everything has ended, and nothing is left behind")
	}
	return left
}

// start brings up one part after the other.
func (c demoCommand) start(ctx context.Context, d *demo) error {
	if err := temporaryPlace(); err != nil {
		return err
	}
	page, err := pageListener(c.Port)
	if err != nil {
		return err
	}
	d.later(func() error { _ = page.Close(); return nil }) // closed already where the page was served
	if err := c.programs(ctx, d); err != nil {
		return err
	}
	shop, err := d.startShop(ctx)
	if err != nil {
		return err
	}
	redis, err := d.startRedis(ctx)
	if err != nil {
		return err
	}
	town, err := d.startWorkspace(page)
	if err != nil {
		return err
	}
	a, listener, err := shop.wire(d.process.errs, redis, town)
	if err != nil {
		return err
	}
	d.group.Go(func() error { return a.serve(ctx, listener) })
	if !a.health.announce(ctx) {
		return nil // what ended it is the group's error
	}
	d.say("the bot, connected to the workspace over %d sockets; http://%s/readyz and /metrics", a.slack.State().Open, listener.Addr())
	fmt.Fprintf(d.process.out, "\nOpen %s and type /db status. Ctrl-C ends everything.\n\n", town.page)
	if !c.NoOpen {
		_ = workspace.Browse(town.page) // the address was printed: a machine without a screen is no fault
	}
	return nil
}

// say prints a line with the time since the start.
func (d *demo) say(format string, values ...any) {
	fmt.Fprintf(d.process.out, "%5.1f s  %s\n", time.Since(d.begun).Seconds(), fmt.Sprintf(format, values...))
}

// later notes what must be undone.
func (d *demo) later(end func() error) { d.ends = append(d.ends, end) }

func (d *demo) takeDown() (err error) {
	for _, end := range slices.Backward(d.ends) {
		err = errors.Join(err, end())
	}
	return err
}

// temporaryPlace sees that there is a directory to work in, before anything is started.
func temporaryPlace() error {
	probe, err := os.MkdirTemp("", "dbbot-probe-")
	if err == nil {
		return os.Remove(probe)
	}
	return &ops.Error{
		Message: "Nothing can be written to the directory for temporary files, " + os.TempDir() + ": " + reason(err) + ".",
		Hint:    "Set TMPDIR to a directory that exists and that you may write to, or unset it.", Cause: err,
	}
}

// programs clears what a killed demo left behind, and sees that PostgreSQL is installed.
func (c demoCommand) programs(ctx context.Context, d *demo) error {
	switch removed, err := cluster.Sweep(); {
	case err != nil:
		d.say("could not clear all of what an earlier run left behind: %s", ops.Redact(err.Error()))
	case removed > 0:
		d.say("cleared what %s left behind", ops.Count(removed, "earlier run"))
	}
	_, err := cluster.Find(ctx)
	if errors.Is(err, exec.ErrNotFound) && c.Install {
		d.say("installing PostgreSQL: %s", cluster.InstallCommand())
		if err := install(ctx, cluster.ThisSystem(), d.process.errs); err != nil {
			return err
		}
		_, err = cluster.Find(ctx)
	}
	return offer(err, cluster.ThisSystem())
}

// offer adds to a missing PostgreSQL that dbbot can install it, where it can.
func offer(err error, here cluster.Installer) error {
	marked, ok := errors.AsType[*ops.Error](err)
	if !ok || !here.Tested || !errors.Is(err, exec.ErrNotFound) {
		return err
	}
	return &ops.Error{Message: marked.Message, Hint: marked.Hint + ", or let dbbot do it: dbbot demo --install", Cause: err}
}

// install runs the system's own commands, where that was tried. Root needs no help, everybody else sudo.
func install(ctx context.Context, system cluster.Installer, errs io.Writer) error {
	if !system.Tested {
		return &ops.Error{Message: "dbbot installs PostgreSQL by itself on Debian and Ubuntu only.", Hint: "Here it is done with: " + cluster.InstallCommand()}
	}
	for _, words := range system.Commands {
		if os.Geteuid() != 0 {
			words = append([]string{"sudo"}, words...)
		}
		command := exec.CommandContext(ctx, words[0], words[1:]...)
		command.Stdin, command.Stdout, command.Stderr = os.Stdin, errs, errs
		if err := command.Run(); err != nil {
			return &ops.Error{Message: "The installation did not succeed: " + err.Error() + ".", Hint: "Try it by hand: " + cluster.InstallCommand(), Cause: err}
		}
	}
	return nil
}

func (d *demo) startShop(ctx context.Context) (*shop, error) {
	s, err := openShop(ctx)
	if err != nil {
		return nil, err
	}
	d.later(s.cluster.Stop)
	d.say("%s, private, in %s", s.cluster, s.cluster.Dir)
	orders, reporting, err := s.fill(ctx)
	if err != nil {
		return nil, err
	}
	with := "pg_stat_statements"
	if !s.statements {
		with = "without pg_stat_statements, which is not installed"
	}
	d.say("databases orders (production, %d rows, 3 migrations pending, %s) and reporting (staging, %d rows)", orders, with, reporting)
	d.group.Go(func() error { s.work(ctx); return nil })
	d.say("a workload of %d sessions: one forgot its transaction, one waits for it, one report is slow", len(sessions()))
	return s, nil
}

// configure writes the demo's configuration beside the cluster's data, and loads it as any other.
func (s *shop) configure(redis ops.Secret, town town) (Config, error) {
	if err := s.migrationFiles(); err != nil {
		return Config{}, err
	}
	text, err := demoFiles.ReadFile("demo/" + defaultFile)
	if err != nil {
		return Config{}, err
	}
	path := filepath.Join(s.cluster.Dir, defaultFile)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		return Config{}, err
	}
	key, err := age.GenerateX25519Identity()
	if err != nil {
		return Config{}, err
	}
	values := map[string]ops.Secret{
		"ORDERS_KEEPER_URL": s.url(s.keeper, "orders"), "BACKUPS": ops.Secret(filepath.Join(s.cluster.Dir, "backups")),
		"AGE_RECIPIENT": ops.Secret(key.Recipient().String()), "DBBOT_AGE_IDENTITY": ops.Secret(key.String()),
		"SLACK_BOT_TOKEN": town.botToken, "SLACK_APP_TOKEN": town.appToken, "SLACK_API_URL": ops.Secret(town.page + "api/"),
		"ORDERS_URL": s.url(s.reader, "orders"), "ORDERS_OWNER_URL": s.url(s.owner, "orders"),
		"REPORTING_URL": s.url(s.reader, "reporting"), "DBBOT_STATE_URL": s.url(s.reader, "dbbot"), "REDIS_URL": redis, "REPORTING_OWNER_URL": s.url(s.owner, "reporting"),
		"DBBOT_AUDIT_KEY": ops.Secret(rand.Text() + rand.Text()),
	}
	lookup := func(name string) (string, bool) { value, set := values[name]; return value.Reveal(), set }
	return load(path, lookup, need{slack: true})
}
