package slack

import (
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	slackgo "github.com/slack-go/slack"

	"dbbot/bot"
	"dbbot/ops"
)

// callback drops the methods of slack-go's type: its decoder takes an action without block_id for one of the old
// attachments and loses its action_id, and gives up on the whole click for one malformed block in the message.
type callback slackgo.InteractionCallback

// interaction is slack-go's payload with the parts that it decodes too strictly put aside; a field here hides the
// one of the same name below.
type interaction struct {
	callback
	Actions         []slackgo.BlockAction `json:"actions"`
	AuthorizedUsers []string              `json:"authorized_users"` // slack-go has no such field
	Message         struct {
		Thread string `json:"thread_ts"`
	} `json:"message"`
	OriginalMessage json.RawMessage `json:"original_message"`
	View            json.RawMessage `json:"view"`
	RawState        json.RawMessage `json:"state"`
}

// decodeInteraction reads the press of a button, or a form that was sent. The person's team is their own, not ours: in a
// channel shared with another organisation its people can press our buttons, and policy must see who they are.
func decodeInteraction(payload json.RawMessage, me self, at time.Time) (bot.Act, error) {
	var p interaction
	if err := into(payload, &p); err != nil {
		return bot.Act{}, err
	}
	if p.Type != slackgo.InteractionTypeBlockActions && p.Type != slackgo.InteractionTypeViewSubmission {
		return refuse(ignored, "interaction "+word(string(p.Type)))
	}
	if err := p.check(me); err != nil {
		return bot.Act{}, err
	}
	if p.Type == slackgo.InteractionTypeViewSubmission {
		return p.form(me, at)
	}
	return p.press(me, at)
}

// check asks whether a person of Slack's did something that was meant for us.
func (p *interaction) check(me self) error {
	if p.User.ID == "" || !sane(p.User.ID, p.User.TeamID) {
		return &refusal{reason: malformed, detail: "an interaction without a person"}
	}
	if err := me.checkApp(p.APIAppID); err != nil {
		return err
	}
	if err := me.checkTeam(p.Team.ID, p.Enterprise.ID); err != nil {
		return err
	}
	if names := p.AuthorizedUsers; len(names) > 0 && !slices.Contains(names, p.User.ID) && !slices.Contains(names, me.user) {
		return &refusal{reason: unaddressed, detail: "an interaction by somebody whom Slack does not list as authorised"}
	}
	return nil
}

func (p *interaction) who(me self) ops.PersonID {
	return ops.PersonID{Team: firstOf(p.User.TeamID, p.Team.ID, me.team), User: p.User.ID}
}

// maxToken is as long as Slack lets the value of a button be, in characters.
const maxToken = 2000

// press reads a button. One press is one action: Slack sends several only for inputs that dispatch together, which
// buttons do not.
func (p *interaction) press(me self, at time.Time) (bot.Act, error) {
	if len(p.Actions) == 0 {
		return refuse(malformed, "a click without an action")
	}
	action := p.Actions[0]
	if action.Type != "button" {
		return refuse(ignored, "action "+word(string(action.Type)))
	}
	name, _, _ := strings.Cut(action.ActionID, ":")
	channel := firstOf(p.Channel.ID, p.Container.ChannelID)
	where := firstOf(p.Container.MessageTs, p.MessageTs, p.Container.ViewID)
	moment := firstOf(action.ActionTs, p.ActionTs)
	thread := firstOf(p.Container.ThreadTs, p.Message.Thread)
	if !sane(channel, where, moment, thread) || len(name) > maxID || len(action.Value) > maxToken || !utf8.ValidString(name) {
		return refuse(malformed, "a click with names that are none")
	}
	return bot.Act{Click: &bot.Click{
		Key: key("click", firstOf(channel, "home"), where, moment, p.User.ID), At: at,
		Who: p.who(me), Button: typed(name), Token: typed(action.Value),
		Origin: bot.Origin{
			Team: me.team, Channel: channel, Direct: direct(channel),
			Thread: thread, Message: p.Container.MessageTs, Ephemeral: p.Container.IsEphemeral,
			Respond: ops.Secret(p.ResponseURL), Trigger: ops.Secret(p.TriggerID),
		},
	}}, nil
}
