package commands

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"dbbot/ops"
	"dbbot/ops/approval"
)

var (
	_ = add(restoreUndo)
	_ = add(restoreRelease)
)

// asideArg is the database that was set aside.
var asideArg = Arg{Name: "name", Kind: WordArg, Optional: true, Hint: "the database that was set aside; the last one if left out"}

// restoreUndo puts back what a restore took the place of.
func restoreUndo(t Toolbox) Command {
	s := setAside{tools: t, view: undoView}
	s.do = func(ctx context.Context, r approval.Request, p asidePlan, progress Progress) (View, error) {
		done, err := t.Restores.Undo(ctx, p.Alias, p.Aside, r, progress)
		if err != nil {
			return View{Title: "Nothing changed", Lead: Text{literal(name(p.Database)), {Text: " is as it was."}}}, err
		}
		view := View{Title: "Put back", Verdict: Good, Lead: Text{literal(name(p.Database)), {Text: " is again what stood there before the restore."}}}
		return putBack(view, p.Alias, done), nil
	}
	return s.change(About{
		Path: "restore undo", Risk: ops.Destroy,
		Summary: "put back the database that a restore took the place of", Example: "restore undo orders",
	})
}

// restoreRelease removes for good what a restore took the place of.
func restoreRelease(t Toolbox) Command {
	s := setAside{tools: t, view: releaseView}
	s.do = func(ctx context.Context, r approval.Request, p asidePlan, progress Progress) (View, error) {
		progress("removing "+p.Aside, 0, 0)
		if err := t.Restores.Drop(ctx, p.Alias, p.Aside, r); err != nil {
			return View{}, err
		}
		return View{Title: "Released", Verdict: Good, Lead: Text{literal(name(p.Aside)), {Text: " is removed for good."}}}, nil
	}
	return s.change(About{
		Path: "restore release", Risk: ops.Destroy,
		Summary: "remove for good the database that a restore took the place of", Example: "restore release orders",
	})
}

// setAside is what undo and release have in common.
type setAside struct {
	tools Toolbox
	view  func(target ops.Target, live string, a Aside) View
	do    func(ctx context.Context, r approval.Request, p asidePlan, progress Progress) (View, error)
}

// asideWish is which of the databases that were set aside somebody means.
type asideWish struct {
	target ops.Target
	name   string // empty: the last
}

// asidePlan is what is agreed to: which two databases of which server.
type asidePlan struct {
	Alias    string    `json:"alias"` // of the configuration
	System   string    `json:"system"`
	Database string    `json:"database"` // the live one's own name
	Aside    string    `json:"aside"`
	Since    time.Time `json:"since"` // a name that is free again may be another's
}

func (p asidePlan) means(a Aside) bool { return a.Name == p.Aside && a.Since.Equal(p.Since) }

func (s setAside) change(about About) Command {
	about.Args = []Arg{{Name: "database", Kind: DatabaseArg, Hint: "the live database"}, asideArg}
	return change(Change[asideWish, asidePlan]{
		About: about,
		Parse: func(v Values) (asideWish, ops.Target, error) {
			return asideWish{target: v.Databases()[0], name: v.Word(asideArg.Name)}, v.Databases()[0], nil
		},
		Plan: s.plan, Run: s.do, Look: s.look,
	})
}

func (s setAside) plan(ctx context.Context, w asideWish) (Planned[asidePlan], error) {
	if _, ok := s.tools.rules(w.target); !ok {
		return Planned[asidePlan]{}, noStore(w.target)
	}
	all, on, err := s.tools.Restores.Aside(ctx, w.target.Database)
	if err != nil {
		return Planned[asidePlan]{}, unheard(err)
	}
	i := slices.IndexFunc(all, func(a Aside) bool { return w.name == "" || a.Name == w.name })
	if i < 0 {
		return Planned[asidePlan]{}, noAside(w, all)
	}
	return Planned[asidePlan]{
		Plan: asidePlan{Alias: w.target.Database, System: on.System, Database: on.Database, Aside: all[i].Name, Since: all[i].Since},
		View: s.view(w.target, on.Database, all[i]), Server: on,
	}, nil
}

func noAside(w asideWish, all []Aside) error {
	if len(all) == 0 {
		return &ops.Error{Message: "No database was set aside by a restore over " + name(w.target.Database) + ", or none is left.", Hint: "/db restore <id> over " + typed(w.target.Database) + " sets one aside."}
	}
	var names []string
	for _, a := range all {
		names = append(names, a.Name)
	}
	return &ops.Error{Message: "There is no “" + ops.Printable(w.name, shown) + "” that was set aside.", Hint: "There is " + list(names) + "."}
}

// asideLine says what was set aside, and when.
func asideLine(a Aside) Part {
	text := Text{literal(name(a.Name)), {Text: fmt.Sprintf(", %s, set aside ", bytesOf(a.Bytes))}, moment(a.Since)}
	if a.Request > 0 {
		text = append(text, Span{Text: " by " + approval.ID(a.Request).String()})
	}
	return line("Set aside", text)
}

func undoView(target ops.Target, live string, a Aside) View {
	return View{
		Title: "Undo the restore of " + name(target.Database), Verdict: Bad,
		Lead:  Text{literal(name(a.Name)), {Text: " takes the place of "}, literal(name(live)), {Text: " again. What was written since the restore stays behind, in a database that is set aside in its turn."}},
		Parts: []Part{asideLine(a)},
	}
}

func releaseView(target ops.Target, _ string, a Aside) View {
	return View{
		Title: "Remove what " + name(target.Database) + " was before the restore", Verdict: Watch,
		Lead:  Text{literal(name(a.Name)), {Text: " is removed for good. After that the restore cannot be undone."}},
		Parts: []Part{asideLine(a)},
	}
}

// look first puts right what a lost undo had begun, for it may have closed the live database; then it sees which of the
// databases are there: undo sets another one aside, and release leaves none.
func (s setAside) look(ctx context.Context, r approval.Request, p asidePlan) (Happened, View, error) {
	came, err := s.tools.Restores.Came(ctx, p.Alias, r)
	if err != nil {
		return HappenedUnclear, View{}, err
	}
	happened, view, err := s.seen(ctx, p)
	view.Notes = append(view.Notes, sweptNotes(came.Removed)...)
	return happened, view, err
}

func (s setAside) seen(ctx context.Context, p asidePlan) (Happened, View, error) {
	all, on, err := s.tools.Restores.Aside(ctx, p.Alias)
	switch {
	case err != nil:
		return HappenedUnclear, View{}, errors.Join(ErrUnread, err)
	case on.System != p.System:
		return HappenedUnclear, View{Title: "What became of it is not known", Lead: Say("Another server answers under this name now.")}, nil
	case slices.ContainsFunc(all, func(a Aside) bool { return p.means(a) }):
		return HappenedNothing, View{Title: "Nothing changed", Lead: Text{literal(name(p.Aside)), {Text: " is still set aside."}}}, nil
	}
	return HappenedWhole, View{Title: "Done", Verdict: Good, Lead: Text{literal(name(p.Aside)), {Text: " is not set aside any more."}}}, nil
}
