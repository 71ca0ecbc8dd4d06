package commands

import "time"

// View is what a command says, as data: no mark-up, no escaping, no platform. bot/blockkit draws it for Slack and
// Text (text.go) writes it for terminals, screen readers and notifications; both say the same.
type View struct {
	Title   string  // one line
	Verdict Verdict // how it is on the whole; empty where nothing is judged
	Lead    Text    // the answer in a sentence or two
	Parts   []Part
	Notes   []Text // small print: when it was read, how long that took, what could not be seen
	Buttons []Button
}

// Verdict is one word about how something is.
type Verdict string

// The verdicts, from best to worst. Unseen is never good: what could not be read is said.
const (
	Good   Verdict = "good"
	Unseen Verdict = "unseen"
	Watch  Verdict = "watch"
	Bad    Verdict = "bad"
)

// Worst of several verdicts; empty of none.
func Worst(verdicts ...Verdict) (worst Verdict) {
	rank := map[Verdict]int{Good: 1, Unseen: 2, Watch: 3, Bad: 4}
	for _, v := range verdicts {
		if rank[v] > rank[worst] {
			worst = v
		}
	}
	return worst
}

// Part is one piece of a view; exactly one field is set.
type Part struct {
	Section *Section `json:",omitempty"`
	Table   *Table   `json:",omitempty"`
	Code    *Code    `json:",omitempty"`
}

// Section is a line "title, verdict, summary" and, below it, more lines where they are needed.
type Section struct {
	Title   string
	Verdict Verdict
	Summary Text
	Lines   []Text
	Buttons []Button // of what this section is about; drawn right below it
}

// Table has one row of names and any number of rows as long; what does not fit a surface is said, not dropped.
type Table struct {
	Title   string
	Columns []Column
	Rows    [][]Text
}

// Column of a table; numbers stand at the right.
type Column struct {
	Name  string
	Right bool
}

// Code is text to be copied as it is: SQL, a command, a plan.
type Code struct {
	Title string
	Text  string
}

// Text is a line of spans.
type Text []Span

// Span is a run of characters of one kind.
type Span struct {
	Kind SpanKind  `json:",omitempty"`
	Text string    `json:",omitempty"` // the characters; for Person and Channel the id
	When time.Time `json:",omitzero"`  // for Moment
	URL  string    `json:",omitempty"` // for Link
}

// SpanKind says how a span is drawn.
type SpanKind string

// The kinds of span.
const (
	Plain   SpanKind = ""
	Strong  SpanKind = "strong"
	Literal SpanKind = "literal" // a name, a value or a command, as it is
	Mention SpanKind = "mention" // a person, by id; never made from data
	Channel SpanKind = "channel" // a channel, by id
	Moment  SpanKind = "moment"  // a time, shown in the reader's zone
	Link    SpanKind = "link"    // to a message that dbbot posted, by the address that Slack gave; never made from data
)

// Say is a text of one plain span.
func Say(s string) Text { return Text{{Text: s}} }

// Button is something to press below a view or a section. Its name is the word shown; what it is about travels as a
// random token that the road adds, never as a button's value of ours.
type Button struct {
	Name    string // one of the fixed words of the design, section 10; an emoji or an object may stand beside it
	Style   ButtonStyle
	Confirm *Confirm
	Words   string `json:",omitempty"` // of a button that types a command for whoever presses it: "terminate 4242 orders"
	Token   string `json:",omitempty"` // its own, set by the road; empty: the post's
}

// ButtonStyle is how strongly a button asks to be pressed.
type ButtonStyle string

// The styles Slack knows.
const (
	Ordinary ButtonStyle = ""
	Primary  ButtonStyle = "primary"
	Danger   ButtonStyle = "danger"
)

// Confirm is the question asked before a press counts.
type Confirm struct{ Title, Text, Yes, No string }
