package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"dbbot/ops/postgres/cluster"
)

// hidden is where Debian has PostgreSQL's server programs: it is emptied for the program under test alone.
const hidden = "/usr/lib/postgresql"

// withoutPostgreSQL starts the program in a file system of its own, in which the programs are missing.
func withoutPostgreSQL(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	unshare, err := exec.LookPath("unshare")
	if err != nil {
		t.Skip("a file system of its own is made with unshare, which is not here:", err)
	}
	t.Setenv("PATH", "/usr/bin:/bin") // not a place where somebody has put links to the programs
	if found, err := cluster.Find(t.Context()); err == nil && !strings.HasPrefix(found.Dir, hidden+"/") {
		t.Skip("PostgreSQL's programs are in a place that this test does not hide:", found.Dir)
	}
	script := `if [ -d ` + hidden + ` ]; then mount -t tmpfs none ` + hidden + ` || exit 77; fi; exec "$@"`
	in := []string{"--user", "--map-root-user", "--mount", "sh", "-c", script, "sh"}
	if out, err := exec.Command(unshare, append(in, "true")...).CombinedOutput(); err != nil {
		t.Skipf("this system does not let the test hide the programs: %v, %s", err, out)
	}
	child := exec.Command(unshare, append(append(in, os.Args[0]), args...)...)
	child.Env = append(os.Environ(), asProgram+"=1", "REDIS_URL=")
	return child
}

func TestDemoWithoutPostgreSQLSaysWhatToInstall(t *testing.T) {
	child := withoutPostgreSQL(t, "demo", "--no-open")
	var out, errs lockedBuffer
	child.Stdout, child.Stderr = &out, &errs
	_ = child.Run() // the exit code is looked at
	if code := child.ProcessState.ExitCode(); code != int(notGood) {
		t.Errorf("exit %d", code)
	}
	for _, words := range []string{
		"dbbot: PostgreSQL's server programs (initdb, postgres) are not installed, or not in a usual place.\n",
		"Install them with: " + cluster.InstallCommand(),
	} {
		if !strings.Contains(errs.String(), words) {
			t.Errorf("%q is not said in:\n%s", words, &errs)
		}
	}
	if offers := strings.Contains(errs.String(), "dbbot demo --install"); offers != cluster.ThisSystem().Tested {
		t.Errorf("it offers to install: %v\n%s", offers, &errs)
	}
	if strings.Contains(out.String(), "private") {
		t.Errorf("something was started:\n%s", &out)
	}
}

func TestDemoSaysThatThereIsNoPlaceForTemporaryFiles(t *testing.T) {
	t.Setenv("TMPDIR", "/nowhere/at/all")
	code, out, errs := runs(t, nil, "demo", "--no-open")
	if code != 1 || out != "" || !strings.Contains(errs, "temporary files, /nowhere/at/all: no such file") || !strings.Contains(errs, "Set TMPDIR") {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
}
