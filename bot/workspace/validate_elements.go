package workspace

import "maps"

// The block elements: what may be pressed, chosen, typed or looked at inside a block.

// selects share a placeholder; interactive elements an action_id and a confirm dialog.
var (
	pressable = map[string]rule{"action_id": actionID{}, "confirm": confirmDialog}
	focusable = map[string]rule{"action_id": actionID{}, "confirm": confirmDialog, "focus_on_load": focusOnLoad{}}
	menu      = with(focusable, map[string]rule{"placeholder": plain(150)})
	multi     = with(menu, map[string]rule{"max_selected_items": number{min: 1, max: 1000, whole: true}})
	typing    = map[string]rule{
		"action_id": actionID{}, "placeholder": plain(150), "focus_on_load": focusOnLoad{}, "dispatch_action_config": dispatchConfig,
	}
	dispatchConfig = shape{fields: map[string]rule{
		"trigger_actions_on": list{min: 1, max: 2, of: choice{"on_enter_pressed", "on_character_entered"}},
	}}
	conversationFilter = shape{
		fields: map[string]rule{
			"include":                          list{min: 1, max: 4, of: choice{"im", "mpim", "private", "public"}},
			"exclude_external_shared_channels": boolean{}, "exclude_bot_users": boolean{},
		},
		also: []relation{atLeastOne("include", "exclude_external_shared_channels", "exclude_bot_users")},
	}
	queryLength  = number{min: 0, max: 150, whole: true}
	responseURL  = onlyIn{surface: SurfaceModal, rule: boolean{}}
	someID       = words{min: 1, max: 255}
	feedbackSide = shape{
		need:   []string{"text", "value"},
		fields: map[string]rule{"text": plain(75), "value": words{max: 2000}, "accessibility_label": words{max: 75}},
	}
	workflow = shape{need: []string{"trigger"}, fields: map[string]rule{"trigger": shape{
		need: []string{"url"},
		fields: map[string]rule{"url": anchor, "customizable_input_parameters": list{max: 100, of: shape{
			need: []string{"name", "value"}, fields: map[string]rule{"name": someID, "value": words{max: 3000}},
		}}},
	}}}
)

// with adds fields to a set that several elements share.
func with(shared, own map[string]rule) map[string]rule {
	all := maps.Clone(shared)
	maps.Copy(all, own)
	return all
}

// onlyIn allows a field on one surface.
type onlyIn struct {
	surface Surface
	rule    rule
}

func (o onlyIn) judge(j *judge, at string, value any) {
	if j.surface != o.surface {
		j.fault(at, "only allowed in a %s", o.surface)
		return
	}
	o.rule.judge(j, at, value)
}

// Which elements may stand where.
var (
	chooseElements = []string{
		"checkboxes", "datepicker", "radio_buttons", "timepicker",
		"static_select", "external_select", "users_select", "conversations_select", "channels_select",
		"multi_static_select", "multi_external_select", "multi_users_select", "multi_conversations_select", "multi_channels_select",
	}
	accessories    = append([]string{"button", "image", "overflow", "workflow_button"}, chooseElements...)
	actionElements = append([]string{"button", "overflow", "workflow_button", "datetimepicker", "rich_text_input"}, chooseElements...)
	inputElements  = append([]string{
		"plain_text_input", "rich_text_input", "email_text_input", "url_text_input", "number_input", "datetimepicker", "file_input",
	}, chooseElements...)
)

var elementShapes = map[string]shape{
	"button": {need: []string{"text"}, fields: with(pressable, map[string]rule{
		"text": plain(75), "url": anchor, "value": words{max: 2000}, "style": style, "accessibility_label": words{max: 75},
		"visible_to_user_ids": visibleTo,
	})},
	"workflow_button": {need: []string{"text", "workflow"}, fields: with(pressable, map[string]rule{
		"text": plain(75), "workflow": workflow, "style": style, "accessibility_label": words{max: 75},
	})},
	"icon_button": {need: []string{"icon", "text"}, fields: with(pressable, map[string]rule{
		"icon": choice{"trash"}, "text": plain(75), "value": words{max: 2000}, "accessibility_label": words{max: 75},
		"visible_to_user_ids": visibleTo,
	})},
	"feedback_buttons": {need: []string{"positive_button", "negative_button"}, fields: map[string]rule{
		"action_id": actionID{}, "positive_button": feedbackSide, "negative_button": feedbackSide,
	}},
	"image": imageElement,
	"overflow": {need: []string{"options"}, fields: with(pressable, map[string]rule{
		"options": list{min: 1, max: 5, of: overflowOption},
	})},

	"checkboxes": {need: []string{"options"}, also: []relation{initialAmongOptions}, fields: with(focusable, map[string]rule{
		"options": list{min: 1, max: 10, of: tickOption}, "initial_options": list{min: 1, max: 10, of: tickOption},
		"visible_to_user_ids": visibleTo,
	})},
	"radio_buttons": {need: []string{"options"}, also: []relation{initialAmongOptions}, fields: with(focusable, map[string]rule{
		"options": list{min: 1, max: 10, of: tickOption}, "initial_option": tickOption,
	})},
	"datepicker":     {fields: with(menu, map[string]rule{"initial_date": words{max: 10, form: dateForm}})},
	"timepicker":     {fields: with(menu, map[string]rule{"initial_time": words{max: 5, form: timeForm}, "timezone": words{max: 255, form: zoneForm}})},
	"datetimepicker": {fields: with(focusable, map[string]rule{"initial_date_time": number{min: 1e9, max: 9999999999, whole: true}})},

	"static_select": {also: []relation{exactlyOne("options", "option_groups"), initialAmongOptions}, fields: with(menu, map[string]rule{
		"options": menuOptions, "option_groups": optionGroups, "initial_option": menuOption,
	})},
	"multi_static_select": {also: []relation{exactlyOne("options", "option_groups"), initialAmongOptions}, fields: with(multi, map[string]rule{
		"options": menuOptions, "option_groups": optionGroups, "initial_options": menuOptions,
	})},
	"external_select":       {fields: with(menu, map[string]rule{"initial_option": menuOption, "min_query_length": queryLength})},
	"multi_external_select": {fields: with(multi, map[string]rule{"initial_options": menuOptions, "min_query_length": queryLength})},
	"users_select":          {fields: with(menu, map[string]rule{"initial_user": someID})},
	"multi_users_select":    {fields: with(multi, map[string]rule{"initial_users": ids})},
	"channels_select":       {fields: with(menu, map[string]rule{"initial_channel": someID, "response_url_enabled": responseURL})},
	"multi_channels_select": {fields: with(multi, map[string]rule{"initial_channels": ids})},
	"conversations_select": {fields: with(menu, map[string]rule{
		"initial_conversation": someID, "default_to_current_conversation": boolean{}, "filter": conversationFilter,
		"response_url_enabled": responseURL,
	})},
	"multi_conversations_select": {fields: with(multi, map[string]rule{
		"initial_conversations": ids, "default_to_current_conversation": boolean{}, "filter": conversationFilter,
	})},

	"plain_text_input": {also: []relation{inOrder("min_length", "max_length")}, fields: with(typing, map[string]rule{
		"initial_value": words{max: 3000}, "multiline": boolean{},
		"min_length": number{min: 0, max: 3000, whole: true}, "max_length": number{min: 1, max: 3000, whole: true},
	})},
	"rich_text_input": {also: []relation{inOrder("min_lines", "max_lines")}, fields: with(typing, map[string]rule{
		"initial_value": richTextOnly,
		"min_lines":     number{min: 1, max: 100, whole: true}, "max_lines": number{min: 1, max: 100, whole: true},
	})},
	"email_text_input": {fields: with(typing, map[string]rule{"initial_value": words{max: 3000}})},
	"url_text_input":   {fields: with(typing, map[string]rule{"initial_value": words{max: 3000}})},
	"number_input": {
		need: []string{"is_decimal_allowed"}, also: []relation{numbersInOrder},
		fields: with(typing, map[string]rule{
			"is_decimal_allowed": boolean{}, "initial_value": words{max: 255}, "min_value": words{max: 255}, "max_value": words{max: 255},
		}),
	},
	"file_input": {fields: map[string]rule{
		"action_id": actionID{}, "filetypes": list{min: 1, max: 100, of: words{min: 1, max: 32}}, "max_files": number{min: 1, max: 10, whole: true},
	}},
}

var (
	imageElement = shape{
		need: []string{"alt_text"}, also: []relation{exactlyOne("image_url", "slack_file")},
		fields: map[string]rule{"alt_text": words{max: 2000}, "image_url": imageURL, "slack_file": slackFile},
	}
	visibleTo = list{min: 1, max: 10, of: someID}
)
