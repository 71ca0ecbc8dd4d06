package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"dbbot/bot/slack"
	"dbbot/ops"
	"dbbot/ops/coord"
)

// configFlag is shared by the sub-commands that read the file.
type configFlag struct {
	Config string `short:"c" placeholder:"FILE" help:"The configuration file; default: dbbot.yml where there is one, else the environment alone."`
}

type checkCommand struct{ configFlag }

// checkWithin bounds each look; all of them are taken at once.
const checkWithin = 10 * time.Second

// finding is one line of what check says.
type finding struct {
	about  string
	grade  grade
	detail string
	fix    string // empty where nothing is to be mended
}

type grade string

const (
	fine    grade = "ok"
	warning grade = "warn"
	wrong   grade = "WRONG"
	note    grade = "note"
)

// Run finds all faults of the configuration, or, where there are none, looks at everything it points to. The exit
// code is 1 when anything is wrong, 0 when there are warnings at most.
func (c checkCommand) Run(ctx context.Context, p *process) error {
	config, err := load(c.Config, p.env, need{slack: true})
	if _, ok := errors.AsType[Faults](err); ok {
		tell(p.errs, err)
		return notGood
	}
	if err != nil {
		return err
	}
	findings := config.describe()
	for _, some := range atOnce(ctx, config.looks()) {
		findings = append(findings, some...)
	}
	if unused := config.unused(); len(unused) > 0 {
		findings = append(findings, finding{
			"no effect", note,
			"checked, and without effect in this version: " + strings.Join(unused, ", "), "",
		})
	}
	return printed(p, findings)
}

func printed(p *process, findings []finding) error {
	width, bad := 0, false
	for _, f := range findings {
		width = max(width, len(f.about))
		bad = bad || f.grade == wrong
	}
	for _, f := range findings {
		fmt.Fprintf(p.out, "%-*s  %-5s  %s\n", width, f.about, f.grade, ops.Redact(f.detail))
		if f.fix != "" {
			fmt.Fprintf(p.out, "%-*s         → %s\n", width, "", f.fix)
		}
	}
	if bad {
		return notGood
	}
	return nil
}

// describe says what was read, and what of it can be judged without leaving the machine.
func (c Config) describe() []finding {
	from := "no file; the environment alone"
	if c.Path != "" {
		from = c.Path
	}
	out := []finding{{"configuration", fine, fmt.Sprintf("%s: %s", from, plural(len(c.Databases), "database")), ""}}
	if c.Policy == nil {
		out = append(out, finding{"policy", note, "none: every full member may ask, and nobody may change anything", ""})
	}
	if c.State.URL != "" {
		out = append(out, finding{"state", note, "reached for /db ping; nothing is kept there in this version", ""})
	}
	for _, d := range c.Databases {
		if d.Migrations == nil {
			continue
		}
		if dir := c.beside(d.Migrations.Dir); !isFolder(dir) {
			out = append(out, finding{
				d.Name, wrong, "there is no folder " + dir + " for its migrations",
				"Correct migrations.dir: it is relative to the configuration file.",
			})
		}
	}
	return out
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// look reaches one thing, within its context.
type look func(ctx context.Context) []finding

func (c Config) looks() []look {
	all := []look{c.lookAtSlack}
	for _, d := range c.Databases {
		all = append(all, func(ctx context.Context) []finding { return lookAtDatabase(ctx, d.Name, d.URL, true) })
		for _, other := range []struct {
			field string
			url   ops.Secret
		}{{"migrate_url", d.MigrateURL}, {"backup_url", d.BackupURL}, {"restore_url", d.RestoreURL}} {
			if other.url != "" {
				about := d.Name + " " + other.field
				all = append(all, func(ctx context.Context) []finding { return lookAtDatabase(ctx, about, other.url, false) })
			}
		}
	}
	if c.State.URL != "" {
		all = append(all, func(ctx context.Context) []finding { return lookAtDatabase(ctx, "state", c.State.URL, false) })
	}
	return append(all, c.lookAtRedis)
}

// atOnce takes all looks at the same time, and gives what they found in their order.
func atOnce(ctx context.Context, looks []look) [][]finding {
	out := make([][]finding, len(looks))
	var all sync.WaitGroup
	for i, one := range looks {
		all.Go(func() {
			bounded, cancel := context.WithTimeout(ctx, checkWithin)
			defer cancel()
			out[i] = one(bounded)
		})
	}
	all.Wait()
	return out
}

func (c Config) lookAtSlack(ctx context.Context) []finding {
	client, err := slack.New(slack.Config{
		API: c.Slack.API, BotToken: c.Slack.BotToken, AppToken: c.Slack.AppToken, Team: c.Slack.Team,
	})
	if err != nil {
		return []finding{failed("Slack", err)}
	}
	who, err := client.Examine(ctx)
	var out []finding
	if who.Team != "" {
		out = append(out, finding{"Slack", fine, fmt.Sprintf("workspace %s (%s), as user %s", who.TeamName, who.Team, who.BotUser), ""}, scopes(who))
	}
	if err != nil {
		return append(out, failed("Slack", err))
	}
	return append(out, finding{"sockets", fine, "the app-level token opens connections", ""})
}

func scopes(who slack.Identity) finding {
	switch {
	case len(who.Scopes) == 0:
		return finding{"scopes", warning, "Slack did not say which scopes are granted", "Compare the app with manifest.yml."}
	case len(who.Missing) > 0:
		return finding{
			"scopes", wrong, "missing " + strings.Join(who.Missing, ", "),
			"Paste manifest.yml into the app's settings under App Manifest, and install the app again.",
		}
	}
	return finding{"scopes", fine, "all that are needed: " + strings.Join(slack.Scopes(), ", "), ""}
}

func (c Config) lookAtRedis(ctx context.Context) []finding {
	if c.Redis.URL == "" {
		return []finding{{"Redis", note, "none: limits and repeats are kept in this process, which is enough for one replica", ""}}
	}
	shared, err := coord.Open(c.Redis.URL, slog.New(slog.DiscardHandler))
	if err != nil {
		return []finding{failed("Redis", err)}
	}
	defer shared.Close()
	info, err := shared.Info(ctx)
	if err != nil {
		f := failed("Redis", err)
		f.grade, f.detail = warning, f.detail+" Everything works without it, with limits kept per process."
		return []finding{f}
	}
	out := []finding{{"Redis", fine, "version " + info.Version, ""}}
	if info.Policy != "" && info.Policy != "noeviction" {
		out = append(out, finding{
			"Redis", warning, "its maxmemory-policy is " + info.Policy + ", which may drop keys early",
			"CONFIG SET maxmemory-policy noeviction",
		})
	}
	return out
}

// failed turns an error into a finding; its cause is worth seeing here, where the operator sits.
func failed(about string, err error) finding {
	if marked, ok := errors.AsType[*ops.Error](err); ok {
		return finding{about, wrong, marked.Message, marked.Hint}
	}
	return finding{about, wrong, err.Error(), ""}
}
