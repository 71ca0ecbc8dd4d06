package slack

import (
	"encoding/json"
	"regexp"
	"strings"
	"time"

	"github.com/slack-go/slack/slackevents"

	"dbbot/bot"
	"dbbot/ops"
)

// mention is slack-go's event without the blocks: they repeat the text, and one malformed block would lose it.
type mention struct {
	slackevents.AppMentionEvent
	Team        string          `json:"team"` // of the person, where slack-go's fields are empty
	Blocks      json.RawMessage `json:"blocks"`
	Attachments json.RawMessage `json:"attachments"`
	Files       json.RawMessage `json:"files"`
}

// opened is slack-go's event without the view, for the same reason.
type opened struct {
	slackevents.AppHomeOpenedEvent
	View json.RawMessage `json:"view"`
}

func decodeEvent(payload json.RawMessage, me self, at time.Time) (bot.Act, error) {
	var outer slackevents.EventsAPICallbackEvent
	if err := into(payload, &outer); err != nil {
		return bot.Act{}, err
	}
	if outer.Type != slackevents.CallbackEvent {
		return refuse(ignored, "event "+word(outer.Type))
	}
	if err := me.checkApp(outer.APIAppID); err != nil {
		return bot.Act{}, err
	}
	if err := me.checkAddress(outer); err != nil {
		return bot.Act{}, err
	}
	if outer.InnerEvent == nil {
		return refuse(malformed, "an event without its inside")
	}
	var kind struct{ Type string }
	if err := into(*outer.InnerEvent, &kind); err != nil {
		return bot.Act{}, err
	}
	switch slackevents.EventsAPIType(kind.Type) {
	case slackevents.AppMention:
		return decodeMention(*outer.InnerEvent, outer, me, at)
	case slackevents.AppHomeOpened:
		return decodeHome(*outer.InnerEvent, outer, me, at)
	default:
		return refuse(ignored, "event "+word(kind.Type))
	}
}

// checkAddress asks whether the event was meant for our installation. In a channel shared with another organisation
// team_id may be theirs; the authorizations then say for whom it was sent.
func (me self) checkAddress(outer slackevents.EventsAPICallbackEvent) error {
	for _, a := range outer.Authorizations {
		if me.checkTeam(a.TeamID, a.EnterpriseID) == nil {
			return nil
		}
	}
	if len(outer.Authorizations) > 0 {
		return &refusal{reason: unaddressed, detail: "no authorization of the event names our workspace"}
	}
	return me.checkTeam(outer.TeamID, outer.EnterpriseID)
}

// decodeMention reads "@dbbot status orders". What bots say is not a command, or two of them would talk for ever.
func decodeMention(inner json.RawMessage, outer slackevents.EventsAPICallbackEvent, me self, at time.Time) (bot.Act, error) {
	var p mention
	if err := into(inner, &p); err != nil {
		return bot.Act{}, err
	}
	if p.BotID != "" || p.User == me.user {
		return refuse(ignored, "a mention by a bot")
	}
	if p.User == "" || p.Channel == "" {
		return refuse(malformed, "a mention without a person or a channel")
	}
	if !sane(outer.EventID, p.User, p.Channel, p.ThreadTimeStamp) {
		return refuse(malformed, "a mention with names that are none")
	}
	return bot.Act{Invoke: &bot.Invoke{
		Key: key("event", outer.EventID), At: at, Text: typed(afterMention(p.Text, me.user)),
		Who: ops.PersonID{Team: firstOf(p.UserTeam, p.SourceTeam, p.Team, outer.TeamID, me.team), User: p.User},
		Origin: bot.Origin{
			Team: me.team, Channel: p.Channel, Direct: direct(p.Channel), Thread: p.ThreadTimeStamp,
		},
	}}, nil
}

// afterMention gives the words after the first mention of the bot, or those before it where none follow.
func afterMention(text, user string) string {
	at := regexp.MustCompile(`<@` + regexp.QuoteMeta(user) + `(\|[^>]*)?>`).FindStringIndex(text)
	if at == nil {
		return strings.TrimSpace(text)
	}
	return firstOf(strings.TrimSpace(text[at[1]:]), strings.TrimSpace(text[:at[0]]))
}

func decodeHome(inner json.RawMessage, outer slackevents.EventsAPICallbackEvent, me self, at time.Time) (bot.Act, error) {
	var p opened
	if err := into(inner, &p); err != nil {
		return bot.Act{}, err
	}
	if p.Tab != "" && p.Tab != "home" {
		return refuse(ignored, "another tab")
	}
	if p.User == "" {
		return refuse(malformed, "a home tab without a person")
	}
	if !sane(outer.EventID, p.User) {
		return refuse(malformed, "a home tab with names that are none")
	}
	return bot.Act{Home: &bot.Home{
		Key: key("event", outer.EventID), At: at,
		Who: ops.PersonID{Team: firstOf(outer.TeamID, me.team), User: p.User},
	}}, nil
}
