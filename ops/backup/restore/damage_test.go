package restore

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"os/exec"
	"slices"
	"testing"

	"filippo.io/age"

	"dbbot/ops"
	"dbbot/ops/backup"
	"dbbot/ops/client"
	"dbbot/ops/postgres/cluster/clustertest"
)

// clone is the same backup in a store of its own.
func (s Source) clone() Source {
	s.Store = maps.Clone(s.Store.(memory))
	return s
}

// with is the same backup with other bytes in the store, of which the manifest knows nothing.
func (s Source) with(raw []byte) Source {
	s = s.clone()
	s.Store.(memory)[s.Backup.ID.Path(s.Backup.Archive.Name)] = raw
	return s
}

// regions of a file are its ends, and so many places evenly between.
func regions(size, n int) (at []int) {
	for i := range n {
		at = append(at, i*(size-1)/(n-1))
	}
	return append(at, 5, 11, size-2) // the numbers of version and format; the last byte but one
}

// flips is how many bytes are flipped, evenly over a file.
var flips = map[bool]int{false: 5, true: 25}[thorough]

// injected are all damages to what a store holds.
func injected(tb testing.TB, s, other Source) map[string]Source {
	raw := s.stored()
	all := map[string]Source{"emptied": s.with(nil), "swapped": s.with(other.stored()), "longer": s.with(append(bytes.Clone(raw), 0))}
	for _, size := range []int{1, len(raw) / 4, len(raw) / 2, len(raw) - 1} {
		all[fmt.Sprintf("cut at %d", size)] = s.with(raw[:size])
	}
	for _, at := range regions(len(raw), flips) {
		flipped := bytes.Clone(raw)
		flipped[at] ^= 0x10
		all[fmt.Sprintf("flipped at %d", at)] = s.with(flipped)
	}
	hole := bytes.Clone(raw)
	clear(hole[len(hole)/2 : len(hole)/2+4096])
	all["a hole"] = s.with(hole)
	gone := s.clone()
	clear(gone.Store.(memory))
	all["missing"] = gone
	if s.Backup.Archive.Age {
		key, err := age.GenerateX25519Identity()
		must(tb, err)
		stranger := s.clone()
		stranger.Identity = ops.Secret(key.String())
		all["wrong key"] = stranger
	}
	return all
}

// Whatever a store did to a backup is found, in whichever way it is looked at.
func TestDamageInTheStoreIsFound(t *testing.T) {
	url, elsewhere := clustertest.Database(t), clustertest.Database(t)
	clustertest.Exec(t, url, shop)
	clustertest.Exec(t, elsewhere, "CREATE TABLE notes (a text); INSERT INTO notes SELECT md5(n::text) FROM generate_series(1, 5000) n")
	n := 0
	forms := []taking{{}, {zstd: true, age: true}}
	if thorough {
		forms = append(forms, taking{zstd: true}, taking{age: true}, taking{zstd: true, directory: true}, taking{age: true, directory: true})
	}
	for _, how := range forms {
		s := taken(t, url, how)
		all := injected(t, s, taken(t, elsewhere, how))
		for _, what := range slices.Sorted(maps.Keys(all)) {
			damaged := all[what]
			n++
			if found, err := Checksum(t.Context(), damaged, quiet); err != nil || (len(found) == 0) != (what == "wrong key") {
				t.Errorf("%+v, %s: checksum: %q, %v", how, what, found, err)
			}
			if found, err := Read(t.Context(), damaged, quiet); err != nil || len(found) == 0 {
				t.Errorf("%+v, %s: read: %q, %v", how, what, found, err)
			}
			if v, err := Verify(t.Context(), damaged, Target{URL: ops.Secret(url)}, quiet); err != nil || len(v.Found) == 0 {
				t.Errorf("%+v, %s: verified: %q, %v", how, what, v.Found, err)
			}
		}
	}
	if got := left(t, url); got != "" {
		t.Errorf("left: %s", got)
	}
	t.Logf("%d damages", n)
}

// lies are archives whose checksum is right: whoever took them was deceived himself.
func lies(tb testing.TB, s Source, url, elsewhere string, how taking) map[string]Source {
	major := s.Backup.Server.Major
	raw := dumped(tb, url, major, how)
	all := map[string]Source{}
	lie := func(what string, bytes []byte) {
		other := s.clone()
		other.keep(tb, bytes, how)
		all[what] = other
	}
	lie("nothing", nil)
	lie("of another database", dumped(tb, elsewhere, major, how))
	for _, size := range []int{100, len(raw) / 3, len(raw) / 2, len(raw) - 1} {
		lie(fmt.Sprintf("cut at %d", size), raw[:size])
		lie(fmt.Sprintf("pg_dump killed after %d", size), killed(tb, url, major, size))
	}
	clustertest.Exec(tb, url, "DELETE FROM orders WHERE id = 4000")
	lie("a row less", dumped(tb, url, major, how))
	clustertest.Exec(tb, url, "DROP TABLE orders CASCADE")
	lie("a table less", dumped(tb, url, major, how))
	return all
}

// killed is what a pg_dump leaves that ends by SIGKILL.
func killed(tb testing.TB, url string, major, after int) []byte {
	tb.Helper()
	programs, err := client.Find(major)
	must(tb, err)
	cmd := exec.Command(programs.Dump, "-Fc", "-Z0", "-d", url)
	out, err := cmd.StdoutPipe()
	must(tb, err)
	must(tb, cmd.Start())
	part := make([]byte, after)
	_, err = io.ReadFull(out, part)
	must(tb, err)
	_ = cmd.Process.Kill() // it may be done already: what follows is not read
	_ = cmd.Wait()         // it was killed
	return part
}

// An archive that was damaged before it was stored has the right checksum, and is found all the same.
func TestDamageBehindARightChecksumIsFound(t *testing.T) {
	elsewhere := clustertest.Database(t)
	clustertest.Exec(t, elsewhere, shop, "ALTER TABLE customers RENAME TO clients")
	for _, how := range []taking{{}, {zstd: true, age: true}}[:map[bool]int{false: 1, true: 2}[thorough]] {
		url := clustertest.Database(t)
		clustertest.Exec(t, url, shop)
		s := taken(t, url, how)
		all := lies(t, s, url, elsewhere, how)
		for _, what := range slices.Sorted(maps.Keys(all)) {
			lie := all[what]
			if found, err := Checksum(t.Context(), lie, quiet); err != nil || len(found) > 0 {
				t.Errorf("%s: checksum: %q, %v", what, found, err)
			}
			if found, err := Read(t.Context(), lie, quiet); err != nil || len(found) == 0 {
				t.Errorf("%s: read: %q, %v", what, found, err)
			}
			if v, err := Verify(t.Context(), lie, Target{URL: ops.Secret(elsewhere)}, quiet); err != nil || len(v.Found) == 0 || v.How != backup.Restored {
				t.Errorf("%s: verified: %q, %v", what, v.Found, err)
			} else {
				t.Logf("%s: %q", what, v.Found)
			}
		}
	}
	if got := left(t, elsewhere); got != "" {
		t.Errorf("left: %s", got)
	}
}

// Values that changed are found where the manifest has hashes: same tables, same numbers of rows.
func TestOtherValuesAreFoundByTheirHashes(t *testing.T) {
	url := clustertest.Database(t)
	clustertest.Exec(t, url, shop)
	how := taking{zstd: true, hashes: true}
	s := taken(t, url, how)
	clustertest.Exec(t, url, "UPDATE orders SET note = 'x' WHERE id = 77")
	s.keep(t, dumped(t, url, s.Backup.Server.Major, how), how)
	v, err := Verify(t.Context(), s, Target{URL: ops.Secret(url)}, quiet)
	if err != nil || !slices.Equal(v.Found, []string{"Table public.orders has the right number of rows, but not the same ones."}) {
		t.Errorf("%q, %v", v.Found, err)
	}
}
