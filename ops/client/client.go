// Package client finds PostgreSQL's own client programs (pg_dump, pg_restore, pg_dumpall) by major version, and runs one as
// a supervised process group. It knows nothing of backups or migrations, and may import ops.
package client

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"dbbot/ops"
)

// Programs are the client programs of one version, which stand in one folder.
type Programs struct {
	Major   int
	Version string // as pg_dump says it: "pg_dump (PostgreSQL) 15.18"
	Dump    string // paths
	DumpAll string
	Restore string
}

// usualPlaces are where packages put client programs; * is the major version, or holds it.
var usualPlaces = []string{
	"/usr/lib/postgresql/*/bin",         // Debian, Ubuntu
	"/usr/pgsql-*/bin",                  // Fedora and Red Hat, the project's own packages
	"/usr/libexec/postgresql*",          // Alpine
	"/opt/homebrew/opt/postgresql*/bin", // Homebrew on Apple silicon
	"/opt/homebrew/opt/libpq*/bin",
	"/usr/local/opt/postgresql*/bin", // Homebrew on Intel
	"/usr/local/opt/libpq*/bin",
	"/home/linuxbrew/.linuxbrew/opt/postgresql*/bin",
	"/usr/local/pgsql/bin", // built from source
}

// Find gives the programs of a major version: those on PATH first. pg_dump and pg_restore must have the server's own
// (reference backups 3), so nothing else will do. The error is an *ops.Error that names what to install, and
// has exec.ErrNotFound as its cause.
func Find(major int) (Programs, error) {
	var others []string
	for _, dir := range folders() {
		p, ok := inspect(dir)
		if ok && p.Major == major {
			return p, nil
		}
		if ok && !slices.Contains(others, strconv.Itoa(p.Major)) {
			others = append(others, strconv.Itoa(p.Major))
		}
	}
	return Programs{}, missing(major, others)
}

func missing(major int, others []string) error {
	fault := &ops.Error{
		Message: fmt.Sprintf("PostgreSQL %d's pg_dump and pg_restore are not installed here.", major),
		Hint:    install(major),
		Cause:   exec.ErrNotFound,
	}
	if len(others) > 0 {
		slices.Sort(others)
		fault.Message = strings.TrimSuffix(fault.Message, ".") + ", only those of " + strings.Join(others, ", ") +
			"; they must be of the server's own version."
	}
	return fault
}

// install is what a person types.
func install(major int) string {
	if runtime.GOOS == "darwin" {
		return fmt.Sprintf("Install them where dbbot runs: brew install postgresql@%d.", major)
	}
	return fmt.Sprintf("Install them where dbbot runs: on Debian and Ubuntu apt-get install postgresql-client-%d (of another release's version: "+
		"from apt.postgresql.org), on Fedora and Red Hat dnf install postgresql%d, on Alpine apk add postgresql%d-client.", major, major, major)
}

// folders are where the programs may be, those on PATH first.
func folders() (dirs []string) {
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		if filepath.IsAbs(dir) && !wrapped(dir) {
			dirs = append(dirs, dir)
		}
	}
	for _, pattern := range usualPlaces {
		found, _ := filepath.Glob(pattern) // the only error is a bad pattern, and these are constants
		dirs = append(dirs, found...)
	}
	return dirs
}

// wrapped says that a folder's pg_dump is Debian's pg_wrapper, which runs whichever version it thinks best.
func wrapped(dir string) bool {
	real, err := filepath.EvalSymlinks(filepath.Join(dir, "pg_dump"))
	return err == nil && filepath.Base(real) == "pg_wrapper"
}

var versionLine = regexp.MustCompile(`^pg_dump \(PostgreSQL\) (\d+)\S*`)

// askFor bounds a program that only says its version.
const askFor = 5 * time.Second

func inspect(dir string) (Programs, bool) {
	p := Programs{Dump: filepath.Join(dir, "pg_dump"), DumpAll: filepath.Join(dir, "pg_dumpall"), Restore: filepath.Join(dir, "pg_restore")}
	for _, path := range []string{p.Dump, p.DumpAll, p.Restore} {
		if info, err := os.Stat(path); err != nil || info.IsDir() || info.Mode()&0o111 == 0 {
			return p, false
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), askFor)
	defer cancel()
	cmd := exec.CommandContext(ctx, p.Dump, "--version")
	cmd.Env = environment()
	out, err := cmd.Output()
	found := versionLine.FindStringSubmatch(string(out))
	if err != nil || found == nil {
		return p, false
	}
	p.Version = found[0]
	p.Major, err = strconv.Atoi(found[1])
	return p, err == nil
}
