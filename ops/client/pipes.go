package client

import (
	"errors"
	"io"
	"os"
	"syscall"
)

// connect makes the pipes. They are our own and not those of os/exec, which gives up on output that is taken slowly.
func (p *process) connect() error {
	out, err := p.pipe()
	if err != nil {
		return err
	}
	p.cmd.Stderr, p.stderr.from = out.theirs, out.ours
	if p.call.Stdout != nil {
		if out, err = p.pipe(); err != nil {
			return err
		}
		p.cmd.Stdout = out.theirs
		p.stdout = out.ours
	}
	if p.call.Stdin != nil {
		r, w, err := os.Pipe()
		if err != nil {
			return err
		}
		p.cmd.Stdin, p.stdin = r, w
		p.ours, p.theirs = append(p.ours, w), append(p.theirs, r)
	}
	return nil
}

type pair struct{ ours, theirs *os.File }

// pipe is one that the program writes into.
func (p *process) pipe() (pair, error) {
	r, w, err := os.Pipe()
	if err == nil {
		p.ours, p.theirs = append(p.ours, r), append(p.theirs, w)
	}
	return pair{ours: r, theirs: w}, err
}

// copy moves everything between the program and the call. What fails ends the program.
func (p *process) copy() {
	p.stderr.drained.Go(p.stderr.read)
	if p.stdout != nil {
		p.copying.Go(p.take)
	}
	if p.stdin != nil {
		p.feeding.Go(p.feed)
	}
}

// take gives what the program writes to the call.
func (p *process) take() {
	if _, err := io.CopyBuffer(writerOnly{p.call.Stdout}, readerOnly{p.stdout}, make([]byte, chunk)); err != nil && !errors.Is(err, os.ErrClosed) {
		p.fail(err)
		_, _ = io.Copy(io.Discard, p.stdout) // whoever still writes is about to be ended
	}
}

// feed gives the program what it reads. A program may end before it has read all: its status says whether that is right.
func (p *process) feed() {
	_, err := io.CopyBuffer(writerOnly{p.stdin}, readerOnly{p.call.Stdin}, make([]byte, chunk))
	if err != nil && !errors.Is(err, syscall.EPIPE) && !errors.Is(err, os.ErrClosed) {
		p.fail(err) // before the end of its input, or half a file would look like a whole one
		return
	}
	_ = p.stdin.Close()
}

// readerOnly and writerOnly keep io.Copy from short cuts of its own that know no buffer of ours.
type (
	readerOnly struct{ io.Reader }
	writerOnly struct{ io.Writer }
)

func (p *process) closeAll() {
	closeFiles(p.ours)
	closeFiles(p.theirs)
}

func closeFiles(all []*os.File) {
	for _, f := range all {
		_ = f.Close() // what was read is read; closing twice does nothing
	}
}

// release gives back what prepare took, when nothing was started too.
func (p *process) release() {
	closeFiles(p.ours)
	closeFiles(p.theirs)
	p.secret.release()
}
