package store

import (
	"context"
	"errors"

	"dbbot/ops"
	"dbbot/ops/approval"

	"github.com/jackc/pgx/v5"
)

// maxWords bounds what is kept of what somebody typed, in characters: Slack lets through four thousand.
const maxWords = 4000

// maxKey bounds keys and ids that come from outside, in characters; Slack's have a few dozen.
const maxKey = 80

// keyed makes a key or an id from outside fit to be kept: PostgreSQL takes no zero byte in a text, and nothing that is no
// character. What is no such key is none that we gave out.
func keyed(s string) string { return ops.Printable(s, maxKey) }

// Receive keeps a command before anything is known of it; approval.ErrRepeated if it was kept before. At is the
// database's; Worker is this process.
func (s *Store) Receive(ctx context.Context, in Invocation) error {
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	tag, err := s.pool.Exec(ctx, `INSERT INTO dbbot.inbox (key, kind, team, member, words, channel, thread, worker) VALUES ($1, 'command', $2, $3, $4, $5, $6, $7)
		ON CONFLICT DO NOTHING`, "command "+keyed(in.Key), keyed(in.Who.Team), keyed(in.Who.User), ops.Printable(ops.Redact(in.Words), maxWords), keyed(in.Channel), keyed(in.Thread), s.options.Worker())
	if err == nil && tag.RowsAffected() == 0 {
		return approval.ErrRepeated
	}
	return fault(err)
}

// Settle notes what became of a command, in a word, once: approval.ErrRepeated where that was noted before, ErrUnknown.
func (s *Store) Settle(ctx context.Context, key, outcome string) error {
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	tag, err := s.pool.Exec(ctx, "UPDATE dbbot.inbox SET settled = clock_timestamp(), outcome = $2 WHERE key = $1 AND settled IS NULL", "command "+keyed(key), ops.Printable(outcome, 400))
	if err != nil || tag.RowsAffected() == 1 {
		return fault(err)
	}
	if _, err := s.Invocation(ctx, key); err != nil {
		return err
	}
	return approval.ErrRepeated
}

const invocationColumns = `substr(key, 9), team, member, words, channel, thread, received, worker, outcome`

func readInvocation(row pgx.CollectableRow) (in Invocation, err error) {
	err = row.Scan(&in.Key, &in.Who.Team, &in.Who.User, &in.Words, &in.Channel, &in.Thread, &in.At, &in.Worker, &in.Outcome)
	return in, err
}

// Invocation gives a command back; approval.ErrUnknown.
func (s *Store) Invocation(ctx context.Context, key string) (Invocation, error) {
	ctx, cancel := context.WithTimeout(ctx, callWithin)
	defer cancel()
	rows, err := s.pool.Query(ctx, "SELECT "+invocationColumns+" FROM dbbot.inbox WHERE key = $1", "command "+keyed(key))
	if err != nil {
		return Invocation{}, fault(err)
	}
	in, err := pgx.CollectExactlyOneRow(rows, readInvocation)
	if errors.Is(err, pgx.ErrNoRows) {
		err = approval.ErrUnknown
	}
	return in, fault(err)
}
