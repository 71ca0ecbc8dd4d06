package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"dbbot/ops"
)

// configFlag is shared by the sub-commands that read the file.
type configFlag struct {
	Config string `short:"c" placeholder:"FILE" help:"The configuration file; default: dbbot.yml where there is one, else the environment alone."`
}

type checkCommand struct{ configFlag }

// Bounds of what check says and waits for; all looks are taken at once.
const (
	checkWithin = 10 * time.Second // each look: Slack may ask for a pause
	maxSaid     = 500              // characters of one line: a driver's error can be long
)

// finding is one line of what check says.
type finding struct {
	about  string
	grade  grade
	detail string
	fix    string // empty where nothing is to be mended
	cause  string // the system's own words, for whoever knows more; may be empty
}

type grade string

const (
	fine    grade = "ok"
	warning grade = "warn"
	wrong   grade = "WRONG"
	note    grade = "note"
)

// Help is what --help says beside the summary.
func (checkCommand) Help() string {
	return "Nothing is changed. Exit codes: 0 all is well, or there are warnings at most; 1 something is wrong; 2 used wrongly."
}

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
			about: "no effect", grade: note, detail: "checked, and without effect in this version: " + strings.Join(unused, ", "),
		})
	}
	return printed(p, findings)
}

// printed says the findings, and is the one way out for what servers say of themselves: a role's name may hold line
// breaks, an error a password.
func printed(p *process, findings []finding) error {
	width, bad := 0, false
	for _, f := range findings {
		width = max(width, len(f.about))
		bad = bad || f.grade == wrong
	}
	for _, f := range findings {
		fmt.Fprintf(p.out, "%-*s  %-5s  %s\n", width, f.about, f.grade, ops.Printable(ops.Redact(f.detail), maxSaid))
		if f.fix != "" {
			fmt.Fprintf(p.out, "%-*s         → %s\n", width, "", ops.Printable(f.fix, maxSaid))
		}
		if f.cause != "" {
			fmt.Fprintf(p.out, "%-*s         (%s)\n", width, "", ops.Printable(ops.Redact(f.cause), maxSaid))
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
	out := []finding{{about: "configuration", grade: fine, detail: fmt.Sprintf("%s: %s", from, ops.Count(len(c.Databases), "database"))}}
	if c.Policy == nil {
		out = append(out, finding{about: "policy", grade: note, detail: "none: every full member may ask, and nobody may change anything"})
	}
	out = append(out, c.describeChanges()...)
	for _, d := range c.Databases {
		if d.Migrations == nil {
			continue
		}
		if dir := c.beside(d.Migrations.Dir); !isFolder(dir) {
			out = append(out, finding{
				about: d.Name, grade: wrong, detail: "there is no folder " + dir + " for its migrations",
				fix: "Correct migrations.dir: it is relative to the configuration file.",
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
	for _, d := range c.Databases {
		if d.Backup != nil {
			all = append(all, func(ctx context.Context) []finding { return c.lookAtBackups(ctx, d) })
		}
	}
	if c.State.URL != "" || c.unset() == nil {
		all = append(all, c.lookAtState)
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
