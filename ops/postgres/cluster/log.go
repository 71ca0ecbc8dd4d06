package cluster

import (
	"bytes"
	"io"
	"strings"
	"sync"
)

// serverLog is where a server's messages go: it notices readiness, and keeps the last lines for an error.
type serverLog struct {
	ready chan struct{}
	also  io.Writer // gets every line too; nil for nobody

	mu    sync.Mutex
	told  bool
	part  []byte // of a line that is not complete yet
	lines []string
}

const (
	keptLines = 20
	longLine  = 4096 // bytes; what is longer is cut, so that a statement in the log costs no memory
)

func newLog(also io.Writer) *serverLog { return &serverLog{ready: make(chan struct{}), also: also} }

// Write takes what the server printed; it never fails, so the server never blocks on us.
func (l *serverLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	rest := p
	for {
		line, more, ended := bytes.Cut(rest, []byte{'\n'})
		if len(l.part) < longLine {
			l.part = append(l.part, line[:min(len(line), longLine)]...)
		}
		if !ended {
			return len(p), nil
		}
		l.line(string(l.part))
		l.part, rest = l.part[:0], more
	}
}

func (l *serverLog) line(line string) {
	if !l.told && strings.Contains(line, readyLine) {
		l.told = true
		close(l.ready)
	}
	if l.also != nil {
		_, _ = io.WriteString(l.also, line+"\n") // whoever wants to read along must not stop the server
	}
	if l.lines = append(l.lines, line); len(l.lines) > keptLines {
		l.lines = l.lines[1:]
	}
}

func (l *serverLog) last() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.lines, "\n")
}
