package apply

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// watchAfter is how long a statement runs before somebody looks what it does; most end sooner.
	watchAfter = 400 * time.Millisecond
	// watchEvery is between two looks; cards are redrawn every two seconds at most.
	watchEvery = time.Second
	// watchWithin bounds one look.
	watchWithin = 2 * time.Second
)

// watched runs something long in the working session, and tells meanwhile from a second one what it does and whom it
// waits for.
func (r *run) watched(ctx context.Context, do func() error, say func(string)) error {
	ended, stop := context.WithCancel(context.WithoutCancel(ctx))
	var looking sync.WaitGroup
	pid := r.work.PgConn().PID()
	r.blocker = nil
	looking.Go(func() {
		for pause := watchAfter; wait(ended, pause); pause = watchEvery {
			news, blocker := r.look(pid)
			if blocker != nil {
				r.blocker = blocker
			}
			if news != "" {
				say(news)
			}
		}
	})
	err := do()
	stop()
	looking.Wait()
	return err
}

// lookSQL asks what a session does: whom it waits for, and how far the building of an index is.
const lookSQL = `SELECT coalesce(p.phase, ''), coalesce(p.blocks_done, 0), coalesce(p.blocks_total, 0), coalesce(p.tuples_done, 0), coalesce(p.tuples_total, 0),
	b.pid, b.application_name, b.usename::text, host(b.client_addr), b.xact_start
	FROM pg_stat_activity a LEFT JOIN pg_stat_progress_create_index p USING (pid)
	LEFT JOIN LATERAL (SELECT * FROM pg_stat_activity WHERE pid = ANY (pg_blocking_pids(a.pid)) ORDER BY xact_start NULLS LAST LIMIT 1) b ON a.wait_event_type = 'Lock'
	WHERE a.pid = $1`

// look says what the working session does, in half a sentence, and for whom it waits, nil for nobody. Nothing of it is
// needed for the run, so faults are silent.
func (r *run) look(pid uint32) (news string, blocker *session) {
	ctx, cancel := context.WithTimeout(context.Background(), watchWithin)
	defer cancel()
	if r.watcher == nil || r.watcher.IsClosed() {
		conn, err := pgx.ConnectConfig(ctx, r.config)
		if err != nil {
			return "", nil
		}
		r.watcher = conn
	}
	var phase string
	var blocks, ofBlocks, tuples, ofTuples int64
	var holder *int32
	var s session
	err := r.watcher.QueryRow(ctx, lookSQL, pid).Scan(&phase, &blocks, &ofBlocks, &tuples, &ofTuples, &holder, &s.Application, &s.Role, &s.Client, &s.Since)
	switch {
	case err != nil:
		return "", nil
	case holder != nil:
		s.PID = *holder
		return strings.TrimSpace(phase+" waits for ") + " " + s.inTransaction(), &s
	case phase == "":
		return "", nil
	case ofBlocks > 0:
		phase += percent(blocks, ofBlocks)
	case ofTuples > 0:
		phase += percent(tuples, ofTuples)
	}
	return phase, nil
}

func percent(done, total int64) string { return fmt.Sprintf(", %d %%", 100*done/total) }

// inTransaction names a session by since when it holds what it holds.
func (s session) inTransaction() string {
	since := s.Since
	s.Since = nil
	if since == nil {
		return s.String()
	}
	return s.String() + ", whose transaction began at " + since.UTC().Format("15:04:05") + " UTC"
}

// unwatch ends the second session.
func (r *run) unwatch() {
	if r.watcher != nil {
		ctx, cancel := context.WithTimeout(context.Background(), closeWithin)
		defer cancel()
		_ = r.watcher.Close(ctx) // it held nothing
	}
}
