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
func decodeCommand(payload json.RawMessage, me self, at time.Time) (bot.Act, error) {
	var p slackgo.SlashCommand
	if err := into(payload, &p); err != nil {
		return bot.Act{}, err
	}
	if p.UserID == "" || p.Command == "" {
		return refuse(malformed, "a command without a name or a person")
	}
	if !sane(p.TriggerID, p.UserID, p.ChannelID) {
		return refuse(malformed, "a command with names that are none")
	}
	if err := me.checkApp(p.APIAppID); err != nil {
		return bot.Act{}, err
	}
	if err := me.checkTeam(p.TeamID, p.EnterpriseID); err != nil {
		return bot.Act{}, err
	}
	return bot.Act{Invoke: &bot.Invoke{
		Key: key("command", p.TriggerID), At: at, Text: typed(p.Text),
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
