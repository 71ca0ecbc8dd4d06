package restore

import (
	"strings"
	"testing"
	"time"

	"dbbot/ops"
	"dbbot/ops/backup/inventory"
	"dbbot/ops/postgres/cluster/clustertest"
)

// Roles that a killed restore had made go with it; those of one that went through stay.
func TestRolesOfALostRestore(t *testing.T) {
	url := clustertest.Database(t)
	clustertest.Exec(t, url, shop)
	framed(t, url, "ghost")
	s := taken(t, url, taking{zstd: true})
	other := strange(t)
	for _, step := range []string{"roles made", "filled"} {
		kill(t, s, task{Do: "into", Step: step, At: 1, URL: other, Name: "haunted"})
		found, err := Look(t.Context(), to(other, "haunted"))
		if err != nil || found.Whole || !strings.Contains(strings.Join(found.Did, " "), "Removed the role ghost") {
			t.Errorf("%s: %+v, %v", step, found, err)
		}
	}
	if _, err := Into(t.Context(), s, to(other, "haunted"), quiet); err != nil {
		t.Fatal(explained(err))
	}
	if did, err := Sweep(t.Context(), ops.Secret(other)); err != nil || len(did) > 0 {
		t.Errorf("%q, %v", did, err)
	}
	if n := ask(t, other, "SELECT count(*)::text FROM pg_roles WHERE rolname = 'ghost'"); n != "1" {
		t.Error("the role is gone")
	}
	clustertest.Exec(t, other, "DROP DATABASE haunted")
}

// What a living process works on is nobody's leftover, whoever sweeps.
func TestALivingRestoreIsLeftAlone(t *testing.T) {
	url, s := live(t, "diver")
	var swept []string
	ops.OnReached = func(step string) {
		if step == "filled" || step == "marked" || step == "closed" {
			did, err := Sweep(t.Context(), ops.Secret(url))
			must(t, err)
			swept = append(swept, did...)
		}
	}
	r, err := Over(t.Context(), s, to(url, name(t, url)), quiet)
	ops.OnReached = nil
	if err != nil || len(swept) > 0 {
		t.Fatalf("%+v, %v, swept: %q", r, err, swept)
	}
	_, err = Release(t.Context(), to(url, name(t, url)), r.Kept)
	must(t, err)
}

// A request is run once at a time: a second process is told so, and harms nothing.
func TestTheSameRequestTwice(t *testing.T) {
	url := clustertest.Database(t)
	clustertest.Exec(t, url, shop)
	s := taken(t, url, taking{})
	var second error
	ops.OnReached = func(step string) {
		if step == "filled" && second == nil {
			_, second = Into(t.Context(), s, to(url, "twice"), quiet)
		}
	}
	r, err := Into(t.Context(), s, to(url, "twice"), quiet)
	ops.OnReached = nil
	if err != nil || r.Name != "twice" || second == nil || !strings.Contains(second.Error(), "being done already") {
		t.Errorf("%+v, %v, %v", r, err, second)
	}
	clustertest.Exec(t, url, "DROP DATABASE twice")
}

// Somebody takes the name while the restore is under way: theirs stays, and nothing of ours.
func TestTheNameIsTakenMeanwhile(t *testing.T) {
	url := clustertest.Database(t)
	clustertest.Exec(t, url, shop)
	s := taken(t, url, taking{})
	ops.OnReached = func(step string) {
		if step == "framed" {
			clustertest.Exec(t, url, "CREATE DATABASE rival")
		}
	}
	r, err := Into(t.Context(), s, to(url, "rival"), quiet)
	ops.OnReached = nil
	if err == nil || r.Name != "" || !strings.Contains(err.Error(), "already exists") {
		t.Errorf("%+v, %v", r, err)
	}
	if n := ask(t, at(t, url, "rival"), "SELECT count(*)::text FROM pg_tables WHERE schemaname = 'public'"); n != "0" {
		t.Error("theirs was touched")
	}
	clustertest.Exec(t, url, "DROP DATABASE rival")
	if got := left(t, url); got != "" {
		t.Errorf("left: %s", got)
	}
}

// What watches every database of a server looks into the scratch one too, and does not hinder.
func TestSomebodyLooksIntoTheScratchDatabase(t *testing.T) {
	url, s := live(t, "looker")
	ops.OnReached = func(step string) {
		if step == "framed" {
			clustertest.Connect(t, at(t, url, ask(t, url, "SELECT datname FROM pg_database WHERE datname LIKE 'dbbot_scratch_%'")))
		}
	}
	defer func() { ops.OnReached = nil }()
	r, err := Into(t.Context(), s, to(url, "watched"), quiet)
	must(t, err)
	if n := ask(t, at(t, url, r.Name), "SELECT count(*)::text FROM orders"); n != "5000" {
		t.Errorf("%s rows", n)
	}
	clustertest.Exec(t, url, "DROP DATABASE watched")
	r, err = Over(t.Context(), s, to(url, name(t, url)), quiet)
	must(t, err)
	_, err = Release(t.Context(), to(url, name(t, url)), r.Kept)
	must(t, err)
}

// A migration or a backup of the live database runs: it is waited for, and then nothing is done.
func TestAMigrationIsNotCut(t *testing.T) {
	defer func(whole time.Duration) { lockWithin = whole }(lockWithin)
	lockWithin = lockPause
	url, s := live(t, "carver")
	conn := clustertest.Connect(t, url)
	_, err := conn.Exec(t.Context(), "SELECT pg_advisory_lock($1)", ops.DatabaseLock)
	must(t, err)
	before, _ := held(t, url)
	if _, err := Over(t.Context(), s, to(url, name(t, url)), quiet); err == nil || !strings.Contains(err.Error(), "is running") {
		t.Errorf("%v", err)
	}
	after, _ := held(t, url)
	if found := inventory.Compare(before, after); len(found) > 0 || conn.Ping(t.Context()) != nil {
		t.Errorf("%q", found)
	}
}
