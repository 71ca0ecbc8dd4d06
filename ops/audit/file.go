package audit

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// ownerOnly: a checkpoint is no secret, but nobody else is to add one.
const ownerOnly fs.FileMode = 0o600

// Append adds a checkpoint to a file, which is made where there is none, and returns when it is on the disk. It is one
// write at the end, so that several processes may share a file; what a crash left of a line is closed with a line break
// before it, and read as damaged later.
func Append(path string, c Checkpoint) (err error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, ownerOnly)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	line := c.String() + "\n"
	size, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	if size == 0 {
		if err := syncFolder(path); err != nil {
			return err
		}
	} else {
		var last [1]byte
		if _, err := file.ReadAt(last[:], size-1); err != nil {
			return err
		}
		if last[0] != '\n' {
			line = "\n" + line
		}
	}
	if _, err := file.WriteString(line); err != nil {
		return err
	}
	return file.Sync()
}

// syncFolder makes sure that a new file's name survives too.
func syncFolder(path string) error {
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}

// ReadFile is ReadCheckpoints of a file; one that is not there holds none.
func ReadFile(path string) (found []Checkpoint, damaged []int, err error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	defer file.Close()
	return ReadCheckpoints(file)
}
