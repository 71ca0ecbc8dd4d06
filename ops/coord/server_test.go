package coord

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"dbbot/ops"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var quiet = slog.New(slog.DiscardHandler)

// connect opens a Coord, and closes it with the test.
func connect(t *testing.T, url string) *Coord {
	t.Helper()
	c, err := Open(ops.Secret(url), "a secret of all replicas", quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// embedded is a Redis inside the test.
func embedded(t *testing.T) (url string) {
	t.Helper()
	return "redis://" + miniredis.RunT(t).Addr()
}

// server is a real redis-server of the test's own.
type server struct {
	url string
	bus int // of a node of a cluster: the port where nodes talk to each other
	cmd *exec.Cmd
}

// start runs one on a free port, with further arguments; the test skips where none is installed.
func start(t *testing.T, port int, arguments ...string) *server {
	t.Helper()
	if port == 0 {
		port = freePort(t)
	}
	return launch(t, port, append([]string{"--port", strconv.Itoa(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", t.TempDir()}, arguments...)...)
}

// launch runs one with these arguments alone, which make it listen on port, and waits until it answers there.
func launch(t *testing.T, port int, arguments ...string) *server {
	t.Helper()
	path, err := exec.LookPath("redis-server")
	if err != nil {
		t.Skip("redis-server is not installed: ", err)
	}
	s := &server{url: "redis://127.0.0.1:" + strconv.Itoa(port), cmd: exec.Command(path, arguments...)}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.kill)
	probe := connect(t, s.url)
	eventually(t, "redis-server answers", func() bool {
		var reply redis.Error // also a refusal is an answer
		err := probe.Ping(context.Background())
		return err == nil || errors.As(err, &reply)
	})
	return s
}

// kill ends it at once, by its own process and no other; twice is no harm.
func (s *server) kill() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// eventually asks again until it is so; the bound is there only so that a broken test ends.
func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(30 * time.Second); !so(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatal("never: ", what)
		}
	}
}
