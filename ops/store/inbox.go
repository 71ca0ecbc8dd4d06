package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/audit"

	"github.com/jackc/pgx/v5"
)

// maxWords bounds what is kept of what somebody typed, in characters: Slack lets through four thousand.
const maxWords = 4000

// maxKey bounds keys and ids that come from outside, in bytes, so that they fit their columns also when each of their
// characters is escaped; Slack's have a few dozen.
const maxKey = 96

// keyed makes a key or an id from outside fit to be kept: PostgreSQL takes no zero byte in a text, and nothing that is no
// character. A longer one is known by its hash, for two that begin alike are not the same.
func keyed(s string) string {
	if len(s) > maxKey {
		return fmt.Sprintf("%x", sha256.Sum256([]byte(s)))
	}
	return ops.Printable(s, maxKey)
}

// Receive keeps a command before anything is known of it; approval.ErrRepeated if it was kept before. At is the
// database's; Worker is this process.
func (s *Store) Receive(ctx context.Context, in Invocation) error {
	return s.step(ctx, func(ctx context.Context, t *transaction) error {
		key, xid, received := "command "+keyed(in.Key), "", time.Time{}
		err := t.QueryRow(ctx, `INSERT INTO dbbot.inbox (key, kind, team, member, words, channel, thread, worker) VALUES ($1, 'command', $2, $3, $4, $5, $6, $7)
			ON CONFLICT DO NOTHING RETURNING pg_current_xact_id()::text, received`,
			key, keyed(in.Who.Team), keyed(in.Who.User), ops.Printable(ops.Redact(in.Words), maxWords), keyed(in.Channel), keyed(in.Thread), s.options.Worker()).Scan(&xid, &received)
		if errors.Is(err, pgx.ErrNoRows) {
			return approval.ErrRepeated
		}
		if err != nil {
			return err
		}
		left := trace{xid, "SELECT EXISTS (SELECT FROM dbbot.inbox WHERE key = $1 AND received = $2)", []any{key, received}}
		return t.commit(ctx, left, new(pgx.Batch))
	})
}

// Settle notes what became of a command, in a word, once: approval.ErrRepeated where that was noted before, ErrUnknown.
func (s *Store) Settle(ctx context.Context, key, outcome string) error {
	rows, err := s.exec(ctx, "UPDATE dbbot.inbox SET settled = clock_timestamp(), outcome = $2 WHERE key = $1 AND settled IS NULL", "command "+keyed(key), ops.Printable(outcome, 400))
	if err != nil || rows == 1 {
		return err
	}
	if _, err := s.Invocation(ctx, key); err != nil {
		return err
	}
	return approval.ErrRepeated
}

// Drop settles a command that nobody came to, and has say said to whoever typed it: fact goes into the audit with it. Of
// several who want to, one does; the others get approval.ErrRepeated.
func (s *Store) Drop(ctx context.Context, key string, say Message, fact audit.Entry) error {
	return s.step(ctx, func(ctx context.Context, t *transaction) error {
		tag, err := t.Exec(ctx, "UPDATE dbbot.inbox SET settled = clock_timestamp(), outcome = 'lost' WHERE key = $1 AND settled IS NULL", "command "+keyed(key))
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return approval.ErrRepeated
		}
		if err := t.say(ctx, say); err != nil {
			return err
		}
		return t.record(ctx, fact)
	})
}

// Invocation gives a command back; approval.ErrUnknown.
func (s *Store) Invocation(ctx context.Context, key string) (Invocation, error) {
	return one(ctx, s, readInvocation, "SELECT "+invocationColumns+" FROM dbbot.inbox WHERE key = $1", "command "+keyed(key))
}

// invocationColumns are read by readInvocation.
const invocationColumns = `substr(key, 9), team, member, words, channel, thread, received, worker, outcome`

func readInvocation(row pgx.CollectableRow) (in Invocation, err error) {
	err = row.Scan(&in.Key, &in.Who.Team, &in.Who.User, &in.Words, &in.Channel, &in.Thread, &in.At, &in.Worker, &in.Outcome)
	return in, err
}
