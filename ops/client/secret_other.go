//go:build !linux

package client

import (
	"os"
	"path/filepath"
	"syscall"
)

// attributes of a child: a process group of its own. There is no signal on our death here: its output breaks, and it ends
// with the next thing it writes.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// secretFile is a PGPASSFILE in a folder that we alone may enter.
type secretFile struct{ dir string }

// hide makes one; an empty password needs none.
func hide(password string) (*secretFile, error) {
	if password == "" {
		return nil, nil
	}
	dir, err := os.MkdirTemp("", "dbbot-") // 0700
	if err != nil {
		return nil, err
	}
	s := &secretFile{dir}
	if err := os.WriteFile(s.path(), []byte(passLine(password)), 0o600); err != nil {
		s.release()
		return nil, err
	}
	return s, nil
}

func (s *secretFile) path() string { return filepath.Join(s.dir, "pgpass") }

func (s *secretFile) environment() []string {
	if s == nil {
		return []string{"PGPASSFILE=/dev/null/none"} // and not the one in our home
	}
	return []string{"PGPASSFILE=" + s.path()}
}

func (s *secretFile) inherited() []*os.File { return nil }

func (s *secretFile) release() {
	if s != nil {
		_ = os.RemoveAll(s.dir)
	}
}
