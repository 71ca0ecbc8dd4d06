package cluster

import (
	"errors"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"dbbot/ops"
)

const (
	prefix   = "dbbot-postgres-"
	lockName = "lock"
	// young is how long a directory without a lock file is taken for one that is being made.
	young = time.Minute
)

// owner is who runs the server; PostgreSQL refuses to run as root.
type owner struct {
	switchTo bool
	uid, gid int
}

// unprivileged is who we are or, for root, the account postgres where there is one, else nobody.
func unprivileged() (owner, error) {
	if os.Geteuid() != 0 {
		return owner{}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		account, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, errU := strconv.Atoi(account.Uid)
		gid, errG := strconv.Atoi(account.Gid)
		if errU == nil && errG == nil {
			return owner{switchTo: true, uid: uid, gid: gid}, nil
		}
	}
	return owner{}, &ops.Error{
		Message: "PostgreSQL refuses to run as root, and neither the account postgres nor nobody exists.",
		Hint:    "Start dbbot as an ordinary user.",
	}
}

func (o owner) own(path string) error {
	if !o.switchTo {
		return nil
	}
	return os.Chown(path, o.uid, o.gid)
}

// claimDirectory makes a directory that only the owner may enter, and holds its lock for as long as we live: the
// kernel lets go of it when this process dies, however it dies, and that is what Sweep looks for.
func claimDirectory(o owner) (dir string, lock *os.File, err error) {
	dir, err = os.MkdirTemp(parent(o), prefix)
	if err != nil {
		return "", nil, err
	}
	if lock, err = lockDirectory(dir); err == nil {
		err = o.own(dir)
	}
	if err != nil {
		return dir, lock, err
	}
	return dir, lock, nil
}

func lockDirectory(dir string) (*os.File, error) {
	f, err := os.OpenFile(filepath.Join(dir, lockName), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// parent is where directories are made: the usual place for temporary files, unless the owner could not get there.
func parent(o owner) string {
	if !o.switchTo || traversable(os.TempDir()) {
		return os.TempDir()
	}
	return "/tmp"
}

func traversable(dir string) bool {
	for {
		info, err := os.Stat(dir)
		if err != nil || info.Mode().Perm()&0o001 == 0 {
			return false
		}
		up := filepath.Dir(dir)
		if up == dir {
			return true
		}
		dir = up
	}
}

// Sweep ends the servers and removes the directories that processes left behind which were killed before they
// could. Those of living processes are not touched. It says how many it removed.
func Sweep() (removed int, err error) {
	o, err := unprivileged()
	if err != nil {
		return 0, err
	}
	dirs, err := filepath.Glob(filepath.Join(parent(o), prefix+"*"))
	for _, dir := range dirs {
		gone, sweepErr := sweep(dir)
		if gone {
			removed++
		}
		err = errors.Join(err, sweepErr)
	}
	return removed, err
}

func sweep(dir string) (bool, error) {
	info, err := os.Stat(dir)
	if err != nil {
		return false, nil //nolint:nilerr // somebody else removed it
	}
	if _, err := os.Stat(filepath.Join(dir, lockName)); err != nil && time.Since(info.ModTime()) < young {
		return false, nil
	}
	lock, err := lockDirectory(dir)
	if err != nil {
		return false, nil //nolint:nilerr // its process lives, or it is not ours
	}
	defer lock.Close()
	if err := endOrphan(filepath.Join(dir, "data")); err != nil {
		return false, err
	}
	return true, os.RemoveAll(dir)
}
