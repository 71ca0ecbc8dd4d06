package cluster

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"dbbot/ops"
)

// Bounds of starting and stopping. initdb takes about a second and a server is ready after 0.1 s (measured on two
// cores); the rest is room for a busy machine.
const (
	initWithin  = 60 * time.Second
	readyWithin = 30 * time.Second
	fastWithin  = 10 * time.Second // a fast shutdown: sessions are ended, a checkpoint is written
	quitWithin  = 5 * time.Second  // an immediate one
	startTries  = 3                // another program may take the free port before the server does
)

// Options of a cluster; the zero value is good.
type Options struct {
	Binaries Binaries          // default: Find
	Settings map[string]string // added to postgresql.conf's defaults: {"max_connections": "20"}
	Log      io.Writer         // gets the server's log, line by line; nil: only the last lines are kept, for errors
}

// Cluster is a running server with one superuser, postgres.
type Cluster struct {
	Binaries Binaries
	Dir      string // holds data, socket and lock; removed by Stop
	Port     int
	password string
	lock     *os.File
	server   *server
}

// Start makes a new cluster and waits until it takes connections. The server does not outlive this process, and
// what a killed process leaves on the disk is removed by Sweep.
func Start(ctx context.Context, o Options) (*Cluster, error) {
	if o.Binaries.Dir == "" {
		found, err := Find(ctx)
		if err != nil {
			return nil, err
		}
		o.Binaries = found
	}
	c := &Cluster{Binaries: o.Binaries, password: rand.Text()}
	if err := c.prepare(ctx); err != nil {
		return nil, errors.Join(err, c.Stop())
	}
	if err := c.launch(ctx, o.Settings, o.Log); err != nil {
		return nil, errors.Join(err, c.Stop())
	}
	return c, nil
}

// prepare makes the directory, its lock and the data in it.
func (c *Cluster) prepare(ctx context.Context) error {
	owner, err := unprivileged()
	if err != nil {
		return err
	}
	if c.Dir, c.lock, err = claimDirectory(owner); err != nil {
		return err
	}
	passwordFile := filepath.Join(c.Dir, "password")
	if err := os.WriteFile(passwordFile, []byte(c.password), 0o600); err != nil {
		return err
	}
	defer os.Remove(passwordFile)
	if err := owner.own(passwordFile); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, initWithin)
	defer cancel()
	initdb := exec.CommandContext(ctx, c.Binaries.Path("initdb"), "--pgdata="+c.data(), "--username=postgres",
		"--auth=scram-sha-256", "--pwfile="+passwordFile, "--encoding=UTF8", "--no-locale", "--no-sync")
	initdb.Dir, initdb.Env = c.Dir, plainEnvironment()
	initdb.SysProcAttr = owner.attributes()
	if out, err := initdb.CombinedOutput(); err != nil {
		return &ops.Error{Message: "initdb could not make a PostgreSQL cluster.", Hint: lastLine(string(out)), Cause: err}
	}
	return nil
}

func (c *Cluster) launch(ctx context.Context, settings map[string]string, also io.Writer) (err error) {
	owner, err := unprivileged()
	if err != nil {
		return err
	}
	for range startTries {
		if c.Port, err = freePort(); err != nil {
			return err
		}
		c.server, err = startServer(ctx, c.command(settings), owner, also)
		if err == nil {
			return nil
		}
	}
	return err
}

// command is the server's own; pg_ctl would detach it from us.
func (c *Cluster) command(settings map[string]string) []string {
	all := map[string]string{
		"listen_addresses": "127.0.0.1", "port": strconv.Itoa(c.Port), "unix_socket_directories": c.Dir,
		// what a crash loses is thrown away with the directory, so nothing has to reach the disk
		"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off",
		"lc_messages": "C", "logging_collector": "off", "log_destination": "stderr",
		"log_min_messages": "log", // or higher would hide the line that says it is ready
	}
	for name, value := range settings {
		all[name] = value
	}
	args := []string{c.Binaries.Path("postgres"), "-D", c.data()}
	for name, value := range all {
		args = append(args, "-c"+name+"="+value)
	}
	return args
}

// URL of a database for the superuser, on loopback without TLS.
func (c *Cluster) URL(database string) string { return c.URLAs("postgres", c.password, database) }

// URLAs is the same for another role.
func (c *Cluster) URLAs(role, password, database string) string {
	return (&url.URL{
		Scheme: "postgres", User: url.UserPassword(role, password),
		Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(c.Port)), Path: "/" + database, RawQuery: "sslmode=disable",
	}).String()
}

// Stop ends the server and removes its directory. It may be called twice.
func (c *Cluster) Stop() error {
	var err error
	if c.server != nil {
		err = c.server.stop()
	}
	if c.Dir != "" {
		err = errors.Join(err, os.RemoveAll(c.Dir))
	}
	if c.lock != nil {
		c.lock.Close()
		c.lock = nil
	}
	return err
}

func (c *Cluster) data() string { return filepath.Join(c.Dir, "data") }

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}

// plainEnvironment keeps settings for other servers (PGPORT, PGOPTIONS, LC_ALL) away from ours.
func plainEnvironment() []string {
	return []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=UTC", "TMPDIR=" + os.TempDir()}
}

func lastLine(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return ops.Printable(ops.Redact(lines[len(lines)-1]), 300)
}

func (c *Cluster) String() string {
	return fmt.Sprintf("PostgreSQL %d on 127.0.0.1:%d", c.Binaries.Major, c.Port)
}
