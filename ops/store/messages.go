package store

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/audit"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype/zeronull"
)

const messageColumns = `m.id, m.key, m.request, m.kind, m.recipient, m.thread, m.body, m.wanted, m.sent, m.channel, m.stamp, m.link, m.attempts, m.created,
	m.sent_at, coalesce(clock_timestamp() - m.sent_at, interval '0'), m.turn, coalesce((SELECT t.token FROM dbbot.tokens t WHERE t.message = m.id), '')`

// readMessage reads messageColumns, and what comes behind them into more.
func readMessage(row pgx.Row, more ...any) (m Message, err error) {
	err = row.Scan(append([]any{
		&m.ID, &m.Key, &m.Request, &m.Kind, &m.To, &m.Thread, &m.Body, &m.Wanted, &m.Sent, &m.Channel, &m.Stamp, &m.Link, &m.Attempts, &m.Created,
		(*zeronull.Timestamptz)(&m.SentAt), &m.Quiet, &m.Turn, &m.Token,
	}, more...)...)
	return m, err
}

// queueMessages has the card of a request made or drawn anew, and keeps what else the move causes to be said. The work
// to deliver them is added as their numbers come.
func (t *transaction) queueMessages(batch *pgx.Batch, m approval.Move, work *[]approval.Work) {
	deliver := func(row pgx.Row) error {
		next := approval.Work{Kind: approval.ToDeliver}
		err := row.Scan(&next.ID)
		if errors.Is(err, pgx.ErrNoRows) { // said before, or given up
			return nil
		}
		*work = append(*work, next)
		return err
	}
	id := m.After.ID
	said := t.store.options.Announce(m)
	switch {
	case m.Before.ID == 0 && m.After.Origin.Channel == "": // it was asked nowhere: its card is made when there is something to say
	case m.Before.ID == 0:
		card := Message{Key: "card " + id.String(), Kind: Card, To: m.After.Origin.Channel, Thread: m.After.Origin.Thread, Token: rand.Text()}
		said = append([]Message{card}, said...)
	default:
		batch.Queue(`UPDATE dbbot.messages SET wanted = wanted + 1, due = clock_timestamp() WHERE request = $1 AND kind = 'card' AND NOT lost RETURNING id`, id).QueryRow(deliver)
	}
	for _, message := range said {
		if message.Kind == Card && message.Token == "" { // of one that was asked nowhere
			message.Token = rand.Text()
		}
		batch.Queue(`WITH new AS (INSERT INTO dbbot.messages (key, request, kind, recipient, thread, body) VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING RETURNING id),
			button AS (INSERT INTO dbbot.tokens (token, request, message) SELECT $7, $2, id FROM new WHERE $7 <> '')
			SELECT id FROM new`,
			message.Key, id, message.Kind, message.To, message.Thread, message.Body, message.Token).QueryRow(deliver)
	}
}

// Lease takes a message to send it, in one round trip; the request that it is about comes along, as new as Wanted or
// newer. Not ok: there is nothing to say, or somebody else is saying it. Where a post was begun before and its place is
// not known, Tried says so.
func (s *Store) Lease(ctx context.Context, message int64, lease time.Duration) (m Message, r approval.Request, ok bool, err error) {
	err = s.again(ctx, func(ctx context.Context) (err error) {
		m, r, ok, err = s.lease(ctx, message, lease)
		return err
	})
	return m, r, ok, err
}

func (s *Store) lease(ctx context.Context, message int64, lease time.Duration) (m Message, r approval.Request, ok bool, err error) {
	var batch pgx.Batch
	batch.Queue(`WITH m AS (UPDATE dbbot.messages SET leased = clock_timestamp() + $2::interval, turn = turn + 1, posts = posts + CASE stamp WHEN '' THEN 1 ELSE 0 END
		WHERE id = $1 AND sent < wanted AND NOT lost AND (leased IS NULL OR leased < clock_timestamp()) RETURNING *)
		SELECT `+messageColumns+`, m.stamp = '' AND m.posts > 1 FROM m`, message, lease).QueryRow(func(row pgx.Row) (err error) {
		var tried bool
		m, err = readMessage(row, &tried)
		m.Tried, ok = tried, err == nil
		return ignoreNone(err)
	})
	// A statement of its own sees what was committed while the first waited for the row.
	batch.Queue(selectRequest+" WHERE r.id = (SELECT request FROM dbbot.messages WHERE id = $1)", message).QueryRow(func(row pgx.Row) (err error) {
		r, err = readRequest(row)
		return ignoreNone(err)
	})
	if err = s.pool.SendBatch(ctx, &batch).Close(); err != nil || !ok {
		return Message{}, approval.Request{}, false, err
	}
	return m, r, true, nil
}

// Placed notes where a message stands (m.Channel, m.Stamp, m.Link: set by the caller) and which Wanted it shows. Its
// buttons count there and nowhere else. again: something newer is to be shown, or a later lease has begun meanwhile, so
// that nobody knows which of the two the place shows now.
func (s *Store) Placed(ctx context.Context, m Message, shown int64) (again bool, err error) {
	return one(ctx, s, pgx.RowTo[bool], `UPDATE dbbot.messages SET
			channel = $3, stamp = $4, link = CASE $5 WHEN '' THEN link ELSE $5 END, posts = 0, attempts = 0, trouble = '', sent_at = clock_timestamp(),
			sent = greatest(sent, $6), wanted = CASE turn WHEN $2 THEN wanted ELSE wanted + 1 END, due = clock_timestamp(),
			leased = CASE turn WHEN $2 THEN NULL ELSE leased END
		WHERE id = $1 RETURNING sent < wanted`, m.ID, m.Turn, m.Channel, m.Stamp, m.Link, shown)
}

// Postpone gives the lease back without anything having been shown; with a reason that counts as an attempt, without one
// it is a pause. m.Tried says what the caller knows now: whether a post may have arrived all the same.
func (s *Store) Postpone(ctx context.Context, m Message, why string) error {
	_, err := s.exec(ctx, `UPDATE dbbot.messages SET leased = NULL, attempts = attempts + CASE $4 WHEN '' THEN 0 ELSE 1 END, posts = CASE WHEN $3 THEN 1 ELSE 0 END, trouble = $4,
		due = clock_timestamp() + least(interval '5 minutes', interval '1 second' * 2 ^ least(attempts, 9)) WHERE id = $1 AND turn = $2`,
		m.ID, m.Turn, m.Tried, troubled(why))
	return err
}

// troubled bounds what is kept of why a message could not be said.
func troubled(why string) string { return ops.Printable(ops.Redact(why), 400) }

// Redirect has a message said elsewhere: to another channel or person, as if it had never been tried.
func (s *Store) Redirect(ctx context.Context, m Message, to string) error {
	_, err := s.exec(ctx, `UPDATE dbbot.messages SET recipient = $3, thread = '', channel = '', stamp = '', link = '', sent = 0, posts = 0, attempts = 0, leased = NULL,
		due = clock_timestamp() WHERE id = $1 AND turn = $2`, m.ID, m.Turn, to)
	return err
}

// Unsayable gives a message up for good, which is a fact of the audit.
func (s *Store) Unsayable(ctx context.Context, m Message, why string) error {
	why = troubled(why)
	return s.step(ctx, func(ctx context.Context, t *transaction) error {
		tag, err := t.Exec(ctx, "UPDATE dbbot.messages SET lost = true, leased = NULL, trouble = $3 WHERE id = $1 AND turn = $2 AND NOT lost", m.ID, m.Turn, why)
		if err != nil || tag.RowsAffected() == 0 {
			return err
		}
		r, err := readRequest(t.QueryRow(ctx, selectRequest+" WHERE r.id = $1", m.Request))
		if ignoreNone(err) != nil {
			return err
		}
		e := entryAbout(r, approval.Press{})
		e.Event, e.Channel, e.Origin, e.Detail = audit.Undeliverable, m.To, m.Key, string(m.Kind)+": "+why
		return t.record(ctx, e)
	})
}

// Card says where a request's card stands; approval.ErrUnknown.
func (s *Store) Card(ctx context.Context, id approval.ID) (Message, error) {
	read := func(row pgx.CollectableRow) (Message, error) { return readMessage(row) }
	return one(ctx, s, read, "SELECT "+messageColumns+" FROM dbbot.messages m WHERE m.request = $1 AND m.kind = 'card'", id)
}

// Links gives the links to the cards of requests, of those that have one.
func (s *Store) Links(ctx context.Context, ids []approval.ID) (map[approval.ID]string, error) {
	return pairs(ctx, s, "SELECT request, link FROM dbbot.messages WHERE request = ANY ($1) AND kind = 'card' AND link <> ''", ids)
}

// pairs reads rows of a request and a text.
func pairs(ctx context.Context, s *Store, sql string, args ...any) (map[approval.ID]string, error) {
	type pair struct {
		ID   approval.ID
		Text string
	}
	rows, err := all(ctx, s, pgx.RowToStructByPos[pair], sql, args...)
	found := map[approval.ID]string{}
	for _, row := range rows {
		found[row.ID] = row.Text
	}
	return found, err
}

func ignoreNone(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return nil
	}
	return err
}
