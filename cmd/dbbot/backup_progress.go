package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// teller says on standard error how far something is: on a terminal in one line that is written again, else a line now and then.
type teller struct {
	mu    sync.Mutex
	errs  io.Writer
	live  bool
	phase string
	next  time.Time
	open  bool // a line stands there without an end
}

// How often a line is said where each stays, and how often one is written again.
const (
	eachLine  = 10 * time.Second
	eachTouch = 200 * time.Millisecond
)

func (p *process) teller() *teller {
	t := &teller{errs: p.errs}
	if file, ok := p.errs.(*os.File); ok {
		if info, err := file.Stat(); err == nil {
			t.live = info.Mode()&os.ModeCharDevice != 0
		}
	}
	return t
}

// say is the progress of whatever runs.
func (t *teller) say(phase string, done, total int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	if phase == t.phase && now.Before(t.next) {
		return
	}
	t.phase, t.next = phase, now.Add(eachLine)
	line := phase
	if total > 0 {
		line = fmt.Sprintf("%s %d %%", phase, min(100*done/total, 100))
	}
	if !t.live {
		fmt.Fprintln(t.errs, line)
		return
	}
	t.next, t.open = now.Add(eachTouch), true
	fmt.Fprint(t.errs, "\r\x1b[K"+line)
}

// done ends the line that is written again.
func (t *teller) done() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.open {
		fmt.Fprint(t.errs, "\r\x1b[K")
	}
	t.open = false
}
