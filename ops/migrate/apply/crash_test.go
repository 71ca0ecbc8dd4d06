package apply

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"reflect"
	"strings"
	"syscall"
	"testing"

	"dbbot/ops"
	"dbbot/ops/migrate"
	"dbbot/ops/postgres/cluster/clustertest"
)

// childOf is the variable with which this test binary becomes a process that migrates, and is killed at a step.
const childOf = "DBBOT_TEST_APPLY"

type task struct {
	URL, Dir, Step string
	Tool           migrate.Tool
	At             int // the how many-th time the step is reached
}

// child runs a whole folder as request 1, and ends where it is told to, as kill -9 ends a process.
func child(text string) {
	var todo task
	if err := json.Unmarshal([]byte(text), &todo); err != nil {
		panic(err)
	}
	ops.OnReached = func(step string) {
		if step != todo.Step {
			return
		}
		if todo.At--; todo.At == 0 {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	}
	ctx := context.Background()
	c, err := Open(ctx, options(todo.URL, todo.Tool, 1))
	must(err)
	set, err := migrate.Folder{Tool: todo.Tool, Dir: todo.Dir}.Load()
	must(err)
	j, err := c.Journal(ctx)
	must(err)
	steps, err := set.Survey(j).Up(0, "")
	must(err)
	must(c.Lock(ctx, quiet))
	_, err = c.Run(ctx, Prepare(steps), func(string, int64, int64) {})
	must(err)
}

func must(err error) {
	if err != nil {
		panic(explained(err))
	}
}

func TestKilledAtAnyStep(t *testing.T) {
	golang := files{"0001_first.up.sql": first, "0002_next.up.sql": "CREATE TABLE a (); CREATE TABLE b ();"}
	outside := files{"0001_first.up.sql": first, "0002_next.up.sql": "CREATE TABLE a (); CREATE INDEX CONCURRENTLY by_total ON orders (total); CREATE TABLE b ();"}
	written := files{"0001_first.up.sql": first, "0002_next.up.sql": "BEGIN; CREATE TABLE a (); CREATE TABLE b (); COMMIT;"}
	prisma := files{"1_first/migration.sql": first, "2_next/migration.sql": outside["0002_next.up.sql"]}
	for _, test := range []struct {
		step   string
		at     int
		folder files
		fate   Fate
		broken *Broken
		tables string
		state  string
	}{
		{"begun", 1, golang, Nothing, nil, "0", "none"},
		{"statement", 1, golang, Nothing, nil, "0", "none"},
		{"written", 1, golang, Nothing, nil, "0", "none"},
		{"committed", 1, golang, Partly, nil, "0", "1"},
		{"migrated", 1, golang, Partly, nil, "0", "1"},
		{"statement", 4, golang, Partly, nil, "0", "1"},
		{"written", 2, golang, Partly, nil, "0", "1"},
		{"committed", 2, golang, Whole, nil, "2", "2"},
		{"marked", 1, outside, Unclear, &Broken{Name: "0002_next", Of: 3}, "0", "2 dirty"},
		{"statement", 3, outside, Unclear, &Broken{Name: "0002_next", Of: 3, Applied: 1}, "1", "2 dirty"},
		{"alone", 1, outside, Unclear, &Broken{Name: "0002_next", Of: 3, Applied: 1}, "1", "2 dirty"},
		{"outside", 1, outside, Unclear, &Broken{Name: "0002_next", Of: 3, Applied: 3}, "2", "2 dirty"},
		{"migrated", 2, outside, Whole, nil, "2", "2"},
		{"marked", 1, written, Unclear, &Broken{Name: "0002_next", Of: 4, OwnTransactions: true}, "0", "2 dirty"},
		{"outside", 1, written, Unclear, &Broken{Name: "0002_next", Of: 4, OwnTransactions: true}, "2", "2 dirty"},
		{"alone", 1, prisma, Unclear, &Broken{Name: "2_next", Of: 3, Applied: 1}, "1", ""},
	} {
		t.Run(test.step, func(t *testing.T) {
			todo := task{URL: clustertest.Database(t), Step: test.step, At: test.at, Tool: migrate.GolangMigrate}
			if test.state == "" {
				todo.Tool = migrate.Prisma
			}
			todo.Dir = folder(t, todo.Tool, test.folder).Dir
			kill(t, todo)
			found, err := Look(t.Context(), options(todo.URL, todo.Tool, 1), 2)
			if err != nil || found.Fate != test.fate || !reflect.DeepEqual(found.Broken, test.broken) || len(found.Invalid) != 0 || found.String() == "" {
				t.Errorf("found %+v, %+v, %v", found, found.Broken, err)
			}
			if got := ask(t, todo.URL, "SELECT count(*)::text FROM pg_tables WHERE tablename IN ('a', 'b')"); got != test.tables {
				t.Errorf("%s tables are there", got)
			}
			if test.state != "" && state2(t, todo.URL) != test.state {
				t.Errorf("the journal says %s", state2(t, todo.URL))
			}
			if test.fate != Whole && (test.broken == nil || !test.broken.OwnTransactions) {
				wentOn(t, todo)
			}
			unlocked(t, todo.URL)
		})
	}
}

// wentOn: after a crash in which nobody has looked, what was left goes on, and everything stands in the end.
func wentOn(t *testing.T, todo task) {
	t.Helper()
	if _, err := carry(t, todo.URL, 2, migrate.Folder{Tool: todo.Tool, Dir: todo.Dir}, all); err != nil {
		t.Fatal(explained(err))
	}
	stands := ask(t, todo.URL, `SELECT concat(to_regclass('a'), to_regclass('b'), (SELECT count(*) FROM pg_index WHERE NOT indisvalid))`)
	if j := journal(t, todo.URL, todo.Tool); stands != "ab0" || j.Left != nil || len(j.Own) < 1 {
		t.Errorf("in the end there is %s, left %+v", stands, j.Left)
	}
	if todo.Tool == migrate.GolangMigrate && state(t, todo.URL) != "2" {
		t.Errorf("in the end it is at %s", state(t, todo.URL))
	}
}

// kill runs a task in a process, which ends by SIGKILL.
func kill(tb testing.TB, todo task) {
	tb.Helper()
	text, err := json.Marshal(todo)
	if err != nil {
		tb.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childOf+"="+string(text))
	out, err := cmd.CombinedOutput()
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || !status.Signaled() || status.Signal() != syscall.SIGKILL {
		tb.Fatalf("%v: %s", err, out)
	}
}

// A process that dies while a statement runs leaves a session that works on: Look ends it first.
func TestWhatIsLeftRunningIsEnded(t *testing.T) {
	url := clustertest.Database(t)
	c := open(t, url, migrate.GolangMigrate, 1)
	go func() { _, _ = c.work.Exec(context.Background(), "SELECT pg_sleep(600)") }()
	stranger := clustertest.Connect(t, url)
	if _, err := stranger.Exec(t.Context(), "SET application_name = 'dbbot migration 2/60a24181e4000'"); err != nil {
		t.Fatal(err)
	}
	found, err := Look(t.Context(), options(url, migrate.GolangMigrate, 1), 1)
	if err != nil || found.Fate != Nothing {
		t.Errorf("%+v, %v", found, err)
	}
	if left := ask(t, url, "SELECT coalesce(string_agg(application_name, ' '), '') FROM pg_stat_activity WHERE application_name LIKE 'dbbot migration %'"); !strings.HasPrefix(left, "dbbot migration 2/") {
		t.Errorf("left: %s", left)
	}
}

func TestAnInvalidIndexIsFound(t *testing.T) {
	url := clustertest.Database(t)
	clustertest.Exec(t, url, first)
	conn := clustertest.Connect(t, url)
	if _, err := conn.Exec(t.Context(), `CREATE UNIQUE INDEX CONCURRENTLY "By Total" ON orders (total)`); err == nil {
		t.Fatal("it was built")
	}
	found, err := Look(t.Context(), options(url, migrate.GolangMigrate, 1), 1)
	if err != nil || !reflect.DeepEqual(found.Invalid, []string{`public."By Total"`}) {
		t.Errorf("%+v, %v", found, err)
	}
}

// A process dies while its statement runs: the server itself ends the session a moment later, with all it did.
func TestTheServerNoticesThatDbbotIsGone(t *testing.T) {
	todo := task{URL: clustertest.Database(t), Tool: migrate.GolangMigrate}
	todo.Dir = folder(t, todo.Tool, files{"1_a.up.sql": "CREATE TABLE a (); SELECT pg_sleep(600);"}).Dir
	text, err := json.Marshal(todo)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childOf+"="+string(text))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	sessions(t, todo.URL, "state = 'active' AND query LIKE '%pg_sleep%'", 1)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed
	sessions(t, todo.URL, "true", 0)
	if left := ask(t, todo.URL, "SELECT concat(to_regclass('a'), (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'))"); left != "0" {
		t.Errorf("left: %s", left)
	}
}

// sessions returns once so many of a migration's are as a condition says.
func sessions(tb testing.TB, url, condition string, want int) {
	tb.Helper()
	conn := clustertest.Connect(tb, url)
	for got := -1; got != want; {
		if err := conn.QueryRow(tb.Context(), "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'dbbot migration %' AND datname = current_database() AND "+condition).Scan(&got); err != nil {
			tb.Fatal(err)
		}
	}
	_ = conn.Close(context.Background())
}
