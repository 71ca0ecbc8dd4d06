package store

import (
	"context"
	"errors"
	"time"

	"dbbot/ops"
	"dbbot/ops/approval"

	"github.com/jackc/pgx/v5"
)

// maxPhase bounds the name of a phase, in characters: it stands on one line of a card.
const maxPhase = 200

// Report keeps how far a running request is, under its own fence, and has the card say so.
func (s *Store) Report(ctx context.Context, id approval.ID, fence int64, p approval.Progress) (wish *approval.Cancel, err error) {
	err = s.step(ctx, func(ctx context.Context, t *transaction) (err error) {
		wish, err = t.report(ctx, id, fence, p)
		return err
	})
	return wish, err
}

func (t *transaction) report(ctx context.Context, id approval.ID, fence int64, p approval.Progress) (wish *approval.Cancel, err error) {
	left := trace{sql: "SELECT EXISTS (SELECT FROM dbbot.requests WHERE id = $1 AND progressed = $2)"}
	var work []approval.Work
	var batch pgx.Batch
	batch.Queue(`UPDATE dbbot.requests SET phase = $3, done = $4, total = $5, progressed = clock_timestamp() WHERE id = $1 AND fence = $2 AND state = 'running'
		RETURNING pg_current_xact_id()::text, progressed, cancel_at IS NOT NULL, coalesce(cancel_team, ''), coalesce(cancel_user, ''), coalesce(cancel_why, ''), coalesce(cancel_at, 'epoch')`,
		id, fence, ops.Printable(p.Phase, maxPhase), p.Done, p.Total).QueryRow(func(row pgx.Row) error {
		var wished bool
		var at time.Time
		var c approval.Cancel
		err := row.Scan(&left.xid, &at, &wished, &c.By.Team, &c.By.User, &c.Why, &c.At)
		if left.at = []any{id, at}; wished {
			wish = &c
		}
		return err
	})
	// Whoever is to draw an older state of the card draws this one too: work is for an idle card alone.
	batch.Queue(`UPDATE dbbot.messages SET wanted = wanted + 1, due = clock_timestamp() WHERE request = $1 AND kind = 'card' AND NOT lost
		RETURNING id, sent = wanted - 1`, id).QueryRow(func(row pgx.Row) error {
		draw, idle := approval.Work{Kind: approval.ToDeliver}, false
		err := row.Scan(&draw.ID, &idle)
		if idle {
			work = append(work, draw)
		}
		return ignoreNone(err)
	})
	if err := t.SendBatch(ctx, &batch).Close(); errors.Is(err, pgx.ErrNoRows) {
		return nil, approval.ErrFence
	} else if err != nil {
		return nil, err
	}
	if len(work) > 0 {
		if err := t.store.options.Enqueue(ctx, t.Tx, work); err != nil {
			return nil, err
		}
	}
	return wish, t.commit(ctx, left, new(pgx.Batch))
}
