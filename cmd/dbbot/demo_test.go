package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"dbbot/ops/postgres/cluster"
)

const demoIsUp = "Ctrl-C ends everything"

// temporary is a directory that other users may look into, as a server that gave up root's rights must.
func temporary(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "dbbot-demo-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// demoIn starts the demo as a process of its own, with its temporary files in dir alone.
func demoIn(t *testing.T, dir string) (*exec.Cmd, *lockedBuffer) {
	t.Helper()
	if _, err := cluster.Find(t.Context()); errors.Is(err, exec.ErrNotFound) {
		t.Skip(err)
	}
	return program(t, map[string]string{"TMPDIR": dir, "REDIS_URL": ""}, "demo", "--no-open")
}

// server is the pid of the PostgreSQL server that runs in dir, and its directory.
func server(t *testing.T, dir string) (pid int, data string) {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "*", "data", "postmaster.pid"))
	if err != nil || len(found) != 1 {
		t.Fatalf("%d servers, %v", len(found), err)
	}
	content, err := os.ReadFile(found[0])
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(content), "\n")
	if pid, err = strconv.Atoi(first); err != nil {
		t.Fatal(err)
	}
	return pid, filepath.Dir(found[0])
}

func gone(pid int) bool { return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }

func interrupt(t *testing.T, child *exec.Cmd, log *lockedBuffer) {
	t.Helper()
	if err := child.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := child.Wait(); err != nil || !strings.Contains(log.String(), "nothing is left behind") {
		t.Errorf("%v\n%s", err, log)
	}
}

func leftIn(t *testing.T, dir string) {
	t.Helper()
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func TestDemoLeavesNothingAlsoAfterKill(t *testing.T) {
	dir := temporary(t)
	first, log := demoIn(t, dir)
	says(t, log, demoIsUp)
	pid, data := server(t, dir)
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = first.Wait() // it was killed: that is its error
	if _, err := os.Stat(data); err != nil {
		t.Fatal("a killed process cannot clean up, and yet:", err)
	}

	second, log := demoIn(t, dir)
	page := says(t, log, `Open (http://\S+) and type`)
	says(t, log, "cleared what 1 earlier run left behind")
	if !gone(pid) {
		t.Errorf("the server %d of the killed demo still runs", pid)
	}
	if _, err := os.Stat(data); err == nil {
		t.Errorf("%s is still there", data)
	}
	if code, body := get(t, page); code != 200 || !strings.Contains(body, "<html") {
		t.Errorf("the page: %d", code)
	}
	pid, _ = server(t, dir)
	interrupt(t, second, log)
	if !gone(pid) {
		t.Errorf("the server %d still runs", pid)
	}
	leftIn(t, dir)
}

func TestDemoInterruptedWhileItStarts(t *testing.T) {
	dir := temporary(t)
	child, log := demoIn(t, dir)
	says(t, log, "PostgreSQL .* private, in") // the next step, filling it, takes a second or more
	interrupt(t, child, log)
	if strings.Contains(log.String(), "dbbot: ") {
		t.Errorf("being told to stop is no error:\n%s", log)
	}
	leftIn(t, dir)
}

func TestInstallOnlyWhereItWasTried(t *testing.T) {
	err := install(t.Context(), cluster.Installer{Commands: [][]string{{"false"}}}, &lockedBuffer{})
	if err == nil || !strings.Contains(err.Error(), "Debian and Ubuntu only") {
		t.Errorf("got %v", err)
	}
	if os.Geteuid() != 0 {
		t.Skip("the rest would ask sudo for a password")
	}
	log := &lockedBuffer{}
	if err := install(t.Context(), cluster.Installer{Tested: true, Commands: [][]string{{"echo", "one"}, {"echo", "two"}}}, log); err != nil || log.String() != "one\ntwo\n" {
		t.Errorf("%v, %s", err, log)
	}
	err = install(t.Context(), cluster.Installer{Tested: true, Commands: [][]string{{"false"}, {"echo", "never"}}}, log)
	if err == nil || strings.Contains(log.String(), "never") {
		t.Errorf("%v, %s", err, log)
	}
}

func TestPageListenerTakesAnyPortButTheOneThatWasAskedFor(t *testing.T) {
	first, err := pageListener(0)
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	second, err := pageListener(0) // whether or not the first got the usual port, it is taken now
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	_, port, _ := strings.Cut(second.Addr().String(), ":")
	taken, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pageListener(taken); err == nil || !strings.Contains(err.Error(), "cannot be used") {
		t.Errorf("got %v", err)
	}
}
