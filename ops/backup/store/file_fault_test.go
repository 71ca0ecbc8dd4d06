package store

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"dbbot/ops"
)

func TestOnlyTheOwnerReadsWhatIsKept(t *testing.T) {
	old := syscall.Umask(0) // nothing but the store takes rights away
	defer syscall.Umask(old)
	root := filepath.Join(t.TempDir(), "backups")
	s := opening(t, "file://"+root)
	if _, err := s.Put(t.Context(), "orders/a/archive.dump", strings.NewReader("x"), 0); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]fs.FileMode{"": 0o700, "orders": 0o700, "orders/a": 0o700, "orders/a/archive.dump": 0o600} {
		found, err := os.Stat(filepath.Join(root, path))
		if err != nil || found.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", path, found.Mode(), err)
		}
	}
}

// The process may write no more than a part of it: the disk takes the first half, and nothing of it stays.
func TestADiskThatTakesNoMore(t *testing.T) {
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	s := opening(t, "file://"+root)
	limit := old
	limit.Cur = 1 << 20
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	_, err := s.Put(t.Context(), "orders/a/archive.dump", bytes.NewReader(make([]byte, 4<<20)), 0)
	if again := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &old); again != nil {
		t.Fatal(again)
	}
	saidAs(t, err, "may not become so large", "ulimit -f")
	if n := unfinished(t, root); n > 0 {
		t.Errorf("%d things are left", n)
	}
}

func TestWhatDisksSay(t *testing.T) {
	f := folder{root: "/var/backups"}
	for err, want := range map[error]string{
		syscall.ENOSPC: "The disk of /var/backups is full.", syscall.EDQUOT: "The quota of /var/backups is used up.", syscall.EROFS: "for reading only",
		syscall.EACCES: "may not read or write", syscall.EPERM: "may not read or write", syscall.EIO: "does not work", syscall.ESTALE: "does not work",
		syscall.ENOTDIR: "where a folder has to be",
	} {
		saidAs(t, f.fault(&os.PathError{Op: "write", Path: "x", Err: err}), want, "")
	}
	for _, err := range []error{nil, context.Canceled, errors.New("strange"), &ops.Error{Message: "said"}} {
		if got := f.fault(err); got != err { //nolint:errorlint // the very same one is meant
			t.Errorf("%v became %v", err, got)
		}
	}
}

func TestWhatIsNoFolder(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]string{
		"file://" + file:                   "is a file, not a folder",
		"file://var/backups":               "three slashes",
		"file:relative":                    "three slashes",
		"file:///x?mode=0644":              "no parameter mode",
		"file:///x#y":                      "holds no #",
		"ftp://x/y":                        "cannot be kept in ftp://",
		"/var/backups":                     "no URL of a store",
		"":                                 "no URL of a store",
		"s3://k:hunter2@bucket":            "no user and no password",
		"s3://bucket?secret=hunter2":       "no parameter secret",
		"s3://bucket?endpoint=nonsense":    "no address of a server",
		"s3://bucket?endpoint=https://x/y": "no address of a server",
		"s3:///x":                          "no URL of a bucket",
		"s3://b/.hidden":                   "letters, digits",
		"gs://b?x=1":                       "no parameter x",
		"azblob://b?x=1":                   "no parameter x",
	} {
		_, err := Open(t.Context(), address)
		saidAs(t, err, want, "")
	}
	s := opening(t, "file://"+dir)
	_, err := s.Put(t.Context(), "file/x", strings.NewReader(""), 0)
	saidAs(t, err, "A file stands in", "")
}

// A folder that cannot be entered does not hide the others: every file system's root has a lost+found.
func TestForeignFoldersAreLeftAlone(t *testing.T) {
	dir := t.TempDir()
	s := opening(t, "file://"+dir)
	if err := os.MkdirAll(filepath.Join(dir, "lost+found", "x"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"lost+found/x/manifest.json", ".hidden", "a file"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if all, err := s.List(t.Context(), ""); err != nil || len(all) > 0 {
		t.Errorf("%v, %v", all, err)
	}
	if removed, err := s.Sweep(t.Context(), "", 0); err != nil || len(removed) > 0 {
		t.Errorf("%v, %v", removed, err)
	}
}
