package workspace

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// examples are full and good pieces of Block Kit: every field of every rule stands in one of them.
type examples struct {
	Elements, Inline, Rich, Cells, Blocks, Newer, Views map[string]any
}

func readExamples(t *testing.T) examples {
	t.Helper()
	raw, err := os.ReadFile("testdata/blockkit.json")
	if err != nil {
		t.Fatal(err)
	}
	var all examples
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// document is a piece of Block Kit where it may stand: blocks on a surface.
type document struct {
	name    string
	surface Surface
	blocks  []any
}

// documents puts each example into the block and the surface that allow it.
func (e examples) documents() (out []document) {
	one := func(name string, surface Surface, block any) {
		out = append(out, document{name, surface, []any{block}})
	}
	for name, el := range e.Elements {
		switch {
		case slices.Contains(inputElements, name):
			one("input of "+name, SurfaceModal, object("type", "input", "label", plainText("Label"), "element", el))
		case slices.Contains(accessories, name):
			one("section with "+name, SurfaceMessage, object("type", "section", "text", plainText("Text"), "accessory", el))
		default:
			one("context_actions of "+name, SurfaceMessage, object("type", "context_actions", "elements", []any{el}))
		}
	}
	for name, el := range e.Inline {
		one("inline "+name, SurfaceHome, richTextOf(object("type", "rich_text_section", "elements", []any{el})))
	}
	for name, el := range e.Rich {
		one("rich "+name, SurfaceMessage, richTextOf(el))
	}
	for name, cell := range e.Cells {
		one("cell "+name, SurfaceMessage, object("type", "table", "rows", []any{[]any{cell}}))
	}
	for name, block := range e.Blocks {
		one("block "+name, surfaceOf(name), block)
	}
	return out
}

func surfaceOf(block string) Surface {
	if block == "alert" {
		return SurfaceModal
	}
	return SurfaceMessage
}

func object(pairs ...any) map[string]any {
	o := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		o[pairs[i].(string)] = pairs[i+1]
	}
	return o
}

func plainText(s string) any { return object("type", "plain_text", "text", s) }

func richTextOf(elements ...any) any { return object("type", "rich_text", "elements", elements) }

func encode(t testing.TB, value any) json.RawMessage {
	t.Helper()
	raw, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestGoodDocumentsHaveNoFaults(t *testing.T) {
	all := readExamples(t)
	for _, d := range all.documents() {
		if faults := validateBlocks(d.surface, encode(t, d.blocks)); len(faults) > 0 {
			t.Errorf("%s: %s", d.name, strings.Join(faults, "\n\t"))
		}
	}
	for name, block := range all.Newer {
		if faults := ValidateMessage(encode(t, []any{block})); len(faults) > 0 {
			t.Errorf("%s: %s", name, strings.Join(faults, "\n\t"))
		}
	}
	for name, view := range all.Views {
		if faults := ValidateView(encode(t, view)); len(faults) > 0 {
			t.Errorf("view %s: %s", name, strings.Join(faults, "\n\t"))
		}
	}
}

// TestExamplesCoverEveryRule fails when a rule is added that no good example shows.
func TestExamplesCoverEveryRule(t *testing.T) {
	all := readExamples(t)
	shown := map[string]bool{}
	var walk func(any)
	walk = func(value any) {
		switch v := value.(type) {
		case []any:
			for _, item := range v {
				walk(item)
			}
		case map[string]any:
			for key, item := range v {
				shown[fmt.Sprint(v["type"], ".", key)] = true
				walk(item)
			}
		}
	}
	for _, group := range []map[string]any{all.Elements, all.Inline, all.Rich, all.Cells, all.Blocks, all.Newer, all.Views} {
		for _, example := range group {
			walk(example)
		}
	}
	check := func(name string, s shape) {
		for field := range s.fields {
			if !shown[name+"."+field] {
				// An element's other way to say the same is shown by a sibling: options or option_groups, image_url or slack_file.
				if !slices.Contains([]string{"options", "option_groups", "slack_file", "image_url", "block_id"}, field) {
					t.Errorf("no example shows %s.%s", name, field)
				}
			}
		}
		if !shown[name+".type"] {
			t.Errorf("no example of %s", name)
		}
	}
	for _, shapes := range []map[string]shape{elementShapes, inlineShapes, richShapes, cellShapes, chartShapes, viewShapes} {
		for name, s := range shapes {
			check(name, s)
		}
	}
	for name, b := range blockShapes {
		check(name, b.shape)
	}
}

// TestEveryFieldIsJudged breaks each example in every place: the wrong type, an unknown field, no type.
func TestEveryFieldIsJudged(t *testing.T) {
	for _, d := range readExamples(t).documents() {
		mutate(t, d.blocks, func(change string) {
			if faults := validateBlocks(d.surface, encode(t, d.blocks)); len(faults) == 0 {
				t.Errorf("%s with %s is accepted: %s", d.name, change, encode(t, d.blocks))
			}
		})
	}
}

// mutate calls f with the document changed in one place at a time, each of which makes it wrong.
func mutate(t *testing.T, value any, f func(change string)) {
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			mutate(t, item, f)
		}
	case map[string]any:
		for _, key := range sortedKeys(v) {
			kept := v[key]
			v[key] = nil
			f(key + " null")
			if _, isObject := kept.(map[string]any); !isObject {
				v[key] = object("wrong", 1)
				f(key + " of the wrong kind")
			}
			v[key] = kept
			mutate(t, kept, f)
		}
		v["surprise"] = true
		f("an unknown field")
		delete(v, "surprise")
		if kept, ok := v["type"]; ok {
			delete(v, "type")
			f("no type")
			v["type"] = kept
		}
	}
}
