package commands

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/sync/singleflight"

	"dbbot/ops"
	"dbbot/ops/migrate"
	"dbbot/ops/postgres"
)

// migrationsTopic stands beside the topics of package postgres: it needs the folder as well as the database.
const migrationsTopic postgres.Topic = "Migrations"

// migrations is how far a database has come beside its folder.
type migrations struct {
	configured bool
	fault      *ops.Error // why it is not known
	state      migrate.Survey
	set        migrate.Set
}

// folder is what was read of one, or why not.
type folder struct {
	set   migrate.Set
	err   error
	panic any // of the reading, with its stack; it goes on where somebody waits for the folder
}

// folders joins those who read the same folder at once: where the disk of one hangs, one thread waits for it, not one
// for each question.
var folders singleflight.Group

// readFolder waits for the folder as long as ctx lasts: it may be on a disk of the network.
func readFolder(ctx context.Context, which migrate.Folder, read func() (migrate.Set, error)) folder {
	done := folders.DoChan(fmt.Sprintf("%s %s", which.Tool, which.Dir), func() (any, error) {
		var f folder
		f.panic = caught(func() { f.set, f.err = read() })
		return f, nil
	})
	select {
	case result := <-done:
		f, _ := result.Val.(folder)
		if f.panic != nil {
			panic(f.panic)
		}
		return f
	case <-ctx.Done():
		return folder{err: &ops.Error{Message: "The folder of migrations did not answer in time.", Cause: ctx.Err()}}
	}
}

func compare(s postgres.Status, f folder) migrations {
	m := migrations{configured: true, set: f.set}
	switch marked, ok := errors.AsType[*ops.Error](f.err); {
	case ok:
		m.fault = marked
	case f.err != nil:
		m.fault = &ops.Error{Message: "The folder of migrations could not be read.", Cause: f.err}
	case s.Migrations.Fault != nil:
		m.fault = s.Migrations.Fault
	default:
		m.state = f.set.Survey(journal(s.Migrations.Value))
	}
	return m
}

// journal is what the status read of the tool's table: enough to say what is pending. Its query reads whether a row
// has an end and not when, so that any time will do.
func journal(read postgres.Migrations) migrate.Journal {
	j, then := migrate.Journal{Missing: read.Missing}, time.Time{}
	for _, row := range read.Rows {
		record := migrate.Record{Version: row.Version, Dirty: row.Dirty, Name: row.Name}
		if row.Finished {
			record.Finished = &then
		}
		if row.RolledBack {
			record.RolledBack = &then
		}
		j.Records = append(j.Records, record)
	}
	return j
}

// short is for the line of a database.
func (m migrations) short() string {
	switch {
	case !m.configured:
		return "no migrations configured"
	case m.fault != nil:
		return "migrations unseen"
	case len(m.state.Broken) > 0:
		return "a migration broke off"
	case len(m.state.Pending) > 0:
		return ops.Count(len(m.state.Pending), "migration") + " pending"
	}
	return "migrations up to date"
}

func (m migrations) finding() postgres.Finding {
	f := postgres.Finding{Topic: migrationsTopic, Verdict: postgres.Good}
	switch {
	case m.fault != nil:
		f.Verdict, f.Why, f.Fix = postgres.Unseen, strings.TrimSuffix(m.fault.Message, "."), m.fault.Hint
	case len(m.state.Broken) > 0:
		f.Verdict, f.Why = postgres.Bad, "migration "+list(m.state.Broken)+" broke off; nothing more is applied until that is mended"
	case len(m.state.Faults) > 0:
		f.Verdict, f.Why = postgres.Watch, strings.TrimSuffix(strings.Join(m.state.Faults, " "), ".")
	case len(m.state.Unknown) > 0:
		f.Verdict, f.Why = postgres.Watch, "the database has "+list(m.state.Unknown)+", which the folder does not know"
	case len(m.state.Pending) > 0:
		f.Verdict, f.Why = postgres.Watch, ops.Count(len(m.state.Pending), "migration")+" pending"
	}
	return f
}

// facts for the full report.
func (m migrations) facts() (f fact) {
	if m.fault != nil {
		return f
	}
	at := Say("no migration has been applied yet")
	switch {
	case m.state.At != "" && m.set.Tool == migrate.GolangMigrate:
		at = Text{{Text: "at version "}, literal(name(m.state.At))}
	case m.state.At != "":
		at = Text{{Text: "at "}, literal(name(m.state.At))}
	}
	at = append(at, m.end()...)
	f = fact{good: at, closer: []Text{at}}
	if len(m.state.Pending) > 0 {
		f.closer = append(f.closer, Text{{Text: "pending: "}, literal(list(migrate.Names(m.state.Pending)))})
	}
	if len(m.set.Ignored) > 0 {
		f.always = []Text{{{Text: "the tool does not see "}, literal(list(m.set.Ignored))}}
	}
	return f
}

// end of the folder: the version that golang-migrate would go up to, or Prisma's last name.
func (m migrations) end() Text {
	if len(m.set.Migrations) == 0 {
		return Say("; the folder is empty")
	}
	last := m.set.Migrations[len(m.set.Migrations)-1].Name
	if m.set.Tool == migrate.GolangMigrate {
		last, _, _ = strings.Cut(last, "_")
	}
	return Text{{Text: "; the folder goes up to "}, literal(name(last))}
}

// list names the first five.
func list(names []string) string {
	shown := make([]string, 0, 6)
	for i, n := range names {
		if i == 5 {
			shown = append(shown, fmt.Sprintf("and %d more", len(names)-5))
			break
		}
		shown = append(shown, name(n))
	}
	return strings.Join(shown, ", ")
}
