package blockkit_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dbbot/bot"
	"dbbot/bot/blockkit"
	"dbbot/commands"
)

var update = flag.Bool("update", false, "write the golden files anew")

var read = time.Date(2026, 11, 22, 21, 28, 3, 0, time.UTC)

func literal(s string) commands.Span { return commands.Span{Kind: commands.Literal, Text: s} }

// golden are posts as people get them.
var golden = map[string]bot.Post{
	"status": {Token: "t0ken", View: commands.View{
		Title: "orders", Verdict: commands.Bad,
		Lead: commands.Say("PostgreSQL 15.18, primary, up for 12 days. Two sessions wait for a lock."),
		Parts: []commands.Part{
			{Section: &commands.Section{Title: "Locks", Verdict: commands.Bad, Summary: commands.Say("2 sessions blocked, the longest for 4 min"), Lines: []commands.Text{
				{{Text: "pid 4711 ("}, literal("shop-web"), {Text: ") waits for pid 4700 ("}, literal("nightly <!channel>"), {Text: ")"}},
				{{Text: "pid 4712 ("}, literal("shop-web"), {Text: ") waits for pid 4711"}},
			}}},
			{Section: &commands.Section{Title: "Connections", Verdict: commands.Watch, Summary: commands.Say("92 of 100 used"), Lines: []commands.Text{commands.Say("61 idle, 30 active, 1 idle in transaction")}}},
			{Section: &commands.Section{Title: "Replication", Verdict: commands.Unseen, Summary: commands.Say("no right to read pg_stat_replication")}},
			{Section: &commands.Section{Title: "Cache", Verdict: commands.Good, Summary: commands.Say("99.2 % of reads from memory")}},
			{Section: &commands.Section{Title: "Size", Verdict: commands.Good, Summary: commands.Say("1.2 GB, 14 MB more than yesterday")}},
			{Code: &commands.Code{Title: "To see replication", Text: "GRANT pg_monitor TO dbbot;"}},
			{Table: &commands.Table{Title: "Statements by time", Columns: []commands.Column{{Name: "Statement"}, {Name: "Calls", Right: true}, {Name: "Mean", Right: true}}, Rows: [][]commands.Text{
				{{literal("select * from items where order_id = $1")}, commands.Say("120,388"), commands.Say("1.2 ms")},
				{{literal("update stock set n = n - $1")}, commands.Say("8,201"), nil},
			}}},
		},
		Notes:   []commands.Text{{{Text: "Read "}, {Kind: commands.Moment, When: read}, {Text: " in 38 ms, as role "}, literal("dbbot")}, commands.Say("Nobody but you sees this.")},
		Buttons: []commands.Button{{Name: "Refresh"}, {Name: "Share"}},
	}},
	"overview": {By: "U0ANA", Token: "t0ken", View: commands.View{
		Title: "3 databases", Verdict: commands.Bad,
		Parts: []commands.Part{
			{Section: &commands.Section{Title: "archive", Verdict: commands.Bad, Summary: commands.Say("down: the connection was refused")}},
			{Section: &commands.Section{Title: "orders", Verdict: commands.Watch, Summary: commands.Say("primary, 92 of 100 connections, 1.2 GB, 2 blocked")}},
			{Section: &commands.Section{Title: "reporting", Verdict: commands.Good, Summary: commands.Say("replica, 3 of 100 connections, 1.1 GB, lag 0 s")}},
			{Section: &commands.Section{Title: "To type", Lines: []commands.Text{{literal("/db help")}}}},
		},
		Notes:   []commands.Text{{{Text: "Read "}, {Kind: commands.Moment, When: read}}},
		Buttons: []commands.Button{{Name: "Refresh"}},
	}},
	"refusal": {View: commands.View{
		Title: "Not allowed",
		Lead:  commands.Say("Only engineers may change orders (production). Ask one of them."),
	}},
	"plan": {Token: "t0ken", View: commands.View{
		Title: "Apply 2 migrations to orders",
		Lead:  commands.Text{{Text: "Asked by "}, {Kind: commands.Mention, Text: "U0ANA"}, {Text: " in "}, {Kind: commands.Channel, Text: "C0ORDERS"}, {Text: "; needs "}, {Kind: commands.Strong, Text: "one lead"}, {Text: "."}},
		Parts: []commands.Part{{Code: &commands.Code{Title: "000042_add_index.up.sql", Text: "create index concurrently\n\ton orders (customer_id);\n"}}},
		Buttons: []commands.Button{
			{Name: "✅ Approve", Style: commands.Primary, Confirm: &commands.Confirm{Title: "Run this on orders?", Text: "2 migrations, in production.", Yes: "Run it", No: "Go back"}},
			{Name: "Reject", Style: commands.Danger},
		},
	}},
	"requests": {View: commands.View{
		Title: "What waits for you",
		Parts: []commands.Part{
			{Section: &commands.Section{
				Title: "#42 terminate 4242 on orders (production)", Summary: commands.Text{{Text: "asked by "}, {Kind: commands.Mention, Text: "U0ANA"}, {Text: ", "}, {Kind: commands.Link, Text: "its card", URL: permalink}}, Lines: []commands.Text{commands.Say("one lead has to agree")},
				Buttons: []commands.Button{{Name: "✅ Approve", Style: commands.Primary, Token: "t42"}, {Name: "Reject", Token: "t42"}},
			}},
			{Section: &commands.Section{Title: "#43 terminate 4243 on orders (production)", Buttons: []commands.Button{{Name: "✅ Approve", Style: commands.Primary, Token: "t43"}}}},
			{Section: &commands.Section{Title: "Now", Summary: commands.Say("▓▓▓▓▓▓▓▓▓▓▓░░░░░░░░░ 58 % · waiting for it to go")}},
		},
		Notes: []commands.Text{{{Text: "All of them: "}, {Kind: commands.Link, Text: "#db-ops", URL: permalink}}},
	}},
	"empty": {},
}

func TestGolden(t *testing.T) {
	for name, post := range golden {
		t.Run(name, func(t *testing.T) {
			blocks, text := blockkit.Message(post)
			compare(t, name+".json", map[string]any{"blocks": blocks, "text": text})
			if faults := check(t, post, "U0ANA", "C0ORDERS"); len(faults) > 0 {
				t.Errorf("faults: %q", faults)
			}
		})
	}
	t.Run("home", func(t *testing.T) { compare(t, "home.json", blockkit.HomeView(golden["status"])) })
}

func compare(t *testing.T, name string, value any) {
	t.Helper()
	var got bytes.Buffer
	enc := json.NewEncoder(&got)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(value); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, got.Bytes()) {
		t.Errorf("%s differs from what is drawn now; look at it, then run go test -update\n%s", path, difference(string(want), got.String()))
	}
}

// difference is the first line that differs.
func difference(want, got string) string {
	a, b := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return "- " + a[i] + "\n+ " + b[i]
		}
	}
	return "one is longer"
}
