package workspace

import "slices"

// The blocks themselves, with the surfaces that allow each. Sources: Slack's block reference and @slack/types.

type blockRules struct {
	on []Surface // none: everywhere
	shape
}

func (b blockRules) allows(surface Surface) bool {
	return len(b.on) == 0 || slices.Contains(b.on, surface)
}

var inMessages = []Surface{SurfaceMessage}

// block completes a shape with what every block may carry.
func block(need []string, fields map[string]rule, also ...relation) shape {
	return shape{need: need, fields: with(map[string]rule{"block_id": blockID{}}, fields), also: also}
}

func elementsOf(least, limit int, allowed ...string) rule {
	return list{min: least, max: limit, of: typed{elementShapes, allowed}}
}

var contextShapes = textOrImage()

func textOrImage() map[string]shape {
	shapes := texts(anyText)
	shapes["image"] = imageElement
	return shapes
}

var anImage = typed{map[string]shape{"image": imageElement}, []string{"image"}}

// stableBlocks may stand inside a container or be the fallback of a layout.
var stableBlocks = []string{
	"actions", "context", "divider", "file", "header", "image", "input", "rich_text", "section", "table", "video",
}

// layoutItem is one cell of a layout's row. A layout inside a layout is refused.
var layoutItem = shape{need: []string{"block"}, fields: map[string]rule{
	"block": anyBlock{nested: append([]string{"alert", "card", "carousel", "container", "data_table", "data_visualization"}, stableBlocks...)},
	"width": choice{"narrow", "standard", "wide"}, "horizontal_alignment": choice{"start", "center", "end"},
}}

var blockShapes = map[string]blockRules{
	"section": {shape: block(nil, map[string]rule{
		"text": anyMarkup(3000), "fields": list{min: 1, max: 10, of: anyMarkup(2000)}, "expand": boolean{},
		"accessory": typed{elementShapes, accessories},
	}, atLeastOne("text", "fields"))},
	"header": {shape: block([]string{"text"}, map[string]rule{
		"text": plain(150), "level": number{min: 1, max: 4, whole: true},
	})},
	"divider": {shape: block(nil, nil)},
	"image": {shape: block([]string{"alt_text"}, map[string]rule{
		"alt_text": words{max: 2000}, "image_url": imageURL, "slack_file": slackFile, "title": plain(2000),
	}, exactlyOne("image_url", "slack_file"))},
	"context": {shape: block([]string{"elements"}, map[string]rule{
		"elements": list{min: 1, max: 10, of: typed{contextShapes, []string{"plain_text", "mrkdwn", "image"}}},
	})},
	"context_actions": {on: inMessages, shape: block([]string{"elements"}, map[string]rule{
		"elements": elementsOf(1, 5, "feedback_buttons", "icon_button"),
	})},
	"actions": {shape: block([]string{"elements"}, map[string]rule{"elements": elementsOf(1, 25, actionElements...)})},
	"input": {shape: block([]string{"label", "element"}, map[string]rule{
		"label": plain(2000), "hint": plain(2000), "optional": boolean{}, "dispatch_action": boolean{},
		"element": typed{elementShapes, inputElements},
	}, fileInputInModalOnly)},
	"markdown":  {on: inMessages, shape: block([]string{"text"}, map[string]rule{"text": words{min: 1, max: maxMarkdown}}, markdownTogether)},
	"rich_text": {shape: richText},
	"file": {on: inMessages, shape: block([]string{"external_id", "source"}, map[string]rule{
		"external_id": someID, "source": choice{"remote"},
	})},
	"call": {on: inMessages, shape: block([]string{"call_id"}, map[string]rule{"call_id": someID, "api_decoration_available": boolean{}})},
	"video": {shape: block([]string{"alt_text", "title", "thumbnail_url", "video_url"}, map[string]rule{
		"alt_text": words{min: 1, max: 200}, "title": plain(200), "title_url": words{min: 1, max: 3000, form: httpsForm},
		"thumbnail_url": imageURL, "video_url": words{min: 1, max: 3000, form: httpsForm}, "description": plain(200),
		"author_name": words{max: 50}, "provider_name": words{max: 50}, "provider_icon_url": imageURL,
	})},

	"alert": {on: []Surface{SurfaceModal}, shape: block([]string{"text"}, map[string]rule{
		"text": anyMarkup(200), "level": choice{"default", "info", "warning", "error", "success"},
	})},
	"card": {shape: card},
	"carousel": {shape: block([]string{"elements"}, map[string]rule{
		"elements": list{min: 1, max: 10, of: anyBlock{nested: []string{"card"}}},
	})},
	"container": {shape: block([]string{"child_blocks"}, map[string]rule{
		"title": plain(150), "rich_text_title": richTextOnly,
		"subtitle": anyMarkup(150), "icon": anImage, "width": choice{"narrow", "standard", "wide", "full"},
		"is_collapsible": boolean{}, "default_collapsed": boolean{}, "has_header_divider": boolean{},
		"child_blocks": list{min: 1, max: 10, of: anyBlock{nested: stableBlocks}},
	}, atLeastOne("title", "rich_text_title"), collapsible)},

	"layout": {shape: block([]string{"label", "rows"}, map[string]rule{
		"label": words{min: 1, max: 150}, "is_label_visible": boolean{}, "grid_lines": choice{"none", "rows", "outer"},
		"rows":     list{min: 1, max: 5, of: shape{need: []string{"items"}, fields: map[string]rule{"items": list{min: 1, max: 3, of: layoutItem}}}},
		"fallback": list{max: maxMessageBlocks, of: anyBlock{nested: stableBlocks}},
	})},

	"table":      {on: inMessages, shape: tableBlock},
	"data_table": {on: inMessages, shape: dataTable},
	"data_visualization": {on: inMessages, shape: block([]string{"title", "chart"}, map[string]rule{
		"title": words{min: 1, max: 50}, "chart": typed{chartShapes, []string{"pie", "bar", "area", "line"}},
	})},
	"task_card": {on: inMessages, shape: taskCard},
	"plan": {on: inMessages, shape: block([]string{"title"}, map[string]rule{
		"title": words{min: 1, max: 3000}, "tasks": list{max: 100, of: anyBlock{nested: []string{"task_card"}}},
	})},
}
