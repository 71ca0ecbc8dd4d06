package blockkit_test

import (
	"encoding/json"
	"testing"

	"dbbot/bot"
	"dbbot/bot/blockkit"
	"dbbot/bot/workspace"
)

var forms = map[string]bot.Form{
	"form": {
		Name: "reject", State: `{"token":"t0ken"}`, Title: "Reject request #42", Send: "Reject",
		Lead: "terminate 4242 on orders (production), asked by ana.\nNothing will run.", Label: "Why?", Hint: "Everybody who sees the request reads it.",
		Long: true, Length: 500,
	},
	"form-bare": {Name: "name"},
}

func TestGoldenForms(t *testing.T) {
	for name, form := range forms {
		t.Run(name, func(t *testing.T) {
			compare(t, name+".json", blockkit.FormView(form))
			if faults := checkForm(t, form); len(faults) > 0 {
				t.Errorf("faults: %q", faults)
			}
		})
	}
}

// checkForm draws a form and gives all faults: nothing in it may be mark-up, and what comes back must be what went out.
func checkForm(t interface{ Fatal(...any) }, f bot.Form) []string {
	raw := encoded(t, blockkit.FormView(f))
	var view struct {
		Title, Submit, Close object
		Callback             string `json:"callback_id"`
		Metadata             string `json:"private_metadata"`
		Blocks               []object
	}
	if err := json.Unmarshal(raw, &view); err != nil {
		t.Fatal(err)
	}
	c := checker{}
	for _, word := range []object{view.Title, view.Submit, view.Close} {
		c.words(word, 24, "plain_text")
	}
	if view.Callback != f.Name || view.Metadata != f.State {
		c.fault("comes back as %q, %q", view.Callback, view.Metadata)
	}
	for i, b := range view.Blocks {
		if i < len(view.Blocks)-1 {
			c.lead(b)
			continue
		}
		c.input(b)
	}
	return append(append(c.faults, workspace.ValidateView(raw)...), misfits("ModalView", raw)...)
}

// lead is what a form is about: in the words of a section, where line breaks are allowed.
func (c *checker) lead(b object) {
	text, _ := b["text"].(object)
	if b["type"] != "section" || text["type"] != "plain_text" {
		c.fault("a form with a block %v", b)
	}
	c.count("the lead", text["text"], 3000)
}

func (c *checker) input(b object) {
	element, _ := b["element"].(object)
	if b["type"] != "input" || b["block_id"] != blockkit.Field || element["action_id"] != blockkit.Field || element["type"] != "plain_text_input" {
		c.fault("the field is %v", b)
	}
	c.words(b["label"], 2000, "plain_text")
	if b["hint"] != nil {
		c.words(b["hint"], 2000, "plain_text")
	}
	if most, _ := element["max_length"].(float64); most < 1 || most > 3000 {
		c.fault("the field takes %v characters", most)
	}
}
