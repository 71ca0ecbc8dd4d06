package apply

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"dbbot/ops"
	"dbbot/ops/migrate/script"
)

// Failure is why a step did not go through, without values of rows or secrets.
type Failure struct {
	Name      string // of the migration
	Path      string // of the file
	Statement int    // index of the one that failed; the number of statements where it failed behind the last
	Books     bool   // it was not a statement of the file that failed, but dbbot's own bookkeeping
	Line      int    // in the file, from 1; 0 where it is not known
	Column    int    // 0 where it is not known
	Text      string // of the statement, as it may be shown
	Code      string // SQLSTATE; empty where PostgreSQL said nothing
	Message   string // PostgreSQL's
	Hint      string // PostgreSQL's

	Applied int      // statements of this file that stand
	Nothing bool     // nothing of this file remains, for certain
	Invalid []string // indexes that it left behind half built
	only    bool     // nothing but those remains, for certain
}

// failed makes the report of a step that did not go through.
func (r *run) failed(ctx context.Context, p Prepared, f Failure, err error) error {
	f.Name, f.Path = p.Step.Migration.Name, p.Step.File().Path
	said, _ := errors.AsType[*pgconn.PgError](err)
	if said != nil {
		f.Code = said.Code
	}
	if !f.Books && f.Statement < len(p.Script.Statements) {
		s := p.Script.Statements[f.Statement]
		f.Line, f.Text = s.Line, s.Shown()
		if said != nil && p.Script.Mode != script.AsWritten {
			f.Line, f.Column = s.Place(int(said.Position))
		}
	}
	if p.Script.Mode == script.AsWritten && said != nil && said.Position > 0 && !f.Books { // it counts in what was sent: the file
		f.Line, f.Column = placeInFile(string(p.Step.File().SQL), said.Position)
	}
	if said != nil {
		f.Message, f.Hint = Spoken(said, string(p.Step.File().SQL))
	}
	if f.Code == lockNotAvailable && r.blocker != nil && !f.Books {
		f.Message = "a lock was not given, as " + r.blocker.inTransaction() + " has it"
		f.Hint = fmt.Sprintf("Try again later, or end that session: /db terminate %d %s.", r.blocker.PID, r.options.Name)
	}
	r.report.Failure = &f
	if ctx.Err() != nil && (said == nil || said.Code == queryCanceled) {
		return r.stopped(ctx, f.remains())
	}
	return &ops.Error{Message: strings.TrimSpace(f.sentence(err) + " " + f.remains()), Hint: f.Hint, Cause: err}
}

// unclear says that nobody knows what became of a step.
func (c *Conn) unclear(err error) error {
	return &ops.Error{
		Message: "The connection was lost at the very end of a migration, and whether it stands is not known.",
		Hint:    "/db migrate status shows what is there.",
		Cause:   errors.Join(ErrUnclear, err),
	}
}

// sentence says what failed.
func (f Failure) sentence(err error) string {
	where := ops.Printable(f.Path, 100)
	if f.Books {
		where = "dbbot's bookkeeping of " + where
	} else if f.Line > 0 {
		where = fmt.Sprintf("%s, line %d", where, f.Line)
	}
	switch {
	case f.Message != "":
		return where + ": " + strings.TrimSuffix(f.Message, ".") + "."
	case errors.Is(err, errLeftOpen), errors.Is(err, errUnmarked), errors.Is(err, errMoved):
		return where + ": " + err.Error() + "."
	case f.Code != "":
		return where + " failed with " + f.Code + "."
	}
	return where + " was cut off: the connection broke."
}

// remains says what of the file stands.
func (f Failure) remains() string {
	name, words := ops.Printable(f.Name, 80), ""
	switch {
	case f.Nothing:
		return "Nothing of " + name + " remains."
	case f.Applied > 0:
		words = fmt.Sprintf("%s of %s went through and %s.", ops.Count(f.Applied, "statement"), name, stay(f.Applied))
	case f.only:
		words = "Else nothing of " + name + " remains."
	default:
		words = "Whether anything of " + name + " remains is not certain."
	}
	for _, index := range f.Invalid {
		words = "The index " + ops.Printable(index, 130) + " was left behind half built; DROP INDEX CONCURRENTLY removes it. " + words
	}
	return words
}

// because gives PostgreSQL's words, where it said something.
func because(err error) string {
	if errors.Is(err, errUnmarked) {
		return ": " + errUnmarked.Error()
	}
	if said, ok := errors.AsType[*pgconn.PgError](err); ok {
		message, _ := Spoken(said, "")
		return ": " + strings.TrimSuffix(message, ".")
	}
	return ""
}
