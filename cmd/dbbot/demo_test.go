package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"dbbot/ops"
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
func demoIn(t *testing.T, dir string, vars ...string) (*exec.Cmd, *lockedBuffer) {
	t.Helper()
	if _, err := cluster.Find(t.Context()); errors.Is(err, exec.ErrNotFound) {
		t.Skip(err)
	}
	return program(t, with(map[string]string{"TMPDIR": dir, "REDIS_URL": ""}, vars...), "demo", "--no-open")
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

func TestDemoEndsAtOnceWhereItsPortIsTaken(t *testing.T) {
	taken, err := pageListener(0)
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, port, _ := strings.Cut(taken.Addr().String(), ":")
	code, out, errs := runs(t, nil, "demo", "--no-open", "--port", port)
	if code != 1 || !strings.Contains(errs, "Choose another with --port") || strings.Contains(out, "PostgreSQL") {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
}

func TestDemoEndsByItselfWhenAPartDoes(t *testing.T) {
	dir := temporary(t)
	child, log := demoIn(t, dir, "REDIS_URL", "http://this-is-no-redis") // which only the last step looks at
	if err := child.Wait(); child.ProcessState.ExitCode() != 2 || !strings.Contains(log.String(), "redis.url") {
		t.Errorf("%v\n%s", err, log)
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

func TestInstallIsOfferedWhereItWasTried(t *testing.T) {
	missing := &ops.Error{Message: "not installed", Hint: "Install them with: x", Cause: exec.ErrNotFound}
	for name, tt := range map[string]struct {
		err    error
		tested bool
		offers bool
	}{
		"missing, on Debian": {missing, true, true}, "missing, elsewhere": {missing, false, false}, "there": {nil, true, false},
		"broken": {errors.New("initdb crashed"), true, false},
	} {
		t.Run(name, func(t *testing.T) {
			var said bytes.Buffer
			err := offer(tt.err, cluster.Installer{Tested: tt.tested})
			tell(&said, err)
			if strings.Contains(said.String(), "demo --install") != tt.offers || (err == nil) != (tt.err == nil) {
				t.Errorf("got %s", &said)
			}
		})
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
	taken, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pageListener(uint16(taken)); err == nil || !strings.Contains(err.Error(), "cannot be used") {
		t.Errorf("got %v", err)
	}
}
