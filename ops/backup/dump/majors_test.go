package dump

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"dbbot/ops"
	"dbbot/ops/client"
	"dbbot/ops/postgres/cluster"
	"dbbot/ops/postgres/cluster/clustertest"
)

// others gives the servers of other versions that DBBOT_OTHER_POSTGRES names: folders of programs, with colons between.
func others(t *testing.T) (all []cluster.Binaries) {
	t.Helper()
	for _, dir := range filepath.SplitList(os.Getenv("DBBOT_OTHER_POSTGRES")) {
		found := regexp.MustCompile(`/(\d+)/bin$`).FindStringSubmatch(dir)
		if found == nil {
			t.Fatalf("DBBOT_OTHER_POSTGRES: %s is not …/17/bin", dir)
		}
		major, _ := strconv.Atoi(found[1])
		all = append(all, cluster.Binaries{Dir: dir, Major: major})
	}
	if len(all) == 0 {
		t.Skip("DBBOT_OTHER_POSTGRES names no other version of PostgreSQL")
	}
	return all
}

// From 16 on pg_dump compresses with zstd itself.
func TestOtherVersions(t *testing.T) {
	for _, binaries := range others(t) {
		server, err := cluster.Start(t.Context(), cluster.Options{Binaries: binaries})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = server.Stop() })
		t.Setenv("PATH", binaries.Dir+":"+os.Getenv("PATH"))
		url, back := server.URL("postgres"), server.URL("back")
		clustertest.Exec(t, url, append(slices.Clone(large), "CREATE DATABASE back")...)
		for _, parallel := range []int{1, 2} {
			t.Run(strconv.Itoa(binaries.Major)+strings.Repeat(" parallel", parallel-1), func(t *testing.T) {
				w := newWorld(t, url)
				w.Parallel = parallel
				m := w.take(t)
				w.alone(t)
				inside := binaries.Major >= 16
				want := map[int]string{1: "archive.dump", 2: "archive.tar"}[parallel] + map[bool]string{true: ".age", false: ".zst.age"}[inside]
				if m.Server.Major != binaries.Major || m.Archive.Zstd == inside || m.Archive.Name != want || m.Archive.Raw > 1<<20 != !inside {
					t.Errorf("%+v", m.Archive)
				}
				clustertest.Exec(t, url, "DROP DATABASE back", "CREATE DATABASE back")
				w.restoreInto(t, m, back)
				tables := []string{"orders", "empty", "bare", `"Odd ""one"""."a.b c"`, "parts", "large", "pg_largeobject"}
				if got, want := rows(t, back, tables...), rows(t, url, tables...); !slices.Equal(got, want) {
					t.Errorf("restored %v, had %v", got, want)
				}
			})
		}
		t.Run(strconv.Itoa(binaries.Major)+" lies", func(t *testing.T) {
			w := newWorld(t, url)
			p, err := client.Find(binaries.Major)
			if err != nil {
				t.Fatal(err)
			}
			pretendAs(t, p, "pg_dump", `exec "$REAL" "$@" --exclude-table-data=orders`)
			w.fails(t, t.Context(), "nothing of table public.orders")
		})
	}
}

// A server whose programs are not here is refused in words.
func TestProgramsOfAnotherVersion(t *testing.T) {
	binaries := others(t)[0]
	server, err := cluster.Start(t.Context(), cluster.Options{Binaries: binaries})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Stop() })
	w := newWorld(t, server.URL("postgres"))
	_, err = Preflight(t.Context(), w.Options)
	if said, ok := errors.AsType[*ops.Error](err); !ok || !strings.Contains(said.Message, "PostgreSQL "+strconv.Itoa(binaries.Major)+"'s pg_dump and pg_restore are not installed here, only those of 15") {
		t.Errorf("%v", err)
	}
}
