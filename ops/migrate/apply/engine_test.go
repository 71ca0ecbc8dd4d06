package apply

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"dbbot/ops/migrate"
	"dbbot/ops/postgres/cluster/clustertest"
)

// engine is Prisma's own, in a process of Node's: .ci/prisma/engine.mjs says what it takes.
type engine struct {
	in  io.Writer
	out *bufio.Scanner
}

// said is what the engine answers.
type said struct {
	Error, Message string
	Applied        []string `json:"appliedMigrationNames"`
	Edited         []string `json:"editedMigrationNames"`
	Failed         []string `json:"failedMigrationNames"`
	History        *struct {
		Diagnostic string
		Unapplied  []string `json:"unappliedMigrationNames"`
		Unknown    []string `json:"unpersistedMigrationNames"`
	}
}

func startEngine(tb testing.TB) *engine {
	tb.Helper()
	program := os.Getenv("PRISMA_ENGINE")
	if program == "" {
		tb.Skip("PRISMA_ENGINE does not say where .ci/prisma/engine.mjs is (.ci/run installs what it needs)")
	}
	cmd := exec.Command("node", program)
	in, err := cmd.StdinPipe()
	if err != nil {
		tb.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = in.Close(); _ = cmd.Wait() })
	e := &engine{in: in, out: bufio.NewScanner(out)}
	e.out.Buffer(nil, 1<<20)
	return e
}

// do asks for one thing: deploy, status, applied or rolled-back.
func (e *engine) do(tb testing.TB, database string, f migrate.Folder, what, name string) said {
	tb.Helper()
	request, _ := json.Marshal(map[string]string{"do": what, "url": database, "dir": f.Dir, "name": name})
	if _, err := fmt.Fprintf(e.in, "%s\n", request); err != nil || !e.out.Scan() {
		tb.Fatalf("the engine is gone: %v", err)
	}
	var answer said
	if err := json.Unmarshal(e.out.Bytes(), &answer); err != nil {
		tb.Fatalf("%v: %s", err, e.out.Bytes())
	}
	return answer
}

// prismaTurn is one thing to do; name is of a migration, for resolve.
type prismaTurn struct {
	what, name string
	fails      bool
}

// prismaTurns lead through all that Prisma's table can say. The file that fails has committed something before: see turns.
var prismaTurns = []prismaTurn{
	{"deploy", "", true}, // 3 breaks off
	{"deploy", "", true}, // P3009
	{"rolled-back", "3_c", false},
	{"rolled-back", "1_a", true}, // it did not break off
	{"deploy", "", true},         // 3 once more
	{"applied", "3_c", false},
	{"deploy", "", false}, // 4
	{"applied", "2_b", true},
	{"applied", "9_gone", true},
	{"deploy", "", false}, // nothing is pending
}

var prismaTurnFiles = files{
	"migration_lock.toml": "provider = \"postgresql\"\n",
	"1_a/migration.sql":   "CREATE TABLE a (x int);\r\nCREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1; $$;\r\n",
	"2_b/migration.sql":   "-- This is an empty migration.",
	"3_c/migration.sql":   "CREATE TABLE IF NOT EXISTS half (); COMMIT; SELECT 1 / 0;",
	"4_d/migration.sql":   "CREATE INDEX CONCURRENTLY by_x ON a (x);",
}

func (e *engine) byEngine(tb testing.TB, database string, f migrate.Folder, turn prismaTurn, _ int64) bool {
	answer := e.do(tb, database, f, turn.what, turn.name)
	return answer.Message == ""
}

func (e *engine) byDbbot(tb testing.TB, database string, f migrate.Folder, turn prismaTurn, request int64) bool {
	tb.Helper()
	set, err := f.Load()
	if err != nil {
		tb.Fatal(err)
	}
	v := set.Survey(journal(tb, database, f.Tool))
	if turn.what == "deploy" {
		if len(v.Pending) == 0 {
			return true // the engine has nothing against that
		}
		if _, err := v.Up(0, ""); err != nil {
			return false
		}
		_, err := carry(tb, database, request, f, all)
		return err == nil
	}
	m, err := v.Resolve(turn.name, turn.what == "applied")
	if err != nil {
		return false
	}
	c := locked(tb, database, f.Tool)
	defer c.Close()
	return c.Resolve(tb.Context(), m, turn.what == "applied") == nil
}

// prismasTable is what _prisma_migrations says, column by column, ids and times aside: whether a time is there, and in
// which order the rows began; of the words for an error, whether there are any.
const prismasTable = `SELECT coalesce(string_agg(concat_ws(' ', migration_name, checksum, length(id), applied_steps_count, 'began', finished_at >= started_at, finished_at = started_at AND applied_steps_count = 0,
	'undone', rolled_back_at IS NOT NULL, 'logs', logs IS NULL, logs = ''), E'\n' ORDER BY started_at), 'none') FROM _prisma_migrations`

// TestPrismasEngineAndDbbotTakeTurns goes the same way four times, as TestTheCommandLineAndDbbotTakeTurns does, and asks
// the engine each time what it makes of the table.
func TestPrismasEngineAndDbbotTakeTurns(t *testing.T) {
	e := startEngine(t)
	type runner func(testing.TB, string, migrate.Folder, prismaTurn, int64) bool
	f := folder(t, migrate.Prisma, prismaTurnFiles)
	var alone []string
	for _, order := range [][]runner{{e.byEngine}, {e.byDbbot}, {e.byEngine, e.byDbbot}, {e.byDbbot, e.byEngine}} {
		database := clustertest.Database(t)
		for n, do := range prismaTurns {
			if good := order[n%len(order)](t, database, f, do, int64(n+1)); good == do.fails {
				t.Fatalf("%+v, turn %d of %d runners: %v", do, n, len(order), good)
			}
			now := ask(t, database, prismasTable)
			if len(alone) <= n {
				alone = append(alone, now)
			} else if now != alone[n] {
				t.Errorf("%+v, turn %d of %d runners: got\n%s\nthe engine alone has\n%s", do, n, len(order), now, alone[n])
			}
			e.agrees(t, database, f)
		}
	}
	if last := alone[len(alone)-1]; strings.Count(last, "\n") != 5 {
		t.Errorf("the turns lead elsewhere: %s", last)
	}
}

// agrees compares what the engine and dbbot make of a database.
func (e *engine) agrees(t *testing.T, database string, f migrate.Folder) {
	t.Helper()
	set, err := f.Load()
	if err != nil {
		t.Fatal(err)
	}
	v, status := set.Survey(journal(t, database, f.Tool)), e.do(t, database, f, "status", "")
	var unapplied, unknown []string
	if status.History != nil {
		unapplied, unknown = status.History.Unapplied, status.History.Unknown
	}
	for what, pair := range map[string][2][]string{"pending": {migrate.Names(v.Pending), unapplied}, "broken": {v.Broken, status.Failed}, "edited": {v.Edited, status.Edited}, "unknown": {v.Unknown, unknown}} {
		if !slices.Equal(pair[0], pair[1]) {
			t.Errorf("%s: dbbot says %q, the engine %q", what, pair[0], pair[1])
		}
	}
}
