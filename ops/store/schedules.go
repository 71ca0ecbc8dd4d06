package store

import (
	"context"
	"errors"
	"time"

	"dbbot/ops/approval"
	"dbbot/ops/audit"

	"github.com/jackc/pgx/v5"
)

// Slot is a time at which something was due.
type Slot struct {
	Key string // what: "backup orders"
	Due time.Time
}

// moment is how much earlier than its schedule was seen first something may have been due. While two replicas have different
// files, each sees the other's schedule as a new one every minute, and none shall be lost by that.
const moment = "2 minutes"

// Scheduled gives the time until which a schedule has been seen to, and the time now. One that is new, or was changed, is
// seen to from now on.
func (s *Store) Scheduled(ctx context.Context, key, expression string) (since, now time.Time, err error) {
	type row struct {
		Since, Now time.Time
		Same       bool
	}
	read := func() (row, error) {
		return one(ctx, s, pgx.RowToStructByPos[row],
			"SELECT greatest(since, last), clock_timestamp(), expression = $2 FROM dbbot.schedules WHERE key = $1", key, expression)
	}
	found, err := read()
	if errors.Is(err, approval.ErrUnknown) || err == nil && !found.Same {
		if _, err = s.exec(ctx, `INSERT INTO dbbot.schedules (key, expression, since) VALUES ($1, $2, clock_timestamp()) ON CONFLICT (key)
			DO UPDATE SET expression = excluded.expression, since = excluded.since - interval '`+moment+`' WHERE schedules.expression <> excluded.expression`, key, expression); err == nil {
			found, err = read()
		}
	}
	return found.Since, found.Now, err
}

var errSeenTo = errors.New("somebody has seen to this already")

const seeTo = "UPDATE dbbot.schedules SET last = $2 WHERE key = $1 AND coalesce(last < $2, true)"

// seeTo notes that a slot was seen to; errSeenTo where it was already.
func (t *transaction) seeTo(ctx context.Context, slot Slot) error {
	tag, err := t.Exec(ctx, seeTo, slot.Key, slot.Due)
	if err == nil && tag.RowsAffected() == 0 {
		return errSeenTo
	}
	return err
}

// SeenTo notes that nothing is left to do about a slot.
func (s *Store) SeenTo(ctx context.Context, slot Slot) error {
	_, err := s.exec(ctx, seeTo, slot.Key, slot.Due)
	return err
}

// CreateDue is Create for what is due: the request is kept if and only if the slot is noted as seen to. Not created, and without a
// request: somebody else has seen to it.
func (s *Store) CreateDue(ctx context.Context, slot Slot, ask func(time.Time) (approval.Move, error)) (r approval.Request, created bool, err error) {
	r, created, err = s.createAfter(ctx, func(ctx context.Context, t *transaction) error { return t.seeTo(ctx, slot) }, ask)
	if errors.Is(err, errSeenTo) {
		return approval.Request{}, false, nil
	}
	return r, created, err
}

// Say has a message said about a slot, once; fact goes into the audit with it.
func (s *Store) Say(ctx context.Context, slot Slot, m Message, fact audit.Entry) error {
	err := s.step(ctx, func(ctx context.Context, t *transaction) error {
		if err := t.seeTo(ctx, slot); err != nil {
			return err
		}
		if err := t.say(ctx, m); err != nil {
			return err
		}
		return t.record(ctx, fact)
	})
	if errors.Is(err, errSeenTo) {
		return nil
	}
	return err
}

// say keeps a message that is about no request, to be delivered.
func (t *transaction) say(ctx context.Context, m Message) error {
	deliver := approval.Work{Kind: approval.ToDeliver}
	if err := t.QueryRow(ctx, "INSERT INTO dbbot.messages (key, request, kind, recipient, thread, body) VALUES ($1, 0, $2, $3, '', $4) RETURNING id",
		m.Key, m.Kind, m.To, m.Body).Scan(&deliver.ID); err != nil {
		return err
	}
	return t.store.options.Enqueue(ctx, t.Tx, []approval.Work{deliver})
}
