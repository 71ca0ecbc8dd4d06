package migrate

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestCompare(t *testing.T) {
	numbered := Files{Tool: GolangMigrate, Names: []string{"1_a", "2_b", "10_c"}, versions: []uint{1, 2, 10}}
	named := Files{Tool: Prisma, Names: []string{"1_a", "2_b", "3_c"}}
	done := func(name string) Row { return Row{Name: name, Finished: true} }
	for name, test := range map[string]struct {
		files Files
		rows  []Row
		want  State
	}{
		"the tool never ran":       {numbered, nil, State{Pending: []string{"1_a", "2_b", "10_c"}}},
		"in the middle":            {numbered, []Row{{Version: "2"}}, State{At: "2", Pending: []string{"10_c"}}},
		"all applied":              {numbered, []Row{{Version: "10"}}, State{At: "10"}},
		"broke off":                {numbered, []Row{{Version: "2", Dirty: true}}, State{At: "2", Pending: []string{"10_c"}, Broken: []string{"2"}}},
		"a version without a file": {numbered, []Row{{Version: "3"}}, State{At: "3", Pending: []string{"10_c"}, Unknown: []string{"3"}}},
		"a version beyond all":     {numbered, []Row{{Version: "99"}}, State{At: "99", Unknown: []string{"99"}}},
		"the first down broke off": {numbered, []Row{{Version: "-1", Dirty: true}}, State{At: "-1", Pending: numbered.Names, Broken: []string{"-1"}}},

		"Prisma never ran":      {named, nil, State{Pending: named.Names}},
		"an older one is added": {named, []Row{done("1_a"), done("3_c")}, State{At: "3_c", Pending: []string{"2_b"}}},
		"failed":                {named, []Row{done("1_a"), {Name: "2_b"}}, State{At: "1_a", Pending: []string{"3_c"}, Broken: []string{"2_b"}}},
		"rolled back, so again": {named, []Row{done("1_a"), {Name: "2_b", RolledBack: true}}, State{At: "1_a", Pending: []string{"2_b", "3_c"}}},
		"rolled back, then done": {
			named,
			[]Row{{Name: "1_a", RolledBack: true}, done("1_a")},
			State{At: "1_a", Pending: []string{"2_b", "3_c"}},
		},
		"a directory was deleted": {named, []Row{done("0_gone"), done("1_a"), done("2_b"), done("3_c")}, State{At: "3_c", Unknown: []string{"0_gone"}}},
	} {
		t.Run(name, func(t *testing.T) {
			got := test.files.Compare(test.rows)
			if got.At != test.want.At || !slices.Equal(got.Pending, test.want.Pending) ||
				!slices.Equal(got.Broken, test.want.Broken) || !slices.Equal(got.Unknown, test.want.Unknown) {
				t.Errorf("got  %+v\nwant %+v", got, test.want)
			}
		})
	}
}

// Whatever was applied in whatever order: nothing is both applied and pending, and nothing is forgotten.
func TestPrismaForgetsNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 20).Draw(t, "files")
		files := Files{Tool: Prisma}
		for i := range n {
			files.Names = append(files.Names, fmt.Sprintf("%02d", i))
		}
		var rows []Row
		for _, i := range rapid.SliceOf(rapid.IntRange(0, 25)).Draw(t, "rows") {
			rows = append(rows, Row{Name: fmt.Sprintf("%02d", i), Finished: rapid.Bool().Draw(t, "finished"), RolledBack: rapid.Bool().Draw(t, "rolled back")})
		}
		got := files.Compare(rows)
		for _, name := range files.Names {
			standing := slices.ContainsFunc(rows, func(r Row) bool { return r.Name == name && !r.RolledBack })
			if standing == slices.Contains(got.Pending, name) {
				t.Fatalf("%s: has a row that stands: %v; pending: %v", name, standing, got.Pending)
			}
		}
	})
}
