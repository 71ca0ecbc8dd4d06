package rehearse

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"

	"dbbot/ops"
	"dbbot/ops/postgres/cluster/clustertest"
)

// childOf makes the test program a child that rehearses, and says which URLs it uses.
const childOf = "DBBOT_REHEARSAL_CHILD"

// child rehearses what never ends, until it is killed.
func child(urls string) {
	url, keeper, _ := strings.Cut(urls, " ")
	New(quiet()).Rehearse(context.Background(), Options{Name: "orders", URL: ops.Secret(url), Beside: ops.Secret(keeper)}, steps("SELECT pg_sleep(600)"))
}

func TestWhatAKilledRehearsalLeavesIsFoundAndRemoved(t *testing.T) {
	url := shopped(t)
	o := beside(t, url)
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childOf+"="+o.URL.Reveal()+" "+o.Beside.Reveal())
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	sleeping := "SELECT count(*)::text FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)' AND datname LIKE 'dbbot_scratch_%'"
	eventually(t, "the child's statement", func() bool { return ask(t, url, sleeping) == "1" })
	r := rooms(t)
	if left, err := r.Leftovers(t.Context(), o); err != nil || len(left) > 0 {
		t.Errorf("while its maker lives: %v, %v", left, err)
	}
	comment := ask(t, url, "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname LIKE 'dbbot_scratch_%'")
	if !strings.HasPrefix(comment, "dbbot rehearsal of migrations of orders, begun 20") {
		t.Error(comment)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()

	// The server finds out within a second that nobody listens to the statement. Until then the database is in use.
	named := ""
	eventually(t, "the removal", func() bool {
		left, err := r.Leftovers(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		if len(left) > 0 {
			named = left[0].String()
		}
		r.all.Wait()
		return len(scratches(t, url)) == 0
	})
	if !strings.Contains(named, "(dbbot rehearsal of migrations of orders, begun ") {
		t.Errorf("named %q", named)
	}
	if left, err := r.Leftovers(t.Context(), o); err != nil || len(left) > 0 {
		t.Errorf("afterwards: %v, %v", left, err)
	}
}

// Others make scratch databases, too, and keep theirs; and so does whoever has given such a name to a database of theirs.
func TestSweepingLeavesOthersAlone(t *testing.T) {
	url := shopped(t)
	o := beside(t, url)
	keeper := o.Beside.Reveal()
	mine := scratchPrefix + "dead"
	clustertest.Exec(t, keeper, "CREATE DATABASE dbbot_scratch_restored", "CREATE DATABASE "+mine, "CREATE DATABASE "+scratchPrefix+"theirs")
	clustertest.Exec(t, keeper, "COMMENT ON DATABASE "+scratchPrefix+"theirs IS 'do not touch'")
	if got := rehearsed(t, o, "SELECT 1"); got.Refused != "" {
		t.Fatal(got.Refused)
	}
	if left := strings.Join(scratches(t, url), " "); left != "dbbot_scratch_restored "+scratchPrefix+"theirs" {
		t.Errorf("what stays: %s", left)
	}
	clustertest.Exec(t, keeper, "DROP DATABASE dbbot_scratch_restored", "DROP DATABASE "+scratchPrefix+"theirs")
}
