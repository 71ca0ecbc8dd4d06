package store

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"dbbot/ops/backup"
	"dbbot/ops/backup/store/storetest"
)

// child makes this test binary write into a store until it is killed.
const child = "DBBOT_TEST_STORE"

func TestMain(m *testing.M) {
	if url := os.Getenv(child); url != "" {
		writeForEver(url)
	}
	os.Exit(m.Run())
}

// writeForEver says on standard output how much the store took.
func writeForEver(url string) {
	s, err := Open(context.Background(), url)
	if err != nil {
		panic(err)
	}
	taken := 0
	_, err = s.Put(context.Background(), "orders/a/archive.dump", readerFunc(func(p []byte) (int, error) {
		fmt.Println(taken)
		taken += len(p)
		return len(p), nil
	}), 0)
	panic(err)
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// A process that is killed while it writes leaves nothing that can be seen, and the next sweep takes the rest.
func TestKilledWhileWriting(t *testing.T) {
	t.Run("a folder", func(t *testing.T) {
		root := t.TempDir()
		url := "file://" + root
		killed(t, url, 1<<20, opening(t, url))
		if n := unfinished(t, root); n > 0 {
			t.Errorf("%d things are left", n)
		}
	})
	t.Run("a bucket", func(t *testing.T) {
		g := storetest.StartGateway(t)
		name, url := g.Bucket(t)
		killed(t, url, single+3*unestimated, opening(t, url))
		if left := uploads(t, g, name); len(left) > 0 {
			t.Errorf("left: %q", left)
		}
	})
}

// killed kills a child after it has given more than so many bytes.
func killed(t *testing.T, url string, after int, s backup.Store) {
	t.Helper()
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), child+"="+url)
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for taken := 0; taken <= after && lines.Scan(); {
		if _, err := fmt.Sscan(lines.Text(), &taken); err != nil {
			t.Fatal(err)
		}
	}
	_ = command.Process.Kill()
	_, _ = io.Copy(io.Discard, out)
	_ = command.Wait()
	if found, err := s.List(t.Context(), ""); err != nil || len(found) > 0 {
		t.Fatalf("seen: %v, %v", found, err)
	}
	removed, err := s.Sweep(t.Context(), "orders/", 0)
	if err != nil || strings.Join(removed, " ") != "orders/a/archive.dump" {
		t.Errorf("swept %q, %v", removed, err)
	}
}
