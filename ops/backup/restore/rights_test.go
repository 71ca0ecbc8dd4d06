package restore

import (
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"dbbot/ops"
	"dbbot/ops/backup"
	"dbbot/ops/postgres/cluster/clustertest"
)

// mason owns a database and may make others, and is no superuser.
func mason(tb testing.TB, role string) (super, own string) {
	tb.Helper()
	super = clustertest.Database(tb)
	db := name(tb, super)
	clustertest.Exec(tb, super, "CREATE ROLE "+role+" LOGIN CREATEDB PASSWORD 'stone'", "ALTER DATABASE "+db+" OWNER TO "+role)
	return super, clustertest.As(tb, super, role, "stone")
}

// What only a superuser may create is left out, where no data needs it, and said.
func TestARoleThatIsNoSuperuser(t *testing.T) {
	super, own := mason(t, "mason")
	clustertest.Exec(t, own, shop, "CREATE EXTENSION pgcrypto", "ALTER TABLE customers ENABLE ROW LEVEL SECURITY", "CREATE POLICY p ON customers USING (id > 0)")
	clustertest.Exec(t, super, "CREATE EXTENSION pg_stat_statements", "CREATE FUNCTION heard() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'",
		"ALTER FUNCTION heard OWNER TO mason", "CREATE EVENT TRIGGER hear ON sql_drop EXECUTE FUNCTION heard()", "CREATE PUBLICATION everything FOR ALL TABLES",
		"CREATE SUBSCRIPTION theirs CONNECTION 'host=nowhere' PUBLICATION p WITH (connect = false, slot_name = NONE)")
	s := taken(t, super, taking{zstd: true})
	v, err := Verify(t.Context(), s, Target{URL: ops.Secret(own)}, quiet)
	notes := strings.Join(v.Notes, " ")
	if err != nil || len(v.Found) > 0 || v.How != backup.Restored || !strings.Contains(notes, "pg_stat_statements") || !strings.Contains(notes, "event trigger hear") {
		t.Errorf("%+v, %v", v, err)
	}
	ready, err := Examine(t.Context(), s, to(own, "wall"))
	if err != nil || len(ready.Faults) > 0 || ready.NoOwner != "" || !reflect.DeepEqual(s.Backup.Owners, []string{"mason"}) || !strings.Contains(strings.Join(ready.Notes, " "), "pg_stat_statements") {
		t.Errorf("%+v, %v", ready, err)
	}
	r, err := Into(t.Context(), s, to(own, "wall"), quiet)
	for _, words := range []string{"pg_stat_statements", "event trigger hear", "publication everything", "subscription theirs"} {
		if err != nil || !strings.Contains(strings.Join(r.Notes, " "), words) {
			t.Errorf("not said: %s: %+v, %v", words, r, err)
		}
	}
	clustertest.Exec(t, own, "ALTER TABLE customers OWNER TO mason", "DROP DATABASE wall")
	clustertest.Exec(t, super, "ALTER VIEW large OWNER TO postgres")
	s = taken(t, super, taking{})
	ready, err = Examine(t.Context(), s, to(own, "wall"))
	if err != nil || len(ready.Faults) > 0 || ready.NoOwner != "mason" {
		t.Errorf("%+v, %v", ready, err)
	}
	r, err = Into(t.Context(), s, to(own, "wall"), quiet)
	if err != nil || !strings.Contains(strings.Join(r.Notes, " "), "will belong to mason, which is no member of postgres") {
		t.Errorf("%+v, %v", r, err)
	}
	clustertest.Exec(t, own, "DROP DATABASE wall")
	clustertest.Exec(t, super, "DROP PUBLICATION everything")
	ready, err = ExamineOver(t.Context(), s, to(own, name(t, own)))
	if err != nil || !strings.Contains(strings.Join(ready.Faults, " "), "GRANT postgres TO mason") || !strings.Contains(strings.Join(ready.Faults, " "), "GRANT pg_signal_backend") {
		t.Errorf("%+v, %v", ready, err)
	}
	clustertest.Exec(t, super, "DROP SUBSCRIPTION theirs")
	if got := left(t, super); got != "" {
		t.Errorf("left: %s", got)
	}
}

// An owner who is no superuser restores over his own database, and everything is his again.
func TestAnOwnerRestoresHisDatabase(t *testing.T) {
	super, own := mason(t, "owner")
	clustertest.Exec(t, super, "GRANT pg_signal_backend TO owner")
	clustertest.Exec(t, own, shop)
	s := taken(t, own, taking{zstd: true})
	clustertest.Exec(t, own, "DELETE FROM orders")
	// Of this one the owner may read neither the program's name nor since when it is there; it is counted, and ended, too.
	clustertest.Exec(t, super, "CREATE ROLE stranger LOGIN PASSWORD 'x'")
	stranger := clustertest.Connect(t, clustertest.As(t, super, "stranger", "x"))
	ready, err := ExamineOver(t.Context(), s, to(own, name(t, own)))
	if err != nil || len(ready.Faults) > 0 || !slices.Contains(ready.Now.Lost.Sessions, "1 session of stranger") {
		t.Errorf("%+v, %v", ready, err)
	}
	r, err := Over(t.Context(), s, to(own, name(t, own)), quiet)
	must(t, err)
	if stranger.Ping(t.Context()) == nil {
		t.Error("a session outlived the swap")
	}
	if n := ask(t, own, "SELECT count(*) || tableowner FROM orders, pg_tables WHERE tablename = 'orders' GROUP BY tableowner"); n != "5000owner" || len(r.Notes) > 0 {
		t.Errorf("%s, %+v", n, r)
	}
	_, err = Release(t.Context(), to(own, name(t, own)), r.Kept)
	must(t, err)
}

// An extension that data may need, and that is not there: the backup is read to its end instead.
func TestAnExtensionThatIsMissing(t *testing.T) {
	url := clustertest.Database(t)
	clustertest.Exec(t, url, shop)
	s := taken(t, url, taking{})
	s.Backup.Contents.Extensions = append(s.Backup.Contents.Extensions, backup.Extension{Name: "postgis"})
	v, err := Verify(t.Context(), s, Target{URL: ops.Secret(url)}, quiet)
	if err != nil || v.How != backup.Read || len(v.Found) > 0 || !strings.Contains(strings.Join(v.Notes, " "), "no extension postgis") {
		t.Errorf("%+v, %v", v, err)
	}
	if _, err := Into(t.Context(), s, to(url, "new"), quiet); err == nil || !strings.Contains(err.Error(), "postgis") {
		t.Errorf("%v", err)
	}
}

// Without room for the unpacked archive it goes as a stream, through one session, and is as good.
func TestAsAStream(t *testing.T) {
	whole := free
	free = func(dir string) int64 {
		if slices.Contains(roots(), dir) {
			return 1 << 20
		}
		return whole(dir)
	}
	defer func() { free = whole }()
	url := clustertest.Database(t)
	clustertest.Exec(t, url, shop)
	how := taking{zstd: true, age: true}
	s := taken(t, url, how)
	v, err := Verify(t.Context(), s, Target{URL: ops.Secret(url)}, quiet)
	if err != nil || len(v.Found) > 0 || len(v.Notes) != 1 || !strings.Contains(v.Notes[0], "as a stream") {
		t.Errorf("%+v, %v", v, err)
	}
	all := injected(t, s, taken(t, url, how))
	for i, what := range slices.Sorted(maps.Keys(all)) {
		if i%3 > 0 && !thorough {
			continue
		}
		damaged := all[what]
		if v, err := Verify(t.Context(), damaged, Target{URL: ops.Secret(url)}, quiet); err != nil || len(v.Found) == 0 {
			t.Errorf("%s: %+v, %v", what, v, err)
		}
	}
	s.Backup.Archive.Format = directory
	if _, err := Verify(t.Context(), s, Target{URL: ops.Secret(url)}, quiet); err == nil || !strings.Contains(explained(err), "No disk here has room") {
		t.Errorf("a directory: %v", err)
	}
	if got := left(t, url); got != "" {
		t.Errorf("left: %s", got)
	}
}

// What is there of everything that PostgreSQL has comes back equal.
func TestARichDatabase(t *testing.T) {
	rich, err := os.ReadFile("../inventory/testdata/rich.sql")
	must(t, err)
	url := clustertest.Database(t)
	clustertest.Exec(t, url, string(rich))
	s := taken(t, url, taking{zstd: true, hashes: true})
	if found, err := Read(t.Context(), s, quiet); err != nil || len(found) > 0 {
		t.Errorf("read: %q, %v", found, err)
	}
	if v, err := Verify(t.Context(), s, Target{URL: ops.Secret(url)}, quiet); err != nil || len(v.Found) > 0 {
		t.Errorf("%+v, %v", v, err)
	}
	r, err := Into(t.Context(), s, to(url, `x" '=; --`), quiet)
	must(t, err)
	if _, its := held(t, at(t, url, r.Name)); !reflect.DeepEqual(its.Roles, s.Backup.Roles) {
		t.Errorf("%v", its.Roles)
	}
	clustertest.Exec(t, url, `DROP DATABASE "x"" '=; --"`)
}
