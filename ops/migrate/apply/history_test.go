package apply

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"dbbot/ops/migrate"
	"dbbot/ops/postgres/cluster/clustertest"
)

// schema is all that files can have made, but for the journals, one thing a line.
const schema = `SELECT string_agg(line, E'\n' ORDER BY line) FROM (
	SELECT format('%s.%s %s %s %s %s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, concat(a.attidentity, a.attgenerated), pg_get_expr(d.adbin, d.adrelid)) AS line
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid LEFT JOIN pg_attrdef d ON (d.adrelid, d.adnum) = (a.attrelid, a.attnum)
		WHERE c.relnamespace::regnamespace::text IN ('public', 'stats') AND a.attnum > 0 AND NOT a.attisdropped AND c.relkind <> 'i'
	UNION ALL SELECT pg_get_indexdef(indexrelid) || ' ' || indisvalid FROM pg_index JOIN pg_class ON oid = indexrelid WHERE relnamespace::regnamespace::text IN ('public', 'stats')
	UNION ALL SELECT format('%s %s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid), convalidated) FROM pg_constraint WHERE connamespace::regnamespace::text IN ('public', 'stats')
	UNION ALL SELECT concat(pg_get_functiondef(oid), proacl) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
	UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
	UNION ALL SELECT format('%s %s', viewname, definition) FROM pg_views WHERE schemaname = 'public'
	UNION ALL SELECT format('%s %s', t.typname, string_agg(e.enumlabel, ' ' ORDER BY e.enumsortorder)) FROM pg_type t JOIN pg_enum e ON e.enumtypid = t.oid GROUP BY t.typname
	UNION ALL SELECT format('%s %s %s', tablename, policyname, qual) FROM pg_policies
	UNION ALL SELECT format('%s %s %s', relname, relrowsecurity, relacl) FROM pg_class WHERE relnamespace = 'public'::regnamespace
) everything WHERE line NOT LIKE '%dbbot\_migrations%'`

func history(tool string) migrate.Folder {
	kind := map[string]migrate.Tool{"golang": migrate.GolangMigrate, "prisma": migrate.Prisma}[tool]
	dir, _ := filepath.Abs("../lint/testdata/corpus/" + tool) // gives no error but where there is no working directory
	return migrate.Folder{Tool: kind, Dir: dir}
}

// same fails where two databases differ, and shows in which lines.
func same(t *testing.T, when, ours, theirs string) {
	t.Helper()
	got, want := strings.Split(ask(t, ours, schema), "\n"), strings.Split(ask(t, theirs, schema), "\n")
	in := func(all []string, line string) bool {
		return strings.Contains("\n"+strings.Join(all, "\n")+"\n", "\n"+line+"\n")
	}
	for _, line := range got {
		if !in(want, line) {
			t.Errorf("%s: only dbbot has %s", when, line)
		}
	}
	for _, line := range want {
		if !in(got, line) {
			t.Errorf("%s: only the tool has %s", when, line)
		}
	}
}

// A whole history of golang-migrate's leaves the same database behind, up and all the way down, with rows in it.
func TestAHistoryOfGolangMigrate(t *testing.T) {
	commandLine(t)
	f := history("golang")
	ours, theirs := clustertest.Database(t), clustertest.Database(t)
	rows := []string{
		"INSERT INTO members (id, email, display_name) SELECT md5(n::text)::uuid, n || '@example.com', 'Member ' || n FROM generate_series(1, 50) n",
		"INSERT INTO tools (name, price) SELECT 'Tool ' || n, n / 4.0 FROM generate_series(1, 20) n",
		"INSERT INTO loans (tool_id, member_id, taken_at) SELECT 1 + n % 20, md5((1 + n % 50)::text)::uuid, '2026-01-01'::timestamptz + n * interval '1 day' FROM generate_series(1, 100) n",
	}
	for request, step := range []struct{ line, wish string }{{"up 2", "up 2"}, {"up", "up"}, {"down -all", "goto none"}} {
		if out, err := line(t, theirs, f, strings.Fields(step.line)...); err != nil {
			t.Fatalf("%s: %s", step.line, out)
		}
		wish := all
		switch step.wish {
		case "up 2":
			wish = func(v migrate.Survey) ([]migrate.Step, error) { return v.Up(2, "") }
		case "goto none":
			wish = func(v migrate.Survey) ([]migrate.Step, error) { return v.Goto(migrate.None) }
		}
		if _, err := carry(t, ours, int64(request+1), f, wish); err != nil {
			t.Fatal(explained(err))
		}
		same(t, step.line, ours, theirs)
		if step.wish == "up 2" {
			clustertest.Exec(t, ours, rows...)
			clustertest.Exec(t, theirs, rows...)
		}
		if step.wish == "up" {
			const sums = `SELECT concat_ws(' ', (SELECT count(*) FROM members), (SELECT sum(price_cents) FROM tools), (SELECT md5(string_agg(due_at::text, ',' ORDER BY id)) FROM loans))`
			if got, want := ask(t, ours, sums), ask(t, theirs, sums); got != want {
				t.Errorf("rows: %s, not %s", got, want)
			}
		}
	}
}

// The same of Prisma's, which knows no way down, with its rows.
func TestAHistoryOfPrisma(t *testing.T) {
	e := startEngine(t)
	f := history("prisma")
	ours, theirs := clustertest.Database(t), clustertest.Database(t)
	if got := e.do(t, theirs, f, "deploy", ""); got.Message != "" {
		t.Fatal(got.Message)
	}
	report, err := carry(t, ours, 1, f, all)
	if err != nil {
		t.Fatal(explained(err))
	}
	same(t, fmt.Sprintf("after %d files", len(report.Done)), ours, theirs)
	if got, want := ask(t, ours, prismasTable), ask(t, theirs, prismasTable); got != want {
		t.Errorf("got\n%s\nthe engine has\n%s", got, want)
	}
	e.agrees(t, ours, f)
	e.agrees(t, theirs, f)
}
