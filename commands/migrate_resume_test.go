package commands

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"dbbot/ops"
	"dbbot/ops/approval"
	"dbbot/ops/migrate"
	"dbbot/ops/migrate/apply"
	"dbbot/ops/migrate/lint"
)

const inSteps = "ALTER TABLE orders ADD COLUMN note text;\nCREATE INDEX CONCURRENTLY orders_note ON orders (note);\nALTER TABLE orders ADD COLUMN total int;\n"

// brokeOff is a database at version 4, dirty, in whose file so many statements stand.
func brokeOff(t *testing.T, applied int) *scene {
	t.Helper()
	s := newScene(t, migrate.GolangMigrate, map[string]string{
		"0003_total.up.sql": "SELECT 1;", "0003_total.down.sql": "SELECT 2;", "0004_note.up.sql": inSteps, "0005_more.up.sql": "SELECT 3;",
	})
	set, err := s.tools.Folders["orders"].Load()
	if err != nil {
		t.Fatal(err)
	}
	s.journal.Records = []migrate.Record{{Version: "4", Dirty: true}}
	s.journal.Left = &migrate.Left{Name: "0004_note", Sum: set.Migrations[1].Up.Sum, From: "3", To: "4", Applied: applied, Of: 3}
	return s
}

func TestPlanThatGoesOn(t *testing.T) {
	for applied, want := range []string{
		"0004_note: bad, it broke off in its first statement, and begins there anew: 3 statements, one after the other, outside a transaction",
		"0004_note: bad, it broke off, and continues at statement 2 of 3, line 2; what stands before is not run again",
		"0004_note: bad, it broke off, and continues at statement 3 of 3, line 3; what stands before is not run again",
		"0004_note: bad, it broke off when all 3 statements stood: only the journal is set right",
	} {
		s := brokeOff(t, applied)
		planned := s.planned(t, "migrate up orders")
		if text := planned.View.Text(); !strings.Contains(text, want[len("0004_note: bad, "):]) {
			t.Errorf("%d stand:\n%s", applied, text)
		}
		change := s.change(t, "migrate up orders")
		if _, err := change.Run(t.Context(), approval.Request{ID: 7}, planned.Plan, silentProgress); err != nil || len(s.ran) != 2 {
			t.Fatalf("%d stand: ran %d, %v", applied, len(s.ran), err)
		}
		if step := s.ran[0].Step; !step.Resume || step.Skip != applied || step.From != "3" || step.To != "4" || s.ran[1].Step.Resume {
			t.Errorf("%d stand: ran %+v", applied, step)
		}
		s.journal.Left.Applied = (applied + 1) % 4
		if said := change.Differ(planned.Plan, s.planned(t, "migrate up orders").Plan); said != "More of 0004_note stands by now, or less, than when this was agreed to." {
			t.Errorf("%d stand: %q", applied, said)
		}
	}
}

// A half-built index of an earlier try is part of what people agree to.
func TestPlanRemovesAHalfBuiltIndex(t *testing.T) {
	s := brokeOff(t, 1)
	was := s.planned(t, "migrate up 1 orders")
	table := s.facts.Tables["public.orders"]
	table.Indexes = []lint.Index{{Name: "orders_note"}, {Name: "orders_other"}, {Name: "orders_pkey", Valid: true}}
	s.facts.Tables["public.orders"] = table
	planned, change := s.planned(t, "migrate up 1 orders"), s.change(t, "migrate up 1 orders")
	if !strings.Contains(planned.View.Text(), "The half-built index orders_note that an earlier try left is removed before it is built anew.") || !strings.Contains(string(planned.Plan), `"removes":["orders_note"]`) {
		t.Errorf("%s\n%s", planned.Plan, planned.View.Text())
	}
	if said := change.Differ(was.Plan, planned.Plan); said != "Other indexes are half built now than when this was agreed to." {
		t.Error(said)
	}
	if _, err := change.Run(t.Context(), approval.Request{}, planned.Plan, silentProgress); err != nil || len(s.ran) != 1 || strings.Join(s.ran[0].Removes, " ") != "orders_note" {
		t.Errorf("%+v, %v", s.ran, err)
	}
}

// What a run leaves unclear is told with what may be true of it, and a button for each.
func TestWhatMayBeTrueAfterARun(t *testing.T) {
	s := brokeOff(t, 1)
	s.journal.Records[0] = migrate.Record{Version: "3"}
	left := s.journal.Left
	s.journal.Left = nil
	change, planned := s.change(t, "migrate up 1 orders"), s.planned(t, "migrate up 1 orders")
	s.journal.Records[0], s.journal.Left = migrate.Record{Version: "4", Dirty: true}, left
	s.report = apply.Report{Failure: &apply.Failure{Name: "0004_note", Path: "0004_note.up.sql", Statement: 1, Line: 2, Applied: 1}}
	s.failure = &ops.Error{Message: "0004_note.up.sql, line 2 failed."}
	view, err := change.Run(t.Context(), approval.Request{}, planned.Plan, silentProgress)
	if err == nil {
		t.Fatal("it did not fail")
	}
	check := func(view View) {
		t.Helper()
		golden(t, "migrate_truths.golden", view.Parts[len(view.Parts)-1].Section.Title+"\n"+view.Text()+"\n"+pressable(view))
	}
	check(View{Parts: view.Parts[len(view.Parts)-1:]})

	s.found = apply.Found{Fate: apply.Unclear, Broken: &apply.Broken{Name: "0004_note", Applied: 1, Of: 3}}
	happened, view, err := change.Look(t.Context(), approval.Request{Asked: time.Now()}, planned.Plan)
	if err != nil || happened != HappenedUnclear {
		t.Fatal(happened, err)
	}
	check(View{Parts: view.Parts[len(view.Parts)-1:]})

	outcome, _ := json.Marshal(view)
	r := approval.Request{State: approval.Interrupted, Outcome: outcome, Words: "migrate up 1 orders"}
	if words := Choice(r, "go on"); words != "migrate up 1 orders" {
		t.Error(words)
	}
	if words := Choice(r, "force 3"); words != "migrate force 3 orders" {
		t.Error(words)
	}
	s.journal.Left = nil
	if _, view, _ = change.Look(t.Context(), approval.Request{}, planned.Plan); strings.Contains(pressable(view), "Go on") {
		t.Error("it would go on where nobody knows how far it came")
	}
	s.journal.Records[0].Dirty = false
	if _, view, _ = change.Look(t.Context(), approval.Request{}, planned.Plan); pressable(view) != "" {
		t.Error("there is nothing to choose any more")
	}
}

// pressable are the buttons of all sections, with what they type.
func pressable(v View) string {
	var all []string
	for _, part := range v.Parts {
		if part.Section != nil {
			for _, b := range part.Section.Buttons {
				all = append(all, "["+b.Name+"] "+b.Words+" — "+b.Confirm.Title+" "+b.Confirm.Text+"\n")
			}
		}
	}
	return strings.Join(all, "")
}
