package workspace

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// sharedSchema opens one of the published schemas, which lie beside the checkout where checks run in full.
func sharedSchema(t *testing.T, file, definition string) *jsonschema.Schema {
	t.Helper()
	f, err := os.Open(filepath.Join("..", "..", "..", "shared", "schemas", file))
	if err != nil {
		t.Skip("the shared schemas are not beside this checkout")
	}
	defer f.Close()
	document, err := jsonschema.UnmarshalJSON(f)
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("slack.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("slack.json" + definition)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// TestNothingThatTheTypesRefuseIsAccepted compares with the schema made from Slack's own types: the same good
// documents, and whatever that schema refuses is refused here too. (The other way round we are stricter: the types
// hold no lengths, no formats and no rules between fields.)
func TestNothingThatTheTypesRefuseIsAccepted(t *testing.T) {
	schema := sharedSchema(t, "blockkit.schema.json", "#/definitions/KnownBlock")
	refused := func(blocks []any) bool {
		for _, block := range blocks {
			if schema.Validate(asTheTypesKnow(t, block)) != nil {
				return true
			}
		}
		return false
	}
	refusals := 0
	for _, d := range readExamples(t).documents() {
		if refused(d.blocks) {
			t.Errorf("the types refuse our example %s: %v", d.name, schema.Validate(asTheTypesKnow(t, d.blocks[0])))
		}
		mutate(t, d.blocks, func(change string) {
			if !refused(d.blocks) {
				return
			}
			refusals++
			if len(validateBlocks(d.surface, encode(t, d.blocks))) == 0 {
				t.Errorf("%s with %s: the types refuse it, we do not", d.name, change)
			}
		})
		eachWithout(d.blocks, func(field string) {
			if !refused(d.blocks) {
				return
			}
			refusals++
			if len(validateBlocks(d.surface, encode(t, d.blocks))) == 0 {
				t.Errorf("%s without %s: the types refuse it, we do not", d.name, field)
			}
		})
	}
	if refusals < 1000 {
		t.Errorf("the types refused only %d documents: the comparison says little", refusals)
	}
}

func TestViewsMatchTheTypes(t *testing.T) {
	schema := sharedSchema(t, "blockkit.schema.json", "#/definitions/SlackView")
	for name, view := range readExamples(t).Views {
		if err := schema.Validate(view); err != nil {
			t.Errorf("the types refuse our example %s: %v", name, err)
		}
		check := func(change string) {
			if schema.Validate(asTheTypesKnow(t, view)) != nil && len(validateView(encode(t, view))) == 0 {
				t.Errorf("%s with %s: the types refuse it, we do not", name, change)
			}
		}
		mutate(t, view, check)
		eachWithout(view, check)
	}
}

// asTheTypesKnow copies a document without the fields that are newer than the types (reference: Button and others
// carry visible_to_user_ids).
func asTheTypesKnow(t *testing.T, value any) any {
	t.Helper()
	var copied any
	if err := json.Unmarshal(encode(t, value), &copied); err != nil {
		t.Fatal(err)
	}
	var strip func(any)
	strip = func(value any) {
		switch v := value.(type) {
		case []any:
			for _, item := range v {
				strip(item)
			}
		case map[string]any:
			if v["type"] == "button" || v["type"] == "checkboxes" {
				delete(v, "visible_to_user_ids")
			}
			for _, item := range v {
				strip(item)
			}
		}
	}
	strip(copied)
	return copied
}

// eachWithout calls f with the document lacking one field at a time.
func eachWithout(value any, f func(field string)) {
	switch v := value.(type) {
	case []any:
		for _, item := range v {
			eachWithout(item, f)
		}
	case map[string]any:
		for _, key := range sortedKeys(v) {
			kept := v[key]
			delete(v, key)
			f(key)
			v[key] = kept
			eachWithout(kept, f)
		}
	}
}
