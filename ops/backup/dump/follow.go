package dump

import (
	"context"
	"errors"
	"sync"
	"time"
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
// that the server has sent of those it believes to be there (reference/backups.md §4). It also sees who is in the way.
func (t *taking) follow(ctx context.Context, w *watch) error {
	all, err := t.weigh(ctx)
	if err != nil {
		return err
	}
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

// weigh reads all tables, in one question.
func (t *taking) weigh(ctx context.Context) (*weights, error) {
	rows, err := t.survey.guard.Query(ctx, `SELECT c.oid, nspname || '.' || relname, coalesce(pg_table_size(c.oid), 0), reltuples::float8
		FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE relkind = 'r' AND nspname NOT LIKE 'pg\_%' AND nspname <> 'information_schema'`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := &weights{tables: map[string]*weight{}, byOID: map[uint32]*weight{}}
	for rows.Next() {
		var oid uint32
		var name string
		one := &weight{}
		if err := rows.Scan(&oid, &name, &one.bytes, &one.rows); err != nil {
			return nil, err
		}
		all.tables[name], all.byOID[oid] = one, one
		all.total += one.bytes
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	// Large objects come last, and nobody tells how far they are.
	var large int64
	err = t.survey.guard.QueryRow(ctx, "SELECT pg_table_size('pg_catalog.pg_largeobject')").Scan(&large)
	all.total += large
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
	blocker AS (SELECT b FROM ours, unnest(pg_blocking_pids(pid)) b LIMIT 1)
	SELECT coalesce(array_agg(relid), '{}'), coalesce(array_agg(tuples_processed), '{}'), coalesce(array_agg(bytes_processed), '{}'),
		(SELECT b FROM blocker), (SELECT application_name FROM pg_stat_activity JOIN blocker ON pid = b), (SELECT usename::text FROM pg_stat_activity JOIN blocker ON pid = b),
		(SELECT host(client_addr) FROM pg_stat_activity JOIN blocker ON pid = b), (SELECT backend_start FROM pg_stat_activity JOIN blocker ON pid = b)
	FROM pg_stat_progress_copy JOIN ours USING (pid) WHERE relid <> 0`

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
