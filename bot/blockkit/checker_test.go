package blockkit_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"dbbot/bot"
	"dbbot/bot/blockkit"
	"dbbot/bot/workspace"

	"github.com/slack-go/slack"
)

// checker judges what was drawn by Slack's published limits, and by what no message of ours may hold. It reads the
// JSON that goes over the wire and shares nothing with the drawing. The local workspace judges beside it, as Slack
// does when it takes a message.
type checker struct {
	faults     []string
	characters int
	ids        map[string]bool // block ids
	taken      map[string]bool // action ids
	people     map[string]bool // who may be mentioned
}

type object = map[string]any

func (c *checker) fault(format string, args ...any) {
	c.faults = append(c.faults, fmt.Sprintf(format, args...))
}

// check draws a post on both surfaces and gives all faults.
func check(t interface{ Fatal(...any) }, p bot.Post, people ...string) []string {
	c := checker{people: map[string]bool{}}
	for _, id := range people {
		c.people[id] = true
	}
	blocks, text := blockkit.Message(p)
	c.surface(wire(t, blocks), 50)
	c.faults = append(c.faults, workspace.ValidateMessage(encoded(t, blocks))...)
	if text == "" || len(text) > 4000 || !utf8.ValidString(text) {
		c.fault("text has %d bytes", len(text))
	}
	c.mrkdwn("text", text)
	view := blockkit.HomeView(p)
	if view.Type != slack.VTHomeTab {
		c.fault("home is of type %q", view.Type)
	}
	c.faults = append(c.faults, workspace.ValidateView(encoded(t, view))...)
	home := wire(t, view.Blocks.BlockSet)
	c.surface(home, 100)
	for _, block := range home {
		if block["type"] == "table" {
			c.fault("a table in a Home tab")
		}
	}
	return append(c.faults, typed(t, blocks, view)...)
}

func wire(t interface{ Fatal(...any) }, blocks []slack.Block) (list []object) {
	if err := json.Unmarshal(encoded(t, blocks), &list); err != nil {
		t.Fatal(err)
	}
	return list
}

func encoded(t interface{ Fatal(...any) }, value any) []byte {
	raw, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func (c *checker) surface(blocks []object, limit int) {
	c.characters, c.ids, c.taken = 0, map[string]bool{}, map[string]bool{}
	if len(blocks) < 1 || len(blocks) > limit {
		c.fault("%d blocks", len(blocks))
	}
	tables := 0
	for _, b := range blocks {
		id, _ := b["block_id"].(string)
		if id == "" || len(id) > 255 || c.ids[id] {
			c.fault("block_id %q", id)
		}
		c.ids[id] = true
		switch b["type"] {
		case "header":
			c.words(b["text"], 150, "plain_text")
		case "context":
			c.list(b["elements"], 1, 10, func(e object) { c.words(e, 3000, "") })
		case "rich_text":
			c.rich(b["elements"])
		case "actions":
			c.actions(b)
		case "table":
			c.table(b)
			tables++
		default:
			c.fault("a block of type %v", b["type"])
		}
	}
	if tables > 1 || c.characters > 13000 {
		c.fault("%d tables, %d characters", tables, c.characters)
	}
}

// count checks a piece of text and adds it to the sum.
func (c *checker) count(what string, value any, max int) string {
	s, _ := value.(string)
	n := utf8.RuneCountInString(s)
	c.characters += n
	if n < 1 || n > max {
		c.fault("%s has %d characters", what, n)
	}
	if strings.ContainsAny(s, "\u202e\u2028\u200b\x00\x1b\r") {
		c.fault("%s has invisible characters: %q", what, s)
	}
	return s
}

func (c *checker) words(value any, max int, kind string) {
	o, _ := value.(object)
	s := c.count("a text object", o["text"], max)
	switch {
	case kind != "" && o["type"] != kind:
		c.fault("a text of type %v, not %s", o["type"], kind)
	case o["type"] == "mrkdwn":
		if o["verbatim"] != true {
			c.fault("mrkdwn that makes links of addresses")
		}
		c.mrkdwn("mrkdwn", s)
	case o["type"] != "plain_text":
		c.fault("a text of type %v", o["type"])
	}
}

// ours are the addresses that may become links: over https, or on this very machine.
const ours = `https://[a-zA-Z0-9.-]+(?::\d+)?(?:[/?#][^\s<>|"]*)?|http://(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?(?:[/?#][^\s<>|"]*)?`

var (
	angled   = regexp.MustCompile(`<[^>]*>?`)
	harmless = regexp.MustCompile(`^<(?:@([UW][A-Z0-9]+)|#([CGD][A-Z0-9]+)|!date\^\d+\^[^<>|]*\|[0-9: UTC-]+|(?:` + ours + `)\|[^<>]+)>$`)
	address  = regexp.MustCompile(`^(?:` + ours + `)$`)
	entities = regexp.MustCompile(`&(?:amp|lt|gt);`)
)

// mrkdwn may hold dates, and mentions of people and channels that the view names; nothing else with mark-up.
func (c *checker) mrkdwn(what, s string) {
	for _, mark := range angled.FindAllString(s, -1) {
		found := harmless.FindStringSubmatch(mark)
		if found == nil || found[1]+found[2] != "" && !c.people[found[1]+found[2]] {
			c.fault("%s holds %q", what, mark)
		}
	}
	if rest := entities.ReplaceAllString(angled.ReplaceAllString(s, ""), ""); strings.ContainsAny(rest, "&>") {
		c.fault("%s is not escaped: %q", what, rest)
	}
}

func (c *checker) rich(value any) {
	c.list(value, 1, 1000, func(e object) {
		switch e["type"] {
		case "rich_text_section", "rich_text_preformatted":
			c.inline(e["elements"])
		case "rich_text_list":
			c.list(e["elements"], 1, 1000, func(item object) { c.inline(item["elements"]) })
		default:
			c.fault("rich text of type %v", e["type"])
		}
	})
}

func (c *checker) inline(value any) {
	c.list(value, 1, 10000, func(e object) {
		switch e["type"] {
		case "text":
			c.count("rich text", e["text"], 3000)
		case "date":
			c.count("a date", e["fallback"], 100)
		case "link":
			c.count("a link", e["text"], 3000)
			if to, _ := e["url"].(string); !address.MatchString(to) || len(to) > 3000 {
				c.fault("a link to %q", to)
			}
		case "user", "channel":
			if id, _ := e[fmt.Sprint(e["type"], "_id")].(string); !c.people[id] {
				c.fault("%q is mentioned", id)
			}
		default:
			c.fault("an element of type %v", e["type"])
		}
	})
}

func (c *checker) actions(b object) {
	c.list(b["elements"], 1, 25, func(e object) {
		c.words(e["text"], 75, "plain_text")
		id, _ := e["action_id"].(string)
		if value, _ := e["value"].(string); e["type"] != "button" || id == "" || utf8.RuneCountInString(id) > 255 || c.taken[id] || len(value) > 2000 {
			c.fault("button %v", e)
		}
		c.taken[id] = true
		if confirm, asked := e["confirm"].(object); asked {
			c.words(confirm["title"], 100, "plain_text")
			c.words(confirm["text"], 300, "plain_text")
			c.words(confirm["confirm"], 30, "plain_text")
			c.words(confirm["deny"], 30, "plain_text")
		}
	})
}

func (c *checker) table(b object) {
	before, width := c.characters, -1
	rows, _ := b["rows"].([]any)
	if len(rows) < 1 || len(rows) > 100 {
		c.fault("%d rows", len(rows))
	}
	for _, row := range rows {
		cells := row.([]any)
		if width < 0 {
			width = len(cells)
		}
		if len(cells) != width || width < 1 || width > 20 {
			c.fault("%d cells beside %d", len(cells), width)
		}
		for _, cell := range cells {
			switch o := cell.(object); o["type"] {
			case "raw_text":
				c.count("a cell", o["text"], 3000)
			case "rich_text":
				c.rich(o["elements"])
			default:
				c.fault("a cell of type %v", o["type"])
			}
		}
	}
	c.list(b["column_settings"], width, width, func(o object) {
		if o["align"] != "left" && o["align"] != "right" {
			c.fault("a column aligned %q", o["align"])
		}
	})
	if c.characters-before > 10000 {
		c.fault("%d characters in a table", c.characters-before)
	}
}

func (c *checker) list(value any, min, max int, each func(object)) {
	items, _ := value.([]any)
	if len(items) < min || len(items) > max {
		c.fault("%d items, not %d to %d", len(items), min, max)
	}
	for _, item := range items {
		o, _ := item.(object)
		each(o)
	}
}

// The checker itself must be able to fail.
func TestTheCheckerFindsFaults(t *testing.T) {
	bad := []string{
		`[{"type":"section","block_id":"a"}]`,
		`[{"type":"header","block_id":"a","text":{"type":"mrkdwn","text":"x"}}]`,
		`[{"type":"header","text":{"type":"plain_text","text":"x"}}]`,
		`[{"type":"rich_text","block_id":"a","elements":[{"type":"rich_text_section","elements":[{"type":"broadcast","range":"here"}]}]}]`,
		`[{"type":"rich_text","block_id":"a","elements":[{"type":"rich_text_section","elements":[{"type":"user","user_id":"U1X"}]}]}]`,
		`[{"type":"context","block_id":"a","elements":[{"type":"mrkdwn","verbatim":true,"text":"<!channel>"}]}]`,
		`[{"type":"context","block_id":"a","elements":[{"type":"mrkdwn","verbatim":true,"text":"<http://evil|x>"}]}]`,
		`[{"type":"rich_text","block_id":"a","elements":[{"type":"rich_text_section","elements":[{"type":"link","url":"http://evil","text":"x"}]}]}]`,
		`[{"type":"actions","block_id":"a","elements":[{"type":"button","action_id":"x","text":{"type":"plain_text","text":"x"}}]},
			{"type":"actions","block_id":"b","elements":[{"type":"button","action_id":"x","text":{"type":"plain_text","text":"x"}}]}]`,
		`[{"type":"context","block_id":"a","elements":[{"type":"mrkdwn","text":"x"}]}]`,
		`[]`,
	}
	for _, raw := range bad {
		var blocks []object
		if err := json.Unmarshal([]byte(raw), &blocks); err != nil {
			t.Fatal(err)
		}
		c := checker{people: map[string]bool{}}
		if c.surface(blocks, 50); len(c.faults) == 0 {
			t.Errorf("no fault in %s", raw)
		}
	}
}
