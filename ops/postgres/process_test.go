package postgres

import (
	"bufio"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// endWithin is how long a server may take to end before it is killed.
const endWithin = 20 * time.Second

// launch runs a server until stop or the test's end, and waits for its own word that it is ready.
func launch(t *testing.T, server *exec.Cmd, readyWord string, end os.Signal) (stop func()) {
	t.Helper()
	says, err := server.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	ready := make(chan bool, 1)
	var log strings.Builder
	go func() {
		said := false
		for lines := bufio.NewScanner(says); lines.Scan(); {
			log.WriteString(lines.Text() + "\n")
			if !said && strings.Contains(lines.Text(), readyWord) {
				said = true
				ready <- true
			}
		}
		close(ready)
	}()
	stop = sync.OnceFunc(func() {
		_ = server.Process.Signal(end)
		late := time.AfterFunc(endWithin, func() { _ = server.Process.Kill() })
		defer late.Stop()
		for range ready {
		}
		_ = server.Wait() // it was told to end
		if t.Failed() {
			t.Log(log.String())
		}
	})
	t.Cleanup(stop)
	if !<-ready {
		t.Fatalf("%s ended before it was ready: %s", server.Path, log.String())
	}
	return stop
}

// asPostgres makes a process run unprivileged where we are root, and gives it the folder.
func asPostgres(t *testing.T, dir string) *syscall.SysProcAttr {
	t.Helper()
	if os.Getuid() != 0 {
		return nil
	}
	owner, err := user.Lookup("postgres")
	if err != nil {
		if owner, err = user.Lookup("nobody"); err != nil {
			t.Skip(err)
		}
	}
	uid, gid := must(strconv.Atoi(owner.Uid)), must(strconv.Atoi(owner.Gid))
	if err := filepath.Walk(dir, func(path string, _ os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, uid, gid)
	}); err != nil {
		t.Fatal(err)
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}
