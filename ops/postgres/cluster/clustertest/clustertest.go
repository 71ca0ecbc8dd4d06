// Package clustertest gives tests a real PostgreSQL server. It may import ops/postgres/cluster, and test code alone
// may import it.
package clustertest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"dbbot/ops/postgres/cluster"
)

var shared struct {
	once    sync.Once
	cluster *cluster.Cluster
	err     error
	names   atomic.Int64
}

// Run is for a package's TestMain: os.Exit(clustertest.Run(m)). It ends the server that the tests shared.
func Run(m *testing.M) int {
	code := m.Run()
	if shared.cluster == nil {
		return code
	}
	if err := shared.cluster.Stop(); err != nil {
		fmt.Fprintln(os.Stderr, "the tests' PostgreSQL did not end:", err)
		return 1
	}
	return code
}

// Database makes a new empty database in the server that the package's tests share, and gives the superuser's URL of
// it. The package needs a TestMain that calls Run.
func Database(tb testing.TB) string {
	tb.Helper()
	shared.once.Do(func() {
		shared.cluster, shared.err = start(nil)
	})
	skipWithoutPrograms(tb, shared.err)
	name := fmt.Sprintf("test_%d", shared.names.Add(1))
	Exec(tb, shared.cluster.URL("postgres"), "CREATE DATABASE "+name)
	return shared.cluster.URL(name)
}

// Start runs a server of the test's own, with settings, and stops it at the test's end.
func Start(tb testing.TB, own map[string]string) *cluster.Cluster {
	tb.Helper()
	c, err := start(own)
	skipWithoutPrograms(tb, err)
	tb.Cleanup(func() {
		if err := c.Stop(); err != nil {
			tb.Error(err)
		}
	})
	return c
}

// folderVariable names a folder with the programs of the server to test with; without it the newest installed one is
// taken.
const folderVariable = "DBBOT_TEST_POSTGRES"

func start(own map[string]string) (*cluster.Cluster, error) {
	return cluster.Start(context.Background(), cluster.Options{Settings: settings(own), Binaries: cluster.Binaries{Dir: os.Getenv(folderVariable)}})
}

// Exec runs statements, and fails the test where one fails.
func Exec(tb testing.TB, databaseURL string, statements ...string) {
	tb.Helper()
	conn := Connect(tb, databaseURL)
	for _, sql := range statements {
		if _, err := conn.Exec(tb.Context(), sql); err != nil {
			tb.Fatalf("%s: %v", sql, err)
		}
	}
	_ = conn.Close(context.Background()) // Connect closes it again, which does nothing
}

// Connect opens a connection that the test's end closes.
func Connect(tb testing.TB, databaseURL string) *pgx.Conn {
	tb.Helper()
	conn, err := pgx.Connect(tb.Context(), databaseURL)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// As gives the URL of the same database for another role.
func As(tb testing.TB, databaseURL, role, password string) string {
	tb.Helper()
	u, err := url.Parse(databaseURL)
	if err != nil {
		tb.Fatal(err)
	}
	u.User = url.UserPassword(role, password)
	return u.String()
}

func settings(own map[string]string) map[string]string {
	all := map[string]string{"shared_buffers": "16MB", "max_connections": "60"}
	for name, value := range own {
		all[name] = value
	}
	return all
}

func skipWithoutPrograms(tb testing.TB, err error) {
	tb.Helper()
	if errors.Is(err, exec.ErrNotFound) {
		tb.Skip(err)
	}
	if err != nil {
		tb.Fatal(err)
	}
}
