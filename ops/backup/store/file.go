package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"syscall"

	"dbbot/ops"
	"dbbot/ops/backup"
)

// folder is a store on this machine, or on what is mounted here. Files are the owner's alone. Each is written under another
// name, brought to the disk, and then renamed, so that even after a power failure there is all of it or nothing.
type folder struct{ root string }

// Who runs dbbot may enter, and nobody else. Files are 0600: so are those of os.CreateTemp.
const folderMode = 0o700

// copyBy is how much is read and written at a time: a system call for each 256 KiB is no cost any more.
const copyBy = 256 << 10

// attempts to write into a folder that another process removes in the same moment, because it is empty.
const attempts = 5

func openFile(_ context.Context, at *url.URL) (backup.Store, error) {
	if at.Host != "" && at.Host != "localhost" || !filepath.IsAbs(at.Path) {
		return nil, badURL("A folder is named from the root, with three slashes: file:///var/backups.", "")
	}
	if err := only(at); err != nil {
		return nil, err
	}
	f := folder{root: filepath.Clean(at.Path)}
	if found, err := os.Stat(f.root); err == nil && !found.IsDir() {
		return nil, &ops.Error{Message: f.said() + " is a file, not a folder for backups.", Hint: "Name a folder."}
	}
	return f, nil
}

// Location is the store's URL.
func (f folder) Location() string { return (&url.URL{Scheme: "file", Path: f.root}).String() }

// Close has nothing to give up.
func (f folder) Close() error { return nil }

func (f folder) path(name string) string { return filepath.Join(f.root, filepath.FromSlash(name)) }

// Put implements backup.Store.
func (f folder) Put(ctx context.Context, name string, r io.Reader, _ int64) (size int64, err error) {
	if err := fits(name); err != nil {
		return 0, err
	}
	whole := f.path(name)
	file, err := f.create(whole)
	if err != nil {
		return 0, f.fault(err)
	}
	defer func() {
		if err != nil {
			file.Close()
			os.Remove(file.Name())
			f.tidy(filepath.Dir(whole))
		}
	}()
	if size, err = f.fill(file, &guarded{ctx: ctx, from: r}); err != nil {
		return size, err
	}
	if err := os.Rename(file.Name(), whole); err != nil {
		return size, f.fault(err)
	}
	if err := f.settle(whole); err != nil {
		os.Remove(whole) // what may be gone after a power failure was not kept
		return size, f.fault(err)
	}
	return size, nil
}

// create makes the partial file of a file, and the folders above it.
func (f folder) create(whole string) (file *os.File, err error) {
	for range attempts {
		if err := os.MkdirAll(filepath.Dir(whole), folderMode); err != nil {
			return nil, err
		}
		if file, err = os.CreateTemp(filepath.Dir(whole), partialOf(filepath.Base(whole))); !errors.Is(err, fs.ErrNotExist) {
			return file, err
		}
	}
	return nil, err
}

// fill writes all of from and brings it to the disk.
func (f folder) fill(file *os.File, from *guarded) (int64, error) {
	// Only as a Writer: as a ReaderFrom it would read by 32 KiB.
	_, err := io.CopyBuffer(struct{ io.Writer }{file}, from, make([]byte, copyBy))
	if from.failed != nil {
		return from.read, from.failed
	}
	if err == nil {
		err = file.Sync()
	}
	return from.read, f.fault(cmp.Or(err, file.Close()))
}

// settle brings a folder's new names to the disk, and those of the folders above it, up to the store's own.
func (f folder) settle(path string) error {
	for path != f.root && path != filepath.Dir(path) {
		path = filepath.Dir(path)
		dir, err := os.Open(path)
		if err != nil {
			return err
		}
		err = dir.Sync()
		dir.Close()
		if err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, syscall.ENOTSUP) { // mounts that cannot do it
			return err
		}
	}
	return nil
}

// tidy removes folders that are empty, from path upwards, but never the store's own.
func (f folder) tidy(path string) {
	for path != f.root && len(path) > len(f.root) && os.Remove(path) == nil {
		path = filepath.Dir(path)
	}
}

// Get implements backup.Store.
func (f folder) Get(ctx context.Context, name string) (io.ReadCloser, error) {
	if err := fits(name); err != nil {
		return nil, err
	}
	file, err := os.Open(f.path(name))
	if missing(err) {
		return nil, fmt.Errorf("%s in %s: %w", name, f.Location(), backup.ErrMissing)
	}
	if err != nil {
		return nil, f.fault(err)
	}
	if found, err := file.Stat(); err != nil || found.IsDir() {
		file.Close()
		return nil, cmp.Or(f.fault(err), fmt.Errorf("%s in %s: %w", name, f.Location(), backup.ErrMissing))
	}
	return opened{file, ctx}, nil
}

// Delete implements backup.Store. The name is gone from the disk when it returns: what is deleted first is gone first.
func (f folder) Delete(ctx context.Context, name string) error {
	if err := cmp.Or(fits(name), context.Cause(ctx)); err != nil {
		return err
	}
	path := f.path(name)
	if found, err := os.Lstat(path); missing(err) || err == nil && found.IsDir() {
		return nil
	}
	if err := os.Remove(path); err != nil && !missing(err) {
		return f.fault(err)
	}
	if err := f.settle(path); err != nil && !missing(err) {
		return f.fault(err)
	}
	f.tidy(filepath.Dir(path))
	return nil
}

// missing: no such file, or a file where a folder would have to be.
func missing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}
