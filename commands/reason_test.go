package commands

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"dbbot/ops"
)

func TestReason(t *testing.T) {
	tests := []struct{ line, words, reason string }{
		{"migrate up orders", "migrate up orders", ""},
		{"migrate up orders --", "migrate up orders", ""},
		{"migrate up orders -- ", "migrate up orders", ""},
		{"migrate up orders -- release 4.2", "migrate up orders", "release 4.2"},
		{"migrate up orders — release 4.2", "migrate up orders", "release 4.2"},
		{"migrate up orders – release 4.2", "migrate up orders", "release 4.2"},
		{"orders migrate up please -- as  agreed -- twice", "migrate up orders", "as  agreed -- twice"},
		{"migrate up orders -- it's the 'nightly", "migrate up orders", "it's the 'nightly"},
		{"migrate up orders -- he said “now”", "migrate up orders", "he said “now”"},
		{"migrate up orders -- a &lt; b &amp;&amp; c", "migrate up orders", "a < b && c"},
		{"migrate up orders -- for <@U0LEE|lee> in <#C1|orders>, see <http://shop.example|shop.example>", "migrate up orders", "for @lee in #orders, see shop.example"},
		{"migrate up orders -- one\n\ttwo", "migrate up orders", "one  two"},
		{"migrate up orders -- 5 reporting", "migrate up orders", "5 reporting"},
		{"migrate up orders -- a\u202eb\x00", "migrate up orders", `a\u202eb\u0000`},
		{"migrate up orders -- password=swordfish", "migrate up orders", "password=***"},
		{"migrate up orders -- postgres://ana:swordfish@db", "migrate up orders", "postgres://ana:***@db"},
		{"-- Migrate Up Orders", "", ""},
		{`migrate up "orders" 5 from="a.b"`, `migrate up orders 5 "from=""a.b"""`, ""},
		{`migrate up 5 "orders" "from=a -- b." -- why`, `migrate up orders 5 "from=a -- b."`, "why"},
		{"<@U0BOT> migrate up orders — why", "migrate up orders", "why"},
	}
	for _, tt := range tests {
		call, err := testCatalogue(shop...).Find(tt.line)
		switch {
		case tt.words == "":
			if call.Change != nil {
				t.Errorf("%q: understood as %q", tt.line, call.Change.Words)
			}
		case err != nil || call.Change == nil:
			t.Errorf("%q: %+v, %v", tt.line, call, err)
		case call.Change.Words != tt.words || call.Change.Reason != tt.reason:
			t.Errorf("%q:\n got %q because %q\nwant %q because %q", tt.line, call.Change.Words, call.Change.Reason, tt.words, tt.reason)
		}
	}
}

func TestReasonRefused(t *testing.T) {
	tests := []struct{ line, message, hint string }{
		{"status orders -- just looking", "“status” only reads, so it takes no reason.", "Leave out the two dashes and what stands behind them."},
		{"migrate up -- orders", "Which database? There are orders and reporting.", "For example /db migrate up orders"},
		{"please -- migrate up orders", "There is no command called “please”.", "/db help shows what there is."},
		{"status -- migrate up orders", "“status” only reads, so it takes no reason.", "Leave out the two dashes and what stands behind them."},
		{"migrate up ordres -- now", "There is no database called “ordres”.", "Did you mean orders? There are orders and reporting."},
		{
			"migrate up orders --force", "“migrate up” has no option “--force”.",
			"A reason stands behind two dashes and a space: /db migrate up <database> [rows] [-- reason]",
		},
		{
			"migrate up orders -- " + strings.Repeat("é", maxReason+1), "The reason is 301 characters long; it may have 300.",
			"Say the most important in a sentence. Details can go into the thread of the card.",
		},
		{"migrate up 'orders -- why", "The quote at character 12 is never closed.", "Close it, or leave it out: names without spaces need no quotes."},
	}
	for _, tt := range tests {
		_, err := testCatalogue(shop...).Find(tt.line)
		marked, ok := errors.AsType[*ops.Error](err)
		if !ok || marked.Message != tt.message || marked.Hint != tt.hint {
			t.Errorf("%q:\n got %v\nwant %q %q", tt.line, marked, tt.message, tt.hint)
		}
	}
}

func TestReasonAtItsBound(t *testing.T) {
	want := strings.Repeat("é", maxReason)
	call, err := testCatalogue(shop...).Find("migrate up orders -- " + want)
	if err != nil || call.Change.Reason != want {
		t.Errorf("got %+v, %v", call, err)
	}
}

// Two dashes in a question are as good as none, as they always were.
func TestDashesInQuestions(t *testing.T) {
	for line, want := range map[string]string{
		"status -- orders":    "status: [{orders production}] map[database:orders] map[]",
		"status — orders":     "status: [{orders production}] map[database:orders] map[]",
		"-- slow orders -- 5": "slow: [{orders production}] map[database:orders] map[rows:5]",
		"help -- migrate up":  "help: /db migrate up <database> [rows] [-- reason]",
	} {
		if got := understood(testCatalogue(shop...).Find(line)); got != want {
			t.Errorf("%q:\n got %s\nwant %s", line, got, want)
		}
	}
}

// The words of a bound Change bind to the same Change again, whatever a database is called and whatever a reason says.
func TestWordsBindAgain(t *testing.T) {
	names := []string{
		"orders", "up", "migrate", "status", "help", "the", "5", "0", "my shop", `the "new" one`, "'x'", "a--b", "--", "—", "shop.", "&amp;", "&",
		"from=x", "<@U1|x>", "<http://a|b>", "é", "ü.1", "-", "?", "\n", "/db", "ORDERS2", "x=«", "„x“ »",
	}
	var targets []ops.Target
	for _, name := range names {
		targets = append(targets, ops.Target{Database: name})
	}
	c := testCatalogue(targets...)
	rapid.Check(t, func(t *rapid.T) {
		v := Values{words: map[string]string{"database": rapid.SampledFrom(names).Draw(t, "database")}, numbers: map[string]int{}}
		if rapid.Bool().Draw(t, "counted") {
			v.numbers["rows"] = rapid.IntRange(0, 1<<31-1).Draw(t, "rows")
		}
		if rapid.Bool().Draw(t, "named") {
			v.words["from"] = rapid.StringN(0, 30, -1).Draw(t, "from")
		}
		words := c.canonical(forward.About, v)
		call, err := c.Find(words + " -- " + rapid.StringN(0, 20, -1).Draw(t, "reason"))
		if err != nil || call.Change == nil || call.Change.Words != words {
			t.Fatalf("%q: got %+v, %v", words, call, err)
		}
		if call.Targets[0].Database != v.words["database"] {
			t.Fatalf("%q is about %q", words, call.Targets[0].Database)
		}
	})
}
