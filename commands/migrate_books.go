package commands

import (
	"context"
	"errors"
	"slices"
	"strings"

	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/migrate"
	"dbbot/ops/migrate/apply"
)

// Books is what a migration tool has written down in a database, open for changes: force, resolve and baseline change
// nothing else, and run none of the SQL.
type Books interface {
	Journal(ctx context.Context) (migrate.Journal, error)
	Force(ctx context.Context, version string) error
	Resolve(ctx context.Context, m migrate.Migration, applied bool) error
	Baseline(ctx context.Context, all []migrate.Migration) error
}

// bookkeeping is what force, resolve and baseline have in common: all but what they write.
type bookkeeping struct {
	tools Toolbox
	// entry says what is to be written, or why it cannot be.
	entry func(migrate.Survey, bookWish) (entry, error)
	view  func(site, entry) View
	write func(ctx context.Context, b Books, e entry, all []migrate.Migration) error
}

// bookWish is what somebody wants to be written down.
type bookWish struct {
	target  ops.Target
	name    string
	applied bool // of resolve; else it was rolled back
}

// parseVersion is for wishes that are about one version.
func parseVersion(v Values) (bookWish, ops.Target, error) {
	w := bookWish{target: v.Databases()[0], name: v.Word(versionArg.Name)}
	return w, w.target, nil
}

// entry is what is written down.
type entry struct {
	migrations []migrate.Migration
	to         string   // where the database is afterwards; empty before the first
	left       []string // what has broken off, and still has afterwards
	applied    bool
}

// bookPlan is what is agreed to: what stands in the books now, and what will.
type bookPlan struct {
	Alias      string       `json:"alias"` // of the configuration
	System     string       `json:"system"`
	Database   string       `json:"database"`
	Schema     string       `json:"schema"` // of the tool's table
	Tool       migrate.Tool `json:"tool"`
	From       string       `json:"from"`
	Broken     []string     `json:"broken"`
	To         string       `json:"to"`
	Left       []string     `json:"left"` // of Broken
	Applied    bool         `json:"applied"`
	Migrations []bookedFile `json:"migrations"`
}

type bookedFile struct {
	Name string `json:"name"`
	Sum  string `json:"sum"` // of its up file
}

func (b bookkeeping) change(about About, parse func(Values) (bookWish, ops.Target, error)) Change[bookWish, bookPlan] {
	return Change[bookWish, bookPlan]{About: about, Parse: parse, Plan: b.plan, Run: b.run, Look: b.look}
}

func (b bookkeeping) plan(ctx context.Context, w bookWish) (Planned[bookPlan], error) {
	s, err := b.tools.site(ctx, w.target)
	if err != nil {
		return Planned[bookPlan]{}, err
	}
	e, err := b.entry(s.survey, w)
	if err != nil {
		return Planned[bookPlan]{}, err
	}
	plan := bookPlan{
		Alias: s.target.Database, System: s.server.System, Database: s.server.Database, Schema: s.server.Schema, Tool: s.set.Tool,
		From: s.survey.At, Broken: s.survey.Broken, To: e.to, Left: e.left, Applied: e.applied,
	}
	for _, m := range e.migrations {
		plan.Migrations = append(plan.Migrations, booked(m))
	}
	return Planned[bookPlan]{Plan: plan, View: b.view(s, e), Server: s.serving()}, nil
}

func booked(m migrate.Migration) bookedFile {
	f := bookedFile{Name: m.Name}
	if m.Up != nil {
		f.Sum = m.Up.Sum
	}
	return f
}

func (b bookkeeping) run(ctx context.Context, r approval.Request, p bookPlan, progress Progress) (View, error) {
	dir, ok := b.tools.Folders[p.Alias]
	if !ok {
		return View{}, noFolder(ops.Target{Database: p.Alias})
	}
	files := b.tools.files(ctx, dir)
	if files.err != nil {
		return View{}, files.err
	}
	all, err := p.again(files.set)
	if err != nil {
		return View{}, err
	}
	on := approval.Server{System: p.System, Database: p.Database}
	err = b.tools.Migrations.Mend(ctx, p.Alias, r, on, apply.Progress(progress), func(ctx context.Context, books Books) error {
		journal, err := books.Journal(ctx)
		if err != nil {
			return err
		}
		if now := files.set.Survey(journal); now.At != p.From || !slices.Equal(now.Broken, p.Broken) {
			return &ops.Error{Message: "The database is at " + place(now.At) + " by now, and not where it was when this was agreed to. Nothing was written.", Hint: "Ask again."}
		}
		return b.write(ctx, books, entry{migrations: all, to: p.To, applied: p.Applied}, all)
	})
	if err != nil {
		return View{}, heard(err)
	}
	return View{Title: "Written down", Verdict: Good, Lead: sayf("%s is at %s now. No SQL was run.", name(p.Alias), place(p.To))}, nil
}

// again finds the migrations of the plan in a folder that was read anew. One that Prisma's table has and the folder has
// not any more has no bytes to compare.
func (p bookPlan) again(set migrate.Set) (all []migrate.Migration, err error) {
	for _, wanted := range p.Migrations {
		i := slices.IndexFunc(set.Migrations, func(m migrate.Migration) bool { return m.Name == wanted.Name })
		m := migrate.Migration{Name: wanted.Name}
		if i >= 0 {
			m = set.Migrations[i]
		}
		if booked(m) != wanted {
			return nil, &ops.Error{Message: name(wanted.Name) + " has changed since it was agreed to. Nothing was written.", Hint: "Ask again: what is there now is then shown."}
		}
		all = append(all, m)
	}
	return all, nil
}

// look compares the books with what stood there before, and with what was to stand there.
func (b bookkeeping) look(ctx context.Context, _ approval.Request, p bookPlan) (Happened, View, error) {
	server, journal, err := b.tools.Migrations.Journal(ctx, p.Alias)
	switch {
	case errors.Is(err, apply.ErrUnread):
		return HappenedUnclear, View{}, heard(err)
	case err != nil || server.System != p.System || server.Database != p.Database:
		return HappenedUnclear, View{Title: "What became of it is not known", Lead: Say("Another server answers under this name now, or none.")}, nil
	}
	now := migrate.Set{Tool: p.Tool}.Survey(journal)
	view := View{Title: "What the books say", Lead: sayf("%s is at %s.", name(p.Alias), standing(p.Tool, now.At, now.Broken))}
	switch {
	case now.At == p.From && slices.Equal(now.Broken, p.Broken):
		return HappenedNothing, view, nil
	case now.At == p.To && slices.Equal(now.Broken, p.Left):
		return HappenedWhole, view, nil
	}
	return HappenedUnclear, view, nil
}

// standing is what the books say, in their tool's word.
func standing(tool migrate.Tool, at string, broken []string) string {
	switch {
	case len(broken) == 0:
		return place(at)
	case tool == migrate.GolangMigrate:
		return place(at) + ", dirty"
	}
	return place(at) + ", and " + list(broken) + " broke off"
}

// bookView says what stands in the books, what will, and what comes of it.
func bookView(s site, title, effect string, e entry) View {
	view := View{Title: title, Lead: Say(effect + " Only the tool's own table changes: no SQL is run.")}
	view.Parts = append(view.Parts,
		Part{Section: &Section{Title: "The table says", Summary: Say(standing(s.set.Tool, s.survey.At, s.survey.Broken))}},
		Part{Section: &Section{Title: "It will say", Summary: Say(standing(s.set.Tool, e.to, e.left))}})
	return view
}

// namesOf are many names, one a line: a list of hundreds goes into the file of the thread.
func namesOf(title string, all []migrate.Migration) Part {
	return Part{Code: &Code{Title: title, Text: strings.Join(migrate.Names(all), "\n")}}
}
