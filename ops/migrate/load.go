package migrate

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"

	"dbbot/ops"
)

// What is read of a folder at most, so that a wrong one cannot fill the memory. The largest real folders known have
// some thousands of files; SQL beyond these sizes is data, which a migration is no good place for.
const (
	MaxFile   = 32 << 20  // bytes of one file
	MaxFolder = 128 << 20 // bytes of all
	MaxFiles  = 20_000
)

// Load reads the folder: its bytes are what is judged, shown, agreed to and run. What the tool would refuse is in the
// set's Faults; a folder that cannot be read at all, or that is larger than MaxFile, MaxFolder and MaxFiles allow, is
// an *ops.Error.
func (f Folder) Load() (Set, error) {
	root, err := os.OpenRoot(f.Dir)
	if err != nil {
		return Set{}, f.unread(err)
	}
	defer root.Close()
	entries, err := list(root)
	if err != nil {
		return Set{}, f.unread(err)
	}
	r := &reader{root: root, set: Set{Tool: f.Tool}}
	if f.Tool == Prisma {
		err = r.prisma(entries)
	} else {
		err = r.golangMigrate(entries)
	}
	if err != nil {
		return Set{}, f.unread(err)
	}
	return r.set, nil
}

// list names what is in the folder, in the order of bytes, as os.ReadDir does.
func list(root *os.Root) ([]fs.DirEntry, error) { return fs.ReadDir(root.FS(), ".") }

func (f Folder) unread(err error) error {
	if marked, ok := errors.AsType[*ops.Error](err); ok {
		return marked
	}
	return &ops.Error{
		Message: "The folder of migrations cannot be read: " + reason(err) + ".",
		Hint:    "It is configured as " + ops.Printable(f.Dir, 200) + ".", Cause: err,
	}
}

// reason is an error of the file system without the path, which stands elsewhere.
func reason(err error) string {
	if file, ok := errors.AsType[*fs.PathError](err); ok {
		return file.Err.Error()
	}
	return "see dbbot's log"
}

// reader reads one folder, and counts what it has read.
type reader struct {
	root  *os.Root
	set   Set
	files int
	bytes int64
}

// read reads a file that the tool would run. What stands in the way of one file is a fault of the set, since all
// others can still be told of; only too much of everything is an error.
func (r *reader) read(path string) (*File, error) {
	if r.files++; r.files > MaxFiles {
		return nil, &ops.Error{Message: "The folder of migrations has more than " + ops.Count(MaxFiles, "file") + ".", Hint: "Is it the right folder?"}
	}
	file := &File{Path: path}
	sql, err := r.bytesOf(path)
	if marked, ok := errors.AsType[*ops.Error](err); ok {
		return nil, marked
	}
	if err != nil {
		r.fault(ops.Printable(path, 100) + " cannot be read: " + reason(err) + ".")
		return file, nil
	}
	sum := sha256.Sum256(sql)
	file.SQL, file.Sum = sql, hex.EncodeToString(sum[:])
	return file, nil
}

var errNoFile = &fs.PathError{Err: errors.New("it is not a file")}

// bytesOf reads through the root, which follows no link out of the folder: what lies outside is nobody's migration,
// and might be a secret. A pipe or a device is not opened, as it may never end.
func (r *reader) bytesOf(path string) ([]byte, error) {
	info, err := r.root.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errNoFile
	}
	f, err := r.root.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	sql, err := io.ReadAll(io.LimitReader(f, MaxFile+1)) // the size is measured by reading: a file may grow meanwhile
	if err != nil {
		return nil, err
	}
	r.bytes += int64(len(sql))
	switch {
	case len(sql) > MaxFile:
		return nil, tooMuch("The migration file "+ops.Printable(path, 100), MaxFile)
	case r.bytes > MaxFolder:
		return nil, tooMuch("The folder of migrations", MaxFolder)
	}
	return sql, nil
}

func tooMuch(what string, most int) error {
	return &ops.Error{
		Message: what + " has more than " + ops.Count(most>>20, "megabyte") + ".",
		Hint:    "Data is better loaded by a program of its own, in batches.",
	}
}

func (r *reader) fault(sentence string) { r.set.Faults = append(r.set.Faults, sentence) }
func (r *reader) note(sentence string)  { r.set.Notes = append(r.set.Notes, sentence) }
