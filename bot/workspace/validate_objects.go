package workspace

import (
	"net/url"
	"time"
)

// The composition objects: texts, confirm dialogs, options, and the small rules that many elements share.
// Numbers: Slack's reference for each object, as gathered in slackblocks spec/limits.json.

const (
	anyText    = 3000 // a text object that no block limits further
	maxOptions = 100  // options of a select or a group, and groups of a select
)

// plain is a plain_text object of 1 to max code points; mrkdwn is refused in such a place.
func plain(limit int) rule { return typed{texts(limit), []string{"plain_text"}} }

// anyMarkup is a plain_text or a mrkdwn object.
func anyMarkup(limit int) rule { return typed{texts(limit), []string{"plain_text", "mrkdwn"}} }

func texts(limit int) map[string]shape {
	return map[string]shape{
		"plain_text": {need: []string{"text"}, fields: map[string]rule{"text": words{min: 1, max: limit}, "emoji": boolean{}}},
		"mrkdwn":     {need: []string{"text"}, fields: map[string]rule{"text": words{min: 1, max: limit}, "verbatim": boolean{}}},
	}
}

var (
	webAddress = &form{"url", isAddress}
	imageURL   = words{min: 1, max: 3000, form: &form{"http or https url", isWeb}}
	anchor     = words{max: 3000, form: webAddress}
	dateForm   = &form{"date (YYYY-MM-DD)", layout(time.DateOnly)}
	timeForm   = &form{"time (HH:mm)", layout("15:04")}
	zoneForm   = &form{"IANA time zone", func(s string) bool { _, err := time.LoadLocation(s); return err == nil }}
	style      = choice{"primary", "danger"}
	slackFile  = shape{fields: map[string]rule{"id": words{min: 1, max: 255}, "url": imageURL}, also: []relation{exactlyOne("id", "url")}}
	ids        = list{max: 100, of: words{min: 1, max: 255}}
)

func isAddress(s string) bool {
	u, err := url.Parse(s)
	return s == "" || err == nil && u.Scheme != ""
}

func isWeb(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

func layout(form string) func(string) bool {
	return func(s string) bool { _, err := time.Parse(form, s); return err == nil && len(s) == len(form) }
}

// confirmDialog asks before an element acts. The reference requires all four texts.
var confirmDialog = shape{
	need: []string{"title", "text", "confirm", "deny"},
	fields: map[string]rule{
		"title": plain(100), "text": anyMarkup(300), "confirm": plain(30), "deny": plain(30), "style": style,
	},
}

// option is one choice of a menu. Only checkboxes and radio buttons may use mrkdwn, only overflow menus a url.
func option(text, description rule, more map[string]rule) shape {
	fields := map[string]rule{"text": text, "value": words{max: 150}, "description": description}
	for name, r := range more {
		fields[name] = r
	}
	return shape{need: []string{"text", "value"}, fields: fields}
}

var (
	menuOption     = option(plain(75), plain(75), nil)
	tickOption     = option(anyMarkup(75), anyMarkup(75), nil)
	overflowOption = option(plain(75), plain(75), map[string]rule{"url": anchor})
	menuOptions    = list{min: 1, max: maxOptions, of: menuOption}
	optionGroups   = list{min: 1, max: maxOptions, of: shape{
		need:   []string{"label", "options"},
		fields: map[string]rule{"label": plain(75), "options": menuOptions},
	}}
)

// actionID names an element: at most 255 code points, once in its block.
type actionID struct{}

func (actionID) judge(j *judge, at string, value any) {
	words{max: 255}.judge(j, at, value)
	if s, _ := value.(string); s != "" {
		if j.actions[s] {
			j.fault(at, "`action_id` %q already exists", quoted(s))
		}
		j.actions[s] = true
	}
}

// blockID names a block: at most 255 code points, once in the document.
type blockID struct{}

func (blockID) judge(j *judge, at string, value any) {
	words{max: 255}.judge(j, at, value)
	if s, _ := value.(string); s != "" {
		if j.blockIDs[s] {
			j.fault(at, "`block_id` %q already exists", quoted(s))
		}
		j.blockIDs[s] = true
	}
}

// focusOnLoad is true for one element of a view at most.
type focusOnLoad struct{}

func (focusOnLoad) judge(j *judge, at string, value any) {
	boolean{}.judge(j, at, value)
	if value != true {
		return
	}
	if j.focus++; j.focus > 1 {
		j.fault(at, "only one element can have `focus_on_load`")
	}
}

// exactlyOne wants one of the named fields, and not two.
func exactlyOne(names ...string) relation {
	return func(j *judge, at string, object map[string]any) {
		if count(object, names) != 1 {
			j.fault(at, "must define exactly one of %s", ticked(names))
		}
	}
}

// atLeastOne wants one of the named fields or more.
func atLeastOne(names ...string) relation {
	return func(j *judge, at string, object map[string]any) {
		if count(object, names) == 0 {
			j.fault(at+"/type", "must define either %s", ticked(names))
		}
	}
}

// atMostOne allows the named fields, but not together.
func atMostOne(names ...string) relation {
	return func(j *judge, at string, object map[string]any) {
		if count(object, names) > 1 {
			j.fault(at, "must define only one of %s", ticked(names))
		}
	}
}

func count(object map[string]any, names []string) (n int) {
	for _, name := range names {
		if _, ok := object[name]; ok {
			n++
		}
	}
	return n
}

func ticked(names []string) string {
	text := ""
	for i, name := range names {
		if i > 0 {
			text += " or "
		}
		text += "`" + name + "`"
	}
	return text
}
