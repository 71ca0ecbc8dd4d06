package blockkit_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/slack-go/slack"
)

// schema is made from Slack's own published types. It lies beside the checkout where the whole workshop is present;
// there, every message of these tests is held against it.
const schema = "../../../shared/schemas/blockkit.schema.json"

// slackTypes are the shapes of a block, of a Home tab and of a modal; nil where the schema is not here.
var slackTypes = sync.OnceValue(func() map[string]*jsonschema.Schema {
	if _, err := os.Stat(schema); err != nil {
		return nil
	}
	shapes := map[string]*jsonschema.Schema{}
	for _, name := range []string{"KnownBlock", "HomeView", "ModalView"} {
		shapes[name] = jsonschema.NewCompiler().MustCompile(schema + "#/definitions/" + name)
	}
	return shapes
})

func TestTheSchemaCanRefuse(t *testing.T) {
	if slackTypes() == nil {
		t.Skip("Slack's types are not here: ", schema)
	}
	if faults := misfits("KnownBlock", []byte(`{"type":"header","text":"no object"}`)); len(faults) == 0 {
		t.Error("a header without a text object passes")
	}
}

// misfits says how a value differs from Slack's types.
func misfits(shape string, raw []byte) []string {
	shapes := slackTypes()
	if shapes == nil {
		return nil
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err == nil {
		err = shapes[shape].Validate(value)
	}
	if err != nil {
		return []string{fmt.Sprintf("not Slack's %s: %v", shape, err)}
	}
	return nil
}

// typed holds blocks and Home tab against Slack's types.
func typed(t interface{ Fatal(...any) }, blocks []slack.Block, home slack.HomeTabViewRequest) (faults []string) {
	var each []json.RawMessage
	if err := json.Unmarshal(encoded(t, blocks), &each); err != nil {
		t.Fatal(err)
	}
	for _, raw := range each {
		faults = append(faults, misfits("KnownBlock", raw)...)
	}
	return append(faults, misfits("HomeView", encoded(t, home))...)
}
