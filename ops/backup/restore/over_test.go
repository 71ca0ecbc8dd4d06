package restore

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"

	"dbbot/ops"
	"dbbot/ops/backup/inventory"
	"dbbot/ops/postgres/cluster/clustertest"
)

// live is a database with a backup, that went on since: more rows, another table.
func live(tb testing.TB, role string) (string, Source) {
	tb.Helper()
	url := clustertest.Database(tb)
	clustertest.Exec(tb, url, shop)
	framed(tb, url, role)
	s := taken(tb, url, taking{zstd: true, hashes: true})
	clustertest.Exec(tb, url, "INSERT INTO orders (customer, total) SELECT 1, 9 FROM generate_series(1, 77)", "CREATE TABLE later ()",
		"ALTER DATABASE "+name(tb, url)+" SET work_mem = '7MB'", "COMMENT ON DATABASE "+name(tb, url)+" IS 'the shop''s'")
	return url, s
}

func TestOverALiveDatabase(t *testing.T) {
	url, s := live(t, "seller")
	db := name(t, url)
	target := to(url, db)
	visitor := clustertest.Connect(t, url)
	clustertest.Exec(t, url, "SELECT pg_stat_force_next_flush()", "ANALYZE")
	ready, err := ExamineOver(t.Context(), s, target)
	if err != nil || len(ready.Faults) > 0 || ready.Over == nil || ready.Over.Owner != "seller" || !strings.HasPrefix(ready.Over.Kept, db+"_before_2") {
		t.Fatalf("%+v, %v", ready, err)
	}
	if lost := ready.Now.Lost; lost.WAL <= 0 || !reflect.DeepEqual(lost.Gone, []string{"public.later"}) || !reflect.DeepEqual(lost.Sessions, []string{"1 session of postgres"}) ||
		!reflect.DeepEqual(lost.Tables, []Change{{"public.orders", 5000, 5077, false}}) {
		t.Errorf("lost: %+v", lost)
	}
	want, around := held(t, url)
	r, err := Over(t.Context(), s, target, quiet)
	if err != nil || r.Name != db || r.Kept != ready.Over.Kept || len(r.Notes) > 0 {
		t.Fatalf("%+v, %v", r, err)
	}
	if visitor.Ping(t.Context()) == nil {
		t.Error("a session outlived the swap")
	}
	got, its := held(t, url)
	if found := inventory.Compare(s.Backup.Contents, got); len(found) > 0 {
		t.Errorf("%q", found)
	}
	its.Server, its.LSN = around.Server, around.LSN
	if !reflect.DeepEqual(around, its) {
		t.Errorf("around it: %+v, want %+v", its, around)
	}
	if text := ask(t, url, "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()"); text != "the shop's" {
		t.Errorf("its comment: %s", text)
	}
	if found, err := Look(t.Context(), target); err != nil || !found.Whole || found.Name != db || found.Kept != r.Kept || len(found.Did) > 0 {
		t.Errorf("%+v, %v", found, err)
	}
	if all, err := KeptOf(t.Context(), target.URL, db); err != nil || len(all) != 1 || all[0].Name != r.Kept || all[0].Undone || all[0].Backup != s.Backup.ID || all[0].Bytes <= 0 {
		t.Errorf("%+v, %v", all, err)
	}
	back := target
	back.Request = 13
	u, err := Undo(t.Context(), back, r.Kept, quiet)
	if err != nil || u.Name != db || !strings.HasPrefix(u.Kept, db+"_undone_2") {
		t.Fatalf("%+v, %v", u, err)
	}
	again, its := held(t, url)
	if found := inventory.Compare(want, again); len(found) > 0 {
		t.Errorf("%q", found)
	}
	its.Server, its.LSN = around.Server, around.LSN
	if !reflect.DeepEqual(around, its) {
		t.Errorf("around it: %+v, want %+v", its, around)
	}
	if found, err := Look(t.Context(), back); err != nil || !found.Whole || found.Kept != u.Kept {
		t.Errorf("%+v, %v", found, err)
	}
	if all, err := KeptOf(t.Context(), target.URL, ""); err != nil || len(all) != 1 || !all[0].Undone {
		t.Errorf("%+v, %v", all, err)
	}
	if n, err := Release(t.Context(), back, u.Kept); err != nil || n <= 0 {
		t.Errorf("%d, %v", n, err)
	}
	if _, err := Release(t.Context(), back, db); err == nil || !strings.Contains(err.Error(), "No restore keeps") {
		t.Errorf("the live one: %v", err)
	}
	if text := ask(t, url, "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()"); text != "the shop's" {
		t.Errorf("its comment: %s", text)
	}
	if got := left(t, url); got != "" {
		t.Errorf("left: %s", got)
	}
}

// Whatever goes wrong before the swap, the live database stays as it is, and open.
func TestTheLiveOneComesBack(t *testing.T) {
	url, s := live(t, "baker")
	db := name(t, url)
	want, _ := held(t, url)
	for _, step := range []string{"framed", "closed", "emptied"} {
		ctx, cancel := context.WithCancelCause(t.Context())
		stopped := errors.New("cancelled by Lee")
		ops.OnReached = func(at string) {
			if at == step {
				cancel(stopped)
			}
		}
		r, err := Over(ctx, s, to(url, db), quiet)
		ops.OnReached = nil
		if !errors.Is(err, stopped) || r.Name != "" || r.Kept != "" {
			t.Errorf("%s: %+v, %v", step, r, err)
		}
		got, _ := held(t, url)
		if found := inventory.Compare(want, got); len(found) > 0 {
			t.Errorf("%s: %q", step, found)
		}
		if found, err := Look(t.Context(), to(url, db)); err != nil || found.Whole || len(found.Did) > 0 {
			t.Errorf("%s: %+v, %v", step, found, err)
		}
		if got := left(t, url); got != "" {
			t.Errorf("%s: left %s", step, got)
		}
	}
}

// What stands in the way is told before anything is done, all of it at once.
func TestWhatStandsInTheWay(t *testing.T) {
	url, s := live(t, "miller")
	db := name(t, url)
	clustertest.Exec(t, url, "CREATE ROLE weak LOGIN PASSWORD 'weak'", "GRANT CONNECT ON DATABASE "+db+" TO weak")
	weak := to(clustertest.As(t, url, "weak", "weak"), db)
	ready, err := ExamineOver(t.Context(), s, weak)
	must(t, err)
	for _, words := range []string{"may not create databases", "does not own", "pg_signal_backend"} {
		if !strings.Contains(strings.Join(ready.Faults, " "), words) {
			t.Errorf("not said: %s: %q", words, ready.Faults)
		}
	}
	if _, err := Over(t.Context(), s, weak, quiet); err == nil {
		t.Error("it was done")
	}
	s.Backup.Server.Major, s.Backup.Contents.Extensions[0].Name = 99, "nowhere"
	s.Backup.Archive.Age = true
	ready, err = Examine(t.Context(), s, to(url, "postgres"))
	must(t, err)
	for _, words := range []string{"cannot be the name", "no age identity", "older version", "nowhere", "is there already"} {
		if !strings.Contains(strings.Join(ready.Faults, " "), words) {
			t.Errorf("not said: %s: %q", words, ready.Faults)
		}
	}
}
