package workspace

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestFaults is the table of bad documents, with the sentences Slack answers.
func TestFaults(t *testing.T) {
	for _, test := range []struct {
		name    string
		surface Surface
		blocks  string
		want    []string
	}{
		{"not JSON", SurfaceMessage, `[`, []string{"[ERROR] invalid JSON [json-pointer:/blocks]"}},
		{"two values", SurfaceMessage, `[] []`, []string{"[ERROR] invalid JSON [json-pointer:/blocks]"}},
		{"not an array", SurfaceMessage, `{"type":"divider"}`, []string{"[ERROR] must provide an array [json-pointer:/blocks]"}},
		{"not an object", SurfaceMessage, `["divider"]`, []string{"[ERROR] must provide an object [json-pointer:/blocks/0]"}},
		{"no type", SurfaceMessage, `[{}]`, []string{"[ERROR] missing required field: type [json-pointer:/blocks/0]"}},
		{"unknown type", SurfaceMessage, `[{"type":"sektion"}]`, []string{"[ERROR] unsupported type: sektion [json-pointer:/blocks/0/type]"}},
		{"long text", SurfaceMessage, `[{"type":"section","text":{"type":"mrkdwn","text":"` + strings.Repeat("x", 3001) + `"}}]`, []string{"[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]"}},
		{"empty text", SurfaceMessage, `[{"type":"section","text":{"type":"mrkdwn","text":""}}]`, []string{"[ERROR] must be more than 0 characters [json-pointer:/blocks/0/text/text]"}},
		{"empty section", SurfaceMessage, `[{"type":"section"}]`, []string{"[ERROR] must define either `text` or `fields` [json-pointer:/blocks/0/type]"}},
		{"mrkdwn in a header", SurfaceMessage, `[{"type":"header","text":{"type":"mrkdwn","text":"a"}}]`, []string{"[ERROR] unsupported type: mrkdwn [json-pointer:/blocks/0/text/type]"}},
		{"emoji in mrkdwn", SurfaceMessage, `[{"type":"section","text":{"type":"mrkdwn","text":"a","emoji":true}}]`, []string{"[ERROR] invalid additional property: emoji [json-pointer:/blocks/0/text]"}},
		{"a disabled button", SurfaceMessage, `[{"type":"actions","elements":[{"type":"button","text":{"type":"plain_text","text":"a"},"disabled":true}]}]`, []string{"[ERROR] invalid additional property: disabled [json-pointer:/blocks/0/elements/0]"}},
		{"a style of the past", SurfaceMessage, `[{"type":"actions","elements":[{"type":"button","text":{"type":"plain_text","text":"a"},"style":"default"}]}]`, []string{"[ERROR] must be a valid enum value [json-pointer:/blocks/0/elements/0/style]"}},
		{"two buttons, one action_id", SurfaceMessage, `[{"type":"actions","elements":[{"type":"button","action_id":"go","text":{"type":"plain_text","text":"a"}},{"type":"button","action_id":"go","text":{"type":"plain_text","text":"b"}}]}]`, []string{"[ERROR] `action_id` \"go\" already exists [json-pointer:/blocks/0/elements/1/action_id]"}},
		{"two blocks, one block_id", SurfaceMessage, `[{"type":"divider","block_id":"a"},{"type":"divider","block_id":"a"}]`, []string{"[ERROR] `block_id` \"a\" already exists [json-pointer:/blocks/1/block_id]"}},
		{"two tables", SurfaceMessage, `[{"type":"table","rows":[[{"type":"raw_text","text":"a"}]]},{"type":"table","rows":[[{"type":"raw_text","text":"a"}]]}]`, []string{"[ERROR] only_one_table_allowed [json-pointer:/blocks/1]"}},
		{"an alert in a message", SurfaceMessage, `[{"type":"alert","text":{"type":"mrkdwn","text":"a"}}]`, []string{"[ERROR] unsupported type: alert [json-pointer:/blocks/0/type]"}},
		{"a table in a Home tab", SurfaceHome, `[{"type":"table","rows":[[{"type":"raw_text","text":"a"}]]}]`, []string{"[ERROR] unsupported type: table [json-pointer:/blocks/0/type]"}},
		{"an input in a section", SurfaceModal, `[{"type":"section","text":{"type":"mrkdwn","text":"a"},"accessory":{"type":"plain_text_input"}}]`, []string{"[ERROR] unsupported type: plain_text_input [json-pointer:/blocks/0/accessory/type]"}},
		{"a button in an input", SurfaceModal, `[{"type":"input","label":{"type":"plain_text","text":"a"},"element":` + button + `}]`, []string{"[ERROR] unsupported type: button [json-pointer:/blocks/0/element/type]"}},
		{"a file input in a message", SurfaceMessage, `[{"type":"input","label":{"type":"plain_text","text":"a"},"element":{"type":"file_input"}}]`, []string{"[ERROR] unsupported type: file_input [json-pointer:/blocks/0/element/type]"}},
		{"a response URL outside a modal", SurfaceMessage, `[{"type":"actions","elements":[{"type":"channels_select","response_url_enabled":true}]}]`, []string{"[ERROR] only allowed in a modal [json-pointer:/blocks/0/elements/0/response_url_enabled]"}},
		{"a confirm without its texts", SurfaceMessage, `[` + inButton(`"confirm":{}`) + `]`, []string{
			"[ERROR] missing required field: title [json-pointer:/blocks/0/elements/0/confirm]",
			"[ERROR] missing required field: text [json-pointer:/blocks/0/elements/0/confirm]",
			"[ERROR] missing required field: confirm [json-pointer:/blocks/0/elements/0/confirm]",
			"[ERROR] missing required field: deny [json-pointer:/blocks/0/elements/0/confirm]",
		}},
		{"neither options nor groups", SurfaceMessage, `[{"type":"actions","elements":[{"type":"static_select"}]}]`, []string{"[ERROR] must define exactly one of `options` or `option_groups` [json-pointer:/blocks/0/elements/0]"}},
		{"an initial option that is not offered", SurfaceMessage, `[` + inSelect(`"options":[`+option1+`],"initial_option":{"text":{"type":"plain_text","text":"b"},"value":"v"}`) + `]`, []string{"[ERROR] must exactly match one of the options [json-pointer:/blocks/0/elements/0/initial_option]"}},
		{"null for an initial option", SurfaceMessage, `[` + inSelect(`"options":[`+option1+`],"initial_option":null`) + `]`, []string{"[ERROR] must provide an object [json-pointer:/blocks/0/elements/0/initial_option]"}},
		{"a url in a select option", SurfaceMessage, `[` + inSelect(`"options":[{"text":{"type":"plain_text","text":"b"},"value":"v","url":"https://e.com"}]`) + `]`, []string{"[ERROR] invalid additional property: url [json-pointer:/blocks/0/elements/0/options/0]"}},
		{"mrkdwn in a select option", SurfaceMessage, `[` + inSelect(`"options":[{"text":{"type":"mrkdwn","text":"b"},"value":"v"}]`) + `]`, []string{"[ERROR] unsupported type: mrkdwn [json-pointer:/blocks/0/elements/0/options/0/text/type]"}},
		{"two images in one", SurfaceMessage, `[{"type":"image","alt_text":"a","image_url":"https://e.com","slack_file":{"id":"F1"}}]`, []string{"[ERROR] must define exactly one of `image_url` or `slack_file` [json-pointer:/blocks/0]"}},
		{"an image from nowhere", SurfaceMessage, `[{"type":"image","alt_text":"a","image_url":"data:image/png;base64,AA"}]`, []string{"[ERROR] must be a valid http or https url [json-pointer:/blocks/0/image_url]"}},
		{"a day that is none", SurfaceModal, `[` + inInput(`{"type":"datepicker","initial_date":"2026-02-30"}`) + `]`, []string{"[ERROR] must be a valid date (YYYY-MM-DD) [json-pointer:/blocks/0/element/initial_date]"}},
		{"a time of day that is none", SurfaceModal, `[` + inInput(`{"type":"timepicker","initial_time":"9:00"}`) + `]`, []string{"[ERROR] must be a valid time (HH:mm) [json-pointer:/blocks/0/element/initial_time]"}},
		{"a time zone that is none", SurfaceModal, `[` + inInput(`{"type":"timepicker","timezone":"Mars/Base"}`) + `]`, []string{"[ERROR] must be a valid IANA time zone [json-pointer:/blocks/0/element/timezone]"}},
		{"seconds in milliseconds", SurfaceModal, `[` + inInput(`{"type":"datetimepicker","initial_date_time":1767225600000}`) + `]`, []string{"[ERROR] must be less than or equal to 9999999999 [json-pointer:/blocks/0/element/initial_date_time]"}},
		{"lengths the wrong way round", SurfaceModal, `[` + inInput(`{"type":"plain_text_input","min_length":9,"max_length":8}`) + `]`, []string{"[ERROR] must be less than or equal to `max_length` [json-pointer:/blocks/0/element/min_length]"}},
		{"a number below its least", SurfaceModal, `[` + inInput(`{"type":"number_input","is_decimal_allowed":false,"min_value":"5","initial_value":"4"}`) + `]`, []string{"[ERROR] must be less than or equal to `initial_value` [json-pointer:/blocks/0/element/min_value]"}},
		{"a fraction where none is allowed", SurfaceModal, `[` + inInput(`{"type":"number_input","is_decimal_allowed":false,"max_value":"1.5"}`) + `]`, []string{"[ERROR] must be a valid number [json-pointer:/blocks/0/element/max_value]"}},
		{"a number too large to write out", SurfaceModal, `[` + inInput(`{"type":"number_input","is_decimal_allowed":true,"max_value":"1e999999999"}`) + `]`, []string{"[ERROR] must be a valid number [json-pointer:/blocks/0/element/max_value]"}},
		{"too many files", SurfaceModal, `[` + inInput(`{"type":"file_input","max_files":11}`) + `]`, []string{"[ERROR] must be less than or equal to 10 [json-pointer:/blocks/0/element/max_files]"}},
		{"half a file", SurfaceModal, `[` + inInput(`{"type":"file_input","max_files":1.5}`) + `]`, []string{"[ERROR] must be an integer [json-pointer:/blocks/0/element/max_files]"}},
		{"two focused inputs", SurfaceModal, `[` + inInput(`{"type":"plain_text_input","focus_on_load":true}`) + `,` + inInput(`{"type":"plain_text_input","focus_on_load":true}`) + `]`, []string{"[ERROR] only one element can have `focus_on_load` [json-pointer:/blocks/1/element/focus_on_load]"}},
		{"an empty cell", SurfaceMessage, `[{"type":"table","rows":[[{"type":"raw_text","text":""}]]}]`, []string{"[ERROR] must be more than 0 characters [json-pointer:/blocks/0/rows/0/0/text]"}},
		{"a number cell without its value", SurfaceMessage, `[{"type":"table","rows":[[{"type":"raw_number","text":"1"}]]}]`, []string{"[ERROR] missing required field: value [json-pointer:/blocks/0/rows/0/0]"}},
		{"an alignment of nothing", SurfaceMessage, `[{"type":"table","column_settings":[{"align":""}],"rows":[[{"type":"raw_text","text":"a"}]]}]`, []string{"[ERROR] must be a valid enum value [json-pointer:/blocks/0/column_settings/0/align]"}},
		{"a number in the header", SurfaceMessage, `[{"type":"data_table","caption":"a","rows":[[{"type":"raw_number","value":1,"text":"1"}],[{"type":"raw_text","text":"a"}]]}]`, []string{"[ERROR] header cells must be raw_text [json-pointer:/blocks/0/rows/0/0/type]"}},
		{"a row too short", SurfaceMessage, `[{"type":"data_table","caption":"a","rows":[[` + cell + `,` + cell + `],[` + cell + `]]}]`, []string{"[ERROR] must have 2 cells like the first row [json-pointer:/blocks/0/rows/1]"}},
		{"a user in preformatted text", SurfaceMessage, `[{"type":"rich_text","elements":[{"type":"rich_text_preformatted","elements":[{"type":"user","user_id":"U1"}]}]}]`, []string{"[ERROR] unsupported type: user [json-pointer:/blocks/0/elements/0/elements/0/type]"}},
		{"text without a section", SurfaceMessage, `[{"type":"rich_text","elements":[{"type":"text","text":"a"}]}]`, []string{"[ERROR] unsupported type: text [json-pointer:/blocks/0/elements/0/type]"}},
		{"a slice of no size", SurfaceMessage, `[{"type":"data_visualization","title":"a","chart":{"type":"pie","segments":[{"label":"a","value":-1}]}}]`, []string{"[ERROR] must be greater than 0 [json-pointer:/blocks/0/chart/segments/0/value]"}},
		{"a point without a category", SurfaceMessage, `[{"type":"data_visualization","title":"a","chart":{"type":"bar","series":[{"name":"s","data":[{"label":"x","value":1}]}],"axis_config":{"categories":["a"]}}}]`, []string{"[ERROR] must have exactly one point for every category [json-pointer:/blocks/0/chart/series/0/data]"}},
		{"a container in a container", SurfaceMessage, `[{"type":"container","title":{"type":"plain_text","text":"a"},"child_blocks":[{"type":"container"}]}]`, []string{"[ERROR] unsupported type: container [json-pointer:/blocks/0/child_blocks/0/type]"}},
		{"collapsed but not collapsible", SurfaceMessage, `[{"type":"container","title":{"type":"plain_text","text":"a"},"default_collapsed":true,"child_blocks":[{"type":"divider"}]}]`, []string{"[ERROR] requires `is_collapsible` [json-pointer:/blocks/0/default_collapsed]"}},
		{"markdown in parts", SurfaceMessage, `[{"type":"markdown","text":"` + strings.Repeat("x", 11999) + `"},{"type":"markdown","text":"xx"}]`, []string{"[ERROR] all markdown blocks must be less than 12001 characters [json-pointer:/blocks/1/text]"}},
	} {
		got := validateBlocks(test.surface, json.RawMessage(test.blocks))
		if !slices.Equal(got, test.want) {
			t.Errorf("%s:\n got %q\nwant %q", test.name, got, test.want)
		}
	}
}

func TestViewFaults(t *testing.T) {
	const title = `"title":{"type":"plain_text","text":"a"}`
	for _, test := range []struct{ name, view, want string }{
		{"a message", `{"type":"message","blocks":[]}`, "[ERROR] unsupported type: message [json-pointer:/view/type]"},
		{"no blocks", `{"type":"modal",` + title + `,"blocks":[]}`, "[ERROR] no fewer than 1 items allowed [json-pointer:/view/blocks]"},
		{"no title", `{"type":"modal","blocks":[{"type":"divider"}]}`, "[ERROR] missing required field: title [json-pointer:/view]"},
		{"a title at Home", `{"type":"home",` + title + `,"blocks":[{"type":"divider"}]}`, "[ERROR] invalid additional property: title [json-pointer:/view]"},
		{"an input but no submit", `{"type":"modal",` + title + `,"blocks":[` + inInput(`{"type":"plain_text_input"}`) + `]}`, "[ERROR] must define `submit` to use an `input` block in modals [json-pointer:/view/blocks/0/input]"},
		{"a table", `{"type":"modal",` + title + `,"blocks":[{"type":"table","rows":[[` + cell + `]]}]}`, "[ERROR] unsupported type: table [json-pointer:/view/blocks/0/type]"},
		{"no JSON", `{`, "[ERROR] invalid JSON [json-pointer:/view]"},
	} {
		if got := validateView(json.RawMessage(test.view)); !slices.Equal(got, []string{test.want}) {
			t.Errorf("%s:\n got %q\nwant %q", test.name, got, test.want)
		}
	}
}

func TestSameActionInTwoBlocksIsFine(t *testing.T) {
	one := `{"type":"actions","elements":[{"type":"button","action_id":"go","text":{"type":"plain_text","text":"a"}}]}`
	if faults := ValidateMessage([]byte("[" + one + "," + one + "]")); len(faults) > 0 {
		t.Error(faults)
	}
}

func TestFaultsAreBounded(t *testing.T) {
	rows := strings.Repeat(`[{"type":"`+strings.Repeat("x", 9000)+`"}],`, 99)
	faults := ValidateMessage([]byte(`[{"type":"table","rows":[` + rows[:len(rows)-1] + `]}]`))
	if len(faults) != maxFaults {
		t.Errorf("%d faults, want the bound %d", len(faults), maxFaults)
	}
	if len(faults[0]) > 4*maxQuoted {
		t.Errorf("a fault repeats %d bytes of the document", len(faults[0]))
	}
}

func TestBlocksTextLength(t *testing.T) {
	for doc, want := range map[string]int{
		`[{"type":"section","text":{"type":"mrkdwn","text":"häus"}},{"type":"header","text":{"type":"plain_text","text":"abc"}}]`: 7,
		`[{"type":"data_table","rows":[[{"type":"raw_text","text":"abc"}]]}]`:                                                     0,
		`[`: 0,
	} {
		if got := blocksTextLength(json.RawMessage(doc)); got != want {
			t.Errorf("%s: %d, want %d", doc, got, want)
		}
	}
}

// arbitrary draws any JSON value, with Block Kit's own words often enough to get deep into the rules.
func arbitrary(depth int) *rapid.Generator[any] {
	keys := []string{"type", "text", "elements", "fields", "options", "element", "rows", "blocks", "title", "chart", "series", "data", "style", "initial_option", "confirm", "x"}
	types := []string{"section", "actions", "button", "mrkdwn", "plain_text", "rich_text", "table", "data_table", "static_select", "modal", "home", "pie", "bar", "input", "number_input", "container", "image", ""}
	leaf := rapid.OneOf(
		rapid.Map(rapid.String(), func(s string) any { return s }),
		rapid.Map(rapid.SampledFrom(types), func(s string) any { return s }),
		rapid.Map(rapid.Float64Range(-1e18, 1e18), func(f float64) any { return f }),
		rapid.Just(any(nil)), rapid.Just(any(true)),
	)
	if depth == 0 {
		return leaf
	}
	inner := arbitrary(depth - 1)
	return rapid.OneOf(leaf,
		rapid.Map(rapid.SliceOfN(inner, 0, 4), func(s []any) any { return s }),
		rapid.Map(rapid.MapOfN(rapid.SampledFrom(keys), inner, 0, 6), func(m map[string]any) any { return m }),
	)
}

// TestAnyJSONIsJudged: whatever arrives, there is no panic, the verdict is bounded and the same each time.
func TestAnyJSONIsJudged(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		blocks := rapid.SliceOfN(arbitrary(5), 0, 3).Draw(rt, "blocks")
		raw := encode(t, blocks)
		for _, surface := range []Surface{SurfaceMessage, SurfaceModal, SurfaceHome} {
			first := validateBlocks(surface, raw)
			if len(first) > maxFaults || !slices.Equal(first, validateBlocks(surface, raw)) {
				rt.Fatalf("unbounded or unsteady: %q", first)
			}
		}
		validateView(encode(t, rapid.OneOf(arbitrary(4)).Draw(rt, "view")))
	})
}

func FuzzValidate(f *testing.F) {
	f.Add([]byte(`[{"type":"section"}]`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		validateBlocks(SurfaceMessage, raw)
		validateView(raw)
	})
}
