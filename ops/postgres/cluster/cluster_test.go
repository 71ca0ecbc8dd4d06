package cluster

import (
	"bufio"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
)

// holdCluster makes this test binary start a cluster, print its directory and wait to be killed.
const holdCluster = "DBBOT_TEST_HOLD_CLUSTER"

func TestMain(m *testing.M) {
	if os.Getenv(holdCluster) == "" {
		os.Exit(m.Run())
	}
	c, err := Start(context.Background(), Options{})
	if err != nil {
		os.Stderr.WriteString(err.Error())
		os.Exit(1)
	}
	os.Stdout.WriteString(c.Dir + "\n")
	select {}
}

func start(t *testing.T, o Options) *Cluster {
	t.Helper()
	c, err := Start(t.Context(), o)
	if errors.Is(err, exec.ErrNotFound) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func TestClusterAnswersWithItsSettings(t *testing.T) {
	c := start(t, Options{Settings: map[string]string{"max_connections": "17"}})
	conn, err := pgx.Connect(t.Context(), c.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	var got string
	if err := conn.QueryRow(t.Context(), "SHOW max_connections").Scan(&got); err != nil || got != "17" {
		t.Errorf("max_connections is %q, %v; want 17", got, err)
	}
}

func TestClusterWantsThePassword(t *testing.T) {
	c := start(t, Options{})
	if _, err := pgx.Connect(t.Context(), c.URLAs("postgres", "guess", "postgres")); err == nil {
		t.Error("a wrong password was accepted")
	}
	if info, err := os.Stat(c.data()); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the data directory's mode is %v, %v; want 0700", info.Mode().Perm(), err)
	}
}

func TestStopLeavesNothing(t *testing.T) {
	c := start(t, Options{})
	pid := c.server.process.Pid
	if err := c.Stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(c.Dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is still there: %v", c.Dir, err)
	}
	if runsOn(pid, c.data()) {
		t.Errorf("process %d is still there", pid)
	}
}

func TestStartSaysWhatTheServerSaid(t *testing.T) {
	start(t, Options{}) // skips where there is no server at all
	_, err := Start(t.Context(), Options{Settings: map[string]string{"shared_buffers": "plenty"}})
	if err == nil || !strings.Contains(err.Error(), "before it was ready") {
		t.Errorf("got %v", err)
	}
}

func TestSweepClearsWhatAKilledProcessLeft(t *testing.T) {
	start(t, Options{}) // a living one, which must stay
	holder := exec.Command(os.Args[0])
	holder.Env = append(os.Environ(), holdCluster+"=1")
	out, err := holder.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := holder.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	dir := strings.TrimSpace(line)
	pid, ok := postmaster(filepath.Join(dir, "data"))
	if !ok {
		t.Fatal("no postmaster.pid in", dir)
	}
	_ = holder.Process.Signal(syscall.SIGKILL)
	_ = holder.Wait()
	if _, err := Sweep(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is still there", dir)
	}
	if runsOn(pid, dir) {
		t.Errorf("server %d still runs", pid)
	}
}

func TestSweepLeavesTheLivingAlone(t *testing.T) {
	c := start(t, Options{})
	if _, err := Sweep(); err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), c.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	conn.Close(t.Context())
}

func TestInstallerKnowsTheSystem(t *testing.T) {
	for name, tt := range map[string]struct {
		goos    string
		release string
		first   []string
		runs    bool
	}{
		"Debian":    {"linux", "ID=debian\n", []string{"apt-get", "update"}, true},
		"Mint":      {"linux", "ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n", []string{"apt-get", "update"}, true},
		"Fedora":    {"linux", "ID=fedora\n", []string{"dnf", "install", "-y", "postgresql-server", "postgresql-contrib"}, false},
		"Alpine":    {"linux", "ID=alpine\n", []string{"apk", "add", "postgresql", "postgresql-contrib"}, false},
		"macOS":     {"darwin", "", []string{"brew", "install", "postgresql@17"}, false},
		"something": {"linux", "ID=plan9\n", nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "os-release")
			if err := os.WriteFile(file, []byte(tt.release), 0o600); err != nil {
				t.Fatal(err)
			}
			got := installer(tt.goos, readOSRelease(file))
			var first []string
			if got.Commands != nil {
				first = got.Commands[0]
			}
			if !reflect.DeepEqual(first, tt.first) || got.Tested != tt.runs {
				t.Errorf("got %v, runs by itself %v; want %v, %v", first, got.Tested, tt.first, tt.runs)
			}
		})
	}
}

func TestLogKeepsTheLastLinesAndSeesReadiness(t *testing.T) {
	l := newLog(nil)
	for _, piece := range []string{"one\ntwo", " and more\n", strings.Repeat("x", 3*longLine) + "\n", "LOG:  " + readyLine[:20], readyLine[20:] + "\n"} {
		if n, err := l.Write([]byte(piece)); n != len(piece) || err != nil {
			t.Fatal(n, err)
		}
	}
	select {
	case <-l.ready:
	default:
		t.Error("readiness was not noticed")
	}
	lines := strings.Split(l.last(), "\n")
	if lines[1] != "two and more" || len(lines[2]) > 2*longLine {
		t.Errorf("got %q", lines[:2])
	}
}
