package commands

import (
	"context"
	"errors"
	"fmt"
	"strings"

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
	state      migrate.State
	files      migrate.Files
}

// folder is what was read of one, or why not.
type folder struct {
	files migrate.Files
	err   error
}

// readFolder begins to read and gives a function that waits for it: as long as its context lasts, for the folder may
// be on a disk of the network.
func readFolder(read func() (migrate.Files, error)) func(context.Context) folder {
	done := make(chan folder, 1)
	go func() {
		files, err := read()
		done <- folder{files, err}
	}()
	return func(ctx context.Context) folder {
		select {
		case read := <-done:
			return read
		case <-ctx.Done():
			return folder{err: &ops.Error{Message: "The folder of migrations did not answer in time.", Cause: ctx.Err()}}
		}
	}
}

func compare(s postgres.Status, f folder) migrations {
	m := migrations{configured: true, files: f.files}
	switch marked, ok := errors.AsType[*ops.Error](f.err); {
	case ok:
		m.fault = marked
	case f.err != nil:
		m.fault = &ops.Error{Message: "The folder of migrations could not be read.", Cause: f.err}
	case s.Migrations.Fault != nil:
		m.fault = s.Migrations.Fault
	default:
		var rows []migrate.Row
		for _, row := range s.Migrations.Value.Rows {
			rows = append(rows, migrate.Row(row))
		}
		m.state = f.files.Compare(rows)
	}
	return m
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
		return counted(len(m.state.Pending), "migration") + " pending"
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
	case len(m.files.Faults) > 0:
		f.Verdict, f.Why = postgres.Watch, strings.TrimSuffix(strings.Join(m.files.Faults, " "), ".")
	case len(m.state.Unknown) > 0:
		f.Verdict, f.Why = postgres.Watch, "the database has "+list(m.state.Unknown)+", which the folder does not know"
	case len(m.state.Pending) > 0:
		f.Verdict, f.Why = postgres.Watch, counted(len(m.state.Pending), "migration")+" pending"
	}
	return f
}

// facts for the full report.
func (m migrations) facts() (f fact) {
	if m.fault != nil {
		return f
	}
	at := Say("no migration has been applied yet")
	if m.state.At != "" {
		at = Text{{Text: "at "}, literal(name(m.state.At))}
	}
	at = append(at, Span{Text: fmt.Sprintf(", %d in the folder of %s", len(m.files.Names), m.files.Tool)})
	f = fact{good: at, closer: []Text{at}}
	if len(m.state.Pending) > 0 {
		f.closer = append(f.closer, Text{{Text: "pending: "}, literal(list(m.state.Pending))})
	}
	if len(m.files.Ignored) > 0 {
		f.always = []Text{{{Text: "the tool does not see "}, literal(list(m.files.Ignored))}}
	}
	return f
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
