package store

import (
	"cmp"
	"context"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"dbbot/ops/backup"
)

// partial begins the names of files that are not complete; no other file of a store begins with a dot.
const partial = ".partial-"

// partialOf is the pattern of such a name: os.CreateTemp puts a number in the place of the star.
func partialOf(base string) string { return partial + base + "-*" }

// wholeOf is what such a file was to become.
func wholeOf(base string) (name string, ok bool) {
	rest, ok := strings.CutPrefix(base, partial)
	at := strings.LastIndexByte(rest, '-')
	if !ok || at < 1 {
		return "", false
	}
	return rest[:at], true
}

// List implements backup.Store. A store whose folder is not there yet is empty.
func (f folder) List(ctx context.Context, prefix string) (found []backup.Object, err error) {
	err = f.walk(ctx, prefix, func(name string, entry fs.DirEntry) error {
		info, err := entry.Info()
		if err != nil || !entry.Type().IsRegular() || fits(name) != nil || !strings.HasPrefix(name, prefix) {
			return err
		}
		found = append(found, backup.Object{Name: name, Size: info.Size(), Modified: info.ModTime().UTC(), Tag: tagOf(info)})
		return nil
	})
	slices.SortFunc(found, func(a, b backup.Object) int { return cmp.Compare(a.Name, b.Name) })
	return found, err
}

// tagOf changes whenever a file is replaced, also by one of the same size in the same tick of the clock.
func tagOf(info fs.FileInfo) string {
	tag := fmt.Sprintf("%x-%x", info.ModTime().UnixNano(), info.Size())
	if own, ok := info.Sys().(*syscall.Stat_t); ok {
		tag = fmt.Sprintf("%x-%s", own.Ino, tag)
	}
	return tag
}

// Sweep implements backup.Store: partial files that nobody has written to for as long as age, and folders left empty.
func (f folder) Sweep(ctx context.Context, prefix string, age time.Duration) (removed []string, err error) {
	err = f.walk(ctx, prefix, func(name string, entry fs.DirEntry) error {
		base, ok := wholeOf(path.Base(name))
		whole := path.Join(path.Dir(name), base)
		if !ok || !entry.Type().IsRegular() || !strings.HasPrefix(whole, prefix) {
			return nil
		}
		if info, err := entry.Info(); err != nil || time.Since(info.ModTime()) < age {
			return err
		}
		if err := os.Remove(f.path(name)); err != nil {
			return err
		}
		removed = append(removed, whole)
		f.tidy(filepath.Dir(f.path(name)))
		return nil
	})
	return removed, err
}

// walk visits what lies in the folders where names with a prefix may be. What disappears meanwhile is left out, and so are
// folders that no file of ours can be in (lost+found).
func (f folder) walk(ctx context.Context, prefix string, visit func(name string, entry fs.DirEntry) error) error {
	if err := fitsPrefix(prefix); err != nil {
		return err
	}
	err := filepath.WalkDir(f.path(path.Dir(prefix+"x")), func(at string, entry fs.DirEntry, err error) error {
		name, relErr := filepath.Rel(f.root, at)
		if name = filepath.ToSlash(name); err == nil {
			err = cmp.Or(relErr, context.Cause(ctx))
		}
		switch {
		case missing(err):
			return nil
		case err != nil:
			return err
		case entry.IsDir() && name != "." && fits(name) != nil:
			return fs.SkipDir
		case entry.IsDir():
			return nil
		}
		if err := visit(name, entry); !missing(err) {
			return err
		}
		return nil
	})
	return f.fault(err)
}
