package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"dbbot/ops"
	"dbbot/ops/audit"

	"github.com/jackc/pgx/v5"
)

// Alarm is something that is wrong, from when it began until it is over.
type Alarm struct {
	Key      string // what, and of which database: "age orders"
	Database string
	Began    time.Time
	Said     string // a sentence
}

// maxSaid bounds what is kept of an alarm's sentence, in characters.
const maxSaid = 400

var errNoNews = errors.New("that is known already")

// Alarms are all that are on, oldest first.
func (s *Store) Alarms(ctx context.Context) ([]Alarm, error) {
	return all(ctx, s, pgx.RowToStructByPos[Alarm], "SELECT key, database, began, said FROM dbbot.alarms ORDER BY began, key")
}

// Raise begins an alarm and has it said, in one step; one that is on already stays as it is, and nothing is said.
func (s *Store) Raise(ctx context.Context, a Alarm, say Message) (began bool, err error) {
	a.Said = ops.Printable(a.Said, maxSaid)
	return s.news(ctx, audit.AlarmRaised, say, func(ctx context.Context, t *transaction) (Alarm, error) {
		err := t.QueryRow(ctx, `INSERT INTO dbbot.alarms (key, database, began, said) VALUES ($1, $2, clock_timestamp(), $3)
			ON CONFLICT DO NOTHING RETURNING began`, a.Key, a.Database, a.Said).Scan(&a.Began)
		return a, err
	})
}

// Clear ends an alarm and has that said, in one step; where it is not on, nothing is said.
func (s *Store) Clear(ctx context.Context, key string, say Message) (ended bool, err error) {
	return s.news(ctx, audit.AlarmCleared, say, func(ctx context.Context, t *transaction) (a Alarm, err error) {
		err = t.QueryRow(ctx, "DELETE FROM dbbot.alarms WHERE key = $1 RETURNING key, database, began, said", key).Scan(&a.Key, &a.Database, &a.Began, &a.Said)
		return a, err
	})
}

// news is the one step of an alarm that begins or ends. A message to nobody is not said.
func (s *Store) news(ctx context.Context, event string, say Message, change func(context.Context, *transaction) (Alarm, error)) (bool, error) {
	err := s.step(ctx, func(ctx context.Context, t *transaction) error {
		a, err := change(ctx, t)
		if errors.Is(err, pgx.ErrNoRows) {
			return errNoNews
		}
		if err != nil {
			return err
		}
		say.Key = fmt.Sprintf("%s %s %d", event, a.Key, a.Began.UnixMicro())
		if say.To != "" {
			if err := t.say(ctx, say); err != nil {
				return err
			}
		}
		return t.record(ctx, audit.Entry{Event: event, Database: a.Database, Origin: a.Key, Detail: a.Said})
	})
	if errors.Is(err, errNoNews) {
		return false, nil
	}
	return err == nil, err
}
