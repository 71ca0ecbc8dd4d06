package dump

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"dbbot/ops"
	"dbbot/ops/backup/store"
	"dbbot/ops/postgres/cluster/clustertest"
)

// childOf names, in a test's own environment, the backup that a process takes until it is killed.
const childOf = "DBBOT_DUMP_CHILD"

// task is what it does.
type task struct {
	URL, Dir, Step string
	Parallel       int
	Most           uint64 // bytes that a file may have; 0: any
}

// child takes a backup, and dies at a step as kill -9 would have it.
func child(text string) {
	var todo task
	if err := json.Unmarshal([]byte(text), &todo); err != nil {
		panic(err)
	}
	ops.OnReached = func(step string) {
		if step == todo.Step {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	}
	if todo.Most > 0 {
		signal.Ignore(syscall.SIGXFSZ)
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: todo.Most, Max: todo.Most}); err != nil {
			panic(err)
		}
	}
	ctx := context.Background()
	kept, err := store.Open(ctx, "file://"+todo.Dir)
	if err != nil {
		panic(err)
	}
	_, err = Take(ctx, Options{URL: ops.Secret(todo.URL), Database: "orders", Store: kept, Parallel: todo.Parallel, bounds: quick()}, nil)
	if todo.Most > 0 {
		os.Stdout.WriteString(err.Error())
		return
	}
	panic(err) // it should not get here
}

// A process is killed at each step: nothing that is half done can be seen, the server is rid of it, and the next Sweep
// removes what is left and says so.
func TestKilledAtEachStep(t *testing.T) {
	url := newDatabase(t, large...)
	for _, test := range []struct {
		step     string
		parallel int
		left     string // of it in the store: a part of what Sweep says
		whole    bool
	}{
		{"backup locked", 1, "", false},
		{"backup snapshot", 1, "", false},
		{"backup dumping", 1, "archive.dump.zst", false},
		{"backup dumped", 1, "archive.dump.zst", false},
		{"backup archived", 1, "file orders/", false},
		{"backup globals", 1, "globals.sql.zst", false},
		{"backup counted", 1, "", false},
		{"backup dumped", 2, "temporary folder", false},
		{"backup checked", 1, "archive.dump.zst of a backup that was never completed", false},
		{"backup manifest", 1, "globals.sql.zst of a backup that was never completed", false},
		{"backup taken", 1, "", true},
	} {
		t.Run(test.step+[]string{"", "", " of two"}[test.parallel], func(t *testing.T) {
			t.Setenv("TMPDIR", t.TempDir())
			w := newWorld(t, url)
			kill(t, task{URL: url, Dir: w.dir, Step: test.step, Parallel: test.parallel})
			w.alone(t)
			if got := w.manifests(t); (len(got) == 1) != test.whole {
				t.Errorf("can be seen: %q", got)
			}
			left, err := Sweep(t.Context(), w.Options)
			if err != nil || !strings.Contains(strings.Join(left, "\n"), test.left) || (test.left == "") != (len(left) == 0) && test.step != "backup counted" {
				t.Errorf("swept %q, %v", left, err)
			}
			if !test.whole {
				w.clean(t)
			}
			if again, err := Sweep(t.Context(), w.Options); err != nil || len(again) != 0 {
				t.Errorf("swept again %q, %v", again, err)
			}
			if beside, _ := filepath.Glob(os.TempDir() + "/" + besidePrefix + "*"); len(beside) != 0 {
				t.Errorf("temporary folders are left: %v", beside)
			}
		})
	}
}

// The kernel takes no more of a file: the real store fails in the middle of the archive.
func TestAFileThatMayNotGrow(t *testing.T) {
	w := newWorld(t, newDatabase(t, large...))
	text, err := json.Marshal(task{URL: w.URL.Reveal(), Dir: w.dir, Most: 50000})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childOf+"="+string(text))
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "did not take the backup of orders") || !strings.Contains(string(out), "Nothing of it is kept.") {
		t.Errorf("%v: %s", err, out)
	}
	w.clean(t)
}

func (w *world) manifests(t *testing.T) (names []string) {
	t.Helper()
	names, err := filepath.Glob(w.dir + "/orders/*/manifest.json")
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// kill runs a task in a process, which ends by SIGKILL.
func kill(t *testing.T, todo task) {
	t.Helper()
	text, err := json.Marshal(todo)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childOf+"="+string(text))
	out, err := cmd.CombinedOutput()
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || !status.Signaled() || status.Signal() != syscall.SIGKILL {
		t.Fatalf("%v: %s", err, out)
	}
}

// Sessions that nobody holds the lock for are lost, and ended; those of a backup that only looks, or of others, are not.
func TestLostSessionsAreEnded(t *testing.T) {
	url := newDatabase(t)
	w := newWorld(t, url)
	pid, _ := holding(t, url, "SET application_name = 'dbbot backup orders-20261123-030000-7f3a'; BEGIN; SELECT pg_export_snapshot()")
	for _, other := range []string{"dbbot backup preflight", "dbbot migration 7", "psql"} {
		holding(t, url, "SET application_name = '"+other+"'")
	}
	lock, guard := holding(t, url, "SELECT pg_advisory_lock("+lockText+")")
	if left, err := Sweep(t.Context(), w.Options); err != nil || len(left) != 0 {
		t.Errorf("while %s works: %q, %v", lock, left, err)
	}
	_ = guard.Close(t.Context())
	left, err := Sweep(t.Context(), w.Options)
	if err != nil || len(left) != 1 || !strings.HasPrefix(left[0], pid+" (dbbot backup orders-20261123-030000-7f3a), there since 20") {
		t.Errorf("%q, %v", left, err)
	}
	conn := clustertest.Connect(t, url)
	if got := ask(t, conn, "SELECT string_agg(application_name, ' ' ORDER BY application_name) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name <> '' AND state = 'idle'"); got != "dbbot backup preflight dbbot migration 7 psql" {
		t.Errorf("left: %s", got)
	}
}

const lockText = "110373905196914" // ops.DatabaseLock
