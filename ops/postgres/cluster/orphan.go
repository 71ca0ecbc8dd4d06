package cluster

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// endOrphan ends the server that still runs on a directory nobody owns any more. It is not our child, so its end
// cannot be waited for, only looked at.
func endOrphan(data string) error {
	pid, ok := postmaster(data)
	if !ok || !runsOn(pid, data) {
		return nil
	}
	for _, step := range []struct {
		signal syscall.Signal
		within time.Duration
	}{{syscall.SIGINT, fastWithin}, {syscall.SIGKILL, quitWithin}} {
		_ = syscall.Kill(pid, step.signal) // fails only when it is gone
		for end := time.Now().Add(step.within); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
			if !runsOn(pid, data) {
				return nil
			}
		}
	}
	return errors.New("a PostgreSQL server left by an earlier run does not end: pid " + strconv.Itoa(pid))
}

// postmaster reads the pid from the first line of the server's own lock file.
func postmaster(data string) (pid int, ok bool) {
	content, err := os.ReadFile(filepath.Join(data, "postmaster.pid"))
	if err != nil {
		return 0, false
	}
	first, _, _ := strings.Cut(string(content), "\n")
	pid, err = strconv.Atoi(first)
	return pid, err == nil && pid > 1
}
