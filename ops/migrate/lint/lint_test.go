package lint

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"dbbot/ops/migrate"
	"dbbot/ops/migrate/script"
	"dbbot/ops/postgres/cluster/clustertest"
)

func TestMain(m *testing.M) { os.Exit(clustertest.Run(m)) }

// known is a database with a table of every size.
func known() Facts {
	columns := []Column{
		{Name: "id", Type: "bigint", NotNull: true, Default: true},
		{Name: "note", Type: "character varying(20)"},
		{Name: "total", Type: "integer"},
		{Name: "price", Type: "numeric(10,2)"},
		{Name: "at", Type: "timestamp without time zone"},
		{Name: "customer", Type: "bigint"},
	}
	table := func(rows int64) Table { return Table{Kind: Ordinary, Rows: rows, Bytes: rows * 100, Columns: columns} }
	big := table(2_400_000)
	big.Indexes = []Index{{Name: "big_pkey", Columns: []string{"id"}, Unique: true, Valid: true}, {Name: "big_note", Columns: []string{"note"}, Valid: true}, {Name: "big_broken", Columns: []string{"total"}}, {Name: "big_partial", Columns: []string{"customer"}, Partial: true, Valid: true}}
	big.Constraints = []Constraint{
		{Name: "big_customer_fkey", Kind: ForeignTo, Columns: []string{"customer"}, Table: "public.customers", Valid: true},
		{Name: "price_there", Kind: CheckThat, Columns: []string{"price"}, Definition: "CHECK ((price IS NOT NULL))", Valid: true},
		{Name: "total_there", Kind: CheckThat, Columns: []string{"total"}, Definition: "CHECK ((total IS NOT NULL)) NOT VALID"},
	}
	customers := table(50_000)
	customers.ReferencedBy = []string{"public.big"}
	busy := table(500)
	busy.Updates = 400
	touched := map[string]int64{"UPDATE big SET total = 1 WHERE id > 7": 12_000, "DELETE FROM big WHERE id > 7": 900}
	return Facts{Version: 15, Path: []string{"public"}, Policies: true, Touched: touched, Tables: map[string]Table{
		"public.big": big, "public.middling": table(200_000), "public.small": table(900), "public.empty": table(0), "public.busy": busy,
		"public.customers": customers, "public.events": {Kind: Partitioned, Partitions: []string{"public.events_1", "public.events_rest"}},
		"public.events_1":    {Kind: Ordinary, Rows: 3_000_000, Bytes: 300_000_000, Parent: "public.events"},
		"public.events_rest": {Kind: Ordinary, Rows: 20_000, Bytes: 2_000_000, Parent: "public.events", Default: true},
		"public.totals":      {Kind: Materialised, Rows: 50_000, Bytes: 5_000_000}, "public.shown": {Kind: View, Columns: columns[:2]},
		"public.schema_migrations": table(1),
	}}
}

func parsed(sql string) Parsed {
	file := &migrate.File{Path: "0002_x.up.sql", SQL: []byte(sql)}
	return Parsed{Step: migrate.Step{Migration: migrate.Migration{Name: "0002_x", Version: 2, Up: file}}, Script: script.Parse(file.SQL)}
}

func check(f Facts, files ...string) []Finding {
	var all []Parsed
	for _, sql := range files {
		all = append(all, parsed(sql))
	}
	return Check(all, f)
}

func ofRule(name string, all []Finding) []Finding {
	var found []Finding
	for _, f := range all {
		if f.Rule == name {
			found = append(found, f)
		}
	}
	return found
}

// told writes findings down, to compare and to read.
func told(all []Finding) string {
	var b strings.Builder
	for _, f := range all {
		fmt.Fprintf(&b, "%d.%d line %d %s %s [%s] loses=%v allowed=%q\n  %s %s\n", f.Step, f.Statement, f.Line, f.Severity, f.Rule, f.Table, f.Loses, f.Allowed, f.What, f.Why)
		for line := range strings.Lines(f.Safe) {
			b.WriteString("    " + strings.TrimSpace(line) + "\n")
		}
	}
	return b.String()
}

func TestSeverityGrowsWithTheTable(t *testing.T) {
	longer := known()
	old := longer.Tables["public.middling"]
	old.Longest = 2 * time.Minute
	longer.Tables["public.middling"] = old
	uncounted := known()
	uncounted.Tables["public.big"] = Table{Kind: Ordinary, Rows: -1, Bytes: 500 << 20}
	stale := known()
	stale.Tables["public.big"] = Table{Kind: Ordinary, Rows: 0, Bytes: 500 << 20}
	for _, c := range []struct {
		facts Facts
		table string
		want  Severity
	}{
		{known(), "big", Severe},
		{known(), "middling", Warning},
		{known(), "small", Note},
		{known(), "empty", ""},
		{known(), "busy", Warning},
		{known(), "absent", ""},
		{longer, "middling", Severe},
		{uncounted, "big", Severe},
		{stale, "big", Severe},
		{Facts{}, "big", Warning},
	} {
		found := ofRule("index-blocks-writes", check(c.facts, "CREATE INDEX i ON "+c.table+" (note)"))
		if got := Worst(found); got != c.want {
			t.Errorf("%s: %q, want %q", c.table, got, c.want)
		}
	}
}

// TestPartitionsCountTogether: the parent's own figures say the same again, or nothing.
func TestPartitionsCountTogether(t *testing.T) {
	f := known()
	events := f.Tables["public.events"]
	events.Rows = 3_020_000
	events.Partitions = append(events.Partitions, "public.below")
	f.Tables["public.events"] = events
	f.Tables["public.below"] = Table{Kind: Partitioned, Rows: 900_000}
	if found := ofRule("drop-table", check(f, "DROP TABLE events")); len(found) != 1 || found[0].What != "events is dropped (about 3.0 million rows, 288 MB)." {
		t.Error(told(found))
	}
	if found := ofRule("set-not-null-scans", check(f, "ALTER TABLE events ALTER id SET NOT NULL")); Worst(found) != Severe {
		t.Error(told(found))
	}
}

// TestSaidOnce: what holds for a table as a whole is said once in a file.
func TestSaidOnce(t *testing.T) {
	all := check(known(), "ALTER TABLE big ADD a int; ALTER TABLE big ADD b int; ALTER TABLE big ADD c int; ALTER TABLE busy ADD a int", "ALTER TABLE big ADD d int")
	if found := ofRule("several-alters", all); len(found) != 1 || found[0].Statement != 1 || found[0].What != "big was altered in statement 1 already." {
		t.Error(told(found))
	}
	if found := ofRule("closes-for-a-moment", all); len(found) != 3 || found[1].Table != "public.busy" || found[2].Step != 1 {
		t.Error(told(found))
	}
}

func TestWorstLeavesOutWhatIsAllowed(t *testing.T) {
	all := []Finding{{Severity: Severe, Allowed: "we close the shop"}, {Severity: Note}}
	if got := Worst(all); got != Note {
		t.Error(got)
	}
}

func TestAllowing(t *testing.T) {
	const drop = "ALTER TABLE big DROP COLUMN note;"
	for _, c := range []struct{ name, sql, allowed, fault string }{
		{"with a reason", "-- dbbot:allow drop-column nobody reads it since May\n" + drop, "nobody reads it since May", ""},
		{"without a reason", "-- dbbot:allow drop-column\n" + drop, "", "dbbot:allow drop-column in line 1 gives no reason."},
		{"a rule that does not exist", "-- dbbot:allow drop-colunm gone\n" + drop, "", "dbbot:allow in line 1 names a rule that does not exist: drop-colunm."},
		{"about another statement", "SELECT 1; -- dbbot:allow drop-column gone\n" + drop, "", "dbbot:allow drop-column in line 1: the rule has nothing to say there."},
		{"in a string", "SELECT '-- dbbot:allow drop-column gone';\n" + drop, "", ""},
	} {
		all := check(known(), c.sql)
		dropped, faults := ofRule("drop-column", all), ofRule("allow", all)
		if len(dropped) != 1 || dropped[0].Allowed != c.allowed {
			t.Errorf("%s: %s", c.name, told(all))
		}
		if fault := strings.Join(whats(faults), "|"); fault != c.fault {
			t.Errorf("%s: %q, want %q", c.name, fault, c.fault)
		}
	}
}

func whats(all []Finding) []string {
	var s []string
	for _, f := range all {
		s = append(s, f.What)
	}
	return s
}

func TestWhereAFindingStands(t *testing.T) {
	all := Check([]Parsed{parsed("SELECT 1;"), parsed("SELECT 1;\n\n-- gone\nDROP TABLE big;")}, known())
	found := ofRule("drop-table", all)
	if len(found) != 1 || found[0].Step != 1 || found[0].Statement != 1 || found[0].Line != 4 || found[0].Table != "public.big" || !found[0].Loses {
		t.Error(told(found))
	}
	if want := "big is dropped (about 2.4 million rows, 229 MB)."; found[0].What != want {
		t.Error(found[0].What)
	}
}

func TestNothingIsLostWithAnEmptyTable(t *testing.T) {
	for sql, loses := range map[string]bool{
		"DROP TABLE empty": false, "DROP TABLE small": true, "ALTER TABLE empty DROP COLUMN note": false, "ALTER TABLE small DROP COLUMN note": true,
		"TRUNCATE empty": false, "TRUNCATE small": true, "DROP TABLE unknown": true, "DROP MATERIALIZED VIEW totals": false,
	} {
		all := check(known(), sql)
		if len(all) == 0 || all[0].Loses != loses || (all[0].Severity == Severe) != loses {
			t.Errorf("%s:\n%s", sql, told(all))
		}
	}
}

func TestWhatDependsOnRoleAndProvider(t *testing.T) {
	mighty := known()
	mighty.Superuser, mighty.Policies = true, false
	for _, f := range []Facts{mighty, {}} {
		if found := ofRule("needs-superuser", check(f, "CREATE EXTENSION postgis")); len(found) > 0 {
			t.Error(told(found))
		}
		if found := ofRule("no-row-security", check(f, "CREATE TABLE t (id bigint)")); len(found) > 0 {
			t.Error(told(found))
		}
	}
}

func TestPrismaDecidesAboutTimeZones(t *testing.T) {
	p := parsed("CREATE TABLE t (a timestamp(3))")
	p.Step.Migration.Version = 0
	if found := ofRule("time-without-zone", Check([]Parsed{p}, known())); len(found) > 0 {
		t.Error(told(found))
	}
}

// TestOldServers: what a version cannot do is not advised.
func TestOldServers(t *testing.T) {
	old := known()
	old.Version = 11
	if found := ofRule("detach-closes-parent", check(old, "ALTER TABLE events DETACH PARTITION events_1")); len(found) > 0 {
		t.Error(told(found))
	}
	if found := ofRule("set-not-null-scans", check(old, "ALTER TABLE big ALTER price SET NOT NULL")); len(found) != 1 || found[0].Safe != "" {
		t.Error(told(found))
	}
}

func TestZonesInUTCAreTheSameBytes(t *testing.T) {
	f := known()
	f.UTC = true
	if found := ofRule("type-rewrites", check(f, "ALTER TABLE big ALTER at TYPE timestamptz")); len(found) > 0 {
		t.Error(told(found))
	}
}

func TestPathAndRenamesAreFollowed(t *testing.T) {
	f := known()
	f.Tables["app.big"] = Table{Kind: Ordinary}
	for sql, tables := range map[string]string{
		"SET LOCAL search_path = app, public; DROP TABLE big":   "app.big",
		"SET LOCAL search_path = app, public; DROP TABLE small": "public.small",
		"DROP TABLE app.big": "app.big",
		"ALTER TABLE big RENAME TO big_old; CREATE TABLE big (id bigint); DROP TABLE big": "",
		"CREATE TABLE t (a int); DROP TABLE t; ALTER TABLE big RENAME TO t; DROP TABLE t": "public.t",
		"ALTER TABLE big RENAME TO big_old; DROP TABLE big_old":                           "public.big_old",
	} {
		var got []string
		for _, found := range ofRule("drop-table", check(f, sql)) {
			got = append(got, found.Table)
		}
		if strings.Join(got, " ") != tables {
			t.Errorf("%s: %v, want %s", sql, got, tables)
		}
	}
}

func TestNamesInAdvice(t *testing.T) {
	for key, want := range map[string]string{
		"public.orders": "orders", "app.orders": "app.orders", "public.Order": `"Order"`, "public.order": `"order"`, `app.a"b`: `app."a""b"`, "public.two words": `"two words"`,
	} {
		if got := sql(key); got != want {
			t.Errorf("%s: %s, want %s", key, got, want)
		}
	}
}

func TestBytesThatStay(t *testing.T) {
	for _, c := range []struct {
		from, to string
		same     bool
	}{
		{"character varying(20)", "varchar(20)", true},
		{"character varying(20)", "varchar(19)", false},
		{"character varying(20)", "varchar", true},
		{"character varying", "varchar(20)", false},
		{"character(10)", "bpchar(20)", false},
		{"bit varying(3)", "varbit(4)", true},
		{"numeric(10,2)", "numeric(12,2)", true},
		{"numeric(10,2)", "numeric(12)", false},
		{"timestamp(3) without time zone", "timestamp(6)", true},
		{"integer", "int8", false},
		{"integer[]", "int4[]", true},
		{"text", "varchar", true},
		{"text", "varchar(20)", false},
	} {
		if got := (Facts{}).sameBytes(kindOf(c.from), kindOf(c.to)); got != c.same {
			t.Errorf("%s to %s: %v", c.from, c.to, got)
		}
	}
}
