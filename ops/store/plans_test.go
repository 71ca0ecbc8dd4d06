package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"dbbot/ops/approval"
	"dbbot/ops/audit"
	"dbbot/ops/postgres/cluster/clustertest"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// statements hears every statement that a Store runs.
type statements struct {
	mu  sync.Mutex
	all []statement
}

type statement struct {
	sql  string
	args []any
}

func (s *statements) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	s.add(data.SQL, data.Args)
	return ctx
}

func (s *statements) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (s *statements) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}

func (s *statements) TraceBatchQuery(_ context.Context, _ *pgx.Conn, data pgx.TraceBatchQueryData) {
	s.add(data.SQL, data.Args)
}

func (s *statements) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

func (s *statements) add(sql string, args []any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if rewriter, ok := first(args).(pgx.QueryRewriter); ok {
		sql, args, _ = rewriter.RewriteQuery(context.Background(), nil, sql, args)
	}
	s.all = append(s.all, statement{sql, args})
}

func first(args []any) any {
	if len(args) == 0 {
		return nil
	}
	return args[0]
}

// With a hundred thousand requests and all that belongs to them, no call reads a table from end to end.
func TestPlans(t *testing.T) {
	if testing.Short() {
		t.Skip("it fills tables with a hundred thousand rows")
	}
	databaseURL := fresh(t)
	opened(t, databaseURL)
	many(t, databaseURL, 100_000)
	heard := new(statements)
	s := opened(t, databaseURL, func(o *Options) {
		o.Announce = func(m approval.Move) []Message {
			return []Message{{Key: fmt.Sprint(m.After.ID, m.Event, m.After.Version), Kind: Notice, To: "C0DBOPS"}}
		}
	})
	traced(t, s, heard)
	everything(t, s)

	seen, n := map[string]bool{}, 0
	conn := clustertest.Connect(t, databaseURL)
	for _, st := range heard.all {
		verb := strings.ToUpper(strings.Fields(st.sql)[0])
		if seen[st.sql] || !slices.Contains([]string{"SELECT", "UPDATE", "INSERT", "DELETE", "WITH"}, verb) {
			continue
		}
		seen[st.sql] = true
		n++
		for _, scan := range scans(t, conn, st) {
			t.Errorf("reads all of %s: %s", scan, st.sql)
		}
	}
	if n < 30 {
		t.Errorf("%d statements were looked at", n)
	}
	for _, st := range seldom {
		for _, scan := range scans(t, conn, st) {
			t.Errorf("reads all of %s: %s", scan, st.sql)
		}
	}
}

// seldom are statements that a test of a minute does not meet.
var seldom = func() (all []statement) {
	for _, sql := range prunes {
		all = append(all, statement{sql, []any{pruneAtOnce}})
	}
	return all
}()

// large are the tables that grow without end.
var large = []string{"requests", "votes", "messages", "tokens", "inbox", "audit"}

// scans are the large tables that a statement reads from end to end.
func scans(t *testing.T, conn *pgx.Conn, st statement) (all []string) {
	t.Helper()
	var plan []byte
	tx := must(conn.Begin(t.Context()))
	defer func() { _ = tx.Rollback(context.Background()) }()
	if err := tx.QueryRow(t.Context(), "EXPLAIN (FORMAT JSON) "+st.sql, st.args...).Scan(&plan); err != nil {
		t.Fatalf("%s: %v", st.sql, err)
	}
	var nodes []any
	if err := json.Unmarshal(plan, &nodes); err != nil {
		t.Fatal(err)
	}
	walk(nodes, func(node map[string]any) {
		if node["Node Type"] == "Seq Scan" && slices.Contains(large, fmt.Sprint(node["Relation Name"])) {
			all = append(all, fmt.Sprint(node["Relation Name"]))
		}
	})
	return all
}

func walk(v any, visit func(map[string]any)) {
	switch v := v.(type) {
	case []any:
		for _, each := range v {
			walk(each, visit)
		}
	case map[string]any:
		visit(v)
		for _, each := range v {
			walk(each, visit)
		}
	}
}

// traced makes s tell heard what it runs.
func traced(t *testing.T, s *Store, heard *statements) {
	t.Helper()
	config := s.pool.Config()
	config.ConnConfig.Tracer = heard
	s.pool.Close()
	pool, err := pgxpool.NewWithConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	s.pool = pool
}

// everything calls each method as the program does.
func everything(t *testing.T, s *Store) {
	t.Helper()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Errorf("%v (%v)", err, causeOf(err))
		}
	}
	_, card := cardOf(t, s)
	m, _, _ := lease(t, s, card.ID, minute)
	placed(t, s, m, "17.1", m.Wanted)
	_, err := s.Decide(t.Context(), approval.Press{Key: "k", Token: card.Token, Who: lee.ID, Channel: "C0ORDERS", Message: "17.1"}, agree(lee))
	check(err)
	r := moved(t, s, card.Request, claim(1), start)
	_, err = s.Report(t.Context(), r.ID, r.Fence, approval.Progress{Phase: "ending"})
	check(err)
	waiting := moved(t, s, made(t, s, consentless).ID, claim(1))
	_, err = s.Move(t.Context(), waiting.ID, start)
	if busy, ok := errors.AsType[*approval.Busy](err); !ok || busy.Holder != r.ID {
		t.Error(err)
	}
	moved(t, s, waiting.ID, func(w approval.Request, now time.Time) (approval.Move, error) { return w.Wait(w.Fence, r.ID, now) })
	moved(t, s, r.ID, finish)
	for _, f := range []approval.Filter{
		{},
		{States: []approval.State{approval.Pending, approval.Approved, approval.Running}},
		{Requester: ana},
		{Databases: []string{"db7"}},
		{Since: time.Now().Add(-time.Hour)},
		{States: []approval.State{approval.Pending}, Requester: ana, Databases: []string{"db7", "orders"}},
	} {
		_, err = s.List(t.Context(), f)
		check(err)
	}
	for _, f := range []audit.Filter{{}, {Databases: []string{"db7", ""}}, {Who: lee.ID}, {Request: 77}, {Before: 5000}} {
		_, err = s.Audit(t.Context(), f)
		check(err)
	}
	for range s.Chain(t.Context(), 90_000) {
	}
	_, err = s.Head(t.Context())
	check(err)
	_, err = s.LastStart(t.Context())
	check(err)
	_, err = s.Strays(t.Context())
	check(err)
	check(s.Receive(t.Context(), Invocation{Key: "k"}))
	check(s.Settle(t.Context(), "k", "done"))
	_, err = s.Invocation(t.Context(), "k")
	check(err)
	check(s.HomeOpened(t.Context(), ana))
	check(s.HomeShown(t.Context(), ana, "d"))
	_, err = s.Homes(t.Context())
	check(err)
	_, err = s.HomeTokens(t.Context(), ana, []approval.ID{r.ID, 500, 600})
	check(err)
	_, err = s.Links(t.Context(), []approval.ID{r.ID, 500, 600})
	check(err)
	everyClock(t, s, check)
	_, card = cardOf(t, s)
	for _, end := range []func(context.Context, Message, string) error{s.Postpone, s.Redirect, s.Unsayable} {
		m, _, _ := lease(t, s, card.ID, minute)
		check(end(t.Context(), m, "C0DBOPS"))
	}
}

// everyClock calls what schedules and alarms do.
func everyClock(t *testing.T, s *Store, check func(error)) {
	t.Helper()
	scheduled(t, s, "backup orders", nightly)
	slot, ask := due(three)
	_, _, err := s.CreateDue(t.Context(), slot, ask)
	check(err)
	check(s.SeenTo(t.Context(), slot))
	_, err = s.Raise(t.Context(), Alarm{Key: "age orders", Database: "orders"}, notice("{}"))
	check(err)
	_, err = s.Alarms(t.Context())
	check(err)
	_, err = s.Clear(t.Context(), "age orders", notice("{}"))
	check(err)
}

// many fills the tables as years would.
func many(t *testing.T, databaseURL string, n int) {
	t.Helper()
	conn := clustertest.Connect(t, databaseURL)
	fill(t, conn, n)
	for _, sql := range []string{
		`INSERT INTO dbbot.requests (version, state, moved, key, command, words, risk, database, environment, system, catalog, requester_team, requester_user, reason,
			channel, thread, plan, shown, digest, terms_by, terms_count, terms_within, terms_alone, terms_glass, asked, expires, by_team, by_user, why, glass,
			worker, fence, waits_for, decided, started, ended, phase, done, total)
		SELECT 5, CASE WHEN n % 10 = 0 THEN 'rejected' ELSE 'succeeded' END, at, 'key ' || n, 'terminate', 'terminate 1', 'destroy', 'db' || n % 20, 'production', '71', 'db' || n % 20,
			'T0DEMO', 'U' || n % 500, '', 'C0ORDERS', '', '{}', '{}', 'digest ' || n, '{leads}', 1, '1 hour', false, false, at, at, '', '', '', false, 1, 1, 0, at, at, at, '', 0, 0
		FROM (SELECT n, clock_timestamp() - ($1 - n) * interval '10 minutes' AS at FROM generate_series(1, $1::int) n) s`,
		`INSERT INTO dbbot.votes SELECT id, 'T0DEMO', 'U0LEE', 0, true, '', asked FROM dbbot.requests WHERE id <= $1`,
		`INSERT INTO dbbot.messages (key, request, kind, recipient, thread, sent, channel, stamp, created, due, sent_at)
			SELECT 'card #' || id, id, 'card', 'C0ORDERS', '', 1, 'C0ORDERS', id::text, asked, asked, asked FROM dbbot.requests WHERE id <= $1`,
		`INSERT INTO dbbot.messages (key, request, kind, recipient, thread, sent, created, due, sent_at)
			SELECT 'direct ' || id, id, 'direct', 'U0ANA', '', 1, asked, asked, asked FROM dbbot.requests WHERE id > $1 - 5000`,
		`INSERT INTO dbbot.tokens (token, request, message) SELECT 'token of message number ' || id || repeat('x', 10), request, id FROM dbbot.messages WHERE kind = 'card' AND id <= 2 * $1`,
		`INSERT INTO dbbot.inbox (key, kind, team, member, words, channel, thread, received, worker, settled)
			SELECT 'command ' || n, 'command', 'T0DEMO', 'U0ANA', 'terminate 1', '', '', now(), 1, now() FROM generate_series(1, $1::int) n`,
	} {
		if _, err := conn.Exec(t.Context(), sql, n); err != nil {
			t.Fatalf("%s: %v", sql, err)
		}
	}
	for _, sql := range []string{
		"ALTER TABLE dbbot.audit_head DISABLE TRIGGER USER",
		"UPDATE dbbot.audit_head SET (seq, hash) = (SELECT seq, hash FROM dbbot.audit ORDER BY seq DESC LIMIT 1)", "VACUUM ANALYZE",
	} {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
}
