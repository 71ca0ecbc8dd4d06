package store

import (
	"context"
	"errors"
	"time"

	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/audit"

	"github.com/jackc/pgx/v5"
)

// Decide finds the request of a pressed button, and lets act decide. Each press counts once, also when it is refused.
func (s *Store) Decide(ctx context.Context, press approval.Press, act approval.Act) (approval.Request, error) {
	return s.move(ctx, func(ctx context.Context, t *transaction) (approval.Request, approval.Press, time.Time, error) {
		r, now, err := t.pressed(ctx, press)
		return r, press, now, err
	}, act)
}

// place is where a token counts.
type place struct {
	channel, stamp, recipient string // of its message; stamp is empty until it is known where that stands
	team, member              string // of its home tab
}

// pressed notes the press and finds its request. Both answers that are refusals are recorded, and end the step.
func (t *transaction) pressed(ctx context.Context, press approval.Press) (r approval.Request, now time.Time, err error) {
	var at place
	var batch pgx.Batch
	batch.Queue(`INSERT INTO dbbot.inbox (key, kind, team, member, words, channel, thread, worker, settled) VALUES ($1, 'press', $2, $3, $4, $5, $6, $7, clock_timestamp())
		ON CONFLICT DO NOTHING RETURNING key`, "press "+keyed(press.Key), keyed(press.Who.Team), keyed(press.Who.User), keyed(press.Button), keyed(press.Channel), keyed(press.Message), t.store.options.Worker()).
		QueryRow(func(row pgx.Row) error {
			err := row.Scan(new(string))
			if errors.Is(err, pgx.ErrNoRows) {
				return approval.ErrRepeated
			}
			return err
		})
	batch.Queue("SELECT FROM dbbot.requests WHERE id = (SELECT request FROM dbbot.tokens WHERE token = $1) FOR UPDATE", keyed(press.Token)) // as in lock
	batch.Queue("SELECT "+requestColumns+`, coalesce(m.channel, ''), coalesce(m.stamp, ''), coalesce(m.recipient, ''), t.team, t.member
		FROM dbbot.tokens t JOIN dbbot.requests r ON r.id = t.request LEFT JOIN dbbot.messages m ON m.id = t.message
		WHERE t.token = $1`, keyed(press.Token)).QueryRow(func(row pgx.Row) (err error) {
		r, err = readRequest(row, &at.channel, &at.stamp, &at.recipient, &at.team, &at.member)
		return err
	})
	batch.Queue("SELECT clock_timestamp()").QueryRow(func(row pgx.Row) error { return row.Scan(&now) })
	err = t.SendBatch(ctx, &batch).Close()
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return r, now, t.turnAway(ctx, r, press, press.Button, approval.UnknownToken, approval.ErrUnknown)
	case err != nil:
		return r, now, err
	case !at.fits(press):
		elsewhere := approval.Elsewhere(press)
		return r, now, t.turnAway(ctx, r, press, elsewhere.Tried, elsewhere.Code, elsewhere)
	}
	return r, now, nil
}

// fits says whether the press came from where the token counts. Between a post and the note of where it stands the
// channel alone can be compared; the token itself has been nowhere else.
func (at place) fits(press approval.Press) bool {
	switch {
	case at.member != "":
		return press.Channel == "" && press.Message == "" && press.Who == ops.PersonID{Team: at.team, User: at.member}
	case press.Channel == "" || press.Message == "":
		return false
	case at.stamp != "":
		return press.Channel == at.channel && press.Message == at.stamp
	}
	return press.Channel == at.recipient || press.Who.User == at.recipient
}

// turnAway records a button that cannot be one of ours, and gives answer.
func (t *transaction) turnAway(ctx context.Context, r approval.Request, press approval.Press, tried, code string, answer error) error {
	e := entryAbout(r, press)
	e.Event, e.From, e.To = audit.ClickUnknown, string(r.State), string(r.State)
	e.Team, e.User, e.Name, e.Detail = press.Who.Team, press.Who.User, press.Name, tried+": "+code
	if err := t.record(ctx, e); err != nil {
		return err
	}
	return answer
}
