package blockkit_test

import (
	"fmt"
	"strings"
	"testing"

	"dbbot/bot"
	"dbbot/bot/blockkit"
	"dbbot/commands"

	"github.com/slack-go/slack"
)

func section(title string, verdict commands.Verdict, lines ...commands.Text) commands.Part {
	return commands.Part{Section: &commands.Section{Title: title, Verdict: verdict, Summary: commands.Say("a summary"), Lines: lines}}
}

func repeat[T any](n int, make func(i int) T) (list []T) {
	for i := range n {
		list = append(list, make(i))
	}
	return list
}

func line(n int) func(int) commands.Text {
	return func(i int) commands.Text { return commands.Say(fmt.Sprintf("line %d %s", i, strings.Repeat("x", n))) }
}

// drawn is everything a reader sees of a message, one string after another, and its blocks' types.
func drawn(t *testing.T, v commands.View) (seen, types string) {
	t.Helper()
	blocks, _ := blockkit.Message(bot.Post{View: v, Token: "token"})
	var b strings.Builder
	var walk func(any)
	walk = func(value any) {
		switch v := value.(type) {
		case []any:
			for _, item := range v {
				walk(item)
			}
		case map[string]any:
			if s, is := v["text"].(string); is {
				b.WriteString(s + "|")
			} else {
				walk(v["text"])
			}
			walk(v["elements"])
			walk(v["rows"])
		}
	}
	for _, block := range wire(t, blocks) {
		walk(block)
		types += fmt.Sprint(block["type"], " ")
	}
	return b.String(), strings.TrimSpace(types)
}

// Posts too large in one way each: within the limits, and what is missing is said.
func TestWhatDoesNotFitIsSaid(t *testing.T) {
	row := func(int) []commands.Text { return []commands.Text{commands.Say(strings.Repeat("c", 100)), nil} }
	wide := repeat(25, func(i int) commands.Column { return commands.Column{Name: fmt.Sprint("c", i)} })
	tests := []struct {
		name string
		view commands.View
		said []string
	}{
		{"sections", commands.View{Parts: repeat(400, func(i int) commands.Part {
			return section(fmt.Sprintf("section %d %s", i, strings.Repeat("x", 100)), commands.Bad)
		})}, []string{" sections. "}},
		{"parts", commands.View{Parts: repeat(90, func(int) commands.Part {
			return commands.Part{Code: &commands.Code{Text: "select 1"}}
		})}, []string{"Left out here: 43 lines. "}},
		{"lines", commands.View{Parts: []commands.Part{section("locks", commands.Bad, repeat(52, line(5))...)}}, []string{"… 12 lines more", "Left out here: 12 lines. ", "dbbot ask"}},
		{"long lines", commands.View{Parts: []commands.Part{section("locks", commands.Bad, repeat(30, line(500))...)}}, []string{"… 12 lines more"}},
		{"code", commands.View{Parts: []commands.Part{{Code: &commands.Code{Title: "SQL", Text: strings.Repeat("select 1\n", 400)}}}}, []string{"… 67 lines more", "Left out here: 67 lines. "}},
		{"one line of code", commands.View{Parts: []commands.Part{{Code: &commands.Code{Title: "SQL", Text: strings.Repeat("x", 9000)}}}}, []string{"x…", "… 1 line more", "Left out here: 1 line. "}},
		{"rows", commands.View{Parts: []commands.Part{{Table: &commands.Table{Title: "tables", Columns: wide[:2], Rows: repeat(200, func(int) []commands.Text { return nil })}}}}, []string{"… 99 of 200 rows", "Left out here: 101 rows. "}},
		{"long rows", commands.View{Parts: []commands.Part{{Table: &commands.Table{Columns: wide[:2], Rows: repeat(99, row)}}}}, []string{"… 93 of 99 rows"}},
		{"columns", commands.View{Parts: []commands.Part{{Table: &commands.Table{Columns: wide}}}}, []string{"… 20 of 25 columns", "Left out here: 5 columns. "}},
		{"notes", commands.View{Notes: repeat(12, line(5))}, []string{"Left out here: 2 notes. "}},
		{"notes that grow", commands.View{Notes: repeat(9, func(int) commands.Text {
			return commands.Text{{Kind: commands.Mention, Text: "U0LEE"}, {Text: strings.Repeat("<", 380)}}
		})}, []string{"Left out here: 8 notes. "}},
		{"buttons", commands.View{Buttons: repeat(30, func(i int) commands.Button { return commands.Button{Name: fmt.Sprint("b", i)} })}, []string{"Left out here: 5 buttons. "}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if faults := check(t, bot.Post{View: tt.view}, "U0LEE"); len(faults) > 0 {
				t.Errorf("faults: %q", faults)
			}
			seen, _ := drawn(t, tt.view)
			for _, want := range tt.said {
				if !strings.Contains(seen, want) {
					t.Errorf("does not say %q: …%s", want, seen[max(0, len(seen)-300):])
				}
			}
		})
	}
}

// A verdict at the end is not crowded out by details before it.
func TestVerdictsComeBeforeDetails(t *testing.T) {
	v := commands.View{Parts: []commands.Part{
		section("locks", commands.Watch, repeat(40, line(400))...),
		{Code: &commands.Code{Title: "query", Text: strings.Repeat("select 1\n", 300)}},
		{Table: &commands.Table{Columns: []commands.Column{{Name: "a"}}, Rows: repeat(99, func(int) []commands.Text { return []commands.Text{commands.Say(strings.Repeat("r", 190))} })}},
		section("replication", commands.Bad),
	}}
	if seen, _ := drawn(t, v); !strings.Contains(seen, "replication") {
		t.Error("the last section's verdict is missing")
	}
}

func TestOneTableAMessage(t *testing.T) {
	table := commands.Part{Table: &commands.Table{
		Title: "sizes", Columns: []commands.Column{{Name: "name"}, {Name: "MB", Right: true}},
		Rows: [][]commands.Text{{commands.Say("orders"), commands.Say("7")}, {commands.Say("ordered_items")}},
	}}
	seen, types := drawn(t, commands.View{Parts: []commands.Part{table, table}})
	if types != "rich_text table rich_text" {
		t.Errorf("blocks: %s", types)
	}
	if want := "name           MB\norders          7\nordered_items   –|"; !strings.HasSuffix(seen, want) {
		t.Errorf("the second table:\n%s\nwant it to end in\n%s", seen, want)
	}
}

// Buttons of sections are drawn right below each, carry their own tokens, and do not clash with one another.
func TestButtonsOfSections(t *testing.T) {
	waiting := func(title, token string, buttons ...string) commands.Part {
		return commands.Part{Section: &commands.Section{Title: title, Buttons: repeat(len(buttons), func(i int) commands.Button {
			return commands.Button{Name: buttons[i], Token: token}
		})}}
	}
	blocks, _ := blockkit.Message(bot.Post{Token: "post", View: commands.View{
		Parts:   []commands.Part{waiting("#1", "one", "Approve", "Reject"), waiting("#2", "", "Approve"), section("quiet", commands.Good)},
		Buttons: []commands.Button{{Name: "Approve"}, {Name: "Refresh", Token: "own"}},
	}})
	var got []string
	for _, block := range blocks {
		actions, is := block.(*slack.ActionBlock)
		if !is {
			got = append(got, string(block.BlockType()))
			continue
		}
		for _, element := range actions.Elements.ElementSet {
			button := element.(*slack.ButtonBlockElement)
			got = append(got, button.ActionID+"="+button.Value)
		}
	}
	if want := "rich_text approve:2=one reject=one rich_text approve:3=post rich_text approve=post refresh=own"; strings.Join(got, " ") != want {
		t.Errorf("drawn %q\nwant  %q", strings.Join(got, " "), want)
	}
}

// A Home tab draws tables as text, where blanks alone would be nothing.
func TestATableOfBlanks(t *testing.T) {
	table := commands.Part{Table: &commands.Table{Columns: []commands.Column{{Name: " "}}, Rows: [][]commands.Text{{commands.Say("  ")}}}}
	if faults := check(t, bot.Post{View: commands.View{Parts: []commands.Part{table}}}); len(faults) > 0 {
		t.Errorf("faults: %q", faults)
	}
}

// The lines of a section leave room for its buttons, whatever there is to say.
func TestLinesLeaveRoomForButtons(t *testing.T) {
	s := section("locks", commands.Bad, repeat(40, line(500))...)
	s.Section.Buttons = []commands.Button{{Name: strings.Repeat("Terminate ", 7), Confirm: &commands.Confirm{Text: strings.Repeat("x", 300)}}}
	if _, types := drawn(t, commands.View{Parts: []commands.Part{s}}); !strings.Contains(types, "actions") {
		t.Errorf("drawn %s", types)
	}
}

func TestButtonsOfSectionsThatDoNotFit(t *testing.T) {
	v := commands.View{Parts: repeat(30, func(i int) commands.Part {
		return commands.Part{Section: &commands.Section{Title: fmt.Sprint("#", i), Buttons: []commands.Button{{Name: "Approve"}, {Name: "Reject"}}}}
	})}
	if faults := check(t, bot.Post{View: v, Token: "t"}); len(faults) > 0 {
		t.Errorf("faults: %q", faults)
	}
	if seen, types := drawn(t, v); !strings.Contains(seen, "Left out here: 6 sections, 14 buttons.") || strings.Count(types, "actions") != 23 {
		t.Errorf("%s\n%s", types, seen[len(seen)-200:])
	}
}

func TestButtons(t *testing.T) {
	tests := []struct{ names, ids []string }{
		{[]string{"Refresh", "Share"}, []string{"refresh", "share"}},
		{[]string{"✅ Approve", "Reject"}, []string{"approve", "reject"}},
		{[]string{"Approve", "approve", "Approve:2"}, []string{"approve", "approve:2", "approve:2:2"}},
		{[]string{"", "  ", "🔥"}, []string{"button"}},
	}
	for _, tt := range tests {
		v := commands.View{Buttons: repeat(len(tt.names), func(i int) commands.Button { return commands.Button{Name: tt.names[i]} })}
		blocks, _ := blockkit.Message(bot.Post{View: v, Token: "token"})
		var ids []string
		for _, element := range blocks[0].(*slack.ActionBlock).Elements.ElementSet {
			button := element.(*slack.ButtonBlockElement)
			if ids = append(ids, button.ActionID); button.Value != "token" {
				t.Errorf("%s carries %q", button.ActionID, button.Value)
			}
		}
		if fmt.Sprint(ids) != fmt.Sprint(tt.ids) {
			t.Errorf("%q: action ids %q, want %q", tt.names, ids, tt.ids)
		}
	}
}

func TestBlockIDsAreNewWhenTheMessageIs(t *testing.T) {
	id := func(summary string) string {
		blocks, _ := blockkit.Message(bot.Post{View: commands.View{Title: "orders", Lead: commands.Say(summary)}})
		return blocks[0].ID()
	}
	up, down, again := id("up"), id("down"), id("up")
	if up == down || up != again {
		t.Errorf("ids %s, %s and again %s", up, down, again)
	}
}

func TestFallbackIsCutBetweenCharacters(t *testing.T) {
	for _, filler := range []string{"<", "é", "a", "🟠", "\u202e"} {
		v := commands.View{Parts: repeat(50, func(int) commands.Part { return commands.Part{Code: &commands.Code{Text: strings.Repeat(filler, 300)}} })}
		_, text := blockkit.Message(bot.Post{View: v, By: "U0LEE"})
		if len(text) > 4000 || len(text) < 3900 || !strings.HasSuffix(text, "shows all of it.\nShared by <@U0LEE>") {
			t.Errorf("%q: %d bytes, ends in %q", filler, len(text), text[len(text)-60:])
		}
		if body, _, _ := strings.Cut(text, "\n… The rest"); filler == "<" && !strings.HasSuffix(body, "&lt;") {
			t.Errorf("an entity is cut: %q", body[len(body)-10:])
		}
	}
}
