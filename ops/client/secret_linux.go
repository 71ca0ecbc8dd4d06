package client

import (
	"os"
	"syscall"
)

// attributes of a child: a process group of its own, so that Ctrl-C reaches us and not it and all of it can be ended; and
// SIGTERM from the kernel when we die, on which pg_dump ends its workers and their queries too.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
}

// secretFile is a PGPASSFILE without a name: no other user can open it, and nothing is left of it when all who hold it
// are gone, however they end.
type secretFile struct{ file *os.File }

// hide makes one; an empty password needs none.
func hide(password string) (*secretFile, error) {
	if password == "" {
		return nil, nil
	}
	file, err := os.CreateTemp("", "dbbot-") // 0600
	if err != nil {
		return nil, err
	}
	if err := os.Remove(file.Name()); err != nil {
		file.Close()
		return nil, err
	}
	if _, err := file.WriteString(passLine(password)); err != nil {
		file.Close()
		return nil, err
	}
	return &secretFile{file}, nil
}

func (s *secretFile) environment() []string {
	if s == nil {
		return []string{"PGPASSFILE=/dev/null/none"} // and not the one in our home
	}
	return []string{"PGPASSFILE=/proc/self/fd/3"} // the first of inherited; libpq opens it anew
}

func (s *secretFile) inherited() []*os.File {
	if s == nil {
		return nil
	}
	return []*os.File{s.file}
}

func (s *secretFile) release() {
	if s != nil {
		_ = s.file.Close()
	}
}
