package dump

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// weights are the tables by name, and how much each is of the whole.
type weights struct {
	tables map[string]*weight // by "schema.table", as pg_dump says it
	byOID  map[uint32]*weight
	total  int64
}

type weight struct {
	bytes   int64
	rows    float64 // reltuples: -1 where nobody has counted yet
	started bool
	part    float64 // of it that is done, while it is being copied
}

// progressed is what pg_dump has said, beside the watch over its bytes.
type progressed struct {
	mu    sync.Mutex
	names []string // of tables, as they were started
}

func (w *watch) started(name string) {
	w.progress.mu.Lock()
	defer w.progress.mu.Unlock()
	w.progress.names = append(w.progress.names, name)
}

// take gives what was started since the last time.
func (p *progressed) take() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	names := p.names
	p.names = nil
	return names
}

var errLost = errors.New("the session that holds the lock was lost")

// follow tells how far the dump is, until it has ended: each table counts by its size, and the one being copied by the rows
// that the server has sent of those it believes to be there (reference backups 4). It also sees who is in the way.
func (t *taking) follow(ctx context.Context, w *watch) error {
	all := t.survey.weights
	look := time.NewTicker(t.bounds.poll)
	defer look.Stop()
	most := int64(0)
	t.say(Copying, 0, all.total)
	for {
		select {
		case <-w.dumped.done:
			t.say(Copying, all.total, all.total)
			return nil
		case <-ctx.Done():
			return nil
		case <-look.C:
		}
		done, err := t.look(ctx, w, all)
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return errors.Join(errLost, err)
		}
		if done > most {
			most = done
			w.touch()
		}
		t.say(Copying, most, all.total)
	}
}

// weighWithin is how long the sizes of tables wait for locks: what is locked is estimated.
const weighWithin = "500ms"

// The size of a table is asked for under a lock, which a migration by hand may have; its last known one is not.
const (
	sizeSQL     = "pg_table_size(c.oid)"
	estimateSQL = "(c.relpages + coalesce((SELECT relpages FROM pg_class t WHERE t.oid = c.reltoastrelid), 0))::bigint * current_setting('block_size')::int"
	weighSQL    = `SELECT c.oid, nspname || '.' || relname, coalesce(%s, 0), reltuples::float8 FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
		WHERE (relkind = 'r' AND nspname NOT LIKE 'pg\_%%' AND nspname <> 'information_schema') OR c.oid = 'pg_catalog.pg_largeobject'::regclass`
)

// weigh reads the sizes of all tables, in one question. Large objects, of which nobody tells how far they are, count when
// everything is done.
func weigh(ctx context.Context, conn *pgx.Conn) (*weights, error) {
	all, err := weighBy(ctx, conn, sizeSQL)
	if codeOf(err) == lockNotAvailable {
		return weighBy(ctx, conn, estimateSQL)
	}
	return all, err
}

const lockNotAvailable = "55P03"

func weighBy(ctx context.Context, conn *pgx.Conn, size string) (*weights, error) {
	all := &weights{tables: map[string]*weight{}, byOID: map[uint32]*weight{}}
	err := pgx.BeginTxFunc(ctx, conn, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SET LOCAL lock_timeout = '"+weighWithin+"'"); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, fmt.Sprintf(weighSQL, size))
		if err != nil {
			return err
		}
		var oid uint32
		var name string
		var one weight
		_, err = pgx.ForEachRow(rows, []any{&oid, &name, &one.bytes, &one.rows}, func() error {
			table := one
			all.tables[name], all.byOID[oid] = &table, &table
			all.total += table.bytes
			return nil
		})
		return err
	})
	return all, err
}

// look reads how far it is, and whom it waits for, in one question.
func (t *taking) look(ctx context.Context, w *watch, all *weights) (done int64, err error) {
	for _, name := range w.progress.take() {
		if one := all.tables[name]; one != nil {
			one.started = true
		}
	}
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	var oids []uint32
	var copied, read []int64
	var blocker session
	err = t.survey.guard.QueryRow(ctx, lookSQL, t.survey.name).Scan(&oids, &copied, &read, &blocker.PID, &blocker.Application, &blocker.Role, &blocker.Client, &blocker.Since)
	if err != nil {
		return 0, err
	}
	t.blocked(blocker)
	now := map[*weight]float64{}
	for i, oid := range oids {
		if one := all.byOID[oid]; one != nil {
			one.started = true
			now[one] = one.share(copied[i], read[i])
		}
	}
	return all.sum(now), nil
}

// lookSQL: tables that are being copied, and one session that is in the way.
const lookSQL = `WITH ours AS (SELECT pid FROM pg_stat_activity WHERE application_name = $1 AND datname = current_database()),
	copy AS (SELECT array_agg(relid) AS tables, array_agg(tuples_processed) AS rows, array_agg(bytes_processed) AS bytes
		FROM pg_stat_progress_copy JOIN ours USING (pid) WHERE relid <> 0)
	SELECT coalesce(tables, '{}'), coalesce(rows, '{}'), coalesce(bytes, '{}'), a.pid, a.application_name, a.usename::text, host(a.client_addr), a.backend_start
	FROM copy LEFT JOIN (SELECT b FROM ours, unnest(pg_blocking_pids(pid)) b LIMIT 1) blocker ON true LEFT JOIN pg_stat_activity a ON a.pid = blocker.b`

// share is how much of a table is copied: never all of it, before it has ended. What nobody has counted is judged by bytes.
func (o *weight) share(rows, bytes int64) float64 {
	part := 0.0
	switch {
	case o.rows > 0:
		part = float64(rows) / o.rows
	case o.bytes > 0:
		part = float64(bytes) / float64(o.bytes)
	}
	o.part = max(o.part, min(0.99, part))
	return o.part
}

// sum adds up what is done: what was started and is not being copied now is done, and so is every part of what is.
func (a *weights) sum(now map[*weight]float64) (done int64) {
	for _, one := range a.byOID {
		part, copying := now[one]
		switch {
		case copying:
			done += int64(part * float64(one.bytes))
		case one.started:
			done += one.bytes
		}
	}
	return done
}

// blocked remembers who is in the way, for the case that pg_dump gives up.
func (t *taking) blocked(by session) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if by.PID != nil {
		t.blocker = by.String()
	}
}
