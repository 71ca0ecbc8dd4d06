package commands

import (
	"strings"
	"testing"
	"time"
	"unicode"

	"pgregory.net/rapid"
)

var noon = time.Date(2026, 11, 22, 12, 30, 5, 0, time.FixedZone("CET", 3600))

func TestTextOfEverything(t *testing.T) {
	view := View{
		Title: "orders", Verdict: Watch, Lead: Say("Two sessions wait."),
		Parts: []Part{
			{Section: &Section{Title: "Connections", Verdict: Good, Summary: Say("12 of 100 used")}},
			{Section: &Section{Title: "Locks", Verdict: Watch, Lines: []Text{{{Text: "pid "}, {Kind: Literal, Text: "4711"}, {Text: " since "}, {Kind: Moment, When: noon}}}}},
			{Section: &Section{Title: "Asked by", Summary: Text{{Kind: Mention, Text: "U0ANA"}, {Text: " in "}, {Kind: Channel, Text: "C0ORDERS"}}}},
			{Table: &Table{
				Title: "Largest tables", Columns: []Column{{Name: "Table"}, {Name: "Size", Right: true}},
				Rows: [][]Text{{Say("order"), Say("1.2 GB")}, {Say("customer"), Say("80 MB")}, {Say("short row")}},
			}},
			{Table: &Table{
				Columns: []Column{{Name: "Query"}, {Name: "Calls", Right: true}, {Name: "Mean", Right: true}},
				Rows:    [][]Text{{Say("select " + strings.Repeat("column, ", 12) + "1"), Say("17"), Say("2 ms")}, {Say("select 1"), Say(""), Say("1 ms")}},
			}},
			{Code: &Code{Title: "It runs", Text: "select 1\n\tfrom t;\r\n"}},
		},
		Notes: []Text{Say("Read in 12 ms."), {{Text: "At "}, {Kind: Moment, When: noon}}},
	}
	golden(t, "view.golden", view.Text()+"\n")
}

func TestTextLeavesOutWhatIsNotThere(t *testing.T) {
	tests := []struct {
		view View
		want string
	}{
		{View{}, ""},
		{View{Title: "ping"}, "ping"},
		{View{Verdict: Bad}, "bad"},
		{View{Lead: Say("All is well.")}, "All is well."},
		{View{Parts: []Part{{Section: &Section{Summary: Say("only this")}}}}, "only this"},
		{View{Parts: []Part{{Table: &Table{Columns: []Column{{Name: "A"}}}}}}, "  A"},
		{View{Parts: []Part{{}}}, ""},
		{View{Parts: []Part{{Code: &Code{Text: ""}}}}, ""},
	}
	for _, tt := range tests {
		if got := tt.view.Text(); got != tt.want {
			t.Errorf("%+v: got %q, want %q", tt.view, got, tt.want)
		}
	}
}

// Names from outside can neither begin a line of their own nor move a terminal's cursor, hide or turn text.
func TestTextIsInert(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		evil := strings.Join(rapid.SliceOfN(rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"\x1b[2J", "\n", "\r", "\u202e", "\u2028", "\t"})), 1, 8).Draw(t, "name"), "")
		view := View{Title: evil, Lead: Say(evil), Parts: []Part{
			{Section: &Section{Title: evil, Summary: Say(evil), Lines: []Text{Say(evil)}}},
			{Table: &Table{Title: evil, Columns: []Column{{Name: evil}, {Name: "B"}}, Rows: [][]Text{{Say(evil), Say(evil)}}}},
		}, Notes: []Text{Say(evil)}}
		text := view.Text()
		if lines := strings.Count(text, "\n"); lines > 15 {
			t.Fatalf("%d line breaks in %q", lines, text)
		}
		for _, r := range text {
			if r != '\n' && r != ' ' && !unicode.IsGraphic(r) {
				t.Fatalf("%U is in %q", r, text)
			}
		}
	})
}

func TestCodeIsInert(t *testing.T) {
	got := View{Parts: []Part{{Code: &Code{Text: "a\x1b[2J\u202eb\n\nc"}}}}.Text()
	if want := "  a\\u001b[2J\\u202eb\n  \n  c"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
