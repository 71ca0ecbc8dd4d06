package migrate

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"dbbot/ops"
)

// way is what would run, and what is written down: "↑2_c 1→2".
func way(steps []Step, err error) string {
	if marked, ok := errors.AsType[*ops.Error](err); ok {
		return "no: " + marked.Message + " | " + marked.Hint
	}
	var all []string
	for _, s := range steps {
		sign := "↑"
		if s.Down {
			sign = "↓"
		}
		if !strings.HasPrefix(string(s.File().SQL), map[bool]string{false: "up ", true: "down "}[s.Down]+s.Migration.Name) {
			return "the wrong file: " + s.File().Path
		}
		all = append(all, fmt.Sprintf("%s%s %s→%s", sign, s.Migration.Name, s.From, s.To))
	}
	return strings.Join(all, ", ")
}

func up(n int, to string) func(Survey) string {
	return func(v Survey) string { return way(v.Up(n, to)) }
}

func back(n int) func(Survey) string { return func(v Survey) string { return way(v.Down(n)) } }

func lead(to string) func(Survey) string {
	return func(v Survey) string { return way(v.Goto(to)) }
}

func TestGolangMigrateSteps(t *testing.T) {
	three := numbered(1, 2, 10)
	without := func(change func(*Migration)) Set {
		set := numbered(1, 2, 10)
		change(&set.Migrations[1])
		return set
	}
	noUp, noDown := without(func(m *Migration) { m.Up = nil }), without(func(m *Migration) { m.Down = nil })
	emptyDown := without(func(m *Migration) { m.Down = file("2_c.down.sql", "-- to do\n;") })
	faulty := numbered(1)
	faulty.Faults = []string{"Version 1 has two up files.", "And another."}
	ignored := numbered(1)
	ignored.Ignored = []string{"2-b.up.sql"}
	for name, test := range map[string]struct {
		set     Set
		journal Journal
		wish    func(Survey) string
		want    string
	}{
		"all of them":           {three, Journal{Missing: true}, up(0, ""), "↑1_b →1, ↑2_c 1→2, ↑10_k 2→10"},
		"one":                   {three, at("1", false), up(1, ""), "↑2_c 1→2"},
		"up to":                 {three, at("1", false), up(0, "2"), "↑2_c 1→2"},
		"up to, by name":        {three, at("1", false), up(0, "10_k"), "↑2_c 1→2, ↑10_k 2→10"},
		"up to, zeros before":   {three, at("1", false), up(0, "0002"), "↑2_c 1→2"},
		"nothing to do":         {three, at("10", false), up(0, ""), "no: Nothing is pending: the database is at 10. | "},
		"nothing, but ignored":  {ignored, at("1", false), up(0, ""), "no: Nothing is pending: the database is at 1. | The tool does not see 2-b.up.sql."},
		"nothing, but older":    {three, at("10", false, ran("", 1), ran("1", 10)), up(0, ""), "no: Nothing is pending: the database is at 10. | Older than that, and perhaps never run: 2_c."},
		"too many":              {three, at("2", false), up(2, ""), "no: 2 cannot be applied: 1 migration is pending. | "},
		"fewer than none":       {three, at("2", false), up(-1, ""), "no: -1 cannot be applied: 1 migration is pending. | "},
		"up to an applied one":  {three, at("2", false), up(0, "1"), "no: 1_b is not pending: the database is at 2. | migrate goto leads to any version, up or down."},
		"up to nowhere":         {three, at("2", false), up(0, "3"), "no: The folder has no version 3. | Its last is 10_k."},
		"another's name":        {three, at("1", false), up(0, "2_x"), "no: The folder has no version 2_x. | Its last is 10_k."},
		"dirty":                 {three, at("2", true), up(0, ""), "no: Version 2 is marked dirty: a migration broke off there, and golang-migrate stops. | See with migrate status what was applied; then force the version that is true."},
		"dirty before all":      {three, at("-1", true), up(0, ""), "no: The way down of the first migration broke off, and golang-migrate stops there. | See what is left of it; then force the version that is true: force none, or force the first."},
		"lost":                  {three, at("3", false), up(0, ""), "no: The database is at version 3, which the folder does not have; golang-migrate can go nowhere from there. | Is it the right folder, and the newest? Otherwise add the file again, or force a version that the folder has."},
		"a faulty folder":       {faulty, Journal{}, up(0, ""), "no: Version 1 has two up files. | Nothing runs until that is mended, and 1 other fault."},
		"no way up":             {noUp, at("1", false), up(0, ""), "no: 2_c has no up file: golang-migrate would count it as applied and run nothing. | Add the file; an empty one says that nothing is to be done."},
		"no way up, but past":   {noUp, at("2", false), up(0, ""), "↑10_k 2→10"},
		"an empty folder":       {numbered(), Journal{}, up(0, ""), "no: Nothing is pending: the database is at the beginning. | "},
		"one down":              {three, at("10", false), back(1), "↓10_k 10→2"},
		"all down":              {three, at("10", false), back(3), "↓10_k 10→2, ↓2_c 2→1, ↓1_b 1→"},
		"none down":             {three, at("10", false), back(0), "no: 0 cannot be undone: 3 migrations are applied. | "},
		"more than all down":    {three, at("2", false), back(3), "no: 3 cannot be undone: 2 migrations are applied. | "},
		"nothing applied":       {three, Journal{Missing: true}, back(1), "no: Nothing is applied that could be undone. | "},
		"no way down":           {noDown, at("10", false), back(2), "no: 2_c has no down file: golang-migrate would count it as undone and run nothing. | Write one, or restore a backup."},
		"not that far":          {noDown, at("10", false), back(1), "↓10_k 10→2"},
		"an empty way down":     {emptyDown, at("2", false), back(1), "no: 2_c.down.sql is empty: the version would go down and the tables stay. | Write one, or restore a backup."},
		"down from dirty":       {three, at("2", true), back(1), "no: Version 2 is marked dirty: a migration broke off there, and golang-migrate stops. | See with migrate status what was applied; then force the version that is true."},
		"down what never ran":   {three, at("10", false, ran("", 1), ran("1", 10)), back(2), "no: 2_c never ran, so its way down must not run. | Give the file a number above 10, and it runs in its turn."},
		"go up":                 {three, at("1", false), lead("10"), "↑2_c 1→2, ↑10_k 2→10"},
		"go down":               {three, at("10", false), lead("1"), "↓10_k 10→2, ↓2_c 2→1"},
		"go before all":         {three, at("2", false), lead("none"), "↓2_c 2→1, ↓1_b 1→"},
		"go before all, there":  {three, Journal{Missing: true}, lead("none"), "no: Nothing is applied that could be undone. | "},
		"stay":                  {three, at("2", false), lead("2"), "no: The database is at 2 already. | "},
		"go from the beginning": {three, Journal{Missing: true}, lead("1"), "↑1_b →1"},
		"go nowhere":            {three, at("2", false), lead("7"), "no: The folder has no version 7. | Its last is 10_k."},
		"go from dirty":         {three, at("2", true), lead("1"), "no: Version 2 is marked dirty: a migration broke off there, and golang-migrate stops. | See with migrate status what was applied; then force the version that is true."},
	} {
		t.Run(name, func(t *testing.T) {
			if got := test.wish(test.set.Survey(test.journal)); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestPrismaSteps(t *testing.T) {
	three := named("1_a", "2_b", "3_c")
	noDown := named("1_a", "2_b")
	noDown.Migrations[1].Down = nil
	for name, test := range map[string]struct {
		set     Set
		journal Journal
		wish    func(Survey) string
		want    string
	}{
		"all of them":          {three, Journal{Missing: true}, up(0, ""), "↑1_a →1_a, ↑2_b 1_a→2_b, ↑3_c 2_b→3_c"},
		"tables, no journal":   {three, Journal{Missing: true, Tables: true}, up(0, ""), "no: The database has tables already, but Prisma never ran here, and refuses to begin (P3005). | Say with migrate baseline which migrations these tables stand for."},
		"an empty journal":     {three, Journal{Tables: true}, up(1, ""), "↑1_a →1_a"},
		"an older one, too":    {three, rows(done("1_a"), done("3_c")), up(0, ""), "↑2_b 3_c→2_b"},
		"up to":                {three, rows(done("1_a")), up(0, "2_b"), "↑2_b 1_a→2_b"},
		"a number is no name":  {three, rows(done("1_a")), up(0, "2"), "no: The folder has no migration 2. | Its last is 3_c."},
		"failed":               {three, rows(done("1_a"), failed("2_b")), up(0, ""), "no: Migration 2_b broke off, and Prisma stops there. | See what was applied; then migrate resolve says whether it counts as applied or as rolled back."},
		"Prisma 8":             {three, Journal{Missing: true, Prisma8: true}, up(0, ""), "no: The database is kept by Prisma 8, whose migrations are another system (schema prisma_contract); dbbot understands those of Prisma 5 to 7. | Nothing runs until that is mended."},
		"a directory was lost": {three, rows(done("0_z"), done("1_a")), up(1, ""), "↑2_b 1_a→2_b"},
		"one down":             {three, rows(done("1_a"), done("2_b")), back(1), "↓2_b 2_b→1_a"},
		"the last applied":     {three, rows(done("1_a"), done("3_c"), done("2_b")), back(2), "↓2_b 2_b→3_c, ↓3_c 3_c→1_a"},
		"no way back":          {noDown, rows(done("1_a"), done("2_b")), back(1), "no: 2_b has no way back: there is no down.sql beside its migration.sql. | Write one, or restore a backup."},
		"go down":              {three, rows(done("1_a"), done("2_b"), done("3_c")), lead("1_a"), "↓3_c 3_c→2_b, ↓2_b 2_b→1_a"},
		"go up":                {three, rows(done("1_a")), lead("3_c"), "↑2_b 1_a→2_b, ↑3_c 2_b→3_c"},
		"undone is not undone": {three, rows(done("1_a"), undone(done("2_b"))), back(1), "↓1_a 1_a→"},
		"done, undone, done":   {three, rows(done("1_a"), undone(done("2_b")), done("2_b")), back(2), "↓2_b 2_b→1_a, ↓1_a 1_a→"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := test.wish(test.set.Survey(test.journal)); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

// Down from wherever Up led is the same way back, and each step begins where the one before ended.
func TestDownUndoesUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		versions := rapid.SliceOfNDistinct(rapid.Uint64Range(0, 40), 1, 10, rapid.ID).Draw(t, "versions")
		set := numbered(sorted(versions)...)
		n := rapid.IntRange(1, len(versions)).Draw(t, "up")
		there, err := set.Survey(Journal{Missing: true}).Up(n, "")
		if err != nil {
			t.Fatal(err)
		}
		again, err := set.Survey(at(there[n-1].To, false)).Goto(None)
		if err != nil || len(again) != n {
			t.Fatalf("%v: %d steps up, back %d (%v)", versions, n, len(again), err)
		}
		for i := range n {
			u, d := there[i], again[n-1-i]
			if u.Migration.Name != d.Migration.Name || u.From != d.To || u.To != d.From || i > 0 && u.From != there[i-1].To {
				t.Fatalf("%v: %+v and back %+v", versions, u, d)
			}
		}
	})
}

func sorted(versions []uint64) []uint64 {
	for i := range versions {
		for j := range i {
			if versions[i] < versions[j] {
				versions[i], versions[j] = versions[j], versions[i]
			}
		}
	}
	return versions
}
