package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"

	"dbbot/ops"
)

const (
	// politely is how long a program that was asked to end may take before it is killed. pg_dump takes 30 ms.
	politely = 5 * time.Second
	// strayWithin is how long what is left of a group may hold stderr open after its leader has ended.
	strayWithin = 200 * time.Millisecond
	// goneWithin is how long the kernel may take to end what was killed.
	goneWithin = 5 * time.Second
	// chunk is what is copied at a time, in bytes: larger than a pipe holds, so that a reader takes all there is.
	chunk = 128 << 10
)

// Call is one run of a program.
type Call struct {
	Path        string
	Args        []string
	URL         ops.Secret // empty: the program needs no server, and gets no --dbname
	Database    string     // instead of the URL's; may be any name
	At          Place      // zero: wherever the URL leads
	Application string     // the sessions' application_name: at most 63 bytes
	Options     []string   // settings of the sessions: Setting("lock_timeout", "1000")

	// Both may be nil. What Stdout waits for must end when ctx does. A Stdin that fails ends the program: it must not take
	// half a file for a whole one. One that still waits for its data when the program has ended is not waited for.
	Stdin  io.Reader
	Stdout io.Writer
	Line   func(string) // gets each line of stderr, redacted and cut; may be nil; called from one goroutine
}

// Run runs a program in a process group of its own and returns when all of the group is gone. It fails with a *Failure
// when the program did, with context.Cause(ctx) when ctx ended it, with the error of Stdin or Stdout when one of
// these did, and with an *ops.Error when it could not be started. However this process ends, the program does too.
func Run(ctx context.Context, c Call) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	p := &process{call: c, stop: make(chan struct{}), stderr: newTail(c.Line)}
	defer p.release()
	if err := p.prepare(); err != nil {
		return err
	}
	done := make(chan error, 1)
	go p.live(done)
	select {
	case err := <-done:
		return p.outcome(ctx, err)
	case <-ctx.Done():
		p.fail(context.Cause(ctx))
		return p.outcome(ctx, <-done)
	}
}

// process is one run.
type process struct {
	call    Call
	cmd     *exec.Cmd
	secret  *secretFile
	ours    []*os.File // ends of pipes that stay here
	theirs  []*os.File // that the child gets
	stdin   *os.File   // ours; nil where the call has none
	stdout  *os.File
	stderr  *tail
	copying sync.WaitGroup // of stdout and stderr
	feeding sync.WaitGroup

	mu    sync.Mutex
	cause error         // the first that went wrong
	stop  chan struct{} // closed with it
}

// fail notes what went wrong first, and has the group ended.
func (p *process) fail(cause error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cause == nil {
		p.cause = cause
		close(p.stop)
	}
}

func (p *process) prepare() error {
	p.cmd = exec.Command(p.call.Path)
	p.cmd.Env = environment()
	p.cmd.Dir = "/"
	p.cmd.SysProcAttr = attributes()
	if p.call.URL != "" {
		to, err := p.call.connection()
		if err != nil {
			return err
		}
		if p.secret, err = hide(to.password); err != nil {
			return fmt.Errorf("the password's file: %w", err)
		}
		p.stderr.hide(to.password)
		p.cmd.Args = append(p.cmd.Args, "--no-password", "--dbname="+to.info)
		p.cmd.Env = append(append(p.cmd.Env, to.env...), p.secret.environment()...)
		p.cmd.ExtraFiles = p.secret.inherited()
	}
	p.cmd.Args = append(p.cmd.Args, p.call.Args...)
	return p.connect()
}

// live starts the program and waits for its end on one operating system thread: the signal that ends it with us
// (Pdeathsig) is tied to the thread that started it, not to the process.
func (p *process) live(done chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := p.cmd.Start(); err != nil {
		p.closeAll()
		done <- &ops.Error{Message: ops.Printable(p.call.Path, 200) + " cannot be started.", Hint: "Is it still installed, and executable?", Cause: err}
		return
	}
	closeFiles(p.theirs)
	p.copy()
	ended := make(chan struct{})
	var over sync.WaitGroup
	over.Go(func() { p.enforce(ended) })
	err := p.cmd.Wait()
	close(ended)
	over.Wait()
	p.clean()
	done <- err
}

// enforce ends the group once something has gone wrong: politely, then not.
func (p *process) enforce(ended <-chan struct{}) {
	select {
	case <-p.stop:
	case <-ended:
		return
	}
	p.signal(syscall.SIGTERM)
	patience := time.NewTimer(politely)
	defer patience.Stop()
	select {
	case <-patience.C:
		p.signal(syscall.SIGKILL)
	case <-ended:
	}
}

// signal goes to the whole group. While its leader is not waited for, its number belongs to nobody else.
func (p *process) signal(s syscall.Signal) { _ = syscall.Kill(-p.cmd.Process.Pid, s) }

// clean ends what the leader left of its group, and waits for all copying. Who holds our stderr is of the group, so its
// number is not somebody else's yet.
func (p *process) clean() {
	silent := make(chan struct{})
	go func() { p.stderr.drained.Wait(); close(silent) }()
	if !within(silent, strayWithin) {
		p.signal(syscall.SIGKILL)
		if !within(silent, goneWithin) {
			closeFiles(p.ours)
			<-silent
		}
	}
	p.copying.Wait() // stdout: as slow as whoever takes it, and ended with ctx
	closeFiles(p.ours)
	fed := make(chan struct{})
	go func() { p.feeding.Wait(); close(fed) }()
	within(fed, strayWithin)
}

func (p *process) outcome(ctx context.Context, err error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cause != nil {
		return p.cause
	}
	if ended, ok := errors.AsType[*exec.ExitError](err); ok {
		return p.failure(ended)
	}
	if err == nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

func within(done <-chan struct{}, bound time.Duration) bool {
	timer := time.NewTimer(bound)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
		return false
	}
}
