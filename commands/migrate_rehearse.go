package commands

import (
	"context"
	"fmt"
	"strings"
	"time"

	"dbbot/ops"
	"dbbot/ops/migrate/apply"
	"dbbot/ops/migrate/lint"
	"dbbot/ops/migrate/rehearse"
)

// rehearser runs migrations in a scratch database, and tells what it saw.
type rehearser interface {
	// Rehearses says whether that is configured for a database.
	Rehearses(database string) bool
	// Rehearse tells what is known shortly before ctx ends.
	Rehearse(ctx context.Context, database string, steps []lint.Parsed) rehearse.Trace
	// Arrived says whether the database has the schema that a rehearsal of the steps led to, where that is known.
	Arrived(ctx context.Context, database string, steps []lint.Parsed) (there, known bool, err error)
	// Leftovers are scratch databases whose process is gone. Those that nobody uses are removed meanwhile.
	Leftovers(ctx context.Context, database string) ([]rehearse.Leftover, error)
}

// rehearse runs the steps in a scratch database, where that is configured. It is SQL that nobody agreed to yet, so it is
// run for those alone who may ask for it.
func (a *ahead) rehearse(ctx context.Context, t Toolbox, w stepWish) {
	a.judged = parsed(a.steps)
	if a.wanted = t.Rehearsals != nil && t.Rehearsals.Rehearses(a.target.Database); !a.wanted {
		return
	}
	if a.steps[0].Step.Resume { // its first statements stand in what a scratch database would be made from
		a.rehearsed.Refused = "It goes on in the middle of a file."
		return
	}
	if w.looking {
		a.rehearsed.Refused = "That is done in Slack, for people who may ask for the migration."
		return
	}
	trace := t.Rehearsals.Rehearse(ctx, a.target.Database, a.judged)
	a.rehearsed = trace
	for i := range a.judged {
		seen := make([]*lint.Seen, len(a.judged[i].Script.Statements))
		for n := range seen {
			if s, traced := trace.Of(i, n); traced {
				seen[n] = &s.Seen
			}
		}
		a.judged[i].Seen = seen
	}
}

// learn reads the sizes of tables that no file names, and that the rehearsal saw locked all the same.
func (a *ahead) learn(ctx context.Context, t Toolbox) {
	if a.facts.Tables == nil {
		return
	}
	names := mentioned(a.steps)
	known := len(names)
	for _, step := range a.rehearsed.Steps {
		for _, s := range step.Statements {
			for _, l := range s.Seen.Locks {
				if _, told := a.facts.Tables[l.Relation]; !told {
					names = append(names, strings.SplitN(l.Relation, ".", 2)[1])
				}
			}
		}
	}
	if len(names) == known {
		return
	}
	if facts, err := t.Migrations.Facts(ctx, a.target.Database, names, parsed(a.steps)); err == nil { // else they stay unknown
		a.facts = facts
	}
}

// hopeless is the reason for a request that has no chance: the real database would refuse it, too.
func (a ahead) hopeless() error {
	f := a.rehearsed.Failure
	if f == nil || !f.Certain {
		return nil
	}
	return &ops.Error{
		Message: fmt.Sprintf("%s would fail: %s. It was tried in %s.", ops.Printable(a.steps[f.Step].Step.File().Path, nameRunes)+at(f.Line), a.reason(), a.stage()),
		Hint:    "Mend the file and ask again; /db migrate plan " + typed(a.target.Database) + " shows all of it.",
	}
}

// leftBound is how long looking for leftovers may take: the server for rehearsals is another one, and may be away.
const leftBound = time.Second

// leftovers adds to a report the scratch databases that dead processes left.
func (t Toolbox) leftovers(ctx context.Context, target ops.Target, view View) View {
	if t.Rehearsals == nil || !t.Rehearsals.Rehearses(target.Database) {
		return view
	}
	ctx, cancel := context.WithTimeout(ctx, leftBound)
	defer cancel()
	left, err := t.Rehearsals.Leftovers(ctx, target.Database)
	switch {
	case err != nil:
		view.Notes = append(view.Notes, Say("Whether a rehearsal left a database behind could not be seen: "+inWords(err)))
	case len(left) > 0:
		section := Section{Title: "Left by rehearsals", Verdict: Watch, Summary: Say(ops.Count(len(left), "scratch database"))}
		for _, l := range left {
			section.Lines = append(section.Lines, Say(l.String()))
		}
		section.Lines = append(section.Lines, Say("What nobody uses is removed now; the rest when it is free."))
		view.Verdict = Worst(view.Verdict, Watch)
		view.Parts = append(view.Parts, Part{Section: &section})
	}
	return view
}

// driftBound is how long reading a schema may take, behind a run that is over.
const driftBound = 5 * time.Second

// drift says of a database that was migrated whether it has become what the rehearsal showed. None of it changes the
// outcome: what could not be read is not said.
func (t Toolbox) drift(ctx context.Context, database string, steps []apply.Prepared, view View) View {
	if t.Rehearsals == nil {
		return view
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), driftBound)
	defer cancel()
	switch there, known, err := t.Rehearsals.Arrived(ctx, database, parsed(steps)); {
	case err != nil || !known:
	case there:
		view.Notes = append(view.Notes, Say("The schema is the one that the rehearsal led to."))
	default:
		view.Verdict = Worst(view.Verdict, Watch)
		view.Parts = append(view.Parts, Part{Section: &Section{
			Title: "Another schema", Verdict: Watch, Summary: Say("it is not the one that the rehearsal led to"),
			Lines: []Text{Say("Somebody has changed it at the same time, or the files do different things with rows.")},
		}})
	}
	return view
}
