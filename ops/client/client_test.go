package client

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"dbbot/ops"
)

// programs gives those of a major version that is installed here.
func programs(tb testing.TB, major int) Programs {
	tb.Helper()
	p, err := Find(major)
	if errors.Is(err, exec.ErrNotFound) {
		tb.Skip(err)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return p
}

// script makes a folder of three programs that do what a shell script says.
func script(tb testing.TB, text string) string {
	tb.Helper()
	dir := tb.TempDir()
	for _, name := range []string{"pg_dump", "pg_dumpall", "pg_restore"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+text), 0o755); err != nil {
			tb.Fatal(err)
		}
	}
	return dir
}

func TestTheOnesOnPathComeFirst(t *testing.T) {
	old := script(t, "echo 'pg_dump (PostgreSQL) 9.6.24'\n")
	dir := script(t, "echo 'pg_dump (PostgreSQL) 47.1 (Debian 47.1-1)'\n")
	t.Setenv("PATH", old+":relative:"+dir+":"+os.Getenv("PATH"))
	p, err := Find(47)
	if err != nil || p.Version != "pg_dump (PostgreSQL) 47.1" || p.Major != 47 || p.Restore != filepath.Join(dir, "pg_restore") || p.DumpAll != filepath.Join(dir, "pg_dumpall") {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestWhatIsMissingIsNamed(t *testing.T) {
	for name, dir := range map[string]string{
		"another version":       script(t, "echo 'pg_dump (PostgreSQL) 46.1'\n"),
		"one that fails":        script(t, "echo 'pg_dump (PostgreSQL) 48.1'; exit 1\n"),
		"one that says nothing": script(t, "exit 0\n"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
			_, err := Find(48)
			said, ok := errors.AsType[*ops.Error](err)
			if !ok || !strings.Contains(said.Message, "PostgreSQL 48's pg_dump and pg_restore are not installed here") || !strings.Contains(said.Hint, "48") {
				t.Errorf("%v", err)
			}
			if name == "another version" && !strings.Contains(said.Message, "46") {
				t.Errorf("it does not say what is there: %s", said.Message)
			}
		})
	}
}

// Debian's /usr/bin/pg_dump runs whichever version it likes.
func TestAWrapperIsNotTaken(t *testing.T) {
	dir, behind := t.TempDir(), filepath.Join(t.TempDir(), "pg_wrapper")
	if err := os.WriteFile(behind, []byte("#!/bin/sh\necho 'pg_dump (PostgreSQL) 47.1'\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"pg_dump", "pg_dumpall", "pg_restore"} {
		if err := os.Symlink(behind, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir)
	if p, err := Find(47); err == nil {
		t.Errorf("took %+v", p)
	}
}
