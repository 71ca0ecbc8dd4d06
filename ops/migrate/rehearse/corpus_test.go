package rehearse

import (
	"cmp"
	"slices"
	"strings"
	"testing"

	"dbbot/ops"
	"dbbot/ops/migrate"
	"dbbot/ops/migrate/apply"
	"dbbot/ops/migrate/lint"
	"dbbot/ops/migrate/script"
	"dbbot/ops/postgres/cluster/clustertest"
)

// TestRehearsalsSeeWhatTheRulesSay traces the statements that the table of locks was measured with. Both must agree, with
// rows and without.
func TestRehearsalsSeeWhatTheRulesSay(t *testing.T) {
	for _, rows := range []bool{false, true} {
		url := clustertest.Database(t)
		clustertest.Exec(t, url, corpus(t, "world.sql"))
		if rows {
			clustertest.Exec(t, url, corpus(t, "filling.sql"))
		}
		facts := factsOf(t, url)
		conn := clustertest.Connect(t, url)
		w, err := watch(t.Context(), conn, rows)
		if err != nil {
			t.Fatal(err)
		}
		p := &player{watcher: w}
		for sql := range strings.Lines(corpus(t, "tried.sql")) {
			s := script.Parse([]byte(strings.TrimSpace(sql))).Statements[0]
			if err := p.open(t.Context()); err != nil {
				t.Fatal(err)
			}
			var saw Trace
			saw.Steps = []Step{{}}
			p.tell = func(change func(*Trace)) { change(&saw) }
			if err := p.traced(t.Context(), s); err != nil {
				t.Fatalf("%s: %v", sql, err)
			}
			if err := p.exec(t.Context(), "ROLLBACK"); err != nil {
				t.Fatal(err)
			}
			if err := p.refresh(t.Context()); err != nil {
				t.Fatal(err)
			}
			seen := saw.Steps[0].Statements[0].Seen
			ruled := lint.Locks(s, facts)
			if s.Tag == "DROP INDEX" { // who waits for the table waits for its index, too: a rehearsal says it once
				ruled = ruled[:1]
			}
			merged := lint.Parsed{Script: script.Script{Statements: []script.Statement{s}}, Seen: []*lint.Seen{&seen}}.Locks(0, facts)
			if a, b := listed(inOrder(ruled)), listed(inOrder(merged)); a != b {
				t.Errorf("rows=%v: %s\n rules: %s\n  both: %s\n trace: %s", rows, strings.TrimSpace(sql), a, b, listed(seen.Locks))
			}
		}
	}
}

func inOrder(all []lint.Lock) []lint.Lock {
	all = slices.DeleteFunc(slices.Clone(all), func(l lint.Lock) bool { return l.New })
	slices.SortFunc(all, func(a, b lint.Lock) int { return cmp.Compare(a.Relation, b.Relation) })
	return all
}

func factsOf(tb testing.TB, url string) lint.Facts {
	tb.Helper()
	c, err := apply.Open(tb.Context(), apply.Options{Name: "orders", URL: ops.Secret(url), Tool: migrate.GolangMigrate})
	if err != nil {
		tb.Fatal(err)
	}
	defer c.Close()
	facts, err := c.Facts(tb.Context(), nil)
	if err != nil {
		tb.Fatal(err)
	}
	return facts
}
