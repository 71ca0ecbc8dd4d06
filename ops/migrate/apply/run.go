package apply

import (
	"cmp"
	"context"
	"errors"
	"regexp"
	"time"

	"github.com/jackc/pgx/v5"

	"dbbot/ops"
	"dbbot/ops/migrate"
	"dbbot/ops/migrate/script"
)

// Prepared is a step with its file taken apart.
type Prepared struct {
	Step    migrate.Step
	Script  script.Script
	Removes []string // half-built indexes of earlier tries, by their own names: removed before a statement builds them anew
}

// Prepare takes the files of steps apart.
func Prepare(steps []migrate.Step) []Prepared {
	var all []Prepared
	for _, s := range steps {
		all = append(all, Prepared{Step: s, Script: script.Parse(s.File().SQL)})
	}
	return all
}

// Progress hears where a run is; done and total count statements.
type Progress func(phase string, done, total int64)

// Report is what a run did, whatever its error says.
type Report struct {
	Done    []Done
	Failure *Failure // of the step after those that are done; nil where none failed
	Notes   []string // what people should know, as sentences
}

// Done is a step that stands.
type Done struct {
	Step       migrate.Step
	Statements int
	Took       time.Duration
}

// run is one run under way.
type run struct {
	*Conn
	progress Progress
	have     standing
	report   Report
	done     int64 // statements of steps that stand
	total    int64
	watcher  *pgx.Conn // nil until a statement takes long
	blocker  *session  // for whom the last statement waited, while somebody looked; nil for nobody
}

// Run takes the steps, one after the other, and stops at the first that fails. Lock must have been called. Errors are
// *ops.Error; of ErrUnclear where nobody knows what became of the last step, of the context's cause where it was
// stopped. The report is true in any case.
func (c *Conn) Run(ctx context.Context, steps []Prepared, progress Progress) (Report, error) {
	r := &run{Conn: c, progress: progress}
	defer r.unwatch()
	for _, s := range steps {
		if s.Script.Refused != "" {
			return r.report, &ops.Error{Message: ops.Printable(s.Step.File().Path, 100) + " cannot be run. " + s.Script.Refused}
		}
		r.total += int64(s.units())
	}
	if err := r.compare(ctx, steps); err != nil {
		return r.report, err
	}
	r.drift(ctx, steps[0].Step)
	for i, s := range steps {
		begun := time.Now()
		if ctx.Err() != nil {
			return r.report, r.after(r.stopped(ctx, ""))
		}
		if err := r.step(ctx, i, s); err != nil {
			return r.report, r.after(err)
		}
		r.done += int64(s.units())
		r.report.Done = append(r.report.Done, Done{Step: s.Step, Statements: len(s.Script.Statements), Took: time.Since(begun)})
		ops.Reached("migrated")
	}
	r.afterwards(ctx, steps)
	return r.report, nil
}

// units are what progress counts of a step: its statements, or the file where it goes as a whole.
func (p Prepared) units() int { return max(1, len(p.Script.Statements)) }

// compare makes sure, under the locks, that the database is where the first step begins.
func (r *run) compare(ctx context.Context, steps []Prepared) error {
	if !r.locked {
		return errors.New("the run has no lock")
	}
	j, err := r.Journal(ctx)
	if err != nil {
		return err
	}
	if r.have, err = r.standing(ctx); err != nil {
		return r.unread(err)
	}
	if len(steps) == 0 {
		return errors.New("nothing to run")
	}
	if ran, err := r.ran(ctx); err != nil || ran {
		return cmp.Or(err, error(&ops.Error{Message: "This request ran already, and runs only once.", Hint: "Ask again."}))
	}
	if !(migrate.Set{Tool: j.Tool}).Survey(j).Leads(steps[0].Step) {
		return &ops.Error{
			Message: "The database is not where it was when this was planned: another migration ran, or was forced. Nothing was run.",
			Hint:    "Look with /db migrate status, and ask again.",
		}
	}
	return nil
}

// ran says whether this request has written here before.
func (r *run) ran(ctx context.Context) (ran bool, err error) {
	if !r.have.own {
		return false, nil
	}
	err = r.work.QueryRow(ctx, "SELECT EXISTS (SELECT FROM "+r.table(ownTable)+" WHERE (request, asked) = ($1, $2))", r.options.Request, r.options.Asked).Scan(&ran)
	if err != nil {
		err = r.unread(err)
	}
	return ran, err
}

// loosens finds files that may give all locks of the session back, dbbot's too.
var loosens = regexp.MustCompile(`(?i)pg_advisory_unlock_all|discard\s+all`)

// step takes one step in the way its file needs.
func (r *run) step(ctx context.Context, i int, p Prepared) error {
	run := r.outside
	if p.Script.Mode == script.Transaction {
		run = r.transaction
	}
	if err := run(ctx, i, p); err != nil || !loosens.Match(p.Step.File().SQL) {
		return err
	}
	r.locked = false
	if err := r.exec(ctx, "SELECT pg_advisory_unlock_all()"); err != nil { // so that each is held once
		return r.unread(err)
	}
	return r.Lock(ctx, func(holder string) { r.say(p, p.units(), holder) })
}

// after adds to an error what had been done before.
func (r *run) after(err error) error {
	fault, ok := errors.AsType[*ops.Error](err)
	if !ok {
		return err
	}
	if n := len(r.report.Done); n > 0 {
		fault = &ops.Error{Message: fault.Message + " Before it, " + ops.Count(n, "migration") + " of this run went through and " + stay(n) + ".", Hint: fault.Hint, Cause: fault}
	}
	return fault
}

func stay(n int) string {
	if n == 1 {
		return "stays"
	}
	return "stay"
}

// say tells where the run is: statement n of a step.
func (r *run) say(p Prepared, n int, what string) {
	r.progress(ops.Printable(p.Step.Migration.Name, 80)+": "+what, r.done+int64(n), r.total)
}
