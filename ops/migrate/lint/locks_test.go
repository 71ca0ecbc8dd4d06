package lint

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"testing"

	"dbbot/ops/migrate/script"
	"dbbot/ops/postgres/cluster/clustertest"
)

// world of tables that the statements below are tried on.
//
//go:embed testdata/world.sql
var fixture string

//go:embed testdata/filling.sql
var filling string

// fixtureFacts is what Facts says about them.
func fixtureFacts() Facts {
	col := func(name, kind string) Column { return Column{Name: name, Type: kind} }
	id := Column{Name: "id", Type: "bigint", NotNull: true}
	return Facts{Version: 15, Path: []string{"public"}, UTC: true, Tables: map[string]Table{
		"public.p": {Kind: Ordinary, Columns: []Column{id, col("kind", "text")}, ReferencedBy: []string{"public.t"}},
		"public.t": {
			Kind: Ordinary, ReferencedBy: []string{"public.child"},
			Columns: []Column{id, col("a", "integer"), col("v", "character varying(20)"), col("n", "numeric(10,2)"), col("ts", "timestamp without time zone"), col("txt", "text"), col("j", "jsonb"), col("c", "cidr"), col("pid", "bigint"), col("nn", "integer"), col("later", "bigint")},
			Constraints: []Constraint{
				{Name: "t_pkey", Kind: Primary, Columns: []string{"id"}, Valid: true},
				{Name: "t_pid_fkey", Kind: ForeignTo, Columns: []string{"pid"}, Table: "public.p", Valid: true},
				{Name: "t_later_fkey", Kind: ForeignTo, Columns: []string{"later"}, Table: "public.p"},
				{Name: "nn_there", Kind: CheckThat, Columns: []string{"nn"}, Definition: "CHECK ((nn IS NOT NULL))", Valid: true},
				{Name: "t_old", Kind: CheckThat, Columns: []string{"a"}, Definition: "CHECK ((a > '-1'::integer)) NOT VALID"},
			},
			Indexes: []Index{{Name: "t_pkey", Columns: []string{"id"}, Unique: true, Valid: true}, {Name: "t_a", Columns: []string{"a"}, Valid: true}, {Name: "t_unique", Columns: []string{"id", "a"}, Unique: true, Valid: true}},
		},
		"public.child":  {Kind: Ordinary, Columns: []Column{id, col("tid", "bigint")}, Constraints: []Constraint{{Name: "child_fkey", Kind: ForeignTo, Columns: []string{"tid"}, Table: "public.t", Valid: true}}},
		"public.u":      {Kind: Ordinary, Unlogged: true, Columns: []Column{col("id", "bigint")}},
		"public.free":   {Kind: Ordinary, Columns: []Column{col("id", "bigint"), col("pid", "bigint")}, Indexes: []Index{{Name: "free_id", Columns: []string{"id"}, Unique: true, Valid: true}}},
		"public.part":   {Kind: Partitioned, Columns: []Column{col("id", "integer"), col("x", "integer")}, Partitions: []string{"public.part_1"}},
		"public.part_1": {Kind: Ordinary, Parent: "public.part", Columns: []Column{col("id", "integer"), col("x", "integer")}},
		"public.rest":   {Kind: Partitioned, Partitions: []string{"public.rest_1", "public.rest_other"}},
		"public.rest_1": {Kind: Ordinary, Parent: "public.rest"}, "public.rest_other": {Kind: Ordinary, Parent: "public.rest", Default: true},
		"public.loose": {Kind: Ordinary},
		"public.bound": {Kind: Ordinary, Constraints: []Constraint{{Name: "bound_there", Kind: CheckThat, Valid: true}}},
		"public.tv":    {Kind: View}, "public.tm": {Kind: Materialised},
	}}
}

//go:embed testdata/tried.sql
var triedSQL string

// tried are the statements whose locks are measured, one a line. Rehearsals trace them, too.
var tried = strings.Split(strings.TrimSpace(triedSQL), "\n")

// TestLocksAreTheServers runs every statement in a transaction of its own, on empty tables and on filled ones, looks at
// what the server locked, rewrote and read, and undoes it.
func TestLocksAreTheServers(t *testing.T) {
	for _, filled := range []bool{false, true} {
		url := clustertest.Database(t)
		clustertest.Exec(t, url, fixture)
		if filled {
			clustertest.Exec(t, url, filling)
		}
		conn := clustertest.Connect(t, url)
		for _, sql := range tried {
			t.Run(fmt.Sprintf("filled=%v/%s", filled, sql), func(t *testing.T) {
				s := script.Parse([]byte(sql)).Statements[0]
				said := Locks(s, fixtureFacts())
				if slices.ContainsFunc(said, func(l Lock) bool { return l.New }) {
					t.Errorf("all of it was there before: %+v", said)
				}
				did := measured(t, conn, sql, said)
				if !filled {
					said = scannedBy(did, said)
				}
				if listed(said) != listed(did) {
					t.Errorf("says\n%sthe server did\n%s", listed(said), listed(did))
				}
			})
		}
	}
}

// TestLocksOnWhatIsNew: nobody waits for a table that another statement of the plan makes.
func TestLocksOnWhatIsNew(t *testing.T) {
	s := script.Parse([]byte("ALTER TABLE fresh ADD FOREIGN KEY (pid) REFERENCES p")).Statements[0]
	want := []Lock{{Mode: ShareRowExclusive, Relation: "public.fresh", Scan: true, New: true}, {Mode: ShareRowExclusive, Relation: "public.p", Scan: true}}
	if got := Locks(s, fixtureFacts()); !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
	if got := Locks(s, Facts{}); got[0].New {
		t.Errorf("without facts: %+v", got)
	}
}

// TestLocksOutsideTransactions are those that cannot be measured in one (reference 4.2).
func TestLocksOutsideTransactions(t *testing.T) {
	for sql, want := range map[string]string{
		"CREATE INDEX CONCURRENTLY ON t (v)":                    "  public.t ShareUpdateExclusive scan\n",
		"DROP INDEX CONCURRENTLY t_a":                           "  public.t ShareUpdateExclusive\n  public.t_a ShareUpdateExclusive\n",
		"REINDEX TABLE CONCURRENTLY t":                          "  public.t ShareUpdateExclusive scan\n",
		"ALTER TABLE part DETACH PARTITION part_1 CONCURRENTLY": "  public.part ShareUpdateExclusive\n  public.part_1 AccessExclusive\n",
		"VACUUM t": "  public.t ShareUpdateExclusive\n", "VACUUM FULL t": "  public.t AccessExclusive rewrite scan\n",
		"DO $$ BEGIN END $$": "", "SELECT 1": "", "CREATE TYPE m AS ENUM ('a')": "",
	} {
		if got := listed(Locks(script.Parse([]byte(sql)).Statements[0], fixtureFacts())); got != want {
			t.Errorf("%s:\n%s", sql, got)
		}
	}
}

func TestBlocks(t *testing.T) {
	for mode, want := range map[string]string{AccessExclusive: "reads and writes", Exclusive: "writes", ShareRowExclusive: "writes", Share: "writes", ShareUpdateExclusive: "", RowExclusive: ""} {
		if got := (Lock{Mode: mode}).Blocks(); got != want {
			t.Errorf("%s: %q", mode, got)
		}
	}
}

// scannedBy: a table without rows may be read or not, which is the same.
func scannedBy(did, said []Lock) []Lock {
	said = slices.Clone(said)
	for i, s := range said {
		at := slices.IndexFunc(did, func(d Lock) bool { return d.Relation == s.Relation })
		said[i].Scan = s.Scan && at >= 0 && did[at].Scan
	}
	return said
}
