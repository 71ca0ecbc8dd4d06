package store

import (
	"context"
	"errors"
	"iter"

	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/audit"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	entryColumns = `seq, at, team, member, name, event, from_state, to_state, request, command, risk, database, environment, system, catalog, digest,
	channel, message, origin, policy, version, worker, outcome, detail, prev, hash`
	// chainPage is how many entries are read at once: about a megabyte.
	chainPage = 1000
	// maxAudit bounds one answer of Audit: what fits into a message or two.
	maxAudit = 200
	// usualAudit is what is given where no limit is asked for.
	usualAudit = 20
)

// record adds an entry to the chain and commits. The head is locked as the last thing a step does, since everybody who
// records waits for it: until the commit, one round trip away.
func (t *transaction) record(ctx context.Context, e audit.Entry) error {
	var xid string
	var prev []byte
	var lock pgx.Batch
	lock.Queue("SELECT seq + 1, hash, pg_current_xact_id()::text FROM dbbot.audit_head FOR UPDATE").QueryRow(func(row pgx.Row) error {
		return row.Scan(&e.Seq, &prev, &xid)
	})
	lock.Queue("SELECT clock_timestamp()").QueryRow(func(row pgx.Row) error { return row.Scan(&e.At) })
	if err := t.SendBatch(ctx, &lock).Close(); err != nil {
		return err
	}
	o := t.store.options
	e.Policy, e.Version = o.Policy, o.Version
	if e.Worker == 0 {
		e.Worker = o.Worker()
	}
	e = audit.Seal(e, prev, o.AuditKey)
	var last pgx.Batch
	last.Queue("INSERT INTO dbbot.audit ("+entryColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,
		$17, $18, $19, $20, $21, $22, $23, $24, $25, $26)`,
		e.Seq, e.At, e.Team, e.User, e.Name, e.Event, e.From, e.To, e.Request, e.Command, e.Risk, e.Database, e.Environment, e.System, e.Catalog, e.Digest,
		e.Channel, e.Message, e.Origin, e.Policy, e.Version, e.Worker, e.Outcome, e.Detail, e.Prev, e.Hash)
	last.Queue("UPDATE dbbot.audit_head SET seq = $1, hash = $2", e.Seq, e.Hash)
	return t.commit(ctx, trace{xid, "SELECT EXISTS (SELECT FROM dbbot.audit WHERE seq = $1 AND hash = $2)", []any{e.Seq, e.Hash}}, &last)
}

// Note records a fact that is no move of a request. Seq, At, Policy and Version are set here; Worker where it is zero.
func (s *Store) Note(ctx context.Context, e audit.Entry) error {
	return s.step(ctx, func(ctx context.Context, t *transaction) error { return t.record(ctx, e) })
}

// Audit gives the newest entries first.
func (s *Store) Audit(ctx context.Context, f audit.Filter) ([]audit.Entry, error) {
	sql, args := auditing(f)
	return all(ctx, s, readEntry, sql, args)
}

// auditing has a condition for what is asked alone, so that each finds its index.
func auditing(f audit.Filter) (sql string, args pgx.NamedArgs) {
	sql, args = "SELECT "+entryColumns+" FROM dbbot.audit WHERE true", pgx.NamedArgs{"limit": limited(f.Limit, usualAudit, maxAudit)}
	if f.Databases != nil {
		sql, args["databases"] = sql+" AND database = ANY (@databases)", f.Databases
	}
	if f.Who != (ops.PersonID{}) {
		sql, args["team"], args["member"] = sql+" AND team = @team AND member = @member AND member <> ''", f.Who.Team, f.Who.User
	}
	if f.Request != 0 {
		sql, args["request"] = sql+" AND request = @request AND request <> 0", f.Request
	}
	if f.Before != 0 {
		sql, args["before"] = sql+" AND seq < @before", f.Before
	}
	return sql + " ORDER BY seq DESC LIMIT @limit", args
}

// Head gives the last entry; the zero Entry when there is none.
func (s *Store) Head(ctx context.Context) (audit.Entry, error) { return s.newest(ctx, "true") }

// LastStart gives the last entry about a process that began; the zero Entry when there is none.
func (s *Store) LastStart(ctx context.Context) (audit.Entry, error) {
	return s.newest(ctx, "event = 'start'")
}

func (s *Store) newest(ctx context.Context, condition string) (audit.Entry, error) {
	e, err := one(ctx, s, readEntry, "SELECT "+entryColumns+" FROM dbbot.audit WHERE "+condition+" ORDER BY seq DESC LIMIT 1")
	if errors.Is(err, approval.ErrUnknown) {
		err = nil
	}
	return e, err
}

// Chain gives all entries from the one numbered from on, in order, a page at a time: it holds no lock and no snapshot.
func (s *Store) Chain(ctx context.Context, from int64) iter.Seq2[audit.Entry, error] {
	return func(yield func(audit.Entry, error) bool) {
		for {
			page, err := all(ctx, s, readEntry, "SELECT "+entryColumns+" FROM dbbot.audit WHERE seq >= $1 ORDER BY seq LIMIT $2", from, chainPage)
			if err != nil {
				yield(audit.Entry{}, err)
				return
			}
			for _, e := range page {
				if !yield(e, nil) {
					return
				}
				from = e.Seq + 1
			}
			if len(page) < chainPage {
				return
			}
		}
	}
}

func readEntry(row pgx.CollectableRow) (e audit.Entry, err error) {
	err = row.Scan(&e.Seq, &e.At, &e.Team, &e.User, &e.Name, &e.Event, &e.From, &e.To, &e.Request, &e.Command, &e.Risk, &e.Database, &e.Environment,
		&e.System, &e.Catalog, &e.Digest, &e.Channel, &e.Message, &e.Origin, &e.Policy, &e.Version, &e.Worker, &e.Outcome, &e.Detail, &e.Prev, &e.Hash)
	return e, err
}

func limited(asked, usual, most int) int {
	if asked <= 0 {
		return usual
	}
	return min(asked, most)
}

func asRefusal(err error) (*pgconn.PgError, bool) { return errors.AsType[*pgconn.PgError](err) }
