package restore

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"dbbot/ops"
	"dbbot/ops/backup"
	"dbbot/ops/backup/inventory"
	"dbbot/ops/postgres/cluster/clustertest"
)

// childOf is the variable with which this test binary becomes a process that restores, and is killed at a step.
const childOf = "DBBOT_TEST_RESTORE"

type task struct {
	Do, Step  string
	At        int // the how many-th time the step is reached
	URL, Name string
	Manifest  backup.Manifest
	Archive   string // file
	Undo      string
}

// child restores as request 12, and ends where it is told to, as kill -9 ends a process.
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
	raw, err := os.ReadFile(todo.Archive)
	if err != nil {
		panic(err)
	}
	s := Source{Backup: backup.Backup{Manifest: todo.Manifest}}
	s.Store = memory{s.Backup.ID.Path(s.Backup.Archive.Name): raw}
	t := to(todo.URL, todo.Name)
	switch todo.Do {
	case "verify":
		_, err = Verify(context.Background(), s, t, quiet)
	case "into":
		_, err = Into(context.Background(), s, t, quiet)
	case "over":
		_, err = Over(context.Background(), s, t, quiet)
	case "undo":
		_, err = Undo(context.Background(), t, todo.Undo, quiet)
	}
	if err != nil {
		panic(explained(err))
	}
}

// kill runs a task in a process, which ends by SIGKILL.
func kill(tb testing.TB, s Source, todo task) {
	tb.Helper()
	todo.Manifest, todo.Archive = s.Backup.Manifest, tb.TempDir()+"/archive"
	must(tb, os.WriteFile(todo.Archive, s.stored(), 0o600))
	text, err := json.Marshal(todo)
	must(tb, err)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childOf+"="+string(text))
	out, err := cmd.CombinedOutput()
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || !status.Signaled() || status.Signal() != syscall.SIGKILL {
		tb.Fatalf("%v: %s", err, out)
	}
}

// The next Look finds what a killed process left, whatever it was at, puts it right, and says what it did.
func TestKilledAtAnyStep(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	url, s := live(t, "smith")
	db := name(t, url)
	want, around := held(t, url)
	for i, test := range []struct {
		do, step string
		at       int
		whole    bool
		says     string
	}{
		{"verify", "unpacked", 1, false, "folder"},
		{"verify", "scratch named", 1, false, "folder"},
		{"verify", "scratch made", 1, false, "at once"},
		{"verify", "filling", 12, false, "a verification"},
		{"verify", "compared", 1, false, "a verification"},
		{"into", "framed", 1, false, "a restore"},
		{"into", "renamed", 1, true, "folder"},
		{"over", "marked", 1, false, "a restore"},
		{"over", "closed", 1, false, "takes connections again"},
		{"over", "emptied", 1, false, "takes connections again"},
		{"over", "swapped", 1, true, "folder"},
		// from here on only where all shall be tested
		{"verify", "filling", 1, false, "a verification"},
		{"verify", "filling", 6, false, "a verification"},
		{"verify", "filling", 18, false, "a verification"},
		{"verify", "filled", 1, false, "a verification"},
		{"verify", "dropping", 1, false, "a verification"},
		{"into", "unpacked", 1, false, "folder"},
		{"into", "scratch named", 1, false, "folder"},
		{"into", "scratch made", 1, false, "at once"},
		{"into", "filling", 1, false, "a restore"},
		{"into", "filling", 6, false, "a restore"},
		{"into", "filling", 12, false, "a restore"},
		{"into", "filled", 1, false, "a restore"},
		{"into", "compared", 1, false, "a restore"},
		{"over", "unpacked", 1, false, "folder"},
		{"over", "scratch made", 1, false, "at once"},
		{"over", "filling", 9, false, "a restore"},
		{"over", "filled", 1, false, "a restore"},
		{"over", "compared", 1, false, "a restore"},
		{"over", "framed", 1, false, "a restore"},
	} {
		if i == 11 && !thorough {
			break
		}
		t.Run(test.do+" "+test.step, func(t *testing.T) {
			todo := task{Do: test.do, Step: test.step, At: test.at, URL: url, Name: db}
			if test.do == "into" {
				todo.Name = "fresh"
			}
			kill(t, s, todo)
			found, err := Look(t.Context(), to(url, todo.Name))
			if err != nil || found.Whole != test.whole || !strings.Contains(strings.Join(found.Did, " "), test.says) {
				t.Fatalf("%+v, %v", found, err)
			}
			if got := left(t, at(t, url, "postgres")); got != "" {
				t.Errorf("left: %s", got)
			}
			if rest, err := filepath.Glob(os.TempDir() + "/" + placePrefix + "*"); err != nil || len(rest) > 0 {
				t.Errorf("left here: %v, %v", rest, err)
			}
			if test.whole {
				takeBack(t, url, found)
			}
			if n := ask(t, url, "SELECT count(*)::text FROM pg_database WHERE datname = 'fresh' OR datname ~ '_(before|undone)_'"); n != "0" {
				t.Errorf("%s databases are left", n)
			}
			got, its := held(t, url)
			if differ := inventory.Compare(want, got); len(differ) > 0 || its.Owner != around.Owner {
				t.Errorf("the live one: %q", differ)
			}
		})
	}
}

// takeBack removes what a run made that came to its end.
func takeBack(t *testing.T, url string, found Found) {
	t.Helper()
	if found.Kept == "" {
		clustertest.Exec(t, url, "DROP DATABASE "+found.Name)
		return
	}
	r, err := Undo(t.Context(), to(url, found.Name), found.Kept, quiet)
	must(t, err)
	_, err = Release(t.Context(), to(url, found.Name), r.Kept)
	must(t, err)
}

// A process that brings the old one back is killed: the live one is open, and the old one still kept.
func TestUndoKilledAtAnyStep(t *testing.T) {
	url, s := live(t, "tailor")
	db := name(t, url)
	before, _ := held(t, url)
	r, err := Over(t.Context(), s, to(url, db), quiet)
	must(t, err)
	for _, step := range []string{"marked", "closed", "emptied", "swapped"} {
		kill(t, s, task{Do: "undo", Step: step, At: 1, URL: url, Name: db, Undo: r.Kept})
		found, err := Look(t.Context(), to(url, db))
		all, failed := KeptOf(t.Context(), ops.Secret(url), db)
		must(t, failed)
		if err != nil || len(all) != 1 || all[0].Undone != (step == "swapped") || !found.Whole {
			t.Errorf("%s: %+v, %+v, %v", step, found, all, err)
		}
		got, _ := held(t, url)
		if same := len(inventory.Compare(before, got)) == 0; same != (step == "swapped") {
			t.Errorf("%s: the old one is there: %v", step, same)
		}
	}
	all, err := KeptOf(t.Context(), ops.Secret(url), db)
	must(t, err)
	_, err = Release(t.Context(), to(url, db), all[0].Name)
	must(t, err)
}
