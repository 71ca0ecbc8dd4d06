package migrate

import (
	"fmt"
	"testing"
)

// A file that broke off goes on first, where it is sure how far it came.
func TestGoingOn(t *testing.T) {
	set := numbered(1, 2, 10)
	left := &Left{Name: set.Migrations[1].Name, Sum: set.Migrations[1].Up.Sum, From: "1", To: "2", Applied: 3, Of: 7}
	dirty := []Record{{Version: "2", Dirty: true}}
	goesOn := func(n int, to string) string {
		steps, err := set.Survey(Journal{Tool: GolangMigrate, Records: dirty, Left: left}).Up(n, to)
		said := way(steps, err)
		if err == nil {
			said += fmt.Sprintf(" (resume %v, %d)", steps[0].Resume, steps[0].Skip)
		}
		return said
	}
	first, last := set.Migrations[1].Name, set.Migrations[2].Name
	for _, tt := range []struct {
		n    int
		to   string
		want string
	}{
		{0, "", "↑" + first + " 1→2, ↑" + last + " 2→10 (resume true, 3)"},
		{1, "", "↑" + first + " 1→2 (resume true, 3)"},
		{2, "", "↑" + first + " 1→2, ↑" + last + " 2→10 (resume true, 3)"},
		{3, "", "no: 3 cannot be applied: one broke off, and 1 migration is pending. | "},
		{0, "2", "↑" + first + " 1→2 (resume true, 3)"},
		{0, "10", "↑" + first + " 1→2, ↑" + last + " 2→10 (resume true, 3)"},
		{0, "1", "no: " + set.Migrations[0].Name + " is not pending: " + first + " broke off, and goes on first. | "},
	} {
		if got := goesOn(tt.n, tt.to); got != tt.want {
			t.Errorf("up %d %q: %s", tt.n, tt.to, got)
		}
	}
}

// Where anything is not as it was left nothing goes on: a person must say what is true.
func TestNotGoingOn(t *testing.T) {
	for name, change := range map[string]func(*Journal, *Set){
		"clean by now":        func(j *Journal, _ *Set) { j.Records[0].Dirty = false },
		"another version":     func(j *Journal, _ *Set) { j.Records[0].Version = "10" },
		"nothing is known":    func(j *Journal, _ *Set) { j.Left = nil },
		"the file changed":    func(_ *Journal, s *Set) { s.Migrations[1].Up.Sum = "other" },
		"the file is gone":    func(_ *Journal, s *Set) { s.Migrations = s.Migrations[:1] },
		"another fault":       func(_ *Journal, s *Set) { s.Faults = []string{"Version 1 has two up files."} },
		"it led elsewhere":    func(j *Journal, _ *Set) { j.Left.To = "3" },
		"another file's name": func(j *Journal, _ *Set) { j.Left.Name = "9_other" },
	} {
		set := numbered(1, 2, 10)
		j := Journal{Tool: GolangMigrate, Records: []Record{{Version: "2", Dirty: true}}, Left: &Left{Name: set.Migrations[1].Name, Sum: set.Migrations[1].Up.Sum, From: "1", To: "2"}}
		if _, can := set.Survey(j).Resumes(); !can {
			t.Fatal("it does not even go on as it was left")
		}
		step := *set.Survey(j).resumed()
		change(&j, &set)
		if left, can := set.Survey(j).Resumes(); can && name != "another version" {
			t.Errorf("%s: it goes on: %+v", name, left)
		}
		if steps, err := set.Survey(j).Up(0, ""); err == nil && len(steps) > 0 && steps[0].Resume && name != "another version" {
			t.Errorf("%s: %+v", name, steps)
		}
		if name == "clean by now" && set.Survey(j).Leads(step) {
			t.Errorf("%s: a run would begin there", name)
		}
	}
}
