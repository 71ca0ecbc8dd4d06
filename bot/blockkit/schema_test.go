package blockkit_test

import (
	"bytes"
	"os"
	"testing"

	"dbbot/bot"
	"dbbot/bot/blockkit"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"
)

// schema is made from Slack's own published types. It lies beside the checkout where the whole workshop is present.
const schema = "../../../shared/schemas/blockkit.schema.json"

func TestBlocksAreWhatSlacksTypesSay(t *testing.T) {
	if _, err := os.Stat(schema); err != nil {
		t.Skip("the schema of Block Kit is not here: ", err)
	}
	blocks := compile(t, schema+"#/definitions/KnownBlock")
	home := compile(t, schema+"#/definitions/HomeView")
	valid := func(t interface {
		Fatal(...any)
		Errorf(string, ...any)
	}, p bot.Post) {
		drawn, _ := blockkit.Message(p)
		for _, block := range drawn {
			if err := blocks.Validate(generic(t, block)); err != nil {
				t.Errorf("%T: %v", block, err)
			}
		}
		if err := home.Validate(generic(t, blockkit.HomeView(p))); err != nil {
			t.Errorf("home: %v", err)
		}
	}
	for name, post := range golden {
		t.Run(name, func(t *testing.T) { valid(t, post) })
	}
	rapid.Check(t, func(t *rapid.T) { valid(t, posts.Draw(t, "post")) })
}

func compile(t *testing.T, url string) *jsonschema.Schema {
	t.Helper()
	compiled, err := jsonschema.NewCompiler().Compile(url)
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

// generic is a value as it goes over the wire.
func generic(t interface{ Fatal(...any) }, value any) any {
	decoded, err := jsonschema.UnmarshalJSON(bytes.NewReader(encoded(t, value)))
	if err != nil {
		t.Fatal(err)
	}
	return decoded
}
