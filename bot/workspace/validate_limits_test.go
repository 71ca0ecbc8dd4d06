package workspace

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// limit is a number of Slack's: a document with exactly that many is good, with one more (or one fewer than the least)
// it is not. In doc, %s is where the unit goes, n times.
type limit struct {
	slack   string // its name in the shared list of Slack's numbers; empty where only Slack's pages name it
	pointer string // where the fault is reported, after /blocks/0 or /view
	least   int
	most    int
	unit    string // one character or one item, "," between items is added
	doc     string
}

const button = `{"type":"button","text":{"type":"plain_text","text":"a"}}`

var (
	option1  = `{"text":{"type":"plain_text","text":"a"},"value":"v"}`
	cell     = `{"type":"raw_text","text":"a"}`
	header   = `[` + cell + `]`
	confirm  = `"title":{"type":"plain_text","text":"a"},"text":{"type":"plain_text","text":"a"},"confirm":{"type":"plain_text","text":"a"},"deny":{"type":"plain_text","text":"a"}`
	inButton = func(more string) string {
		return `{"type":"actions","elements":[{"type":"button","text":{"type":"plain_text","text":"a"},` + more + `}]}`
	}
	inConfirm = func(name string) string {
		return inButton(`"confirm":{` + strings.Replace(confirm, `"`+name+`":{"type":"plain_text","text":"a"}`, `"`+name+`":{"type":"plain_text","text":"%s"}`, 1) + `}`)
	}
	inSelect = func(more string) string {
		return `{"type":"actions","elements":[{"type":"static_select",` + more + `}]}`
	}
	inInput = func(element string) string {
		return `{"type":"input","label":{"type":"plain_text","text":"a"},"element":` + element + `}`
	}
)

var messageLimits = []limit{
	{"section.text.max_length", "/text/text", 1, 3000, "a", `{"type":"section","text":{"type":"mrkdwn","text":"%s"}}`},
	{"text.max_length", "/text/text", 1, 3000, "é", `{"type":"section","text":{"type":"plain_text","text":"%s"}}`},
	{"section.fields.max_items", "/fields", 1, 10, `{"type":"mrkdwn","text":"a"}`, `{"type":"section","fields":[%s]}`},
	{"section.fields.item_max_length", "/fields/0/text", 1, 2000, "😀", `{"type":"section","fields":[{"type":"mrkdwn","text":"%s"}]}`},
	{"block_id.max_length", "/block_id", 0, 255, "b", `{"type":"divider","block_id":"%s"}`},
	{"header.text.max_length", "/text/text", 1, 150, "a", `{"type":"header","text":{"type":"plain_text","text":"%s"}}`},
	{"context.elements.max_items", "/elements", 1, 10, `{"type":"mrkdwn","text":"a"}`, `{"type":"context","elements":[%s]}`},
	{"actions.elements.max_items", "/elements", 1, 25, button, `{"type":"actions","elements":[%s]}`},
	{"context_actions.elements.max_items", "/elements", 1, 5, `{"type":"icon_button","icon":"trash","text":{"type":"plain_text","text":"a"}}`, `{"type":"context_actions","elements":[%s]}`},
	{"button.text.max_length", "/elements/0/text/text", 1, 75, "a", `{"type":"actions","elements":[{"type":"button","text":{"type":"plain_text","text":"%s"}}]}`},
	{"button.value.max_length", "/elements/0/value", 0, 2000, "a", inButton(`"value":"%s"`)},
	{"action_id.max_length", "/elements/0/action_id", 0, 255, "a", inButton(`"action_id":"%s"`)},
	{"button.accessibility_label.max_length", "/elements/0/accessibility_label", 0, 75, "a", inButton(`"accessibility_label":"%s"`)},
	{"icon_button.visible_to_user_ids.max_items", "/elements/0/visible_to_user_ids", 1, 10, `"U1"`, inButton(`"visible_to_user_ids":[%s]`)},
	{"confirmation.title.max_length", "/elements/0/confirm/title/text", 1, 100, "a", inConfirm("title")},
	{"confirmation.text.max_length", "/elements/0/confirm/text/text", 1, 300, "a", inConfirm("text")},
	{"confirmation.confirm.max_length", "/elements/0/confirm/confirm/text", 1, 30, "a", inConfirm("confirm")},
	{"confirmation.deny.max_length", "/elements/0/confirm/deny/text", 1, 30, "a", inConfirm("deny")},
	{"select.placeholder.max_length", "/elements/0/placeholder/text", 1, 150, "a", inSelect(`"options":[` + option1 + `],"placeholder":{"type":"plain_text","text":"%s"}`)},
	{"select.options.max_items", "/elements/0/options", 1, 100, option1, inSelect(`"options":[%s]`)},
	{"select.option_groups.max_items", "/elements/0/option_groups", 1, 100, `{"label":{"type":"plain_text","text":"a"},"options":[` + option1 + `]}`, inSelect(`"option_groups":[%s]`)},
	{"option_group.label.max_length", "/elements/0/option_groups/0/label/text", 1, 75, "a", inSelect(`"option_groups":[{"label":{"type":"plain_text","text":"%s"},"options":[` + option1 + `]}]`)},
	{"option_group.options.max_items", "/elements/0/option_groups/0/options", 1, 100, option1, inSelect(`"option_groups":[{"label":{"type":"plain_text","text":"a"},"options":[%s]}]`)},
	{"option.text.max_length", "/elements/0/options/0/text/text", 1, 75, "a", inSelect(`"options":[{"text":{"type":"plain_text","text":"%s"},"value":"v"}]`)},
	{"option.value.max_length", "/elements/0/options/0/value", 0, 150, "a", inSelect(`"options":[{"text":{"type":"plain_text","text":"a"},"value":"%s"}]`)},
	{"option.description.max_length", "/elements/0/options/0/description/text", 1, 75, "a", inSelect(`"options":[{"text":{"type":"plain_text","text":"a"},"value":"v","description":{"type":"plain_text","text":"%s"}}]`)},
	{"overflow.options.max_items", "/elements/0/options", 1, 5, option1, `{"type":"actions","elements":[{"type":"overflow","options":[%s]}]}`},
	{"checkboxes.options.max_items", "/elements/0/options", 1, 10, option1, `{"type":"actions","elements":[{"type":"checkboxes","options":[%s]}]}`},
	{"radio_buttons.options.max_items", "/elements/0/options", 1, 10, option1, `{"type":"actions","elements":[{"type":"radio_buttons","options":[%s]}]}`},
	{"input.label.max_length", "/label/text", 1, 2000, "a", `{"type":"input","label":{"type":"plain_text","text":"%s"},"element":{"type":"plain_text_input"}}`},
	{"input.hint.max_length", "/hint/text", 1, 2000, "a", `{"type":"input","label":{"type":"plain_text","text":"a"},"hint":{"type":"plain_text","text":"%s"},"element":{"type":"plain_text_input"}}`},
	{"select.placeholder.max_length", "/element/placeholder/text", 1, 150, "a", inInput(`{"type":"plain_text_input","placeholder":{"type":"plain_text","text":"%s"}}`)},
	{"image.alt_text.max_length", "/alt_text", 0, 2000, "a", `{"type":"image","image_url":"https://e.com/a","alt_text":"%s"}`},
	{"video.title.max_length", "/title/text", 1, 200, "a", `{"type":"video","title":{"type":"plain_text","text":"%s"},"alt_text":"a","thumbnail_url":"https://e.com","video_url":"https://e.com"}`},
	{"video.alt_text.max_length", "/alt_text", 1, 200, "a", `{"type":"video","title":{"type":"plain_text","text":"a"},"alt_text":"%s","thumbnail_url":"https://e.com","video_url":"https://e.com"}`},
	{"video.author_name.max_length", "/author_name", 0, 50, "a", `{"type":"video","author_name":"%s","title":{"type":"plain_text","text":"a"},"alt_text":"a","thumbnail_url":"https://e.com","video_url":"https://e.com"}`},
	{"markdown.text.max_length", "/text", 1, 12000, "a", `{"type":"markdown","text":"%s"}`},
	{"card.title.max_length", "/title/text", 1, 150, "a", `{"type":"card","title":{"type":"mrkdwn","text":"%s"}}`},
	{"card.body.max_length", "/body/text", 1, 200, "a", `{"type":"card","body":{"type":"mrkdwn","text":"%s"}}`},
	{"card.actions.max_items", "/actions", 1, 3, button, `{"type":"card","actions":[%s]}`},
	{"carousel.elements.max_items", "/elements", 1, 10, `{"type":"card","title":{"type":"mrkdwn","text":"a"}}`, `{"type":"carousel","elements":[%s]}`},
	{"container.child_blocks.max_items", "/child_blocks", 1, 10, `{"type":"divider"}`, `{"type":"container","title":{"type":"plain_text","text":"a"},"child_blocks":[%s]}`},
	{"", "/rows", 1, 100, `[` + cell + `]`, `{"type":"table","rows":[%s]}`},
	{"", "/rows/0", 1, 20, cell, `{"type":"table","rows":[[%s]]}`},
	{"data_table.rows.max_items", "/rows", 2, 201, `[` + cell + `]`, `{"type":"data_table","caption":"a","rows":[%s]}`},
	{"data_table.columns.max_items", "/rows/0", 1, 20, cell, `{"type":"data_table","caption":"a","rows":[[%[1]s],[%[1]s]]}`},
	{"", "/rows", 1, 9999, "a", `{"type":"table","rows":[[{"type":"raw_text","text":"a"}],[{"type":"raw_text","text":"%s"}]]}`},
	{"", "/rows", 1, 19999, "a", `{"type":"data_table","caption":"a","rows":[` + header + `,[{"type":"raw_text","text":"%s"}]]}`},
	{"data_visualization.title.max_length", "/title", 1, 50, "a", `{"type":"data_visualization","title":"%s","chart":{"type":"pie","segments":[{"label":"a","value":1}]}}`},
	{"data_visualization.segments.max_items", "/chart/segments", 1, 12, `{"label":"a","value":1}`, `{"type":"data_visualization","title":"a","chart":{"type":"pie","segments":[%s]}}`},
	{"data_visualization.segment.label.max_length", "/chart/segments/0/label", 1, 20, "a", `{"type":"data_visualization","title":"a","chart":{"type":"pie","segments":[{"label":"%s","value":1}]}}`},
}

var modalLimits = []limit{
	{"view.title.max_length", "/title/text", 1, 24, "a", `{"type":"modal","title":{"type":"plain_text","text":"%s"},"blocks":[{"type":"divider"}]}`},
	{"view.submit.max_length", "/submit/text", 1, 24, "a", `{"type":"modal","title":{"type":"plain_text","text":"a"},"submit":{"type":"plain_text","text":"%s"},"blocks":[{"type":"divider"}]}`},
	{"view.close.max_length", "/close/text", 1, 24, "a", `{"type":"modal","title":{"type":"plain_text","text":"a"},"close":{"type":"plain_text","text":"%s"},"blocks":[{"type":"divider"}]}`},
	{"view.private_metadata.max_length", "/private_metadata", 0, 3000, "a", `{"type":"home","private_metadata":"%s","blocks":[{"type":"divider"}]}`},
	{"view.callback_id.max_length", "/callback_id", 0, 255, "a", `{"type":"home","callback_id":"%s","blocks":[{"type":"divider"}]}`},
	{"view.blocks.max_items", "/blocks", 1, 100, `{"type":"divider"}`, `{"type":"home","blocks":[%s]}`},
	{"alert.text.max_length", "/blocks/0/text/text", 1, 200, "a", `{"type":"modal","title":{"type":"plain_text","text":"a"},"blocks":[{"type":"alert","text":{"type":"mrkdwn","text":"%s"}}]}`},
}

func (l limit) document(n int) json.RawMessage {
	separator := ""
	if strings.ContainsAny(l.unit, `{["`) {
		separator = ","
	}
	unit := strings.Repeat(l.unit+separator, n)
	return json.RawMessage(fmt.Sprintf(l.doc, strings.TrimSuffix(unit, separator)))
}

func (l limit) check(t *testing.T, judge func([]byte) []string) {
	t.Helper()
	for _, n := range []int{l.least, l.most} {
		if faults := judge(l.document(n)); len(faults) > 0 {
			t.Errorf("%d at %s: %s\n%s", n, l.pointer, faults, l.doc)
		}
	}
	if faults := judge(l.document(l.most + 1)); !reported(faults, l.pointer) {
		t.Errorf("%d at %s is not refused: %s\n%s", l.most+1, l.pointer, faults, l.doc)
	}
	if l.least == 0 {
		return
	}
	if faults := judge(l.document(l.least - 1)); len(faults) == 0 {
		t.Errorf("%d at %s is not refused\n%s", l.least-1, l.pointer, l.doc)
	}
}

func reported(faults []string, pointer string) bool {
	for _, f := range faults {
		if strings.HasSuffix(f, pointer+"]") {
			return true
		}
	}
	return false
}

func TestLimits(t *testing.T) {
	for _, l := range messageLimits {
		l.pointer = "/blocks/0" + l.pointer
		l.doc = "[" + l.doc + "]"
		l.check(t, ValidateMessage)
	}
	for _, l := range modalLimits {
		l.pointer = "/view" + l.pointer
		l.check(t, ValidateView)
	}
	limit{"", "/blocks", 0, 50, `{"type":"divider"}`, `[%s]`}.check(t, ValidateMessage)
}

// slackLimits reads the shared list of Slack's numbers, which lies beside the checkout where checks run in full.
func slackLimits(t *testing.T) map[string]any {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "schemas", "slackblocks-limits.json"))
	if err != nil {
		t.Skip("the shared schemas are not beside this checkout")
	}
	var all map[string]any
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// TestLimitsAreSlacks compares the numbers that TestLimits proves with the shared list.
func TestLimitsAreSlacks(t *testing.T) {
	all := slackLimits(t)
	for _, l := range append(messageLimits, modalLimits...) {
		if l.slack == "" {
			continue
		}
		var place any = all
		for name := range strings.SplitSeq(l.slack, ".") {
			inner, _ := place.(map[string]any)
			place = inner[name]
		}
		if place != float64(l.most) {
			t.Errorf("%s: Slack's list says %v, ours is %d", l.slack, place, l.most)
		}
	}
}
