package restore

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"

	"dbbot/ops"
)

const (
	// placePrefix begins the names of private folders, by which those of lost processes are found.
	placePrefix = "dbbot-restore-"
	// spare is what is left free on a disk beside what is unpacked, in bytes.
	spare = 256 << 20
	// most files of a directory archive: two for each table and large object at most.
	mostFiles = 1 << 20
)

// place is a private folder of one restore: what is unpacked in it is data that nobody else should see. It is locked for
// as long as its process lives, so that what a lost one left is known.
type place struct {
	dir  string
	lock *os.File
}

// claim makes a place, after removing those of lost processes.
func claim() (*place, error) {
	return claimFor(0)
}

// claimFor makes a place on a disk with room for so many bytes, where there is one: os.TempDir is often in memory.
func claimFor(size int64) (*place, error) {
	for _, root := range roots() {
		sweepPlaces(root)
		if free(root) < size+spare && size > 0 {
			continue
		}
		dir, err := os.MkdirTemp(root, placePrefix)
		if err != nil {
			continue
		}
		lock, err := lockOf(dir)
		if err != nil {
			_ = os.RemoveAll(dir) // it is empty
			continue
		}
		return &place{dir: dir, lock: lock}, nil
	}
	if size > 0 {
		return nil, errNoRoom
	}
	return nil, &ops.Error{Message: "No folder for temporary files can be written to.", Hint: "Look at " + os.TempDir() + " where dbbot runs, or set TMPDIR."}
}

var errNoRoom = errors.New("no disk has room for the unpacked archive")

func roots() []string {
	if temp := os.TempDir(); temp != "/var/tmp" {
		return []string{temp, "/var/tmp"}
	}
	return []string{"/var/tmp"}
}

// free says how many bytes a disk has for us; 0 where nobody knows. Tests have less.
var free = func(dir string) int64 {
	var disk syscall.Statfs_t
	if err := syscall.Statfs(dir, &disk); err != nil {
		return 0
	}
	return int64(disk.Bavail) * int64(disk.Bsize) //nolint:unconvert // other systems have other types
}

// lockOf takes a folder's lock; an error where a living process has it.
func lockOf(dir string) (*os.File, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		_ = f.Close() // it was only locked
		return nil, err
	}
	return f, nil
}

// sweepPlaces removes the private folders under root whose processes are gone, and names them.
func sweepPlaces(root string) (removed []string) {
	all, _ := filepath.Glob(filepath.Join(root, placePrefix+"*")) // the only error is a bad pattern
	for _, dir := range all {
		info, err := os.Lstat(dir)
		if err != nil || !info.IsDir() || info.Mode().Perm() != 0o700 {
			continue
		}
		lock, err := lockOf(dir)
		if err != nil {
			continue
		}
		if os.RemoveAll(dir) == nil {
			removed = append(removed, dir)
		}
		_ = lock.Close() // it was only locked
	}
	return removed
}

// tidyPlaces does so wherever there may be some, and says what it did.
func tidyPlaces() (did []string) {
	for _, root := range roots() {
		for _, dir := range sweepPlaces(root) {
			did = append(did, "Removed the folder "+dir+", which a restore left behind.")
		}
	}
	return did
}

func (p *place) release() {
	_ = os.RemoveAll(p.dir) // or the next restore does
	_ = p.lock.Close()      // it was only locked
}

// archive is where what pg_restore reads stands.
func (p *place) archive() string { return filepath.Join(p.dir, "archive") }

// keep writes a small file.
func (p *place) keep(name, text string) (at string, err error) {
	at = filepath.Join(p.dir, name)
	return at, os.WriteFile(at, []byte(text), 0o600)
}

// fill writes a whole stream into the archive's file.
func (p *place) fill(in *stream) error {
	f, err := os.OpenFile(p.archive(), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.CopyBuffer(struct{ io.Writer }{f}, in, make([]byte, 256<<10))
	if closed := f.Close(); err == nil {
		err = closed
	}
	return full(err)
}

// unpack writes the files of a tar into the archive's folder, and reads the stream to its end.
func (p *place) unpack(in *stream) error {
	if err := os.Mkdir(p.archive(), 0o700); err != nil {
		return err
	}
	files := tar.NewReader(in)
	for range mostFiles {
		header, err := files.Next()
		if errors.Is(err, io.EOF) {
			return in.finish()
		}
		if err == nil {
			err = p.unpackOne(header, files)
		}
		if err != nil {
			return in.broken(err)
		}
	}
	return &damage{[]string{fmt.Sprintf("%s has more than %d files.", in.file.Name, mostFiles)}}
}

// broken says why an archive could not be unpacked: the disk, the stream, or what stands in it.
func (in *stream) broken(err error) error {
	if _, ok := errors.AsType[*fs.PathError](err); ok {
		return full(err)
	}
	if ended := in.finish(); ended != nil {
		return ended
	}
	if d, ok := errors.AsType[*damage](err); ok {
		return d
	}
	return &damage{[]string{in.file.Name + " is no archive of a directory that can be unpacked."}}
}

func (p *place) unpackOne(header *tar.Header, from io.Reader) error {
	folder, name := path.Split(path.Clean(header.Name)) // one folder may be around them all
	switch {
	case header.Typeflag == tar.TypeDir:
		return nil
	case header.Typeflag != tar.TypeReg || strings.Count(folder, "/") > 1 || path.IsAbs(folder) || strings.HasPrefix(folder, "..") || name == "..":
		return &damage{[]string{"The archive has a file in it that pg_dump does not make: " + ops.Printable(header.Name, 100) + "."}}
	}
	f, err := os.OpenFile(filepath.Join(p.archive(), name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, from)
	if closed := f.Close(); err == nil {
		err = closed
	}
	return err
}

// full says in words that a disk is.
func full(err error) error {
	if errors.Is(err, syscall.ENOSPC) {
		return &ops.Error{Message: "The disk for temporary files is full.", Hint: "Free space on it, or set TMPDIR to a larger one.", Cause: err}
	}
	return err
}
