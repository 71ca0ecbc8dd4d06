package commands

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"dbbot/ops"
	"dbbot/ops/approval"
)

var (
	orders    = ops.Target{Database: "orders", Environment: "production"}
	reporting = ops.Target{Database: "reporting", Environment: "staging"}
	shop      = []ops.Target{orders, reporting}
)

// echo is a command that answers with the arguments it got.
func echo(path string, args ...Arg) func(Toolbox) Command {
	return func(Toolbox) Command {
		return question(Question[Values]{
			About: About{Path: path, Args: args, Risk: ops.Read, Summary: "says what it got", Example: path},
			Parse: func(v Values) (Values, []ops.Target, error) { return v, v.Databases(), nil },
			Answer: func(_ context.Context, _ Asker, v Values, targets []ops.Target) (View, error) {
				return View{Lead: Say(fmt.Sprint(targets, v.words, v.numbers))}, nil
			},
		})
	}
}

var (
	all  = Arg{Name: "database", Kind: AllArg, Hint: "which"}
	one  = Arg{Name: "database", Kind: DatabaseArg, Hint: "which"}
	rows = Arg{Name: "rows", Kind: NumberArg, Optional: true, Hint: "how many"}
	id   = Arg{Name: "id", Kind: WordArg, Hint: "which one"}
)

// forward is a Change that goes as many steps as it is told, on paper.
var forward = Change[steps, steps]{
	About: About{
		Path: "migrate up", Args: []Arg{one, rows, {Name: "from", Kind: NamedArg, Hint: "where it begins"}},
		Risk: ops.Change, Summary: "moves forward", Example: "migrate up",
	},
	Parse: func(v Values) (steps, ops.Target, error) {
		n, _ := v.Number("rows")
		return steps{Database: v.Word("database"), From: v.Word("from"), Count: n}, v.Databases()[0], nil
	},
	Plan: func(_ context.Context, s steps) (Planned[steps], error) {
		if s.Count == 0 {
			return Planned[steps]{}, &ops.Error{Message: "Nothing to do."}
		}
		return Planned[steps]{Plan: s, View: View{Title: "Forward"}, Server: approval.Server{System: "7", Database: "shop"}}, nil
	},
	Run: func(_ context.Context, _ approval.Request, s steps, progress Progress) (View, error) {
		progress("walking", int64(s.Count), 10)
		return View{Title: fmt.Sprint(s.Count, " steps from ", s.From)}, nil
	},
	Look: func(_ context.Context, _ approval.Request, s steps) (Happened, View, error) {
		return HappenedWhole, View{Title: fmt.Sprint("came to ", s.Count)}, nil
	},
}

type steps struct {
	Database string
	From     string
	Count    int
}

func testCatalogue(databases ...ops.Target) Catalogue {
	return catalogue(Toolbox{Databases: databases}, []func(Toolbox) Command{
		help, echo("status", all), echo("locks", one), echo("slow", one, rows), echo("backup show", id), echo("migrate status", one),
		func(Toolbox) Command {
			return change(forward)
		},
	})
}

// understood writes a call as "path: databases, words, numbers".
func understood(call Call, err error) string {
	if err != nil {
		return "refused: " + err.Error()
	}
	if call.Answer == nil {
		return fmt.Sprint(call.Path, ": ", call.Targets, " ", call.Change.Words)
	}
	view, err := call.Answer(context.Background(), ana, call.Targets)
	if err != nil || call.Path == "help" {
		return call.Path + ": " + view.Title
	}
	return call.Path + ": " + view.Lead.String()
}

func TestFind(t *testing.T) {
	const ordersStatus = "status: [{orders production}] map[database:orders] map[]"
	const overview = "help: What dbbot can do"
	tests := []struct{ line, want string }{
		{"status orders", ordersStatus},
		{"orders status", ordersStatus},
		{"Status ORDERS", ordersStatus},
		{"/db status orders", ordersStatus},
		{"<@U0DBBOT> status orders", ordersStatus},
		{"<@U0DBBOT|dbbot> /DB status orders", ordersStatus},
		{"status of orders", ordersStatus},
		{"status for the orders database please", ordersStatus},
		{"What’s the status of orders?", ordersStatus},
		{"show me the status of “orders”, please.", ordersStatus},
		{"status <#C0ORDERS|orders>", ordersStatus},
		{"status <http://orders|orders>", ordersStatus},
		{"status", "status: [{orders production} {reporting staging}] map[] map[]"},
		{"status of all databases", "status: [{orders production} {reporting staging}] map[] map[]"},
		{"slow orders 5", "slow: [{orders production}] map[database:orders] map[rows:5]"},
		{"5 slow in orders", "slow: [{orders production}] map[database:orders] map[rows:5]"},
		{"slow reporting", "slow: [{reporting staging}] map[database:reporting] map[]"},
		{"backup show 01ABC", "backup show: [] map[id:01ABC] map[]"},
		{`backup show "the"`, "backup show: [] map[id:the] map[]"},
		{"show backup 01ABC", "backup show: [] map[id:01ABC] map[]"},
		{"migrate orders status", "migrate status: [{orders production}] map[database:orders] map[]"},
		{"migrate up orders", "migrate up: [{orders production}] migrate up orders"},
		{"", overview},
		{"?", overview},
		{"help", overview},
		{"please help me", overview},
		{"--help", overview},
		{"help status", "help: /db status [database]"},
		{"status help", "help: /db status [database]"},
		{"locks —help", "help: /db locks <database>"},
		{"help Migrate up", "help: /db migrate up <database> [rows] [-- reason]"},
		{"help migrate", overview},
	}
	for _, tt := range tests {
		if got := understood(testCatalogue(shop...).Find(tt.line)); got != tt.want {
			t.Errorf("%q:\n got %s\nwant %s", tt.line, got, tt.want)
		}
	}
}

func TestFindRefuses(t *testing.T) {
	const there = "There are orders and reporting."
	tests := []struct{ line, message, hint string }{
		{"stauts", "There is no command called “stauts”.", "Did you mean /db status? /db help shows what there is."},
		{"stauts ordres", "There is no command called “stauts ordres”.", "Did you mean /db status orders? /db help shows what there is."},
		{"reportin stat", "There is no command called “reportin stat”.", "Did you mean /db reporting status? /db help shows what there is."},
		{"stauts of ordres please", "There is no command called “stauts of ordres please”.", "Did you mean /db status of orders please? /db help shows what there is."},
		{"backup shw order", "There is no command called “backup shw order”.", "Did you mean /db backup show order? /db help shows what there is."},
		{"migrat up orders", "There is no command called “migrat up orders”.", "Did you mean /db migrate up orders? /db help shows what there is."},
		{"migrate", "There is no command called “migrate”.", "Did you mean /db migrate status, or /db migrate up? /db help shows what there is."},
		{"drop table users", "There is no command called “drop table users”.", "/db help shows what there is."},
		{"orders", "What about orders?", "For example /db status orders. /db help shows what there is."},
		{"locks", "Which database? There are orders and reporting.", "For example /db locks orders"},
		{"status ordres", "There is no database called “ordres”.", "Did you mean orders? " + there},
		{"status of payments", "There is no database called “payments”.", there},
		{"status 'the'", "There is no database called “the”.", there},
		{"status <@U0ANA|ana>", "There is no database called “ana”.", there},
		{"status orders reporting", "“status” does not know what to do with “reporting”.", "Type it like this: /db status [database]. /db help status says more."},
		{"slow orders five", "The rows must be a whole number, and “five” is none.", "Type it like this: /db slow <database> [rows]"},
		{"slow orders -5", "The rows must be a whole number, and “-5” is none.", "Type it like this: /db slow <database> [rows]"},
		{"backup show", "“backup show” needs one more word: the id.", "Type it like this: /db backup show <id>"},
		{"help stauts", "There is no command called “stauts”.", "Did you mean /db status? /db help shows what there is."},
		{"status \"orders", "The quote at character 8 is never closed.", "Close it, or leave it out: names without spaces need no quotes."},
		{"status <!channel>", "There is no database called “!channel”.", there},
		{"status a\u202eb`x`", "There is no database called “a\\u202eb`x`”.", there},
		{"nonsense " + strings.Repeat("x", 500), "There is no command called “nonsense " + strings.Repeat("x", 51) + "…”.", "/db help shows what there is."},
	}
	for _, tt := range tests {
		_, err := testCatalogue(shop...).Find(tt.line)
		marked, ok := errors.AsType[*ops.Error](err)
		if !ok || marked.Message != tt.message || marked.Hint != tt.hint {
			t.Errorf("%q:\n got %q %q\nwant %q %q", tt.line, marked.Message, marked.Hint, tt.message, tt.hint)
		}
	}
}

func TestValues(t *testing.T) {
	c := testCatalogue(shop...)
	words, _ := lex("orders 5")
	v, err := c.values(About{Args: []Arg{one, rows}}, words)
	n, given := v.Number("rows")
	if err != nil || n != 5 || !given || v.Word("database") != "orders" || len(v.Databases()) != 1 {
		t.Errorf("got %+v, %v", v, err)
	}
	v, err = c.values(About{Args: []Arg{all, rows}}, nil)
	if _, given := v.Number("rows"); err != nil || given || v.Word("database") != "" || len(v.Databases()) != 2 {
		t.Errorf("nothing typed: got %+v, %v", v, err)
	}
}

func TestFindWithFewAndManyDatabases(t *testing.T) {
	many := make([]ops.Target, 20)
	for i := range many {
		many[i].Database = fmt.Sprintf("shard%02d", i)
	}
	tests := []struct {
		databases []ops.Target
		line      string
		want      string
	}{
		{shop[:1], "locks", "locks: [{orders production}] map[database:orders] map[]"},
		{nil, "locks", "refused: No database is configured here."},
		{nil, "status", "status: [] map[] map[]"},
		{many, "locks", "refused: Which database? There are shard00, shard01, shard02, shard03, shard04, shard05, shard06, " +
			"shard07, shard08, shard09, shard10, shard11 and 8 more."},
		{[]ops.Target{{Database: "Orders"}, {Database: "orders"}}, "locks orders", "locks: [{orders }] map[database:orders] map[]"},
		{[]ops.Target{{Database: "help"}}, "status help", "status: [{help }] map[database:help] map[]"},
		{[]ops.Target{{Database: "the"}, {Database: "shop.example"}}, "locks of the", "locks: [{the }] map[database:the] map[]"},
		{
			[]ops.Target{{Database: "the"}, {Database: "shop.example"}},
			"locks <http://shop.example|shop.example>",
			"locks: [{shop.example }] map[database:shop.example] map[]",
		},
	}
	for _, tt := range tests {
		if got := understood(testCatalogue(tt.databases...).Find(tt.line)); got != tt.want {
			t.Errorf("%q:\n got %s\nwant %s", tt.line, got, tt.want)
		}
	}
}

// Whatever is typed is understood or refused with an error that a person may see; nothing panics.
func TestFindTakesAnything(t *testing.T) {
	c := testCatalogue(shop...)
	known := rapid.SampledFrom([]string{"status", "migrate", "up", "orders", "help", "slow", "5", "the", "?", "\"", "'", "<@U1|x>", "<!here>", "/db", "—", "…"})
	rapid.Check(t, func(t *rapid.T) {
		line := strings.Join(rapid.SliceOfN(rapid.OneOf(known, rapid.String()), 0, 8).Draw(t, "words"), " ")
		if _, err := c.Find(line); err != nil {
			if marked, ok := errors.AsType[*ops.Error](err); !ok || marked.Message == "" || marked.Hint == "" {
				t.Fatalf("%q: %v has no words for people", line, err)
			}
		}
	})
}
