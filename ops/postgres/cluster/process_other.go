//go:build !linux

package cluster

import (
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// attributes of a child: another account where we are root, and a process group of its own. There is no signal on
// our death here: the next start's Sweep ends what is left.
func (o owner) attributes() *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Setpgid: true}
	if o.switchTo {
		a.Credential = &syscall.Credential{Uid: uint32(o.uid), Gid: uint32(o.gid)}
	}
	return a
}

// runsOn tells whether the process is a server on that data directory; pids are used again.
func runsOn(pid int, data string) bool {
	line, err := exec.Command("ps", "-o", "args=", "-p", strconv.Itoa(pid)).Output()
	return err == nil && strings.Contains(string(line), data)
}
