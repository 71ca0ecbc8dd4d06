package apply

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"dbbot/ops/migrate"
	"dbbot/ops/postgres/cluster"
	"dbbot/ops/postgres/cluster/clustertest"
)

// tinyDisk gives a server a tablespace "tiny" on a disk of 2 MB.
func tinyDisk(t *testing.T) *cluster.Cluster {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only root may mount a disk")
	}
	server := clustertest.Start(t, nil)
	dir := filepath.Join(server.Dir, "tiny")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=2m", "none", dir).CombinedOutput(); err != nil {
		t.Skipf("no disk can be mounted here: %s", out)
	}
	t.Cleanup(func() { // before the server's own, which removes the folder
		if out, err := exec.Command("umount", "-l", dir).CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
	})
	data, err := os.Stat(filepath.Join(server.Dir, "data"))
	if err != nil {
		t.Fatal(err)
	}
	owner := data.Sys().(*syscall.Stat_t)
	if err := os.Chown(dir, int(owner.Uid), int(owner.Gid)); err != nil {
		t.Fatal(err)
	}
	clustertest.Exec(t, server.URL("postgres"), "CREATE TABLESPACE tiny LOCATION '"+dir+"'")
	return server
}

// A disk that is full in the middle of a migration: what PostgreSQL says is passed on, and what stands is told truly.
func TestAFullDisk(t *testing.T) {
	server := tinyDisk(t)
	fill := "CREATE TABLE filled (n int, text text) TABLESPACE tiny;\nINSERT INTO filled SELECT n, repeat(md5(n::text), 10) FROM generate_series(1, 20000) n;\n"
	for name, test := range map[string]struct {
		sql, said, state string
		nothing          bool
	}{
		"transaction": {"CREATE TABLE a ();\n" + fill, "0002_next.up.sql, line 3: could not extend file", "1", true},
		"alone":       {"CREATE TABLE a ();\nVACUUM orders;\n" + fill, "3 statements of 0002_next went through and stay.", "2 dirty", false},
		"as written":  {"BEGIN;\nCREATE TABLE a ();\n" + fill + "COMMIT;", "Nothing of 0002_next remains.", "1", true},
		"an index":    {"INSERT INTO orders SELECT n, n FROM generate_series(10, 200000) n;\nCREATE INDEX CONCURRENTLY by_total ON orders (total) TABLESPACE tiny;", "The index public.by_total was left behind half built", "2 dirty", false},
	} {
		t.Run(name, func(t *testing.T) {
			url := fresh(t, server, "full_"+strings.ReplaceAll(name, " ", "_"))
			f := folder(t, migrate.GolangMigrate, files{"0001_first.up.sql": first, "0002_next.up.sql": test.sql})
			report, err := carry(t, url, 1, f, all)
			if err == nil || report.Failure == nil || report.Failure.Code != "53100" || report.Failure.Nothing != test.nothing || len(report.Done) != 1 {
				t.Fatalf("%+v, %v", report.Failure, err)
			}
			if !strings.Contains(err.Error(), test.said) || !strings.Contains(report.Failure.Message, "No space left on device") || strings.Contains(err.Error(), server.Dir) {
				t.Errorf("got %v, hint %s", err, report.Failure.Hint)
			}
			if got := state(t, url); got != test.state {
				t.Errorf("the journal says %s", got)
			}
			if left := ask(t, url, "SELECT (to_regclass('a') IS NULL)::text"); name != "an index" && left != map[bool]string{true: "true", false: "false"}[test.nothing] {
				t.Errorf("the first table is gone: %s", left)
			}
			clustertest.Exec(t, url, "DROP TABLE IF EXISTS filled", "DROP INDEX IF EXISTS by_total")
			unlocked(t, url)
		})
	}
}
