package dump

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"dbbot/ops"
	"dbbot/ops/backup"
	"dbbot/ops/client"
)

// The directory format can be written by several sessions at once, but not as a stream: it takes room beside, for as long as
// it is written and sent. With pg_dump 16 and later that is what is stored; before, it is the size of the database.

const (
	// besidePrefix of the private folders, which Sweep knows them by.
	besidePrefix = "dbbot-backup-"
	besideLock   = "lock"
	// inTar is the folder's name in the tar: pg_restore takes it as it is.
	inTar = "archive"
)

// directory dumps with several sessions into a private folder, and sends that as one tar.
func (t *taking) directory(ctx context.Context, w *watch) (backup.File, contents, error) {
	var found contents
	f := t.file("archive.tar", "directory", !t.survey.inside)
	beside, err := makeBeside()
	if err != nil {
		return f, found, &ops.Error{Message: "There is no folder for temporary files, which parallel: needs.", Hint: "Set TMPDIR to a folder with room.", Cause: err}
	}
	defer beside.remove()
	dir := filepath.Join(beside.dir, inTar)
	if err := t.fill(ctx, w, dir); err != nil {
		return f, found, err
	}
	ops.Reached("backup dumped")
	if found, err = readDirectory(dir); err != nil {
		return f, found, damaged{err}
	}
	size, sent, told := sizeOf(dir), int64(0), time.Time{}
	f, err = t.put(ctx, t.newWatch(), f, t.estimate(), func(ctx context.Context, to io.Writer) error {
		return sendTar(dir, writerFunc(func(p []byte) (int, error) {
			n, err := to.Write(p)
			sent += int64(n)
			if now := time.Now(); now.Sub(told) >= t.bounds.poll {
				told = now
				t.say(Sending, sent, size)
			}
			return n, err
		}))
	})
	return f, found, err
}

// fill runs pg_dump. What it writes is watched by its progress: no stream shows it.
func (t *taking) fill(ctx context.Context, w *watch, dir string) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer w.bite(cancel)()
	c := t.call(t.survey.programs.Dump, append(t.arguments("directory"), "--jobs="+strconv.Itoa(t.options.Parallel), "--no-sync", "--file="+dir)...)
	c.Line = t.hear(w)
	defer w.dumped.close()
	return client.Run(ctx, c)
}

// readDirectory reads the table of contents, and looks whether each table's file is there: a killed pg_dump leaves empty ones.
func readDirectory(dir string) (contents, error) {
	toc, err := os.Open(filepath.Join(dir, "toc.dat"))
	if err != nil {
		return contents{}, errors.Join(errNoArchive, err)
	}
	defer toc.Close()
	found, err := readArchive(toc)
	found.Rows = false
	for _, one := range found.Tables {
		one.There = false
		for _, end := range []string{"", ".zst", ".gz", ".lz4"} {
			if info, err := os.Stat(filepath.Join(dir, filepath.Base(one.File)+end)); err == nil && info.Size() > 0 {
				one.There = true
			}
		}
	}
	return found, err
}

// sizeOf is how many bytes a tar of the folder will have, but for what tar itself adds.
func sizeOf(dir string) (size int64) {
	entries, _ := os.ReadDir(dir) // sendTar says what is wrong
	for _, entry := range entries {
		if info, err := entry.Info(); err == nil {
			size += info.Size()
		}
	}
	return size
}

// sendTar writes the folder as a tar.
func sendTar(dir string, to io.Writer) error {
	all := tar.NewWriter(to)
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	buffer := make([]byte, chunkSize)
	for _, entry := range entries {
		if err := sendFile(all, filepath.Join(dir, entry.Name()), buffer); err != nil {
			return err
		}
	}
	return all.Close()
}

func sendFile(all *tar.Writer, path string, buffer []byte) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("pg_dump left %s, which is no file", filepath.Base(path))
	}
	header := &tar.Header{Name: inTar + "/" + filepath.Base(path), Mode: 0o600, Size: info.Size(), Typeflag: tar.TypeReg}
	if err := all.WriteHeader(header); err != nil {
		return err
	}
	_, err = io.CopyBuffer(struct{ io.Writer }{all}, struct{ io.Reader }{file}, buffer)
	return err
}

// beside is a private folder; its lock is free once this process is gone, however it goes.
type beside struct {
	dir  string
	lock *os.File
}

func makeBeside() (beside, error) {
	dir, err := os.MkdirTemp("", besidePrefix) // 0700
	if err != nil {
		return beside{}, err
	}
	b := beside{dir: dir}
	if b.lock, err = os.OpenFile(filepath.Join(dir, besideLock), os.O_CREATE|os.O_RDWR, 0o600); err == nil {
		err = syscall.Flock(int(b.lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	}
	if err != nil {
		b.remove()
	}
	return b, err
}

func (b beside) remove() {
	_ = os.RemoveAll(b.dir) // what stays is swept
	if b.lock != nil {
		_ = b.lock.Close()
	}
}

// sweepBeside removes the folders of processes that are gone.
func sweepBeside() (removed []string, err error) {
	dirs, err := filepath.Glob(filepath.Join(os.TempDir(), besidePrefix+"*"))
	for _, dir := range dirs {
		lock, openErr := os.OpenFile(filepath.Join(dir, besideLock), os.O_RDWR, 0)
		if errors.Is(openErr, fs.ErrNotExist) || openErr == nil && syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
			if gone := os.RemoveAll(dir); gone == nil {
				removed = append(removed, "the temporary folder "+dir)
			}
		}
		if openErr == nil {
			lock.Close()
		}
	}
	return removed, err
}

// room looks whether what parallel: writes beside may fit.
func (s *survey) room(o Options) error {
	if o.Parallel <= 1 {
		return nil
	}
	var at syscall.Statfs_t
	if err := syscall.Statfs(os.TempDir(), &at); err != nil {
		return &ops.Error{Message: "The folder for temporary files, which parallel: needs, cannot be looked at.", Hint: "Set TMPDIR to a folder with room.", Cause: err}
	}
	free := int64(at.Bavail) * int64(at.Bsize) // #nosec G115: of a file system
	if free < s.ready.Bytes {
		return &ops.Error{
			Message: fmt.Sprintf("With parallel: %d the dump is written to %s first, which has %d MB free; the tables have %d MB.", o.Parallel, os.TempDir(), free>>20, s.ready.Bytes>>20),
			Hint:    "Set TMPDIR to a folder with room, or leave parallel: out: one stream needs none.",
		}
	}
	s.note("With parallel: the dump is written to " + os.TempDir() + " first, encrypted only on its way to the store, and removed there.")
	return nil
}
