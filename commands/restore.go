package commands

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/backup"
)

// restorer brings backups back. Errors are *ops.Error, of ErrUnread, ErrUnclear or the context's cause where that is so.
type restorer interface {
	// Landing says what a restore would find. name is the database to make; empty: the backup's own, which is live. It refuses
	// where there is no chance.
	Landing(ctx context.Context, database string, b backup.Backup, name string) (Landing, error)
	// Into restores into a new database; Over beside the live one, whose place it then takes.
	Into(ctx context.Context, database string, id backup.ID, name string, r approval.Request, progress Progress) (Restored, error)
	Over(ctx context.Context, database string, id backup.ID, r approval.Request, progress Progress) (Restored, error)
	// Aside are the databases that others took the place of, the newest first.
	Aside(ctx context.Context, database string) (all []Aside, on approval.Server, err error)
	// Undo puts one back in its place; Drop removes it for good.
	Undo(ctx context.Context, database, aside string, r approval.Request, progress Progress) (Restored, error)
	Drop(ctx context.Context, database, aside string, r approval.Request) error
	// Came removes what a lost process left of the request, and says what came of it.
	Came(ctx context.Context, database string, r approval.Request) (Came, error)
}

// Landing is the place where a backup is to be restored, as it was just now.
type Landing struct {
	System   string
	Name     string // of the database as the server knows it
	Where    string // the server, without secrets
	Version  string
	Client   string   // of pg_restore
	Roles    []string // that are made first, without the right to log in
	Owner    string   // of everything, where it cannot be given to those who owned it; else empty
	Notes    []string // what else is worth knowing, a sentence each
	Free     int64    // bytes for the database; 0: not known
	Aside    string   // what a live database will be called
	Sessions []string // of a live database, which are ended: "12 sessions of app"
	Lost     []string // of a live database: what it has and the backup has not, a sentence each
}

// Restored is what a restore did.
type Restored struct {
	Name  string   // where it is now
	Aside string   // what stood there before; empty where nothing did
	Found []string // what was not as when the backup was taken; then nothing stands
	Notes []string // a sentence each
}

// Aside is a database that another one took the place of.
type Aside struct {
	Name    string
	Since   time.Time
	Bytes   int64
	Request int64
}

// Came is what came of a restore whose process was lost.
type Came struct {
	Happened Happened
	Restored
	Removed []string // what it had left
}

// newName is what a new database may be called here: what needs no quotes, and the hyphen that people write.
var newName = regexp.MustCompile(`^[a-z_][a-z0-9_-]{0,62}$`)

// parseInto reads which backup, and what the new database shall be called.
func (t Toolbox) parseInto(v Values) (backupWish, ops.Target, error) {
	w, target, err := t.parseBackup(v)
	w.name = strings.ToLower(w.name)
	if err == nil && !newName.MatchString(w.name) {
		err = &ops.Error{
			Message: "“" + ops.Printable(w.name, shown) + "” is no name for a new database.",
			Hint:    "Write small letters, digits, _ and -, 63 characters at most, beginning with a letter.",
		}
	}
	return w, target, err
}

// restoring is what into and over have in common.
type restoring struct {
	tools Toolbox
	over  bool
}

// restorePlan is what is agreed to: which bytes, onto which server, as what.
type restorePlan struct {
	Alias    string    `json:"alias"` // of the configuration
	Location string    `json:"location"`
	ID       backup.ID `json:"id"`
	Sum      string    `json:"sum"` // of the archive
	Over     bool      `json:"over"`
	System   string    `json:"system"` // of the server that it is restored on
	Name     string    `json:"name"`
	Version  string    `json:"version"`
	Client   string    `json:"client"`
	Roles    []string  `json:"roles"` // that are made
	Owner    string    `json:"owner"` // of everything; empty: as it was
}

func (s restoring) plan(ctx context.Context, w backupWish) (Planned[restorePlan], error) {
	k, err := s.tools.kept(ctx, w.target)
	if err != nil {
		return Planned[restorePlan]{}, unheard(err)
	}
	b, err := k.pick(w.id)
	if err == nil {
		err = s.unfit(k, b)
	}
	if err != nil {
		return Planned[restorePlan]{}, err
	}
	landing, err := s.tools.Restores.Landing(ctx, w.target.Database, b, w.name)
	if err != nil {
		return Planned[restorePlan]{}, unheard(err)
	}
	return Planned[restorePlan]{
		Plan: restorePlan{
			Alias: w.target.Database, Location: k.rules.Location, ID: b.ID, Sum: b.Archive.SHA256, Over: s.over,
			System: landing.System, Name: landing.Name, Version: landing.Version, Client: landing.Client, Roles: landing.Roles, Owner: landing.Owner,
		},
		View:   s.view(k, b, landing),
		Server: approval.Server{System: landing.System, Database: landing.Name},
	}, nil
}

// unfit is why a backup cannot be restored. Into a new database also one that nobody has tried may be: that is a trial.
func (s restoring) unfit(k kept, b backup.Backup) error {
	switch {
	case !k.opens(b.Recipients):
		return &ops.Error{
			Message: string(b.ID) + " is encrypted, and dbbot has no key that opens it.",
			Hint:    "Write identity: ${NAME} below backup: in dbbot's file, or restore it with `dbbot restore` where the key is.",
		}
	case b.Bad():
		return &ops.Error{Message: string(b.ID) + " is not good: " + sentenceOf(b.Verified.Found), Hint: k.stillGood(b.ID)}
	case s.over && !b.Good():
		return &ops.Error{
			Message: string(b.ID) + " was never verified, so it does not take the place of a live database.",
			Hint:    k.stillGood(b.ID) + " /db backup verify " + string(b.ID) + " verifies this one.",
		}
	}
	return nil
}

// differ is for those who typed latest, and for servers that were exchanged meanwhile.
func (s restoring) differ(was, is restorePlan) string {
	switch {
	case was.ID != is.ID:
		return fmt.Sprintf("%s is the backup that is meant by now, and it was %s when this was agreed to.", is.ID, was.ID)
	case !slices.Equal(was.Roles, is.Roles):
		return "Other roles are missing now than when this was agreed to."
	}
	return ""
}

// view says what happens, and over a live database first of all what is lost.
func (s restoring) view(k kept, b backup.Backup, l Landing) View {
	view := View{
		Title: fmt.Sprintf("Restore %s into %s", name(string(b.ID)), name(l.Name)), Verdict: verdictOn(b),
		Lead: sayf("A new database %s is made, compared with what was counted when the backup was taken, and then given its name. Nothing else changes. %s", name(l.Name), k.lasted(backup.Restored)),
	}
	if s.over {
		view.Title, view.Verdict = fmt.Sprintf("Restore %s over %s", name(string(b.ID)), name(k.target.Database)), Bad
		view.Lead = sayf("It is restored beside %s, compared, and then takes its place. What stands there now is kept as %s until somebody releases it. %s",
			name(k.target.Database), name(l.Aside), k.lasted(backup.Restored))
		lost := Section{Title: "Lost", Verdict: Bad, Summary: Text{{Text: "what was written since "}, moment(b.Started), {Text: ", " + elapsed(k.At, b.Started) + " ago"}}}
		for _, sentence := range l.Lost {
			lost.Lines = append(lost.Lines, Say(ops.Printable(sentence, longSpan)))
		}
		if len(l.Sessions) > 0 {
			lost.Lines = append(lost.Lines, Say("Ended: "+list(l.Sessions)+"."))
		}
		view.Parts = append(view.Parts, Part{Section: &lost})
	}
	view.Parts = append(view.Parts, k.gist(b)...)
	where := sayf("PostgreSQL %s at %s, with %s", name(l.Version), name(l.Where), name(l.Client))
	if l.Free > 0 {
		where = append(where, Span{Text: "; " + bytesOf(l.Free) + " free, about " + bytesOf(b.Server.Bytes) + " needed"})
	}
	view.Parts = append(view.Parts, line("Where", where))
	if len(l.Roles) > 0 {
		view.Parts = append(view.Parts, Part{Section: &Section{Title: "Roles that are made", Verdict: Watch, Summary: literals(l.Roles), Lines: lines("They are missing there. They may not log in until somebody lets them.")}})
	}
	for _, note := range l.Notes {
		view.Notes = append(view.Notes, Say(note))
	}
	return view
}

// tellRestored is what a restore did, in a sentence or two.
func tellRestored(title string, is Restored) View {
	view := View{Title: title, Verdict: Good, Lead: Text{literal(name(is.Name)), {Text: " holds what was counted when the backup was taken; that was compared."}}}
	for _, note := range is.Notes {
		view.Notes = append(view.Notes, Say(note))
	}
	return view
}

// putBack adds how to go back, and how to let go of what stood there before.
func putBack(view View, alias string, is Restored) View {
	if is.Aside == "" {
		return view
	}
	view.Parts = append(view.Parts, Part{Section: &Section{
		Title: "Kept", Summary: Text{{Text: "what stood there before is "}, literal(name(is.Aside))},
		Lines: []Text{
			{literal("/db restore undo " + typed(alias)), {Text: " puts it back."}},
			{literal("/db restore release " + typed(alias)), {Text: " removes it for good, when nobody needs it."}},
		},
	}})
	return view
}

func (s restoring) run(ctx context.Context, r approval.Request, p restorePlan, progress Progress) (View, error) {
	var done Restored
	var err error
	if s.over {
		done, err = s.tools.Restores.Over(ctx, p.Alias, p.ID, r, paced(progress))
	} else {
		done, err = s.tools.Restores.Into(ctx, p.Alias, p.ID, p.Name, r, paced(progress))
	}
	if err != nil {
		view := View{Title: "Nothing changed", Lead: s.unchanged(p)}
		for _, fault := range done.Found {
			view.Parts = append(view.Parts, line("Not as it was", Say(ops.Printable(fault, longSpan))))
		}
		return view, err
	}
	return putBack(tellRestored("Restored", done), p.Alias, done), nil
}

// unchanged is what remains of a restore that was stopped or failed.
func (s restoring) unchanged(p restorePlan) Text {
	if s.over {
		return Text{literal(name(p.Name)), {Text: " is as it was; what was restored beside it is removed."}}
	}
	return Text{{Text: "There is no database "}, literal(name(p.Name)), {Text: "; what was restored is removed."}}
}

func (s restoring) look(ctx context.Context, r approval.Request, p restorePlan) (Happened, View, error) {
	came, err := s.tools.Restores.Came(ctx, p.Alias, r)
	if err != nil {
		return HappenedUnclear, View{}, err
	}
	view := View{Title: "Nothing changed", Lead: s.unchanged(p)}
	switch came.Happened {
	case HappenedWhole:
		view = putBack(View{Title: "Restored", Verdict: Good, Lead: Text{literal(name(p.Name)), {Text: " is what the backup held."}}}, p.Alias, came.Restored)
	case HappenedUnclear:
		view = View{Title: "What became of the restore is not known", Verdict: Watch}
	}
	view.Notes = append(view.Notes, sweptNotes(came.Removed)...)
	return came.Happened, view, nil
}
