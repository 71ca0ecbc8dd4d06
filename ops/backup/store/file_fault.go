package store

import (
	"context"
	"errors"
	"io/fs"
	"syscall"

	"dbbot/ops"
)

// said is the folder in a sentence.
func (f folder) said() string { return ops.Printable(f.root, maxSaid) }

// fault says in plain words what the operating system refused.
func (f folder) fault(err error) error {
	marked, ok := errors.AsType[*ops.Error](err)
	switch {
	case err == nil || ok && marked != nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.Is(err, syscall.ENOSPC):
		return &ops.Error{Message: "The disk of " + f.said() + " is full.", Hint: "Make room there, or name another store. Nothing half-written was left.", Cause: err}
	case errors.Is(err, syscall.EDQUOT):
		return &ops.Error{Message: "The quota of " + f.said() + " is used up.", Hint: "Raise it, or name another store. Nothing half-written was left.", Cause: err}
	case errors.Is(err, syscall.EFBIG):
		return &ops.Error{Message: "A file in " + f.said() + " may not become so large.", Hint: "Look at the file system, and at the limit of the process (ulimit -f).", Cause: err}
	case errors.Is(err, fs.ErrPermission):
		return &ops.Error{Message: "dbbot may not read or write in " + f.said() + ".", Hint: "The folder must belong to whoever runs dbbot.", Cause: err}
	case errors.Is(err, syscall.EROFS):
		return &ops.Error{Message: f.said() + " is mounted for reading only.", Hint: "Mount it for writing, or name another store.", Cause: err}
	case errors.Is(err, syscall.ENOTDIR):
		return &ops.Error{Message: "A file stands in " + f.said() + " where a folder has to be.", Hint: "Move it away, or name another folder.", Cause: err}
	case errors.Is(err, syscall.EIO), errors.Is(err, syscall.ESTALE), errors.Is(err, syscall.ENXIO):
		return &ops.Error{Message: "The disk of " + f.said() + " does not work.", Hint: "Look at the system's log; name another store.", Cause: err}
	}
	return err
}
