package store

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/approval/approvaltest"
	"dbbot/ops/audit"

	"github.com/jackc/pgx/v5"
)

// The contract holds with two processes on one database.
func TestContract(t *testing.T) {
	approvaltest.Run(t, func(t *testing.T) approvaltest.Fixture {
		databaseURL := fresh(t)
		queued := func(o *Options) { o.Enqueue = inPublic }
		s := opened(t, databaseURL, queued)
		return approvaltest.Fixture{
			Store: s,
			Peer:  opened(t, databaseURL, queued),
			Now:   func() time.Time { return clock(t, s) },
			Token: func(t testing.TB, id approval.ID, at approvaltest.Surface) string { return bind(t, s, id, at) },
			Work:  func(t testing.TB) []approval.Work { return taken(t, s) },
			Refused: func(t testing.TB) (codes []string) {
				for e := range facts(t, s) {
					switch e.Event {
					case audit.ClickRefused, audit.ClickExpired, audit.ClickUnknown:
						_, code, _ := strings.Cut(e.Detail, ": ")
						codes = append(codes, code)
					}
				}
				return codes
			},
			Events: func(t testing.TB, id approval.ID) (events []approval.Event) {
				for e := range facts(t, s) {
					if e.Request == int64(id) && !strings.HasPrefix(e.Event, "click ") {
						events = append(events, approval.Event(e.Event))
					}
				}
				return events
			},
		}
	})
}

func inPublic(ctx context.Context, tx pgx.Tx, work []approval.Work) error {
	var batch pgx.Batch
	for _, w := range work {
		batch.Queue("INSERT INTO public.dbbot_work (kind, id, at) VALUES ($1, $2, $3)", w.Kind, w.ID, w.At)
	}
	return tx.SendBatch(ctx, &batch).Close()
}

func clock(tb testing.TB, s *Store) (now time.Time) {
	tb.Helper()
	if err := s.pool.QueryRow(tb.Context(), "SELECT clock_timestamp()").Scan(&now); err != nil {
		tb.Fatal(err)
	}
	return now
}

// bind puts a token on a surface as the bot does: a card by posting it there, a home tab by asking for its tokens.
func bind(tb testing.TB, s *Store, id approval.ID, at approvaltest.Surface) string {
	tb.Helper()
	if at.Home != (ops.PersonID{}) {
		tokens, err := s.HomeTokens(tb.Context(), at.Home, []approval.ID{id})
		if err != nil {
			tb.Fatal(err)
		}
		return tokens[id]
	}
	card, err := s.Card(tb.Context(), id)
	if err != nil {
		tb.Fatal(err)
	}
	card.Channel, card.Stamp = at.Channel, at.Message
	if _, err := s.Placed(tb.Context(), card, card.Wanted); err != nil {
		tb.Fatal(err)
	}
	return card.Token
}

// taken is what was put into the queue, but for messages, which a keeper adds by itself.
func taken(tb testing.TB, s *Store) (all []approval.Work) {
	tb.Helper()
	rows, err := s.pool.Query(tb.Context(), "WITH w AS (DELETE FROM public.dbbot_work RETURNING *) SELECT kind, id, at FROM w WHERE kind <> 'deliver' ORDER BY n")
	if err != nil {
		tb.Fatal(err)
	}
	all, err = pgx.CollectRows(rows, pgx.RowToStructByPos[approval.Work])
	if err != nil {
		tb.Fatal(err)
	}
	return all
}

func causeOf(err error) error {
	if said, ok := errors.AsType[*ops.Error](err); ok {
		return said.Cause
	}
	return err
}
