package cluster

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"

	"dbbot/ops"
)

// server is a child process that is gone when done is closed.
type server struct {
	process *os.Process
	done    chan struct{}
}

const readyLine = "database system is ready to accept connections"

// startServer runs the command and waits for the server's own word that it is ready.
func startServer(ctx context.Context, command []string, o owner, also io.Writer) (*server, error) {
	s := &server{done: make(chan struct{})}
	started, log := make(chan error, 1), newLog(also)
	go s.watch(command, o, log, started)
	if err := <-started; err != nil {
		return nil, err
	}
	bound := time.NewTimer(readyWithin)
	defer bound.Stop()
	select {
	case <-log.ready:
		return s, nil
	case <-s.done:
		return nil, &ops.Error{Message: "PostgreSQL ended before it was ready.", Hint: lastLine(log.last())}
	case <-bound.C:
		return nil, errors.Join(errors.New("PostgreSQL was not ready within "+readyWithin.String()), s.stop())
	case <-ctx.Done():
		return nil, errors.Join(context.Cause(ctx), s.stop())
	}
}

// watch starts the child and waits for its end on one operating system thread: the signal that ends the child with
// us (Pdeathsig) is tied to the thread that started it, not to the process.
func (s *server) watch(command []string, o owner, log *serverLog, started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	defer close(s.done)
	child := exec.Command(command[0], command[1:]...)
	child.Env, child.SysProcAttr = plainEnvironment(), o.attributes()
	child.Dir = "/"
	child.Stderr = log
	child.WaitDelay = time.Second // a grandchild may hold the pipe a moment longer
	if err := child.Start(); err != nil {
		started <- err
		return
	}
	s.process = child.Process
	started <- nil
	_ = child.Wait() // how it ended is in its log; that it ended is all we need
}

// stop asks for a fast shutdown, then an immediate one, then kills.
func (s *server) stop() error {
	for _, step := range []struct {
		signal os.Signal
		within time.Duration
	}{{syscall.SIGINT, fastWithin}, {syscall.SIGQUIT, quitWithin}, {syscall.SIGKILL, quitWithin}} {
		_ = s.process.Signal(step.signal) // fails only when it is gone, which done says
		if wait(s.done, step.within) {
			return nil
		}
	}
	return errors.New("PostgreSQL did not end after SIGKILL")
}

func wait(done <-chan struct{}, within time.Duration) bool {
	bound := time.NewTimer(within)
	defer bound.Stop()
	select {
	case <-done:
		return true
	case <-bound.C:
		return false
	}
}
