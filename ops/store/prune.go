package store

import "context"

const (
	// inboxFor is how long a settled act is known again when it is delivered once more, and can be looked up: Slack repeats
	// within an hour.
	inboxFor = "30 days"
	// messagesFor is how long it stays known where a message stands that is not a card. Cards stay, as requests do.
	messagesFor = "30 days"
	// workersFor is how long a process that is gone stays in the list.
	workersFor = "30 days"
	// pruneAtOnce bounds one statement, so that none holds locks for long.
	pruneAtOnce = 5000
)

// prunes are what is thrown away. Requests, votes, cards and the audit never are. now() stands still for a statement, so
// that an index can be searched by it; clock_timestamp() goes on, and cannot.
var prunes = []string{
	`DELETE FROM dbbot.inbox WHERE ctid = ANY (ARRAY(SELECT ctid FROM dbbot.inbox WHERE settled < now() - interval '` + inboxFor + `' LIMIT $1))`,
	`DELETE FROM dbbot.messages WHERE ctid = ANY (ARRAY(SELECT ctid FROM dbbot.messages WHERE kind <> 'card' AND sent >= wanted AND sent_at < now() - interval '` + messagesFor + `' LIMIT $1))`,
	`DELETE FROM dbbot.tokens WHERE ctid = ANY (ARRAY(SELECT t.ctid FROM dbbot.tokens t JOIN dbbot.requests r ON r.id = t.request
		WHERE t.message IS NULL AND coalesce(r.ended, r.asked) < now() - interval '` + homesFor + `' AND r.ended IS NOT NULL LIMIT $1))`,
	`DELETE FROM dbbot.homes WHERE ctid = ANY (ARRAY(SELECT ctid FROM dbbot.homes WHERE opened < now() - interval '` + homesFor + `' LIMIT $1))`,
	`DELETE FROM dbbot.workers WHERE ctid = ANY (ARRAY(SELECT ctid FROM dbbot.workers WHERE started < now() - interval '` + workersFor + `' AND id NOT IN (` + living + `)
		AND NOT EXISTS (SELECT FROM dbbot.requests WHERE worker = workers.id AND state IN ('approved', 'running')) LIMIT $1))`,
}

// Prune throws away what nobody will ask for again. It does a bounded part of it at once; called now and then, it keeps up.
func (s *Store) Prune(ctx context.Context) error {
	for _, sql := range prunes {
		if _, err := s.exec(ctx, sql, pruneAtOnce); err != nil {
			return err
		}
	}
	return nil
}
