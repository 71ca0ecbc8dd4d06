package commands

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/backup"
	"dbbot/ops/migrate"
	"dbbot/ops/migrate/apply"
	"dbbot/ops/migrate/lint"
	"dbbot/ops/migrate/rehearse"
	"dbbot/ops/migrate/script"
	"dbbot/ops/policy"
)

// stepping is what up, down and goto have in common: all but which steps they mean.
type stepping struct {
	tools Toolbox
	risk  ops.Risk
	steps func(migrate.Survey, stepWish) ([]migrate.Step, error)
}

// stepWish is how far somebody wants to go.
type stepWish struct {
	target ops.Target
	n      int    // so many; 0: as far as the command goes by itself
	to     string // or up to this version or name

	looking bool // by somebody who may not ask for it
}

// stepPlan is what is agreed to: which files, with which bytes, in which order and way, on which server. How large and how
// busy the tables are changes while people read; that stands in the view.
type stepPlan struct {
	Alias    string        `json:"alias"` // of the configuration
	System   string        `json:"system"`
	Database string        `json:"database"`
	Schema   string        `json:"schema"` // of the tool's table
	Tool     migrate.Tool  `json:"tool"`
	From     string        `json:"from"`
	To       string        `json:"to"`
	Backup   string        `json:"backup"` // policy.Before: one is taken first
	Steps    []plannedStep `json:"steps"`
}

type plannedStep struct {
	Name  string      `json:"name"`
	Down  bool        `json:"down"`
	File  string      `json:"file"`
	Sum   string      `json:"sum"` // hex SHA-256 of the file's bytes
	Bytes int         `json:"bytes"`
	Mode  script.Mode `json:"mode"`
	From  string      `json:"from"`
	To    string      `json:"to"`

	Resume  bool     `json:"resume"`  // it broke off, and goes on
	Skip    int      `json:"skip"`    // behind so many statements, which stand
	Removes []string `json:"removes"` // half-built indexes in its way
}

func (s stepping) change(about About, parse func(Values) (stepWish, ops.Target, error)) Change[stepWish, stepPlan] {
	s.risk = about.Risk
	return Change[stepWish, stepPlan]{About: about, Parse: parse, Plan: s.plan, Differ: differ, Run: s.run, Look: s.look}
}

// differ names the first file, or the place to begin from, that is another one now.
func differ(was, is stepPlan) string {
	if was.From != is.From {
		return fmt.Sprintf("The database is at %s by now, and was at %s when this was agreed to.", place(is.From), place(was.From))
	}
	if was.Backup != is.Backup {
		return "The policy asks for another backup now than when this was agreed to."
	}
	for i, s := range was.Steps {
		switch {
		case i >= len(is.Steps) || is.Steps[i].Name != s.Name:
			return "Other migrations are pending now than those that were agreed to."
		case is.Steps[i].Sum != s.Sum:
			return ops.Printable(s.File, nameRunes) + " has changed since it was agreed to."
		case is.Steps[i].Resume != s.Resume || is.Steps[i].Skip != s.Skip:
			return "More of " + ops.Printable(s.Name, nameRunes) + " stands by now, or less, than when this was agreed to."
		case !slices.Equal(is.Steps[i].Removes, s.Removes):
			return "Other indexes are half built now than when this was agreed to."
		}
	}
	if len(is.Steps) > len(was.Steps) {
		return "More migrations are pending now than those that were agreed to: " + ops.Printable(is.Steps[len(was.Steps)].Name, nameRunes) + " is new."
	}
	return ""
}

func (s stepping) plan(ctx context.Context, w stepWish) (Planned[stepPlan], error) {
	a, err := s.tools.ahead(ctx, w, s.risk, s.steps)
	if err == nil {
		err = cmp.Or(a.backups.refusal(), a.hopeless())
	}
	if err != nil {
		return Planned[stepPlan]{}, err
	}
	return Planned[stepPlan]{Plan: a.plan(), View: a.view(), Server: a.site.serving(), Severe: a.severe()}, nil
}

// ahead is what a wish would do, looked at from all sides.
type ahead struct {
	site
	steps    []apply.Prepared
	facts    lint.Facts
	findings []lint.Finding
	backups  backups
	unseen   string // why sizes and use of the tables are not known

	judged    []lint.Parsed  // the steps, with what a rehearsal saw of them
	wanted    bool           // a rehearsal is configured
	rehearsed rehearse.Trace // what came of it
}

func (t Toolbox) ahead(ctx context.Context, w stepWish, risk ops.Risk, which func(migrate.Survey, stepWish) ([]migrate.Step, error)) (ahead, error) {
	var a ahead
	var err error
	if a.site, err = t.site(ctx, w.target); err != nil {
		return a, err
	}
	steps, err := which(a.survey, w)
	if err != nil {
		return a, err
	}
	a.steps = apply.Prepare(steps)
	for _, s := range a.steps {
		if s.Script.Refused != "" {
			return a, &ops.Error{Message: ops.Printable(s.Step.File().Path, nameRunes) + " cannot be run. " + s.Script.Refused, Hint: "Nothing runs until the file is mended."}
		}
	}
	atOnce(
		func() { a.rehearse(ctx, t, w) },
		func() { a.backups = t.backups(ctx, w.target, risk) },
		func() { a.facts, err = t.Migrations.Facts(ctx, w.target.Database, mentioned(a.steps), parsed(a.steps)) })
	if err != nil {
		if errors.Is(err, apply.ErrUnread) {
			return a, heard(err)
		}
		a.unseen = inWords(err)
	}
	a.learn(ctx, t)
	a.findings = lint.Check(a.judged, a.facts)
	return a, nil
}

// mentioned are the relations that the steps name. It is never nil, which would mean all that there are.
func mentioned(steps []apply.Prepared) []string {
	names := []string{}
	for _, n := range lint.Mentioned(parsed(steps)) {
		names = append(names, n.Name)
	}
	return names
}

func inWords(err error) string {
	if marked, ok := errors.AsType[*ops.Error](err); ok {
		return marked.Message
	}
	return "See dbbot's log."
}

func parsed(steps []apply.Prepared) (all []lint.Parsed) {
	for _, s := range steps {
		all = append(all, lint.Parsed{Step: s.Step, Script: s.Script})
	}
	return all
}

func (a ahead) plan() stepPlan {
	p := stepPlan{
		Alias: a.target.Database, System: a.server.System, Database: a.server.Database, Schema: a.server.Schema, Tool: a.set.Tool,
		From: a.steps[0].Step.From, To: a.steps[len(a.steps)-1].Step.To, Backup: a.backups.asked.Backup,
	}
	for _, s := range a.steps {
		file := s.Step.File()
		p.Steps = append(p.Steps, plannedStep{
			Name: s.Step.Migration.Name, Down: s.Step.Down, File: file.Path, Sum: file.Sum, Bytes: len(file.SQL), Mode: s.Script.Mode,
			From: s.Step.From, To: s.Step.To, Resume: s.Step.Resume, Skip: s.Step.Skip, Removes: a.halfBuilt(s),
		})
	}
	return p
}

// again finds the very files of the plan in a folder that was read anew.
func (p stepPlan) again(set migrate.Set) ([]migrate.Step, error) {
	var steps []migrate.Step
	for _, wanted := range p.Steps {
		i := slices.IndexFunc(set.Migrations, func(m migrate.Migration) bool { return m.Name == wanted.Name })
		if i < 0 {
			return nil, changedFile(wanted, "is not in the folder any more")
		}
		step := migrate.Step{Migration: set.Migrations[i], Down: wanted.Down, From: wanted.From, To: wanted.To, Resume: wanted.Resume, Skip: wanted.Skip}
		switch file := step.File(); {
		case file == nil || file.Path != wanted.File:
			return nil, changedFile(wanted, "is not in the folder any more")
		case file.Sum != wanted.Sum || len(file.SQL) != wanted.Bytes:
			return nil, changedFile(wanted, "has changed since it was agreed to")
		}
		steps = append(steps, step)
	}
	return steps, nil
}

func changedFile(s plannedStep, how string) error {
	return &ops.Error{Message: fmt.Sprintf("%s %s. Nothing was run.", ops.Printable(s.File, nameRunes), how), Hint: "Ask again: what is there now is then shown."}
}

// prepared are the steps of a plan, with the bytes that were agreed to.
func (t Toolbox) prepared(ctx context.Context, p stepPlan) ([]apply.Prepared, error) {
	dir, ok := t.Folders[p.Alias]
	if !ok {
		return nil, noFolder(ops.Target{Database: p.Alias})
	}
	files := t.files(ctx, dir)
	if files.err != nil {
		return nil, files.err
	}
	steps, err := p.again(files.set)
	prepared := apply.Prepare(steps)
	for i := range prepared {
		prepared[i].Removes = p.Steps[i].Removes
	}
	return prepared, err
}

func (s stepping) run(ctx context.Context, r approval.Request, p stepPlan, progress Progress) (View, error) {
	progress("reading the files again", 0, 0)
	steps, err := s.tools.prepared(ctx, p)
	if err != nil {
		return View{}, err
	}
	taken := backup.ID("")
	if p.Backup == policy.Before {
		if taken, err = s.tools.backUp(ctx, r, p, progress); err != nil {
			return unmigrated(ctx), err
		}
	}
	report, err := s.tools.Migrations.Run(ctx, p.Alias, r, approval.Server{System: p.System, Database: p.Database}, steps, apply.Progress(progress))
	view := ran(p, report, err)
	if err != nil && view.Title != "" {
		view.Parts = append(view.Parts, s.tools.truths(ctx, p.Alias)...)
	}
	if err == nil {
		view = s.tools.drift(ctx, p.Alias, steps, view)
	}
	if taken != "" {
		view.Notes = append(view.Notes, Text{{Text: "Taken and verified before: "}, ident(taken)})
	}
	return view, heard(err)
}
