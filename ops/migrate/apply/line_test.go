package apply

import (
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"dbbot/ops/migrate"
	"dbbot/ops/postgres/cluster/clustertest"
)

// commandLine is golang-migrate's own program, built from its module at the version of go.mod:
// go build -tags pgx5 -o $GOLANG_MIGRATE github.com/golang-migrate/migrate/v4/cmd/migrate
func commandLine(tb testing.TB) string {
	tb.Helper()
	program := os.Getenv("GOLANG_MIGRATE")
	if program == "" {
		tb.Skip("GOLANG_MIGRATE does not say where golang-migrate's program is (.ci/run builds it)")
	}
	return program
}

// line gives it words, and hears what it says.
func line(tb testing.TB, database string, f migrate.Folder, words ...string) (string, error) {
	tb.Helper()
	out, err := lineCommand(tb, database, f, words...).CombinedOutput()
	return string(out), err
}

func lineCommand(tb testing.TB, database string, f migrate.Folder, words ...string) *exec.Cmd {
	tb.Helper()
	u, err := url.Parse(database)
	if err != nil {
		tb.Fatal(err)
	}
	u.Scheme = "pgx5"
	return exec.CommandContext(tb.Context(), commandLine(tb), append([]string{"-path", f.Dir, "-database", u.String()}, words...)...)
}

// turn is one thing to do, as the command line takes it.
type turn struct {
	words string
	fails bool
}

// turns that lead through all that golang-migrate's table can say. Files that fail have committed something before, so
// that dbbot, too, leaves its mark; what it does where nothing remains, TestAFailureThatLeavesNothing shows.
var turns = []turn{
	{"up 1", false},
	{"up 2", false},
	{"down 1", false},
	{"goto 3", false},
	{"goto 1", false},
	{"up", true}, // 4 breaks off
	{"up", true}, // dirty
	{"force 3", false},
	{"down 2", true}, // the way down of 2 breaks off
	{"goto 3", true}, // dirty
	{"force 1", false},
	{"down 1", true}, // the way down of the first breaks off: -1
	{"up", true},     // dirty, before the first
	{"force -1", false},
}

var turnFiles = files{
	"1_a.up.sql": "CREATE TABLE IF NOT EXISTS a (x int);", "1_a.down.sql": "CREATE TABLE gone_a (); COMMIT; SELECT 1 / 0;",
	"2_b.up.sql": "ALTER TABLE a ADD IF NOT EXISTS y text DEFAULT 'b';", "2_b.down.sql": "ALTER TABLE a DROP y; COMMIT; SELECT 1 / (to_regclass('half') IS NULL)::int;",
	"3_c.up.sql": "CREATE INDEX CONCURRENTLY IF NOT EXISTS by_x ON a (x);", "3_c.down.sql": "DROP INDEX CONCURRENTLY by_x;",
	"4_d.up.sql": "CREATE TABLE half (); COMMIT; SELECT 1 / 0;",
}

// byLine and byDbbot do the same thing, as far as they are able.
func byLine(tb testing.TB, database string, f migrate.Folder, words []string, _ int64) error {
	tb.Helper()
	if words[0] == "force" {
		words = []string{"force", "--", words[1]} // or -1 would be an option
	}
	_, err := line(tb, database, f, words...)
	return err
}

func byDbbot(tb testing.TB, database string, f migrate.Folder, words []string, request int64) error {
	tb.Helper()
	c := open(tb, database, f.Tool, request)
	defer c.Close()
	set, err := f.Load()
	if err != nil {
		return err
	}
	j, err := c.Journal(tb.Context())
	if err != nil {
		return err
	}
	if err := c.Lock(tb.Context(), quiet); err != nil {
		return err
	}
	steps, err := meant(set.Survey(j), words)
	switch {
	case err != nil:
		return err
	case words[0] == "force":
		return c.Force(tb.Context(), strings.TrimPrefix(words[1], "-1"))
	}
	_, err = c.Run(tb.Context(), Prepare(steps), func(string, int64, int64) {})
	return err
}

// meant is what the command line's words mean to dbbot.
func meant(v migrate.Survey, words []string) ([]migrate.Step, error) {
	number := 0
	if len(words) > 1 {
		number = int(words[1][0] - '0')
	}
	switch words[0] {
	case "up":
		return v.Up(number, "")
	case "down":
		return v.Down(number)
	case "goto":
		return v.Goto(words[1])
	}
	return nil, nil
}

// everything is golang-migrate's table, column by column, and what stands in the database beside it.
const everything = `SELECT concat_ws(E'\n', (SELECT string_agg(to_jsonb(m)::text, ' ') FROM schema_migrations m),
	(SELECT string_agg(format('%s.%s %s %s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod), i.indisvalid), ', ' ORDER BY c.relname, a.attname)
		FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped LEFT JOIN pg_index i ON i.indexrelid = c.oid
		WHERE c.relnamespace = 'public'::regnamespace AND c.relname NOT LIKE 'dbbot%'))`

// TestTheCommandLineAndDbbotTakeTurns goes the same way four times: the command line alone, dbbot alone, and in turns,
// either beginning. After each turn the database must be the same.
func TestTheCommandLineAndDbbotTakeTurns(t *testing.T) {
	commandLine(t)
	type runner func(testing.TB, string, migrate.Folder, []string, int64) error
	f := folder(t, migrate.GolangMigrate, turnFiles)
	var alone []string
	for _, order := range [][]runner{{byLine}, {byDbbot}, {byLine, byDbbot}, {byDbbot, byLine}} {
		database := clustertest.Database(t)
		for n, do := range turns {
			err := order[n%len(order)](t, database, f, strings.Fields(do.words), int64(n+1))
			if (err != nil) != do.fails {
				t.Fatalf("%s, turn %d of %d runners: %v", do.words, n, len(order), err)
			}
			now := ask(t, database, everything)
			if len(alone) <= n {
				alone = append(alone, now)
			} else if now != alone[n] {
				t.Errorf("%s, turn %d of %d runners: got %s\nthe command line alone has %s", do.words, n, len(order), now, alone[n])
			}
		}
		unlocked(t, database)
	}
	if !strings.HasPrefix(alone[12], `{"dirty": true, "version": -1}`) || !strings.HasPrefix(alone[5], `{"dirty": true, "version": 4}`) {
		t.Errorf("the turns lead elsewhere: %q", alone) // so that it is known what was compared
	}
}

// Where a file fails and nothing of it remains, golang-migrate stays dirty, and dbbot takes its mark back: the one way in
// which dbbot leaves another table than the tool. The tool then goes on from there.
func TestAFailureThatLeavesNothing(t *testing.T) {
	bad := files{"1_a.up.sql": "CREATE TABLE a ();", "2_b.up.sql": "CREATE TABLE b (); SELECT 1 / 0;"}
	f := folder(t, migrate.GolangMigrate, bad)
	theirs, ours := clustertest.Database(t), clustertest.Database(t)
	if out, err := line(t, theirs, f, "up"); err == nil || state(t, theirs) != "2 dirty" {
		t.Fatalf("%s, %v: %s", out, err, state(t, theirs))
	}
	if _, err := carry(t, ours, 1, f, all); err == nil || state(t, ours) != "1" {
		t.Fatalf("%v: %s", err, state(t, ours))
	}
	mended := folder(t, migrate.GolangMigrate, files{"1_a.up.sql": bad["1_a.up.sql"], "2_b.up.sql": "CREATE TABLE b ();"})
	if out, err := line(t, ours, mended, "up"); err != nil || state(t, ours) != "2" {
		t.Errorf("%s, %v", out, err)
	}
	if out, err := line(t, ours, mended, "version"); err != nil || strings.TrimSpace(out) != "2" {
		t.Errorf("%s, %v", out, err)
	}
}

// While the command line's file runs, dbbot finds its lock and names it; and the other way round, the command line waits.
func TestTheCommandLineAndDbbotExcludeEachOther(t *testing.T) {
	database := clustertest.Database(t)
	clustertest.Exec(t, database, "CREATE TABLE gate ()")
	f := folder(t, migrate.GolangMigrate, files{"1_a.up.sql": "LOCK TABLE gate; CREATE TABLE a ();", "2_b.up.sql": "CREATE TABLE b ();"})
	gate := clustertest.Connect(t, database)
	if _, err := gate.Exec(t.Context(), "BEGIN; LOCK TABLE gate"); err != nil {
		t.Fatal(err)
	}
	first := lineCommand(t, database, f, "up", "1")
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	atTheGate(t, database, "gate")
	c := open(t, database, f.Tool, 1)
	c.lockWithin = 100 * time.Millisecond
	if err := c.Lock(t.Context(), quiet); err == nil || !strings.Contains(err.Error(), "Another migration runs in orders: session ") {
		t.Errorf("got %v", err)
	}
	if _, err := gate.Exec(t.Context(), "COMMIT"); err != nil {
		t.Fatal(err)
	}
	if err := first.Wait(); err != nil {
		t.Fatal(err)
	}
	if err := c.Lock(t.Context(), quiet); err != nil {
		t.Fatal(explained(err))
	}
	second := lineCommand(t, database, f, "up")
	if err := second.Start(); err != nil {
		t.Fatal(err)
	}
	waiting(t, database, 1)
	report, err := c.Run(t.Context(), plan(t, c, f, all), func(string, int64, int64) {})
	if err != nil || len(report.Done) != 1 {
		t.Errorf("%+v, %v", report, err)
	}
	c.Close()
	if err := second.Wait(); err != nil { // to it, "no change" is none
		t.Errorf("the command line ended with %v", err)
	}
	if got := state(t, database); got != "2" {
		t.Errorf("the journal says %s", got)
	}
}

// atTheGate returns once somebody waits for a table.
func atTheGate(t *testing.T, database, table string) {
	t.Helper()
	for late := time.Now().Add(20 * time.Second); ask(t, database, "SELECT count(*)::text FROM pg_locks WHERE relation = '"+table+"'::regclass AND NOT granted") != "1"; {
		if time.Now().After(late) {
			t.Fatalf("nobody waits for %s: %s", table, ask(t, database, "SELECT coalesce(string_agg(concat_ws(' ', state, wait_event, query), '; '), 'nobody') FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"))
		}
	}
}
