package store

import (
	"context"
	"errors"
	"maps"
	"time"

	"dbbot/ops"
	"dbbot/ops/approval"

	"github.com/jackc/pgx/v5"
)

// maxData bounds plan, view and outcome of a request, each, and the body of a message, in bytes: a thousand migrations.
const maxData = 4 << 20

const insertRequest = `INSERT INTO dbbot.requests (version, state, moved, key, command, words, risk, database, environment, system, catalog,
	requester_team, requester_user, reason, channel, thread, plan, shown, digest, terms_by, terms_count, terms_within, terms_alone, terms_glass,
	asked, expires, reminded, by_team, by_user, why, glass, worker, fence, waits_for, decided, started, ended, phase, done, total, progressed,
	cancel_team, cancel_user, cancel_why, cancel_at, outcome)
VALUES (@version, @state, clock_timestamp(), @key, @command, @words, @risk, @database, @environment, @system, @catalog,
	@requester_team, @requester_user, @reason, @channel, @thread, @plan, @shown, @digest, @terms_by, @terms_count, @terms_within, @terms_alone, @terms_glass,
	@asked, @expires, @reminded, @by_team, @by_user, @why, @glass, @worker, @fence, @waits_for, @decided, @started, @ended, @phase, @done, @total, @progressed,
	@cancel_team, @cancel_user, @cancel_why, @cancel_at, @outcome)
ON CONFLICT DO NOTHING RETURNING id`

// Create keeps a new request and has its card posted. The same act again, or the same wish while it is open, gives the
// request that is there.
func (s *Store) Create(ctx context.Context, ask func(time.Time) (approval.Move, error)) (r approval.Request, created bool, err error) {
	return s.createAfter(ctx, func(context.Context, *transaction) error { return nil }, ask)
}

// createAfter does something else first, as part of the same step.
func (s *Store) createAfter(ctx context.Context, first func(context.Context, *transaction) error, ask func(time.Time) (approval.Move, error)) (r approval.Request, created bool, err error) {
	for range races {
		var m approval.Move
		err = s.step(ctx, func(ctx context.Context, t *transaction) (err error) {
			if err = first(ctx, t); err == nil {
				m, err = t.create(ctx, ask)
			}
			return err
		})
		if !errors.Is(err, errThere) {
			return m.After, err == nil, err
		}
		if r, err = s.same(ctx, m.After); !errors.Is(err, approval.ErrUnknown) { // else it has just ended: then there is room
			return r, false, err
		}
	}
	return approval.Request{}, false, approval.ErrConflict
}

var errThere = errors.New("the act or the wish is there already")

func (t *transaction) create(ctx context.Context, ask func(time.Time) (approval.Move, error)) (m approval.Move, err error) {
	var now time.Time
	if err := t.QueryRow(ctx, "SELECT clock_timestamp()").Scan(&now); err != nil {
		return m, err
	}
	if m, err = ask(now); err != nil {
		return approval.Move{}, err
	}
	if len(m.After.Plan) > maxData || len(m.After.Shown) > maxData {
		return approval.Move{}, &ops.Error{Message: "The plan is too large to be kept.", Hint: "Do it in smaller steps."}
	}
	var there bool // looked for first, since a refused row uses up a number that people would miss
	if err := t.QueryRow(ctx, "SELECT EXISTS (SELECT FROM dbbot.requests r "+sameRequest+")", sameArguments(m.After)...).Scan(&there); err != nil {
		return approval.Move{}, err
	}
	if there {
		return m, errThere
	}
	args := bornArguments(m.After)
	maps.Copy(args, movedArguments(m.After))
	err = t.QueryRow(ctx, insertRequest, args).Scan(&m.After.ID)
	if errors.Is(err, pgx.ErrNoRows) {
		return m, errThere
	}
	if err != nil {
		return approval.Move{}, nameOf(err)
	}
	work := m.Work()
	var batch pgx.Batch
	queueVotes(&batch, m)
	t.queueMessages(&batch, m, &work)
	if err := t.SendBatch(ctx, &batch).Close(); err != nil {
		return approval.Move{}, err
	}
	if err := t.store.options.Enqueue(ctx, t.Tx, work); err != nil {
		return approval.Move{}, err
	}
	return m, t.record(ctx, entryOf(m, approval.Press{}))
}

// sameRequest is of the same act, or an open one of the same wish.
const sameRequest = `WHERE r.key = $1 OR r.digest = $2 AND r.system = $3 AND r.catalog = $4 AND r.command = $5 AND r.state IN ('pending', 'approved', 'running')`

func sameArguments(r approval.Request) []any {
	return []any{r.Key, r.Digest, r.Server.System, r.Server.Database, r.Command}
}

// same finds the request that stands in the way of a new one: of the same act, else of the same wish.
func (s *Store) same(ctx context.Context, r approval.Request) (approval.Request, error) {
	return one(ctx, s, wholeRequest, selectRequest+" "+sameRequest+" ORDER BY r.key = $1 DESC LIMIT 1", sameArguments(r)...)
}
