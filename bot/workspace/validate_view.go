package workspace

import "encoding/json"

// viewSize bounds a whole view in bytes (view_too_large).
const viewSize = 250_000

// viewFields are those a modal and a Home tab share.
var viewFields = map[string]rule{
	"private_metadata": words{max: 3000}, "callback_id": words{max: 255}, "external_id": words{max: 255},
	"blocks": viewBlocks{},
}

var viewShapes = map[string]shape{
	"modal": {
		need: []string{"title", "blocks"}, also: []relation{submitWithInputs},
		fields: with(viewFields, map[string]rule{
			"title": plain(24), "close": plain(24), "submit": plain(24), "clear_on_close": boolean{}, "notify_on_close": boolean{},
		}),
	},
	"home": {need: []string{"blocks"}, fields: viewFields},
}

// viewBlocks is the array of blocks inside a view.
type viewBlocks struct{}

func (viewBlocks) judge(j *judge, at string, value any) {
	if blocks, ok := value.([]any); ok && len(blocks) == 0 {
		j.fault(at, "no fewer than 1 items allowed")
		return
	}
	j.blocks(at, value)
}

// validateView judges the `view` of views.open, push, update and publish, or of a response_action. It returns
// nothing for a good view, else one sentence a fault for response_metadata.messages; Slack's error code with them
// is invalid_arguments.
func validateView(raw json.RawMessage) []string {
	value, ok := decodeJSON(raw)
	if !ok {
		return []string{"[ERROR] invalid JSON [json-pointer:/view]"}
	}
	surface := SurfaceModal
	if object, ok := value.(map[string]any); ok && object["type"] == "home" {
		surface = SurfaceHome
	}
	j := newJudge(surface)
	typed{viewShapes, []string{"modal", "home"}}.judge(j, "/view", value)
	return j.faults
}

// ValidateView is validateView for programs that want Slack's verdict before they send.
func ValidateView(view []byte) []string { return validateView(view) }

// submitWithInputs: a modal with an input block must have a submit button.
func submitWithInputs(j *judge, at string, view map[string]any) {
	if _, ok := view["submit"]; ok {
		return
	}
	blocks, _ := view["blocks"].([]any)
	for i, block := range blocks {
		if b, ok := block.(map[string]any); ok && b["type"] == "input" {
			j.fault(pointer(at+"/blocks", i)+"/input", "must define `submit` to use an `input` block in modals")
		}
	}
}
