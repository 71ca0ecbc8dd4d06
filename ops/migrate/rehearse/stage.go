package rehearse

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"dbbot/ops"
	"dbbot/ops/migrate/lint"
)

// stage is one rehearsal while it is prepared and run.
type stage struct {
	rooms   *Rooms
	flight  *flight
	options Options
	steps   []lint.Parsed
	key     string // of the files
	id      string
	told    func() // lets those go who wait
	begun   time.Time

	real  *real
	place *place
	lacks lacking
	alike bool // the scratch database has the very schema of the real one, but for extensions that it lacks
}

func (s *stage) application() string { return "dbbot rehearsal " + s.id }

// run does all of it. What people should know stands in the trace; the error is for the log.
func (s *stage) run(ctx context.Context) error {
	var err error
	if s.real, err = openReal(ctx, s.options, s.application()); err != nil {
		return s.refuse(unreal(err))
	}
	defer shut(s.real.Conn)
	s.key += " " + s.real.schema.sum(nil)
	if known, ok := s.rooms.remembered(s.key); ok {
		s.flight.tell(func(t *Trace) { *t = known })
		return nil
	}
	if s.place, err = openPlace(ctx, s.options, s.real, s.application()); err != nil {
		return s.refuse(err)
	}
	defer func() { shut(s.place.maker) }()
	s.rooms.sweep(ctx, s.options, s.place.maker)
	made := &scratch{maker: s.place.maker, name: scratchPrefix + s.id, id: s.id}
	defer func() {
		s.told()
		if err := made.remove(ctx); err != nil {
			s.rooms.log.Warn("rehearsal: a scratch database stays behind", "name", made.name, "cause", ops.Redact(err.Error()))
		}
	}()
	if err := s.prepare(ctx, made); err != nil {
		return s.refuse(unmade(ctx, err))
	}
	return s.perform(ctx, made)
}

// refuse ends a rehearsal that did not come to its first statement.
func (s *stage) refuse(err error) error {
	words := "It could not be prepared; dbbot's log says why."
	if marked, ok := errors.AsType[*ops.Error](err); ok {
		words = marked.Message
		if marked.Hint != "" {
			words += " " + marked.Hint
		}
	}
	s.flight.tell(func(t *Trace) { t.Refused = words })
	return err
}

// prepare makes the database and fills it.
func (s *stage) prepare(ctx context.Context, made *scratch) error {
	err := made.make(ctx, s.options, s.real.locale, s.place.rows)
	if s.place.rows != "" && (code(err) == objectInUse || code(err) == insufficientPrivilege) {
		s.place.rows, s.place.doubt = "", inUse
		err = made.make(ctx, s.options, s.real.locale, "")
	}
	if err != nil {
		return err
	}
	s.flight.tell(func(t *Trace) {
		t.Server, t.Rows, t.Version = s.place.words(), s.place.rows != "", s.place.version
	})
	if s.place.rows == "" {
		schema, err := dump(ctx, s.options, s.real, s.application())
		if err != nil {
			return err
		}
		if s.lacks, err = fill(ctx, s.place, s.real, made, schema); err != nil {
			return err
		}
	}
	return nil
}

// perform runs the files, and weighs what came of it.
func (s *stage) perform(ctx context.Context, made *scratch) error {
	conn, err := s.session(ctx, made)
	if err != nil {
		return s.refuse(err)
	}
	defer shut(conn)
	if err := tame(ctx, conn, &s.lacks); err != nil {
		return s.refuse(fmt.Errorf("what reaches beyond the scratch database: %w", err))
	}
	if err := populate(ctx, conn); err != nil {
		return s.refuse(fmt.Errorf("materialised views: %w", err))
	}
	s.flight.tell(func(t *Trace) {
		if t.Missing = s.lacks.words(); s.place.doubt != "" {
			t.Missing = append(t.Missing, "the rows of rehearsal_url, as "+s.place.doubt)
		}
	})
	before, err := readSchema(ctx, conn)
	if err != nil {
		return s.refuse(err)
	}
	s.alike = before.sum(s.lacks.extensions) == s.real.schema.sum(s.lacks.extensions)
	watcher, err := watch(ctx, conn, s.place.rows != "")
	if err != nil {
		return s.refuse(err)
	}
	player := &player{watcher: watcher, tell: s.flight.tell}
	ctx, enough := context.WithCancelCause(ctx)
	defer s.weighing(ctx, enough, made)()
	err = player.play(ctx, s.steps)
	after := ""
	if err == nil && s.flight.whole() {
		after, err = s.compared(ctx, conn, before)
	}
	s.flight.tell(func(t *Trace) {
		t.Took, t.After, t.without = time.Since(s.begun), after, s.lacks.extensions
		if err != nil {
			t.Stopped = s.stopped(ctx)
		}
		if t.Failure != nil {
			t.Failure.weigh(s.setting(t))
		}
	})
	if whole := s.flight.snapshot(); err == nil {
		s.rooms.keep(s.key, whole)
	}
	return err
}

// compared tells what the files have changed, and gives the sum of the schema that there is now, where that counts.
func (s *stage) compared(ctx context.Context, c *pgx.Conn, before schema) (sum string, err error) {
	now, err := readSchema(ctx, c)
	if err != nil {
		return "", err
	}
	s.flight.tell(func(t *Trace) { t.Changes = changes(before, now) })
	if !s.alike {
		return "", nil
	}
	return now.sum(s.lacks.extensions), nil
}

// tooMuch is how many bytes a rehearsal may write. A migration without rows to work on makes its own.
const tooMuch = 1 << 30

var errTooMuch = errors.New("it wrote more than a rehearsal may")

// weighing looks now and then at how large the scratch database has become, and stops what fills the disk.
func (s *stage) weighing(ctx context.Context, enough context.CancelCauseFunc, made *scratch) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		tick := time.NewTicker(s.rooms.weighEvery)
		defer tick.Stop()
		for first := int64(-1); ; {
			var bytes int64
			if err := made.maker.QueryRow(ctx, "SELECT pg_database_size($1)", made.name).Scan(&bytes); err != nil {
				return
			}
			if first < 0 {
				first = bytes
			}
			if bytes-first > s.rooms.tooMuch {
				enough(errTooMuch)
				return
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
				return
			}
		}
	}()
	return func() { cancel(); <-gone }
}

func (s *stage) stopped(ctx context.Context) string {
	switch {
	case errors.Is(context.Cause(ctx), errEnding):
		return "dbbot is ending."
	case errors.Is(context.Cause(ctx), errTooMuch):
		return "It wrote more than 1 GB."
	case ctx.Err() != nil:
		return fmt.Sprintf("It took longer than %.0f seconds.", longest.Seconds())
	}
	return "The server for rehearsals stopped it."
}

func (s *stage) setting(t *Trace) setting {
	in := setting{same: s.place.same, version: s.place.version/10000 == s.real.version/10000, rows: t.Rows, alike: s.alike, lacks: s.lacks}
	for _, step := range t.Steps[:t.Failure.Step] {
		in.refused = in.refused || step.Refused != ""
	}
	return in
}

// session is where the files run. Its settings are those that RESET and DISCARD lead back to.
func (s *stage) session(ctx context.Context, made *scratch) (*pgx.Conn, error) {
	config, err := opened(s.place.url, made.application(), made.name)
	if err != nil {
		return nil, err
	}
	for name, value := range map[string]string{
		"search_path": s.real.path, "TimeZone": s.real.zone, "standard_conforming_strings": "on", "synchronous_commit": "off",
		"lock_timeout": milliseconds(lockWithin), "statement_timeout": milliseconds(longest), "idle_in_transaction_session_timeout": milliseconds(idleWithin),
	} {
		config.RuntimeParams[name] = value
	}
	if s.place.version >= 140000 {
		config.RuntimeParams["client_connection_check_interval"] = "1000"
	}
	c, err := connect(ctx, config, nil)
	if err == nil {
		_, _ = c.Exec(ctx, "SET temp_file_limit = '1GB'") // for those who may
	}
	return c, err
}

// words for where it is.
func (p *place) words() string {
	if p.same {
		return "the same server"
	}
	return "the server " + ops.Printable(p.maker.Config().Host, nameRunes)
}

func unreal(err error) error {
	if _, marked := errors.AsType[*ops.Error](err); marked {
		return err
	}
	return &ops.Error{Message: "The schema of the database could not be read.", Cause: err}
}

func unmade(ctx context.Context, err error) error {
	switch _, marked := errors.AsType[*ops.Error](err); {
	case marked:
		return err
	case ctx.Err() != nil:
		return &ops.Error{Message: "The scratch database was not ready in time.", Cause: errors.Join(err, context.Cause(ctx))}
	}
	return &ops.Error{Message: "The scratch database could not be made.", Hint: "dbbot's log says why.", Cause: err}
}
