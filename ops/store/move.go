package store

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"dbbot/ops/approval"
	"dbbot/ops/audit"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// races is how often a start is tried when the one in its way has ended each time we looked.
const races = 5

// Move lets act decide what happens next to a request, and keeps it, with all that belongs to it.
func (s *Store) Move(ctx context.Context, id approval.ID, act approval.Act) (approval.Request, error) {
	return s.move(ctx, func(ctx context.Context, t *transaction) (approval.Request, approval.Press, time.Time, error) {
		r, now, err := t.lock(ctx, id)
		return r, approval.Press{}, now, err
	}, act)
}

// open finds and locks the request that a step is about, at the database's time.
type open func(context.Context, *transaction) (approval.Request, approval.Press, time.Time, error)

func (s *Store) move(ctx context.Context, find open, act approval.Act) (after approval.Request, err error) {
	for range races {
		var target approval.Server
		err = s.step(ctx, func(ctx context.Context, t *transaction) error {
			r, press, now, err := find(ctx, t)
			if err == nil {
				target = r.Server
				after, err = t.decide(ctx, r, press, now, act)
			}
			return err
		})
		if !errors.Is(err, errRunning) {
			return after, err
		}
		holder, lookErr := s.holder(ctx, target)
		if lookErr != nil {
			return approval.Request{}, lookErr
		}
		if holder != 0 {
			return approval.Request{}, &approval.Busy{Holder: holder}
		}
	}
	return approval.Request{}, approval.ErrConflict
}

// lock waits for the request's row, and reads behind it: a statement that waits itself would see the row as it is now,
// and its votes as they were when it began to wait. The time is read last, for the same reason.
func (t *transaction) lock(ctx context.Context, id approval.ID) (r approval.Request, now time.Time, err error) {
	var batch pgx.Batch
	batch.Queue("SELECT FROM dbbot.requests WHERE id = $1 FOR UPDATE", id)
	batch.Queue(selectRequest+" WHERE r.id = $1", id).QueryRow(func(row pgx.Row) (err error) {
		r, err = readRequest(row)
		return err
	})
	batch.Queue("SELECT clock_timestamp()").QueryRow(func(row pgx.Row) error { return row.Scan(&now) })
	return r, now, known(t.SendBatch(ctx, &batch).Close())
}

// decide asks act, and keeps what it says: a move, or a refusal, which is a fact too.
func (t *transaction) decide(ctx context.Context, r approval.Request, press approval.Press, now time.Time, act approval.Act) (approval.Request, error) {
	m, err := act(r, now)
	if refusal, ok := errors.AsType[*approval.Refusal](err); ok {
		if err := t.refuse(ctx, r, press, refusal); err != nil {
			return approval.Request{}, err
		}
		return r, refusal
	}
	if err != nil {
		return approval.Request{}, err
	}
	if len(m.After.Outcome) > maxData { // what happened must be kept, whatever was said about it
		m.After.Outcome, m.After.Why = nil, strings.TrimSpace(m.After.Why+" What it reported was too long to be kept.")
	}
	if err := t.write(ctx, m); err != nil {
		return approval.Request{}, err
	}
	return m.After, t.record(ctx, entryOf(m, press))
}

// holds is true of the one request that others on its database wait for: what the index requests_running is of.
const holds = "state = 'running' AND command NOT IN ('cancel', 'terminate')"

var errRunning = errors.New("another request runs on this database")

const updateRequest = `UPDATE dbbot.requests SET version = @version, state = @state, moved = clock_timestamp(), expires = @expires, reminded = @reminded,
	by_team = @by_team, by_user = @by_user, why = @why, glass = @glass, worker = @worker, fence = @fence, waits_for = @waits_for,
	decided = @decided, started = @started, ended = @ended, phase = @phase, done = @done, total = @total, progressed = @progressed,
	cancel_team = @cancel_team, cancel_user = @cancel_user, cancel_why = @cancel_why, cancel_at = @cancel_at, outcome = @outcome
	WHERE id = @id AND version = @was_version AND state = @was_state AND fence = @was_fence`

// write keeps a move of a request that exists, with its votes, its messages and its work; all but the audit.
func (t *transaction) write(ctx context.Context, m approval.Move) error {
	args := movedArguments(m.After)
	maps.Copy(args, pgx.NamedArgs{"id": m.Before.ID, "was_version": m.Before.Version, "was_state": m.Before.State, "was_fence": m.Before.Fence})
	var batch pgx.Batch
	batch.Queue(updateRequest, args).Exec(func(tag pgconn.CommandTag) error {
		if tag.RowsAffected() != 1 {
			return approval.ErrConflict
		}
		return nil
	})
	queueVotes(&batch, m)
	work := m.Work()
	t.queueMessages(&batch, m, &work)
	queueTurn(&batch, m, &work)
	if m.Event == approval.CancelWished {
		batch.Queue("SELECT pg_notify('dbbot_cancel', $1::bigint::text)", m.After.ID)
	}
	if err := t.SendBatch(ctx, &batch).Close(); err != nil {
		return nameOf(err)
	}
	return t.store.options.Enqueue(ctx, t.Tx, work)
}

// nameOf knows the fault that means: another one runs.
func nameOf(err error) error {
	if refused, ok := asRefusal(err); ok && refused.ConstraintName == "requests_running" {
		return errRunning
	}
	return err
}

func queueVotes(batch *pgx.Batch, m approval.Move) {
	for i, v := range m.After.Votes {
		if slices.Contains(m.Before.Votes, v) {
			continue
		}
		batch.Queue(`INSERT INTO dbbot.votes (request, team, member, position, agree, why, at) VALUES ($1, $2, $3, $4, $5, $6, $7)
			ON CONFLICT (request, team, member) DO UPDATE SET agree = excluded.agree, why = excluded.why, at = excluded.at`,
			m.After.ID, v.By.Team, v.By.User, i, v.Agree, v.Why, v.At)
	}
}

// queueTurn gives the next one its turn. A request that ends, having been approved or running, lets the oldest one go that
// waits for the same database, unless another runs there. One that begins to wait holds the row of whom it waits for
// meanwhile: either that one's end sees it waiting, or it sees the end and goes itself.
func queueTurn(batch *pgx.Batch, m approval.Move, work *[]approval.Work) {
	toRun := func(row pgx.Row) error {
		next := approval.Work{Kind: approval.ToRun}
		err := row.Scan(&next.ID)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		*work = append(*work, next)
		return err
	}
	switch r := m.After; {
	case m.Before.ID != 0 && m.Before.State != approval.Pending && !r.State.Open():
		batch.Queue(`SELECT id FROM dbbot.requests r WHERE state = 'approved' AND waits_for <> 0 AND system = $1 AND catalog = $2
			AND NOT EXISTS (SELECT FROM dbbot.requests WHERE `+holds+` AND system = $1 AND catalog = $2) ORDER BY id LIMIT 1`,
			r.Server.System, r.Server.Database).QueryRow(toRun)
	case r.WaitsFor != 0 && r.WaitsFor != m.Before.WaitsFor:
		batch.Queue("SELECT FROM dbbot.requests WHERE id = $1 FOR SHARE", r.WaitsFor)
		batch.Queue("SELECT $1::bigint WHERE NOT EXISTS (SELECT FROM dbbot.requests WHERE id = $2 AND state = 'running')", r.ID, r.WaitsFor).QueryRow(toRun)
	}
}

// holder is who runs on a database; zero: nobody does.
func (s *Store) holder(ctx context.Context, server approval.Server) (approval.ID, error) {
	id, err := one(ctx, s, pgx.RowTo[approval.ID], "SELECT id FROM dbbot.requests WHERE "+holds+" AND system = $1 AND catalog = $2", server.System, server.Database)
	if errors.Is(err, approval.ErrUnknown) {
		err = nil
	}
	return id, err
}

// entryOf a move, as it goes into the audit.
func entryOf(m approval.Move, press approval.Press) audit.Entry {
	e := entryAbout(m.After, press)
	e.Team, e.User, e.Name = m.Actor.Team, m.Actor.User, m.Name
	e.Event, e.From, e.To, e.Detail = string(m.Event), string(m.Before.State), string(m.After.State), m.Detail
	if m.After.State != m.Before.State && !m.After.State.Open() {
		e.Outcome = m.After.Why
	}
	return e
}

// entryAbout a request, and the button that was pressed, if one was.
func entryAbout(r approval.Request, press approval.Press) audit.Entry {
	e := audit.Entry{
		Request: int64(r.ID), Command: r.Command, Risk: string(r.Risk), Database: r.Target.Database, Environment: r.Target.Environment,
		System: r.Server.System, Catalog: r.Server.Database, Digest: r.Digest, Channel: r.Origin.Channel, Origin: r.Key,
	}
	if press.Key != "" {
		e.Channel, e.Message, e.Origin = press.Channel, press.Message, press.Key
	}
	return e
}

// refuse keeps that somebody tried what they may not. The request stays as it is.
func (t *transaction) refuse(ctx context.Context, r approval.Request, press approval.Press, refusal *approval.Refusal) error {
	e := entryAbout(r, press)
	e.Event, e.From, e.To = audit.ClickRefused, string(r.State), string(r.State)
	if r.ID != 0 && !r.State.Open() {
		e.Event = audit.ClickExpired
	}
	e.Team, e.User, e.Name, e.Detail = press.Who.Team, press.Who.User, press.Name, refusal.Tried+": "+refusal.Code
	return t.record(ctx, e)
}
