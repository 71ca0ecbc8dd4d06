package workspace

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
)

// held is an element that people can press or fill in, the block it is in, and the outermost block around that.
type held struct {
	outer, block, element map[string]any
}

// identified gives every block a block_id and every interactive element an action_id where the app left it out, as
// Slack does. The blocks have been validated.
func identified(blocks json.RawMessage) json.RawMessage {
	value, _ := decodeJSON(blocks)
	list, _ := value.([]any)
	changed := false
	name := func(object map[string]any, id string) {
		if given, _ := object[id].(string); given == "" {
			object[id], changed = randomID(), true
		}
	}
	for _, item := range list {
		if block, ok := item.(map[string]any); ok {
			eachBlock(block, func(block map[string]any) { name(block, "block_id") })
			for _, one := range elementsIn(block) {
				name(one.element, "action_id")
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

// eachBlock visits a block and the blocks inside it: carousels, containers and layouts hold some.
func eachBlock(block map[string]any, visit func(map[string]any)) {
	visit(block)
	for _, inner := range innerBlocks(block) {
		eachBlock(inner, visit)
	}
}

func innerBlocks(block map[string]any) []map[string]any {
	var out []map[string]any
	add := func(item any) {
		if inner, ok := item.(map[string]any); ok {
			out = append(out, inner)
		}
	}
	items := func(value any) []any {
		list, _ := value.([]any)
		return list
	}
	switch block["type"] {
	case "carousel":
		for _, card := range items(block["elements"]) {
			add(card)
		}
	case "container":
		for _, child := range items(block["child_blocks"]) {
			add(child)
		}
	case "layout":
		for _, row := range items(block["rows"]) {
			fields, _ := row.(map[string]any)
			for _, item := range items(fields["items"]) {
				cell, _ := item.(map[string]any)
				add(cell["block"])
			}
		}
	}
	return out
}

// elementsIn lists what people can press or fill in, in a block and the blocks inside it.
func elementsIn(outer map[string]any) []held {
	var out []held
	eachBlock(outer, func(block map[string]any) {
		inner := innerBlocks(block)
		for _, value := range block {
			eachElement(value, func(element map[string]any) bool {
				nested := slices.ContainsFunc(inner, func(b map[string]any) bool { return same(b, element) })
				if !nested && interactive(element) {
					out = append(out, held{outer, block, element})
				}
				return nested
			})
		}
	})
	return out
}

// eachElement visits the objects in a value; skip says that an object is looked at elsewhere. Elements hold no others.
func eachElement(value any, visit func(map[string]any) (skip bool)) {
	switch value := value.(type) {
	case []any:
		for _, item := range value {
			eachElement(item, visit)
		}
	case map[string]any:
		if visit(value) || interactive(value) {
			return
		}
		for _, item := range value {
			eachElement(item, visit)
		}
	}
}

// same reports whether two objects are one object, not only equal.
func same(a, b map[string]any) bool {
	return reflect.ValueOf(a).Pointer() == reflect.ValueOf(b).Pointer()
}

// interactive reports whether an object is an element that takes part in block_actions or in a view's state.
func interactive(object map[string]any) bool {
	kind, _ := object["type"].(string)
	switch kind {
	case "button", "workflow_button", "icon_button", "feedback_buttons", "overflow", "checkboxes", "radio_buttons", "datepicker",
		"timepicker", "datetimepicker":
		return true
	}
	return strings.HasSuffix(kind, "_select") || strings.HasSuffix(kind, "_input")
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
