package client

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"dbbot/ops"
	"dbbot/ops/postgres/cluster/clustertest"
)

// sh makes a call of a shell script.
func sh(text string) Call { return Call{Path: "/bin/sh", Args: []string{"-c", text}} }

func TestOutputIsWhole(t *testing.T) {
	defer goleak.VerifyNone(t)
	var out slow
	if err := Run(t.Context(), Call{Path: "/bin/sh", Args: []string{"-c", "head -c 3000000 /dev/zero"}, Stdout: &out}); err != nil || out.n != 3000000 {
		t.Errorf("%d bytes, %v", out.n, err)
	}
	var back bytes.Buffer
	if err := Run(t.Context(), Call{Path: "/bin/cat", Stdin: strings.NewReader("over and back"), Stdout: &back}); err != nil || back.String() != "over and back" {
		t.Errorf("%q, %v", back.String(), err)
	}
}

// slow takes its time, longer than a program waits that has ended.
type slow struct{ n int }

func (s *slow) Write(p []byte) (int, error) {
	if s.n == 0 {
		time.Sleep(300 * time.Millisecond) // what is tested is that it may take longer than strayWithin
	}
	s.n += len(p)
	return len(p), nil
}

func TestAFailureSaysWhy(t *testing.T) {
	defer goleak.VerifyNone(t)
	var lines []string
	c := sh(`echo 'pg_dump: error: connection to "postgres://a:hunter2@b/c" failed' >&2; echo 'DETAIL: consequences' >&2; exit 3`)
	c.Line = func(line string) { lines = append(lines, line) }
	err := Run(t.Context(), c)
	failure, ok := errors.AsType[*Failure](err)
	if !ok || failure.Code != 3 || failure.Signal != 0 || failure.Program != "sh" || len(lines) != 2 {
		t.Fatalf("%#v, %v, %q", failure, err, lines)
	}
	if want := `sh ended with status 3: connection to "postgres://a:***@b/c" failed`; failure.Error() != want {
		t.Errorf("got %s", failure)
	}
	err = Run(t.Context(), sh("kill -9 $$"))
	if failure, ok := errors.AsType[*Failure](err); !ok || failure.Signal != syscall.SIGKILL || failure.Error() != "sh was ended by the signal killed" {
		t.Errorf("%v", err)
	}
	if err := Run(t.Context(), Call{Path: "/nowhere/pg_dump"}); err == nil || !strings.Contains(err.Error(), "/nowhere/pg_dump cannot be started") {
		t.Errorf("%v", err)
	}
}

func TestStderrIsBounded(t *testing.T) {
	defer goleak.VerifyNone(t)
	err := Run(t.Context(), sh(`head -c 10000000 /dev/zero | tr '\0' x >&2; for i in $(seq 100); do echo "line $i" >&2; done; exit 1`))
	failure, _ := errors.AsType[*Failure](err)
	if failure == nil || len(failure.Tail) != keptLines || failure.Tail[keptLines-1] != "line 100" {
		t.Errorf("%v", err)
	}
	for _, line := range failure.Tail {
		if len(line) > longLine {
			t.Errorf("a line of %d bytes", len(line))
		}
	}
}

func TestRowsAndPasswordsAreNotRepeated(t *testing.T) {
	r := newTail(nil)
	r.hide("s3same")
	r.line("it was s3same all along\n")
	r.line("CONTEXT:  COPY people, line 5, column born: \"Ana's secret\"\n")
	r.line("COPY people, line 5: \"1\tAna's secret\"\n")
	for _, line := range r.lines() {
		if strings.Contains(line, "s3same") || strings.Contains(line, "Ana") || !strings.Contains(line, "***") {
			t.Error(line)
		}
	}
}

// What is cancelled ends, with all its children, and the cause is told.
func TestCancelled(t *testing.T) {
	t.Cleanup(func() { goleak.VerifyNone(t) })
	for name, text := range map[string]string{
		"politely": `echo ready; sleep 600`,
		"stubborn": `trap '' TERM; echo ready; sleep 600 & while :; do sleep 1; done`,
		"children": `(trap '' TERM; sleep 600) & echo ready; wait`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancelCause(t.Context())
			why := errors.New("asked to stop")
			c := sh("echo $$; " + text)
			out := &first{when: func() { cancel(why) }}
			c.Stdout = out
			if err := Run(ctx, c); !errors.Is(err, why) {
				t.Errorf("got %v", err)
			}
			group, _, _ := strings.Cut(out.String(), "\n")
			pid, err := strconv.Atoi(group)
			if err != nil {
				t.Fatal(err)
			}
			for syscall.Kill(-pid, 0) == nil { // whoever adopted the dead buries them in a moment
				if t.Context().Err() != nil {
					t.Fatal("the group lives")
				}
			}
		})
	}
}

// first calls when it has seen "ready".
type first struct {
	bytes.Buffer
	when func()
}

func (f *first) Write(p []byte) (int, error) {
	n, err := f.Buffer.Write(p)
	if bytes.Contains(f.Bytes(), []byte("ready")) {
		f.when()
	}
	return n, err
}

var errBroken = errors.New("it broke")

type broken struct{ after int }

func (b *broken) Write(p []byte) (int, error) {
	if b.after -= len(p); b.after < 0 {
		return 0, errBroken
	}
	return len(p), nil
}

func (b *broken) Read(p []byte) (int, error) {
	if b.after -= len(p); b.after < 0 {
		return 0, errBroken
	}
	return len(p), nil
}

// A pipe that breaks ends the program, and is the error; half an input is never taken for a whole one.
func TestBrokenPipes(t *testing.T) {
	defer goleak.VerifyNone(t)
	out := sh("while :; do echo more; done")
	out.Stdout = &broken{after: 100000}
	if err := Run(t.Context(), out); !errors.Is(err, errBroken) {
		t.Errorf("got %v", err)
	}
	whole := filepath.Join(t.TempDir(), "whole")
	in := sh("trap '' TERM; cat >/dev/null && touch " + whole)
	in.Stdin = &broken{after: 1000000}
	if err := Run(t.Context(), in); !errors.Is(err, errBroken) {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(whole); err == nil {
		t.Error("half of the input was taken for all of it")
	}
	early := sh("exit 0")
	early.Stdin = io.MultiReader(strings.NewReader(strings.Repeat("x", 1<<20)))
	if err := Run(t.Context(), early); err != nil {
		t.Errorf("a program may end before it has read all: %v", err)
	}
}

const childEnv = "DBBOT_CLIENT_CHILD"

// child runs something for long in a process that the test kills.
func child() {
	c := sh("echo $$; exec sleep 600")
	c.Stdout = os.Stdout
	_ = Run(context.Background(), c)
}

// When we die without a word, so does the program.
func TestItEndsWithUs(t *testing.T) {
	us := exec.Command(os.Args[0])
	us.Env = append(os.Environ(), childEnv+"=1")
	out, err := us.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := us.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 20)
	n, _ := out.Read(line)
	pid, err := strconv.Atoi(strings.TrimSpace(string(line[:n])))
	if err != nil {
		t.Fatal(err)
	}
	_ = us.Process.Kill()
	_ = us.Wait() // it was killed
	for syscall.Kill(pid, 0) == nil && running(pid) {
		if t.Context().Err() != nil {
			t.Fatal("it lives")
		}
	}
}

// running tells a process from one that only waits to be waited for.
func running(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err == nil && !strings.Contains(string(stat), ") Z ")
}

// The real pg_dump gets in with the password, which stands neither in its arguments nor in its environment nor in a file
// that anybody could open; and a hostile name is a name.
func TestThePasswordIsNotSeen(t *testing.T) {
	p, past := programs(t, 15), clustertest.Database(t)
	for _, name := range []string{"-x", `host=evil port=1`, `a'b"c\d Ünï`} {
		clustertest.Exec(t, past, `CREATE DATABASE "`+strings.ReplaceAll(name, `"`, `""`)+`"`)
		var out bytes.Buffer
		c := Call{
			Path: p.Dump, Args: []string{"--schema-only", "--create"}, URL: ops.Secret(past), Database: name, Stdout: &out, Application: "dbbot test",
			Options: []string{Setting("lock_timeout", "1000")},
		}
		if err := Run(t.Context(), c); err != nil || !strings.Contains(out.String(), "CREATE DATABASE ") || strings.Contains(out.String(), "DATABASE test_") {
			t.Errorf("%s: %v\n%s", name, err, out.String())
		}
	}
	if err := Run(t.Context(), Call{Path: p.Dump, URL: ops.Secret(clustertest.As(t, past, "postgres", "wrong"))}); err == nil || !strings.Contains(err.Error(), "password authentication failed") {
		t.Errorf("got %v", err)
	}
	seen := sh(`cat /proc/$$/cmdline /proc/$$/environ; ls -l /proc/$$/fd/ | grep dbbot-; cat "$PGPASSFILE"; stat -L -c %a "$PGPASSFILE"`)
	seen.URL = "postgres://app:hunter2@db/shop?sslmode=disable"
	seen.Args = append([]string{"-c", seen.Args[1], "sh"}, seen.Args[2:]...)
	var out bytes.Buffer
	seen.Stdout = &out
	t.Setenv("SLACK_BOT_TOKEN", "xoxb-never")
	if err := Run(t.Context(), withoutDash(t, seen)); err != nil {
		t.Fatal(err)
	}
	if text := out.String(); strings.Count(text, "hunter2") != 1 || strings.Contains(text, "xoxb") || !strings.Contains(text, "*:*:*:*:hunter2\n600\n") || !strings.Contains(text, "(deleted)") {
		t.Error(text)
	}
}

// withoutDash puts a script in the place of pg_dump: the shell takes no --dbname.
func withoutDash(t *testing.T, c Call) Call {
	t.Helper()
	c.Path = filepath.Join(script(t, c.Args[1]), "pg_dump")
	c.Args = nil
	return c
}
