package apply

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/golang-migrate/migrate/v4/database"

	"dbbot/ops"
	"dbbot/ops/migrate"
)

const (
	// prismaLock is the one of Prisma, whatever the database (reference 2.1).
	prismaLock = 72707369
	// lockWithin is how long another migration is waited for. golang-migrate waits as long.
	lockWithin = 15 * time.Second
	// The locks are asked for again and again: who waits inside PostgreSQL holds a snapshot, for which CREATE INDEX
	// CONCURRENTLY waits in turn, and that is a deadlock.
	firstTry, longestTry = 50 * time.Millisecond, 500 * time.Millisecond
)

// locks are what keeps the tools away, and, first of all, other runs of dbbot, whatever their tool, and its backups.
// golang-migrate's library and its command line use different ones: the latter takes the database's name with the slash
// of the URL.
func (c *Conn) locks() []int64 {
	all := []int64{ops.DatabaseLock}
	if c.options.Tool == migrate.Prisma {
		return append(all, prismaLock)
	}
	for _, name := range []string{c.server.Database, "/" + c.server.Database} {
		text, _ := database.GenerateAdvisoryLockId(name, c.server.Schema, golangTable) // gives no error, in any version
		id, _ := strconv.ParseInt(text, 10, 64)
		all = append(all, id)
	}
	return all
}

// Lock keeps all other runners of migrations away until Close. It tells whom it waits for, and gives up after a while
// with an *ops.Error that names them.
func (c *Conn) Lock(ctx context.Context, say func(string)) error { return c.lock(ctx, c.locks(), say) }

func (c *Conn) lock(ctx context.Context, ids []int64, say func(string)) error {
	ctx, cancel := context.WithTimeoutCause(ctx, c.lockWithin, errLocked)
	defer cancel()
	for pause := firstTry; ; pause = min(2*pause, longestTry) {
		free, err := c.tryLock(ctx, ids)
		if free {
			c.locked = true
			return nil
		}
		if err != nil && ctx.Err() == nil {
			return c.unread(err)
		}
		holder, err := c.holder(ids)
		if err != nil {
			return err
		}
		say("waiting for " + holder)
		if !wait(ctx, pause) {
			return c.unlockable(ctx, holder)
		}
	}
}

var errLocked = fmt.Errorf("%w: another migration runs", context.DeadlineExceeded)

// tryLock takes all or none.
func (c *Conn) tryLock(ctx context.Context, ids []int64) (bool, error) {
	var free bool
	var returned int
	err := c.work.QueryRow(ctx, `WITH tried AS MATERIALIZED (SELECT id, pg_try_advisory_lock(id) AS got FROM unnest($1::bigint[]) id),
		given AS MATERIALIZED (SELECT pg_advisory_unlock(id) FROM tried WHERE got AND NOT (SELECT bool_and(got) FROM tried))
		SELECT (SELECT bool_and(got) FROM tried), (SELECT count(*) FROM given)`, ids).Scan(&free, &returned)
	return free, err
}

// unlock gives locks back before the session ends.
func (c *Conn) unlock(ctx context.Context, ids []int64) error {
	_, err := c.work.Exec(ctx, "SELECT pg_advisory_unlock(id) FROM unnest($1::bigint[]) id", ids)
	return err
}

// holder names who has one of the locks.
func (c *Conn) holder(ids []int64) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), readWithin)
	defer cancel()
	var pid *int32
	var application, role, client *string
	var since *time.Time
	err := c.work.QueryRow(ctx, `SELECT min(l.pid), min(a.application_name), min(a.usename)::text, min(host(a.client_addr)), min(a.backend_start)
		FROM (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND pid <> pg_backend_pid()
			AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
			AND (classid::bigint << 32) | objid::bigint = ANY ($1::bigint[]) ORDER BY pid LIMIT 1) l
		LEFT JOIN pg_stat_activity a USING (pid)`, ids).Scan(&pid, &application, &role, &client, &since)
	if err != nil {
		return "", c.unread(err)
	}
	if pid == nil {
		return "another migration, which has just ended", nil
	}
	return session{PID: *pid, Application: application, Role: role, Client: client, Since: since}.String(), nil
}

// session is another one, as far as dbbot's role may see it.
type session struct {
	PID                       int32
	Application, Role, Client *string
	Since                     *time.Time
}

func (s session) String() string {
	words := fmt.Sprintf("session %d", s.PID)
	if s.Application != nil && *s.Application != "" {
		words += " (" + ops.Printable(*s.Application, 60) + ")"
	}
	if s.Role != nil {
		words += " of " + ops.Printable(*s.Role, 60)
	}
	if s.Client != nil {
		words += " from " + *s.Client
	}
	if s.Since != nil {
		words += ", there since " + s.Since.UTC().Format("15:04:05") + " UTC"
	}
	return words
}

func (c *Conn) unlockable(ctx context.Context, holder string) error {
	cause := context.Cause(ctx)
	if !errors.Is(cause, errLocked) {
		return c.stopped(ctx, "Nothing was run.")
	}
	return &ops.Error{
		Message: "Another migration runs in " + c.options.name() + ": " + holder + ". Nothing was run.",
		Hint:    "Wait until it has ended, or see what it does: /db locks.",
		Cause:   cause,
	}
}

// stopped says that it was asked to stop, and what remains.
func (c *Conn) stopped(ctx context.Context, remains string) *ops.Error {
	return &ops.Error{Message: strings.TrimSpace("It was stopped. " + remains), Cause: context.Cause(ctx)}
}

// wait pauses; false means that ctx has ended.
func wait(ctx context.Context, pause time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(pause):
		return true
	}
}
