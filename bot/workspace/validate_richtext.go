package workspace

// The rich_text tree: a block of sections, lists, quotes and preformatted text; each holds inline elements.

var (
	inlineStyle = shape{fields: map[string]rule{
		"bold": boolean{}, "italic": boolean{}, "strike": boolean{}, "code": boolean{}, "underline": boolean{},
	}}
	mentionStyle = shape{fields: with(inlineStyle.fields, map[string]rule{
		"highlight": boolean{}, "client_highlight": boolean{}, "unlink": boolean{},
	})}
	border = number{min: 0, max: 1, whole: true}
)

// maxInline bounds the elements of one section; Slack names no number, messages are bounded by their characters.
const maxInline = 10000

var inlineShapes = map[string]shape{
	"text":      {need: []string{"text"}, fields: map[string]rule{"text": words{min: 1, max: maxRichText}, "style": inlineStyle}},
	"link":      {need: []string{"url"}, fields: map[string]rule{"url": words{min: 1, max: 3000, form: webAddress}, "text": words{max: maxRichText}, "unsafe": boolean{}, "style": inlineStyle}},
	"user":      {need: []string{"user_id"}, fields: map[string]rule{"user_id": someID, "style": mentionStyle}},
	"usergroup": {need: []string{"usergroup_id"}, fields: map[string]rule{"usergroup_id": someID, "style": mentionStyle}},
	"channel":   {need: []string{"channel_id"}, fields: map[string]rule{"channel_id": someID, "style": mentionStyle}},
	"team":      {need: []string{"team_id"}, fields: map[string]rule{"team_id": someID, "style": mentionStyle}},
	"emoji": {need: []string{"name"}, fields: map[string]rule{
		"name": someID, "unicode": words{max: 255}, "url": words{max: 3000}, "skin_tone": number{min: 1, max: 6, whole: true}, "style": inlineStyle,
	}},
	"broadcast": {need: []string{"range"}, fields: map[string]rule{"range": choice{"here", "channel", "everyone"}, "style": inlineStyle}},
	"color":     {need: []string{"value"}, fields: map[string]rule{"value": words{min: 1, max: 32}, "style": inlineStyle}},
	"date": {need: []string{"timestamp", "format"}, fields: map[string]rule{
		"timestamp": number{min: 0, max: 1e12, whole: true}, "format": words{min: 1, max: 255}, "url": anchor, "fallback": words{max: maxRichText}, "style": inlineStyle,
	}},
}

// maxRichText bounds one inline text. Slack names no number of its own for it; all blocks together may hold
// 13,200 characters (see maxBlocksText).
const maxRichText = maxBlocksText

var (
	inline  = list{max: maxInline, of: typed{inlineShapes, []string{"text", "link", "user", "usergroup", "channel", "team", "emoji", "broadcast", "color", "date"}}}
	section = shape{need: []string{"elements"}, fields: map[string]rule{"elements": inline}}
)

var richShapes = map[string]shape{
	"rich_text_section": section,
	"rich_text_quote":   {need: []string{"elements"}, fields: map[string]rule{"elements": inline, "border": border}},
	"rich_text_preformatted": {need: []string{"elements"}, fields: map[string]rule{
		"elements": list{max: maxInline, of: typed{inlineShapes, []string{"text", "link"}}}, "border": border,
	}},
	"rich_text_list": {need: []string{"elements", "style"}, fields: map[string]rule{
		"elements": list{max: maxInline, of: typed{map[string]shape{"rich_text_section": section}, []string{"rich_text_section"}}},
		"style":    choice{"bullet", "ordered"}, "border": border,
		"indent": number{min: 0, max: 8, whole: true}, "offset": number{min: 0, max: 1e6, whole: true},
	}},
}

var richText = shape{need: []string{"elements"}, fields: map[string]rule{
	"block_id": blockID{},
	"elements": list{max: maxInline, of: typed{richShapes, []string{"rich_text_section", "rich_text_list", "rich_text_quote", "rich_text_preformatted"}}},
}}
