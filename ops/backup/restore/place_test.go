package restore

import (
	"archive/tar"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dbbot/ops/backup"
)

// tarOf makes a tar of files of one letter.
func tarOf(tb testing.TB, headers ...tar.Header) []byte {
	tb.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, h := range headers {
		if h.Mode = 0o777; h.Typeflag == tar.TypeReg {
			h.Size = 1
		}
		must(tb, w.WriteHeader(&h))
		if h.Typeflag == tar.TypeReg {
			_, err := w.Write([]byte("x"))
			must(tb, err)
		}
	}
	must(tb, w.Close())
	return out.Bytes()
}

// What a tar names is never written anywhere but into the private folder, and nothing but files.
func TestAStrangeTarIsRefused(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	for _, tt := range []struct {
		header tar.Header
		good   bool
	}{
		{tar.Header{Name: "archive/toc.dat", Typeflag: tar.TypeReg}, true},
		{tar.Header{Name: "./toc.dat", Typeflag: tar.TypeReg}, true},
		{tar.Header{Name: "archive/", Typeflag: tar.TypeDir}, true},
		{tar.Header{Name: "../toc.dat", Typeflag: tar.TypeReg}, false},
		{tar.Header{Name: "archive/../../toc.dat", Typeflag: tar.TypeReg}, false},
		{tar.Header{Name: "/tmp/toc.dat", Typeflag: tar.TypeReg}, false},
		{tar.Header{Name: "a/b/toc.dat", Typeflag: tar.TypeReg}, false},
		{tar.Header{Name: "..", Typeflag: tar.TypeReg}, false},
		{tar.Header{Name: "toc.dat", Linkname: "/etc/passwd", Typeflag: tar.TypeSymlink}, false},
		{tar.Header{Name: "toc.dat", Linkname: "/etc/passwd", Typeflag: tar.TypeLink}, false},
	} {
		s := Source{Store: memory{}, Backup: backup.Backup{Manifest: backup.Manifest{ID: "orders-20261123-030000-7f3a"}}}
		s.keep(t, tarOf(t, tt.header), taking{directory: true})
		in, err := s.open(t.Context(), s.Backup.Archive, true, func(int64) {})
		must(t, err)
		at, err := claim()
		must(t, err)
		found, err := foundIn(at.unpack(in))
		if err != nil || (len(found) == 0) != tt.good {
			t.Errorf("%s: %q, %v", tt.header.Name, found, err)
		}
		at.release()
		in.Close()
	}
	if rest, err := os.ReadDir(os.TempDir()); err != nil || len(rest) > 0 {
		t.Errorf("left: %v, %v", rest, err)
	}
}

// A folder goes when its process has, and not before.
func TestFoldersOfLostProcesses(t *testing.T) {
	root := t.TempDir()
	t.Setenv("TMPDIR", root)
	at, err := claim()
	must(t, err)
	_, err = at.keep("list", "secret")
	must(t, err)
	if info, err := os.Stat(at.dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v, %v", info, err)
	}
	other := filepath.Join(root, placePrefix+"open")
	must(t, os.Mkdir(other, 0o755)) // nobody of ours makes them so
	if removed := sweepPlaces(root); len(removed) > 0 {
		t.Errorf("a living one's: %q", removed)
	}
	must(t, at.lock.Close()) // as the end of its process does
	if removed := sweepPlaces(root); len(removed) != 1 || !strings.HasPrefix(removed[0], root) {
		t.Errorf("%q", removed)
	}
}
