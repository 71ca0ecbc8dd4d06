package client

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"

	"dbbot/ops"
)

// Failure is how a program ended that did not do what it should.
type Failure struct {
	Program string         // "pg_dump"
	Code    int            // its status; -1 where a signal ended it
	Signal  syscall.Signal // 0 where none did
	Tail    []string       // the last lines of its stderr, redacted and cut
}

// Error gives the status and the last line that says error, or the last at all.
func (f *Failure) Error() string {
	end := fmt.Sprintf("%s ended with status %d", f.Program, f.Code)
	if f.Signal != 0 {
		end = fmt.Sprintf("%s was ended by the signal %s", f.Program, f.Signal)
	}
	if said := f.Said(); said != "" {
		return end + ": " + said
	}
	return end
}

var saysError = regexp.MustCompile(`(?:^|: )(?:error|fatal|detail): `)

// Said is the program's own first word about what went wrong: later ones tend to be its consequences. It may be empty.
func (f *Failure) Said() string {
	for _, line := range f.Tail {
		if at := saysError.FindStringIndex(line); at != nil {
			return line[at[1]:]
		}
	}
	if len(f.Tail) > 0 {
		return f.Tail[len(f.Tail)-1]
	}
	return ""
}

func (p *process) failure(ended *exec.ExitError) *Failure {
	f := &Failure{Program: filepath.Base(p.call.Path), Code: ended.ExitCode(), Tail: p.stderr.lines()}
	if status, ok := ended.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		f.Signal = status.Signal()
	}
	return f
}

const (
	keptLines = 20
	longLine  = 2000 // bytes; what is longer is cut: a line may hold a whole statement
)

// tail reads a program's stderr to its end, whatever comes, and keeps the last lines.
type tail struct {
	from     *os.File
	each     func(string)
	password string
	drained  sync.WaitGroup

	mu   sync.Mutex
	kept []string
}

func newTail(each func(string)) *tail { return &tail{each: each} }

// hide keeps a password out of the lines, wherever it stands. Short ones are parts of words.
func (t *tail) hide(password string) {
	if len(password) >= 4 {
		t.password = password
	}
}

func (t *tail) read() {
	in := bufio.NewReaderSize(t.from, longLine)
	for {
		line, err := in.ReadSlice('\n')
		if len(line) > 0 {
			t.line(string(line))
		}
		for errors.Is(err, bufio.ErrBufferFull) { // the rest of a long line
			_, err = in.ReadSlice('\n')
		}
		if err != nil {
			_, _ = io.Copy(io.Discard, t.from) // nothing is left, or the pipe is closed
			return
		}
	}
}

// copied is a row of a table in the context of an error of COPY.
var copied = regexp.MustCompile(`(COPY .*, line \d+(?:, column [^:]*)?: ).*`)

func (t *tail) line(line string) {
	if t.password != "" {
		line = strings.ReplaceAll(line, t.password, "***")
	}
	line = copied.ReplaceAllString(ops.Redact(strings.TrimRight(line, "\r\n")), `$1***`)
	line = ops.Printable(line, longLine)
	t.mu.Lock()
	if t.kept = append(t.kept, line); len(t.kept) > keptLines {
		t.kept = t.kept[1:]
	}
	t.mu.Unlock()
	if t.each != nil {
		t.each(line)
	}
}

func (t *tail) lines() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]string(nil), t.kept...)
}
