package slack

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

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

// decodeInteraction reads the press of a button. The person's team is their own, not ours: in a channel shared with
// another organisation its people can press our buttons, and policy must see who they are.
func decodeInteraction(payload json.RawMessage, me self, at time.Time) (act, error) {
	var p interaction
	if err := into(payload, &p); err != nil {
		return act{}, err
	}
	if p.Type != slackgo.InteractionTypeBlockActions {
		return refuse(ignored, "interaction "+ops.Printable(string(p.Type), 40))
	}
	if len(p.Actions) == 0 || p.User.ID == "" {
		return refuse(malformed, "a click without an action or a person")
	}
	if err := me.checkApp(p.APIAppID); err != nil {
		return act{}, err
	}
	if err := me.checkTeam(p.Team.ID, p.Enterprise.ID); err != nil {
		return act{}, err
	}
	if names := p.AuthorizedUsers; len(names) > 0 && !slices.Contains(names, p.User.ID) && !slices.Contains(names, me.user) {
		return refuse(unaddressed, "a click by somebody whom Slack does not list as authorised")
	}
	if p.Actions[0].Type != "button" {
		return refuse(ignored, "action "+ops.Printable(string(p.Actions[0].Type), 40))
	}
	return act{click: p.click(me, at)}, nil
}

func (p *interaction) click(me self, at time.Time) *bot.Click {
	// One press is one action: Slack sends several only for inputs that dispatch together, which buttons do not.
	action := p.Actions[0]
	name, _, _ := strings.Cut(action.ActionID, ":")
	channel := firstOf(p.Channel.ID, p.Container.ChannelID)
	where := firstOf(p.Container.MessageTs, p.MessageTs, p.Container.ViewID)
	return &bot.Click{
		Key: key("click", firstOf(channel, "home"), where, firstOf(action.ActionTs, p.ActionTs), p.User.ID), At: at,
		Who:    ops.PersonID{Team: firstOf(p.User.TeamID, p.Team.ID, me.team), User: p.User.ID},
		Button: name, Token: action.Value,
		Origin: bot.Origin{
			Team: me.team, Channel: channel, Direct: direct(channel),
			Thread: firstOf(p.Container.ThreadTs, p.Message.Thread), Message: p.Container.MessageTs, Ephemeral: p.Container.IsEphemeral,
			Respond: ops.Secret(p.ResponseURL), Trigger: ops.Secret(p.TriggerID),
		},
	}
}
