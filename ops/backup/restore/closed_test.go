package restore

import (
	"context"
	"errors"
	"strings"
	"testing"

	"dbbot/ops"
	"dbbot/ops/backup/inventory"
	"dbbot/ops/postgres/cluster/clustertest"
)

// Where the live database cannot be opened again, that is said before all else, and the next look opens it: by the mark
// of what was to take its place.
func TestALiveDatabaseThatStaysClosed(t *testing.T) {
	url, s := live(t, "locksmith")
	db := name(t, url)
	want, _ := held(t, url)
	clustertest.Exec(t, url, "CREATE ROLE keyless SUPERUSER LOGIN PASSWORD 'key'")
	admin := clustertest.Connect(t, strings.Replace(url, "/"+db, "/postgres", 1))
	mine := to(clustertest.As(t, url, "keyless", "key"), db)
	execute := func(sql string) {
		t.Helper()
		_, err := admin.Exec(t.Context(), sql)
		must(t, err)
	}
	cutAt := func(step string) {
		ops.OnReached = func(at string) {
			if at == step {
				execute("ALTER ROLE keyless NOLOGIN")
				execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'keyless'")
			}
		}
	}
	closed := func(r Report, err error) {
		t.Helper()
		ops.OnReached = nil
		if !errors.Is(err, ErrClosed) || r.Name != "" || r.Kept != "" || !strings.Contains(explained(err), "could not be opened again") {
			t.Errorf("%+v, %v", r, err)
		}
		execute("ALTER ROLE keyless LOGIN")
		found, err := Look(t.Context(), mine)
		if err != nil || found.Whole || len(found.Did) == 0 || !strings.Contains(found.Did[0], "takes connections again") {
			t.Errorf("%+v, %v", found, err)
		}
		if got, _ := held(t, url); len(inventory.Compare(want, got)) > 0 {
			t.Errorf("%q", inventory.Compare(want, got))
		}
	}
	cutAt("emptied")
	closed(Over(t.Context(), s, mine, quiet))
	r, err := Over(t.Context(), s, to(url, db), quiet)
	must(t, err)
	before, err := KeptOf(t.Context(), mine.URL, db)
	must(t, err)
	want, _ = held(t, url)
	mine.Request = 99
	cutAt("emptied")
	closed(Undo(t.Context(), mine, r.Kept, quiet))
	if after, err := KeptOf(t.Context(), mine.URL, db); err != nil || len(after) != 1 || !after[0].At.Equal(before[0].At) || after[0].Request != before[0].Request {
		t.Errorf("%+v, before %+v, %v", after, before, err)
	}
	_, err = Release(t.Context(), mine, r.Kept)
	must(t, err)
}

// Nobody takes a live database's place whose lock was lost: a migration may be at it.
func TestTheSessionThatKeepsMigrationsAwayIsLost(t *testing.T) {
	url, s := live(t, "watchman")
	db := name(t, url)
	ops.OnReached = func(at string) {
		if at == "framed" {
			ask(t, url, "SELECT count(pg_terminate_backend(pid))::text FROM pg_locks JOIN pg_database d ON d.oid = database WHERE locktype = 'advisory' AND objsubid = 1 AND datname = current_database()")
		}
	}
	r, err := Over(t.Context(), s, to(url, db), quiet)
	ops.OnReached = nil
	if err == nil || !strings.Contains(explained(err), "kept migrations away") || r.Name != "" {
		t.Errorf("%+v, %v", r, err)
	}
	if ask(t, url, "SELECT count(*)::text FROM later") != "0" || left(t, url) != "" {
		t.Errorf("left: %s", left(t, url))
	}
}

// Once it was sent, nobody calls it back: else it might close the database after that was opened again.
func TestClosingIsNotCalledBack(t *testing.T) {
	url := clustertest.Database(t)
	db := name(t, url)
	s, err := connect(t.Context(), to(url, db), "dbbot test")
	must(t, err)
	defer s.close()
	other := clustertest.Connect(t, url)
	_, err = other.Exec(t.Context(), "BEGIN; ALTER DATABASE "+ident(db)+" CONNECTION LIMIT 50")
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	shut := make(chan error)
	go func() { shut <- s.shut(ctx, db) }()
	for ask(t, url, "SELECT count(*)::text FROM pg_stat_activity WHERE query LIKE 'ALTER DATABASE%ALLOW%' AND wait_event_type = 'Lock'") == "0" {
	}
	cancel()
	_, err = other.Exec(t.Context(), "ROLLBACK")
	must(t, err)
	if err := <-shut; err != nil {
		t.Error(err)
	}
	if err := s.shut(ctx, db); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err := s.reopen(t.Context(), db); err != nil {
		t.Error(err)
	}
}
