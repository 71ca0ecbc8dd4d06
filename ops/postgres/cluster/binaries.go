// Package cluster runs a private PostgreSQL server from the installed binaries: for the demo, for tests, and later
// for scratch databases. It lives in a directory of its own, on loopback, behind a random password, and it ends with
// the process that started it. It may import ops.
package cluster

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"dbbot/ops"
)

// Binaries is a folder that holds a server's programs (initdb, postgres and their kin), all of one version.
type Binaries struct {
	Dir   string
	Major int // 15 for PostgreSQL 15.18
}

// Path of one of the programs.
func (b Binaries) Path(program string) string { return filepath.Join(b.Dir, program) }

// usualPlaces are where packages put a server's programs when they are not on PATH.
var usualPlaces = []string{
	"/usr/lib/postgresql/*/bin",         // Debian, Ubuntu
	"/usr/pgsql-*/bin",                  // Fedora and Red Hat, the project's own packages
	"/usr/libexec/postgresql*",          // Alpine
	"/opt/homebrew/opt/postgresql*/bin", // Homebrew on Apple silicon
	"/usr/local/opt/postgresql*/bin",    // Homebrew on Intel
	"/home/linuxbrew/.linuxbrew/opt/postgresql*/bin",
	"/usr/local/pgsql/bin", // built from source
}

// Find looks on PATH, then where pg_config points, then in the usual places, and takes the newest server there is.
// The error is an *ops.Error, with exec.ErrNotFound as its cause, whose hint is the command that installs one on
// this system.
func Find(ctx context.Context) (Binaries, error) {
	var newest Binaries
	for _, dir := range candidates(ctx) {
		if b, ok := inspect(ctx, dir); ok && b.Major > newest.Major {
			newest = b
		}
	}
	if newest.Dir == "" {
		return Binaries{}, &ops.Error{
			Message: "PostgreSQL's server programs (initdb, postgres) are not installed, or not in a usual place.",
			Hint:    "Install them with: " + InstallCommand(),
			Cause:   exec.ErrNotFound, // so that a test can tell "not here" from "broken"
		}
	}
	return newest, nil
}

func candidates(ctx context.Context) (dirs []string) {
	if path, err := exec.LookPath("initdb"); err == nil {
		dirs = append(dirs, filepath.Dir(path))
	}
	if out, err := run(ctx, "pg_config", "--bindir"); err == nil {
		dirs = append(dirs, strings.TrimSpace(out))
	}
	for _, pattern := range usualPlaces {
		matches, _ := filepath.Glob(pattern) // the only error is a bad pattern, and these are constants
		dirs = append(dirs, matches...)
	}
	return dirs
}

var version = regexp.MustCompile(`\(PostgreSQL\) (\d+)`)

func inspect(ctx context.Context, dir string) (Binaries, bool) {
	b := Binaries{Dir: dir}
	if _, err := os.Stat(b.Path("initdb")); err != nil {
		return b, false
	}
	out, err := run(ctx, b.Path("postgres"), "--version")
	if err != nil {
		return b, false
	}
	found := version.FindStringSubmatch(out)
	if found == nil {
		return b, false
	}
	b.Major, err = strconv.Atoi(found[1])
	return b, err == nil
}

// askFor bounds a program that only prints something about itself.
const askFor = 5 * time.Second

func run(ctx context.Context, program string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	out, err := exec.CommandContext(ctx, program, args...).Output()
	return string(out), err
}
