package main

import (
	"bufio"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"dbbot/bot/workspace"
	"dbbot/ops"
	"dbbot/ops/postgres/cluster"
)

// The crash tests run the program as processes of its own, and kill them. This binary is the program when asProgram is set.
const (
	crashAt    = "DBBOT_TEST_CRASH_AT" // the step at which it kills itself, "a>b": at the first b behind an a
	stepsInto  = "DBBOT_TEST_STEPS"    // a file to which it writes each step that it reaches
	stepsLimit = 10_000                // lines of that file, so that it cannot grow without end
)

// crashHook makes the program end itself, without any farewell, when it reaches the step that the environment names.
func crashHook() {
	at, into := os.Getenv(crashAt), os.Getenv(stepsInto)
	if at == "" && into == "" {
		return
	}
	steps := make(chan string, stepsLimit)
	if into != "" {
		go writeSteps(into, steps)
	}
	first, at := behind(at)
	var armed atomic.Bool
	armed.Store(first == "")
	ops.OnReached = func(step string) {
		if step == first {
			armed.Store(true)
		}
		if at != "" && step == at && armed.Load() {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {} // nothing more of this goroutine, however long the signal takes
		}
		select {
		case steps <- step:
		default:
		}
	}
}

// behind takes "a>b" apart.
func behind(at string) (first, then string) {
	if first, then, found := strings.Cut(at, ">"); found {
		return first, then
	}
	return "", at
}

func writeSteps(path string, steps <-chan string) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		panic(err)
	}
	for step := range steps {
		if _, err := file.WriteString(step + "\n"); err != nil {
			panic(err)
		}
	}
}

// house is where the killing takes place: a server whose log is the witness, the workspace, Redis, and replicas.
type house struct {
	t     *testing.T
	space *workspace.Server
	world *world // its environment; nothing is served in this process
	file  string // configuration
	log   *lockedBuffer
	steps string

	witness *lockedBuffer // the server's own log
	killed  atomic.Int64  // when a replica was killed last, in nanoseconds since 1970
}

// witnessed starts a server that writes down every statement that reaches it.
func witnessed(t *testing.T, into io.Writer) *cluster.Cluster {
	t.Helper()
	c, err := cluster.Start(t.Context(), cluster.Options{Log: into, Settings: map[string]string{
		"log_statement": "all", "max_connections": "200", "shared_preload_libraries": "pg_stat_statements",
	}})
	if errors.Is(err, exec.ErrNotFound) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func newHouse(t *testing.T) *house {
	t.Helper()
	witness := &lockedBuffer{}
	w, space := emptyWorld(t, sampleOn(t, witnessed(t, witness)))
	file, err := filepath.Abs("testdata/crash.yml")
	if err != nil {
		t.Fatal(err)
	}
	return &house{t: t, world: w, space: space, file: file, witness: witness, log: w.log, steps: filepath.Join(t.TempDir(), "steps")}
}

// replica is one process of dbbot.
type replica struct {
	process *exec.Cmd
	ended   chan struct{}
}

// start runs a replica that kills itself at a step, or lives on where there is none.
func (h *house) start(crash string) *replica {
	h.t.Helper()
	before := h.sockets()
	r := &replica{process: exec.Command(os.Args[0], "serve", "--config", h.file), ended: make(chan struct{})}
	for _, name := range []string{
		"SLACK_API_URL", "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "ORDERS_URL", "REPORTING_URL", "ORDERS_OWNER_URL", "REPORTING_OWNER_URL",
		"DBBOT_STATE_URL", "REDIS_URL", "DBBOT_AUDIT_KEY",
	} {
		value, _ := h.world.env(name)
		r.process.Env = append(r.process.Env, name+"="+value)
	}
	r.process.Env = append(r.process.Env, asProgram+"=1", crashAt+"="+crash, stepsInto+"="+h.steps, "PATH="+os.Getenv("PATH"), "TMPDIR="+os.TempDir())
	r.process.Stdout, r.process.Stderr = h.log, h.log
	if err := r.process.Start(); err != nil {
		h.t.Fatal(err)
	}
	go func() { _ = r.process.Wait(); close(r.ended) }() // how it ended is the test's business
	h.t.Cleanup(r.kill)
	h.until("a replica is connected", func() bool {
		for id := range h.sockets() {
			if !before[id] { // those of a process that was killed may be there for a while
				return true
			}
		}
		return !r.lives()
	})
	return r
}

func (h *house) sockets() map[string]bool {
	ids := map[string]bool{}
	for _, socket := range h.space.Sockets() {
		ids[socket.ID] = true
	}
	return ids
}

func (r *replica) lives() bool {
	select {
	case <-r.ended:
		return false
	default:
		return true
	}
}

// kill ends it as a power cut would.
func (r *replica) kill() {
	_ = r.process.Process.Kill() // it may have ended by itself
	<-r.ended
}

// stop ends it as an orchestrator would.
func (r *replica) stop() {
	_ = r.process.Process.Signal(syscall.SIGTERM)
	<-r.ended
}

// until looks again and again, bounded, whether something has become true: what is waited for happens in other processes.
// While replicas are killed, nobody has the time that is promised to them.
func (h *house) until(what string, is func() bool) {
	h.t.Helper()
	for begun := time.Now(); !is(); {
		last := time.Unix(0, h.killed.Load())
		if h.t.Context().Err() != nil || time.Since(begun) > truth && time.Since(last) > truth {
			h.t.Fatalf("%s: not within %v; the replicas' log ends with:\n%s", what, truth, tail(h.log.String(), 60))
		}
		pause(h.t.Context(), 5*time.Millisecond)
	}
}

// truth is how long anything may take to reach a true state after a replica is there (design section 10: thirty seconds),
// and as much again for a machine that is busy with other tests.
const truth = time.Minute

func tail(text string, lines int) string {
	all := strings.Split(text, "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// reached are the steps that the replicas have come past so far, each once, in the order of the first time.
func (h *house) reached() (steps []string) {
	h.t.Helper()
	file, err := os.Open(h.steps)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		h.t.Fatal(err)
	}
	defer file.Close()
	seen := map[string]bool{}
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if step := lines.Text(); !seen[step] {
			seen[step] = true
			steps = append(steps, step)
		}
	}
	return steps
}
