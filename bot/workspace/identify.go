package workspace

import (
	"encoding/json"
	"math/rand/v2"
)

// identified gives every block a block_id and every interactive element an action_id where the app left it out, as
// Slack does. The blocks have been validated.
func identified(blocks json.RawMessage) json.RawMessage {
	value, _ := decodeJSON(blocks)
	list, _ := value.([]any)
	changed := false
	for _, item := range list {
		block, _ := item.(map[string]any)
		if block == nil {
			continue
		}
		if id, _ := block["block_id"].(string); id == "" {
			block["block_id"], changed = randomID(), true
		}
		for _, element := range elementsIn(block) {
			if id, _ := element["action_id"].(string); id == "" && interactive(element) {
				element["action_id"], changed = randomID(), true
			}
		}
	}
	if !changed {
		return blocks
	}
	out, err := json.Marshal(list)
	if err != nil {
		return blocks
	}
	return out
}

// elementsIn lists the elements a block holds at first hand: what people can press or choose.
func elementsIn(block map[string]any) []map[string]any {
	var out []map[string]any
	add := func(item any) {
		if element, ok := item.(map[string]any); ok {
			out = append(out, element)
		}
	}
	add(block["accessory"])
	add(block["element"])
	for _, list := range []string{"elements", "actions"} {
		items, _ := block[list].([]any)
		for _, item := range items {
			add(item)
		}
	}
	nested, _ := block["elements"].([]any)
	children, _ := block["child_blocks"].([]any)
	for _, item := range append(nested, children...) { // carousels and containers hold blocks
		if inner, ok := item.(map[string]any); ok && (inner["actions"] != nil || inner["elements"] != nil || inner["accessory"] != nil) {
			out = append(out, elementsIn(inner)...)
		}
	}
	return out
}

// interactive reports whether an element takes part in block_actions.
func interactive(element map[string]any) bool {
	switch kind, _ := element["type"].(string); kind {
	case "", "image", "mrkdwn", "plain_text", "rich_text_section", "rich_text_list", "rich_text_quote", "rich_text_preformatted",
		"url", "card":
		return false
	}
	return true
}

const idAlphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

// randomID is a short id in the form that Slack makes up: five letters and digits.
func randomID() string {
	var out [5]byte
	for i := range out {
		out[i] = idAlphabet[rand.IntN(len(idAlphabet))]
	}
	return string(out[:])
}
