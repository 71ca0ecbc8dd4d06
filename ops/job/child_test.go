package job

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"

	"dbbot/ops"
	"dbbot/ops/approval"
)

// What a worker process is told.
const (
	childURL   = "DBBOT_JOB_CHILD"
	childStep  = "DBBOT_JOB_STEP"  // at which step of the road it gives itself the signal
	childBlow  = "DBBOT_JOB_BLOW"  // "kill" or "stop"
	childHangs = "DBBOT_JOB_HANGS" // its runs go on until they are told to stop
)

// child is a worker in a process of its own.
func child() int {
	if step := os.Getenv(childStep); step != "" {
		blow := map[string]syscall.Signal{"kill": syscall.SIGKILL, "stop": syscall.SIGSTOP}[os.Getenv(childBlow)]
		var once sync.Once
		ops.OnReached = func(reached string) {
			if reached == step {
				once.Do(func() { _ = syscall.Kill(os.Getpid(), blow) }) // it cannot fail: the process is ours
			}
		}
	}
	ctx, stop := onSignal()
	defer stop()
	d := &desk{}
	if os.Getenv(childHangs) != "" {
		d.run = func(ctx context.Context, r approval.Request, p func(string, int64, int64)) Result {
			fmt.Println("runs", int64(r.ID))
			return d.hang(ctx, r, p)
		}
	}
	r, err := openReplica(ctx, os.Getenv(childURL), slog.New(slog.NewTextHandler(os.Stderr, nil)), d)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer r.Store.Close()
	if err := r.Run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// process is a worker that can be killed.
type process struct {
	*exec.Cmd
	said io.Reader
	log  *strings.Builder
}

func (h *house) process(environment ...string) *process {
	h.Helper()
	p := &process{Cmd: exec.Command(os.Args[0]), log: &strings.Builder{}}
	p.Env = append(append(os.Environ(), childURL+"="+h.url), environment...)
	p.Stderr = p.log
	said, err := p.StdoutPipe()
	if err == nil {
		err = p.Start()
	}
	if err != nil {
		h.Fatal(err)
	}
	p.said = said
	h.Cleanup(func() {
		_ = p.Process.Kill() // it may have ended
		_ = p.Wait()
		if h.Failed() {
			h.Log(p.log)
		}
	})
	return p
}

// workers counts the locks of living workers.
func (h *house) workers(r *replica) (n int) {
	h.Helper()
	if err := r.Store.Pool().QueryRow(h.Context(), "SELECT count(*) "+livingLocks, int64(liveClass)).Scan(&n); err != nil {
		h.Fatal(err)
	}
	return n
}

func TestTheLockIsWhereTheStoreLooksForIt(t *testing.T) {
	if liveClass != storeClass {
		t.Fatalf("got %x, want %x", liveClass, storeClass)
	}
}
