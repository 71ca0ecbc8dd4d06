package slack

import (
	"encoding/json"
	"strings"
	"time"

	slackgo "github.com/slack-go/slack"

	"dbbot/bot"
	"dbbot/ops"
)

// decodeCommand reads a slash command. There is no thread in it: Slack does not run slash commands in threads.
func decodeCommand(payload json.RawMessage, me self, at time.Time) (act, error) {
	var p slackgo.SlashCommand
	if err := into(payload, &p); err != nil {
		return act{}, err
	}
	if p.UserID == "" || p.Command == "" {
		return refuse(malformed, "a command without a name or a person")
	}
	if err := me.checkApp(p.APIAppID); err != nil {
		return act{}, err
	}
	if err := me.checkTeam(p.TeamID, p.EnterpriseID); err != nil {
		return act{}, err
	}
	return act{invoke: &bot.Invoke{
		Key: key("command", p.TriggerID), At: at, Text: p.Text,
		Who: ops.PersonID{Team: firstOf(p.TeamID, me.team), User: p.UserID},
		Origin: bot.Origin{
			Team: me.team, Channel: p.ChannelID, Direct: direct(p.ChannelID),
			Respond: ops.Secret(p.ResponseURL), Trigger: ops.Secret(p.TriggerID),
		},
	}}, nil
}

// direct tells direct messages by their id. A slash command may come from one between two people, where the bot
// is not: posting there fails, and the answer goes to the person's own channel with the bot.
func direct(channel string) bool { return strings.HasPrefix(channel, "D") }
