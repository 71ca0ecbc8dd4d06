package workspace

import "unicode/utf8"

// Tables, charts, cards and tasks: the blocks with a structure of their own.

// Limits of tables: Slack's table and data_table references.
const (
	maxTableText     = 10000 // all cells of a table together
	maxDataTableText = 20000
)

var httpsForm = &form{"https url", func(s string) bool { return isWeb(s) && len(s) > 8 && s[:8] == "https://" }}

var plainCells = map[string]shape{
	"raw_text":   rawText,
	"raw_number": rawNumber,
}

var (
	rawText   = shape{need: []string{"text"}, fields: map[string]rule{"text": words{min: 1, max: maxDataTableText}}}
	rawNumber = shape{need: []string{"value", "text"}, fields: map[string]rule{
		"value": number{min: -1e300, max: 1e300}, "text": words{min: 1, max: 255},
	}}
)

var cellShapes = map[string]shape{
	"raw_text": rawText, "raw_number": rawNumber, "rich_text": richText,
	"action_cell": {need: []string{"element"}, fields: map[string]rule{
		"element": typed{elementShapes, []string{"button"}}, "fallback": typed{plainCells, []string{"raw_text", "raw_number"}},
	}},
}

// tableBlock: 100 rows of 20 cells, one such block in a message.
var tableBlock = block([]string{"rows"}, map[string]rule{
	"rows": list{min: 1, max: 100, of: list{min: 1, max: 20, of: typed{cellShapes, []string{"raw_text", "raw_number", "rich_text"}}}},
	"column_settings": list{max: 20, of: shape{fields: map[string]rule{
		"align": choice{"left", "center", "right"}, "is_wrapped": boolean{},
	}}},
}, oneTable, cellText(maxTableText))

var dataTable = block([]string{"caption", "rows"}, map[string]rule{
	"caption": words{min: 1, max: 3000}, "page_size": number{min: 1, max: 100, whole: true},
	"row_header_column_index": number{min: 0, max: 19, whole: true},
	"rows":                    list{min: 2, max: 201, of: list{min: 1, max: 20, of: typed{cellShapes, []string{"raw_text", "raw_number", "rich_text", "action_cell"}}}},
}, oneTable, cellText(maxDataTableText), headerOfRawText, equalRows)

// oneTable: Slack allows one table in a message, of either kind.
func oneTable(j *judge, at string, _ map[string]any) {
	if j.tables++; j.tables > 1 {
		j.fault(at, "only_one_table_allowed")
	}
}

func cellText(limit int) relation {
	return func(j *judge, at string, object map[string]any) {
		if textLength(object["rows"]) > limit {
			j.fault(at+"/rows", "must be less than %d characters in all cells", limit+1)
		}
	}
}

func headerOfRawText(j *judge, at string, object map[string]any) {
	rows, _ := object["rows"].([]any)
	if len(rows) == 0 {
		return
	}
	header, _ := rows[0].([]any)
	for i, cell := range header {
		if c, ok := cell.(map[string]any); ok && c["type"] != "raw_text" {
			j.fault(pointer(at+"/rows/0", i)+"/type", "header cells must be raw_text")
		}
	}
}

func equalRows(j *judge, at string, object map[string]any) {
	rows, _ := object["rows"].([]any)
	width := -1
	for i, row := range rows {
		cells, ok := row.([]any)
		if !ok {
			continue
		}
		if width < 0 {
			width = len(cells)
		}
		if len(cells) != width {
			j.fault(pointer(at+"/rows", i), "must have %d cells like the first row", width)
		}
	}
}

// markdownTogether: the limit of a markdown block counts for all of them in one payload.
func markdownTogether(j *judge, at string, object map[string]any) {
	s, _ := object["text"].(string)
	before := j.markdown
	j.markdown += utf8.RuneCountInString(s)
	if before > 0 && before <= maxMarkdown && j.markdown > maxMarkdown {
		j.fault(at+"/text", "all markdown blocks must be less than %d characters", maxMarkdown+1)
	}
}

func fileInputInModalOnly(j *judge, at string, object map[string]any) {
	element, _ := object["element"].(map[string]any)
	if element["type"] == "file_input" && j.surface != SurfaceModal {
		j.fault(at+"/element/type", "unsupported type: file_input")
	}
}

func collapsible(j *judge, at string, object map[string]any) {
	if object["default_collapsed"] == true && object["is_collapsible"] != true {
		j.fault(at+"/default_collapsed", "requires `is_collapsible`")
	}
	if object["has_header_divider"] == true && object["is_collapsible"] == true {
		j.fault(at+"/has_header_divider", "not allowed with `is_collapsible`")
	}
}

var card = block(nil, map[string]rule{
	"hero_image": anImage, "icon": anImage, "slack_icon": shape{need: []string{"name"}, fields: map[string]rule{"name": someID}},
	"title": anyMarkup(150), "subtitle": anyMarkup(150), "body": anyMarkup(200), "subtext": anyMarkup(200),
	"actions": elementsOf(1, 3, "button"),
}, atLeastOne("hero_image", "title", "actions", "body"), atMostOne("icon", "slack_icon"))

var taskCard = block([]string{"task_id", "title", "status"}, map[string]rule{
	"task_id": someID, "title": words{min: 1, max: 3000}, "status": choice{"pending", "in_progress", "complete", "error"},
	"details": richTextOnly, "output": richTextOnly,
	"sources": list{max: 100, of: typed{map[string]shape{"url": {
		need: []string{"url", "text"}, fields: map[string]rule{"url": words{min: 1, max: 3000, form: webAddress}, "text": words{min: 1, max: 3000}},
	}}, []string{"url"}}},
})

var richTextOnly = typed{map[string]shape{"rich_text": richText}, []string{"rich_text"}}

// Charts. Where sources differ (6 or 12 segments and series) the larger number of slackblocks' list stands.
var (
	chartLabel  = words{min: 1, max: 20}
	chartSeries = list{min: 1, max: 12, of: shape{need: []string{"name", "data"}, fields: map[string]rule{
		"name": chartLabel,
		"data": list{min: 1, max: 20, of: shape{need: []string{"label", "value"}, fields: map[string]rule{
			"label": chartLabel, "value": number{min: -1e300, max: 1e300},
		}}},
	}}}
	axisConfig = shape{need: []string{"categories"}, fields: map[string]rule{
		"categories": list{min: 1, max: 20, of: chartLabel}, "x_label": words{max: 50}, "y_label": words{max: 50},
	}}
	axisChart = shape{need: []string{"series", "axis_config"}, also: []relation{pointsMatchCategories}, fields: map[string]rule{
		"series": chartSeries, "axis_config": axisConfig,
	}}
)

var chartShapes = map[string]shape{
	"pie": {need: []string{"segments"}, fields: map[string]rule{
		"segments": list{min: 1, max: 12, of: shape{need: []string{"label", "value"}, fields: map[string]rule{
			"label": chartLabel, "value": number{max: 1e300, positive: true},
		}}},
	}},
	"bar": axisChart, "area": axisChart, "line": axisChart,
}

// pointsMatchCategories: each series has exactly one point for every category, and no name twice.
func pointsMatchCategories(j *judge, at string, chart map[string]any) {
	axis, _ := chart["axis_config"].(map[string]any)
	categories := labels(axis["categories"], "")
	series, _ := chart["series"].([]any)
	names := map[string]bool{}
	for i, one := range series {
		s, _ := one.(map[string]any)
		here := pointer(at+"/series", i)
		if name, ok := s["name"].(string); ok {
			if names[name] {
				j.fault(here+"/name", "must be unique among the series")
			}
			names[name] = true
		}
		points := labels(s["data"], "label")
		if len(points) != len(categories) || !subset(points, categories) {
			j.fault(here+"/data", "must have exactly one point for every category")
		}
	}
}

// labels is the set of strings in an array, or of one field of its objects.
func labels(value any, field string) map[string]bool {
	items, _ := value.([]any)
	set := map[string]bool{}
	for _, item := range items {
		if o, ok := item.(map[string]any); ok && field != "" {
			item = o[field]
		}
		if s, ok := item.(string); ok {
			set[s] = true
		}
	}
	return set
}

func subset(small, large map[string]bool) bool {
	for s := range small {
		if !large[s] {
			return false
		}
	}
	return true
}
