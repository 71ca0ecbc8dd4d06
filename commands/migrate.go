package commands

import (
	"context"
	"errors"
	"fmt"
	"time"

	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/migrate"
	"dbbot/ops/migrate/apply"
	"dbbot/ops/migrate/lint"
)

// migrator reads the journals of the configured databases, and runs migrations there. Errors are *ops.Error, of
// apply.ErrUnread or apply.ErrUnclear where that is so.
type migrator interface {
	// Journal reads what the tool and dbbot wrote down. It waits for no migration that runs.
	Journal(ctx context.Context, database string) (apply.Server, migrate.Journal, error)
	// Facts are the sizes and the use of the relations of these names, in whatever schema, and how many rows the steps
	// would write.
	Facts(ctx context.Context, database string, names []string, steps []lint.Parsed) (lint.Facts, error)
	// Run takes the steps on that very server, and on no other.
	Run(ctx context.Context, database string, r approval.Request, on approval.Server, steps []apply.Prepared, progress apply.Progress) (apply.Report, error)
	// Look finds out what came of a run of so many steps. First it ends what the lost process left running.
	Look(ctx context.Context, database string, r approval.Request, steps int) (apply.Found, error)
	// Mend holds the tools' locks on that very server while do changes the books.
	Mend(ctx context.Context, database string, r approval.Request, on approval.Server, progress apply.Progress, do func(context.Context, Books) error) error
}

// folderBound is how long a folder may take to be read where nobody else sets a bound: it may be on a disk of the network.
const folderBound = 20 * time.Second

// site is a database beside its folder of migrations, as both were just now.
type site struct {
	target ops.Target
	server apply.Server
	set    migrate.Set
	survey migrate.Survey
	own    []migrate.Own
}

// aboutSite is a question about one database's folder and journal, which are read before it is answered.
func aboutSite(t Toolbox, about About, answer func(ctx context.Context, asker Asker, s site) View) Command {
	return question(Question[struct{}]{
		About: about,
		Parse: func(v Values) (struct{}, []ops.Target, error) { return struct{}{}, v.Databases(), nil },
		Answer: func(ctx context.Context, asker Asker, _ struct{}, targets []ops.Target) (View, error) {
			if len(targets) == 0 {
				return View{}, nil
			}
			ctx, cancel := context.WithTimeout(ctx, statusBound)
			defer cancel()
			s, err := t.site(ctx, targets[0])
			if err != nil {
				return View{}, err
			}
			return answer(ctx, asker, s), nil
		},
	})
}

// site reads the folder and the journal at once.
func (t Toolbox) site(ctx context.Context, target ops.Target) (site, error) {
	s := site{target: target}
	var files folder
	var journal migrate.Journal
	var unread error
	dir, ok := t.Folders[target.Database]
	if !ok {
		return s, noFolder(target)
	}
	atOnce(
		func() { files = t.files(ctx, dir) },
		func() { s.server, journal, unread = t.Migrations.Journal(ctx, target.Database) })
	switch {
	case files.err != nil:
		return s, files.err
	case unread != nil:
		return s, heard(unread)
	}
	s.set, s.survey, s.own = files.set, files.set.Survey(journal), journal.Own
	return s, nil
}

func (t Toolbox) files(ctx context.Context, dir migrate.Folder) folder {
	ctx, cancel := context.WithTimeout(ctx, folderBound)
	defer cancel()
	return readFolder(ctx, dir, dir.Load)
}

func noFolder(target ops.Target) error {
	return &ops.Error{
		Message: fmt.Sprintf("No folder of migrations is configured for %s.", name(target.Database)),
		Hint:    "It is given as migrations: {tool: …, dir: …} of the database, in dbbot's file.",
	}
}

// heard says in the words of this package what an error of apply means beside its message.
func heard(err error) error {
	meaning := error(nil)
	switch {
	case errors.Is(err, apply.ErrUnclear):
		meaning = ErrUnclear
	case errors.Is(err, apply.ErrUnread):
		meaning = ErrUnread
	default:
		return err
	}
	if marked, ok := errors.AsType[*ops.Error](err); ok {
		return &ops.Error{Message: marked.Message, Hint: marked.Hint, Cause: errors.Join(meaning, err)}
	}
	return errors.Join(meaning, err)
}

func (s site) serving() approval.Server {
	return approval.Server{System: s.server.System, Database: s.server.Database}
}
