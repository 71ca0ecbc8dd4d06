package dump

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/golang-migrate/migrate/v4/database"
	"github.com/jackc/pgx/v5"

	"dbbot/ops"
)

// The lock is asked for again and again: who waits inside PostgreSQL holds a snapshot (ops.DatabaseLock).
const firstTry, longestTry = 50 * time.Millisecond, time.Second

var errLocked = fmt.Errorf("%w: locked by another", context.DeadlineExceeded)

// lock takes dbbot's own lock in the database, so that no migration of dbbot and no other backup runs beside; and waits
// until a tool that migrates by hand is done. It names whom it waits for.
func (t *taking) lock(ctx context.Context) error {
	bounded, cancel := context.WithTimeoutCause(ctx, t.bounds.lock, errLocked)
	defer cancel()
	tools, held := t.toolLocks(bounded), false
	for pause := firstTry; ; pause = min(2*pause, longestTry) {
		holder, err := t.tryLock(bounded, tools, &held)
		if holder == "" && err == nil {
			return nil
		}
		if err != nil && bounded.Err() == nil {
			return err
		}
		t.say(Waiting+holder, 0, 0)
		if wait(bounded, pause) {
			continue
		}
		if !errors.Is(context.Cause(bounded), errLocked) {
			return context.Cause(ctx)
		}
		return &ops.Error{
			Message: "A migration or another backup of " + t.options.name() + " runs: " + holder + ".",
			Hint:    "Wait until it has ended, or see what it does: /db locks.", Cause: errLocked,
		}
	}
}

// tryLock says who holds one of the locks; nobody: ours is taken.
func (t *taking) tryLock(ctx context.Context, tools []int64, held *bool) (holder string, err error) {
	if !*held {
		if err := t.survey.guard.QueryRow(ctx, "SELECT pg_try_advisory_lock($1)", ops.DatabaseLock).Scan(held); err != nil {
			return "somebody", err
		}
	}
	ids := tools
	if !*held {
		ids = []int64{ops.DatabaseLock}
	}
	return holderOf(ctx, t.survey.guard, ids)
}

// prismaLock is the one of Prisma, whatever the database; golang-migrate makes its own of the names of database, schema and
// table, and its command line takes the database's with the slash of the URL (reference 2.1).
const prismaLock = 72707369

func (t *taking) toolLocks(ctx context.Context) (ids []int64) {
	if t.options.Migrations == prisma {
		return []int64{prismaLock}
	}
	var schema *string
	if err := t.survey.guard.QueryRow(ctx, "SELECT current_schema()::text").Scan(&schema); err != nil || schema == nil || t.options.Migrations == "" {
		return nil
	}
	for _, name := range []string{t.survey.ready.Server.Catalog, "/" + t.survey.ready.Server.Catalog} {
		text, _ := database.GenerateAdvisoryLockId(name, *schema, golangTable) // gives no error, in any version
		id, _ := strconv.ParseInt(text, 10, 64)
		ids = append(ids, id)
	}
	return ids
}

// holderOf names the session that has one of these advisory locks; empty where none has.
func holderOf(ctx context.Context, conn *pgx.Conn, ids []int64) (string, error) {
	var s session
	err := conn.QueryRow(ctx, `SELECT a.pid, application_name, usename::text, host(client_addr), backend_start
		FROM pg_locks l LEFT JOIN pg_stat_activity a USING (pid) WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND l.pid <> pg_backend_pid()
			AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND (classid::bigint << 32) | objid::bigint = ANY ($1::bigint[])
		ORDER BY pid LIMIT 1`, ids).Scan(&s.PID, &s.Application, &s.Role, &s.Client, &s.Since)
	if errors.Is(err, pgx.ErrNoRows) && len(ids) == 1 && ids[0] == ops.DatabaseLock {
		return "one that has just ended", nil
	}
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil
	}
	return s.String(), err
}

// session is another one, as far as our role may see it.
type session struct {
	PID                       *int32
	Application, Role, Client *string
	Since                     *time.Time
}

func (s session) String() string {
	if s.PID == nil {
		return "a session"
	}
	words := fmt.Sprintf("session %d", *s.PID)
	if s.Application != nil && *s.Application != "" {
		words += " (" + ops.Printable(*s.Application, 63) + ")"
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

// wait pauses; false means that ctx has ended.
func wait(ctx context.Context, pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
