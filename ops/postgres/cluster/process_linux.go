package cluster

import (
	"bytes"
	"fmt"
	"os"
	"syscall"
)

// attributes of a child: another account where we are root, a process group of its own so that Ctrl-C reaches us
// and not it, and SIGINT (a fast shutdown) from the kernel when we die.
func (o owner) attributes() *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGINT}
	if o.switchTo {
		a.Credential = &syscall.Credential{Uid: uint32(o.uid), Gid: uint32(o.gid)} // #nosec G115: from the account file
	}
	return a
}

// runsOn tells whether the process is a server on that data directory; pids are used again.
func runsOn(pid int, data string) bool {
	line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	return err == nil && bytes.Contains(line, []byte(data))
}
