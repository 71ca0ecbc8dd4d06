package slack

import (
	"context"
	"errors"
	"slices"
	"strings"

	"dbbot/ops"
)

// Identity is who the tokens belong to, as Slack says.
type Identity struct {
	Team       string
	TeamName   string
	Enterprise string // the organisation, where the app is installed for all of it
	BotUser    string
	Scopes     []string // granted to the bot token
	Missing    []string // scopes that dbbot needs and the bot token lacks
}

// needs is every Web API method this package calls with the bot token, and every kind of envelope it acts upon, with
// the scopes that Slack documents for it, blanks between them. manifest.yml asks for these scopes and no others.
var needs = map[string]string{
	"auth.test":                    "", // any token
	"chat.getPermalink":            "", // any bot token
	"chat.postMessage":             "chat:write",
	"chat.postEphemeral":           "chat:write",
	"chat.update":                  "chat:write",
	"conversations.history":        "channels:history groups:history im:history", // by the kind of channel
	"conversations.info":           "channels:read groups:read",                  // by the kind of channel
	"conversations.open":           "im:write",
	"conversations.replies":        "channels:history groups:history im:history", // by the kind of channel
	"files.completeUploadExternal": "files:write",
	"files.getUploadURLExternal":   "files:write",
	"usergroups.users.list":        "usergroups:read",
	"users.info":                   "users:read",
	"views.open":                   "", // any bot token
	"views.publish":                "", // any bot token
	"slash command":                "commands",
	"app_mention":                  "app_mentions:read",
	"app_home_opened":              "", // no scope
}

// Scopes lists what the bot token must be granted, in alphabetical order. The app-level token needs
// connections:write beside it.
func Scopes() (out []string) {
	for _, scopes := range needs {
		out = append(out, strings.Fields(scopes)...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Events lists the bot events to subscribe to.
func Events() []string { return []string{"app_home_opened", "app_mention"} }

// Examine asks Slack whom the bot token belongs to. Errors are *ops.Error.
func (c *Client) Examine(ctx context.Context) (Identity, error) { return c.identify(ctx) }

// Connects is nil where the app-level token opens connections: one is open, or Slack gives an address for one, which is
// then not used. Errors are *ops.Error.
func (c *Client) Connects(ctx context.Context) error {
	if c.status.open() > 0 {
		return nil
	}
	_, err := c.ticket(ctx)
	return err
}

// identify is auth.test, and keeps what it said.
func (c *Client) identify(ctx context.Context) (Identity, error) {
	answer, err := c.web.AuthTestContext(ctx)
	if err == nil && answer.TeamID == "" {
		err = errors.New("the answer names no team") // slack-go takes ok:false without a code for success
	}
	if err != nil {
		return Identity{}, explain("auth.test", err)
	}
	team := firstOf(c.config.Team, answer.TeamID)
	wide := answer.EnterpriseID != "" && answer.EnterpriseID == answer.TeamID
	if team != answer.TeamID && !wide {
		return Identity{}, &failure{code: "wrong_team", fatal: true, said: &ops.Error{
			Message: "The bot token belongs to the workspace " + ops.Printable(answer.TeamID, 40) + ", the configuration says " + ops.Printable(team, 40) + ".",
			Hint:    "Correct slack.team, or set the token of the right workspace.",
		}}
	}
	who := Identity{Team: team, TeamName: ops.Printable(answer.Team, 80), BotUser: answer.UserID}
	if wide {
		who.Enterprise = answer.EnterpriseID
	}
	c.status.know(&who)
	return who, nil
}

// know keeps the identity, and completes it with the scopes that came with the same answer.
func (s *status) know(who *Identity) {
	s.mu.Lock()
	defer s.mu.Unlock()
	who.Scopes = slices.Clone(s.state.Scopes)
	// Slack sends the list with every answer; without one nothing can be said to be missing.
	if len(who.Scopes) > 0 {
		who.Missing = lacking(who.Scopes)
	}
	s.identity = *who
}

// lacking are the scopes that dbbot needs and that were not granted.
func lacking(granted []string) []string {
	return slices.DeleteFunc(Scopes(), func(scope string) bool { return slices.Contains(granted, scope) })
}

// team is the workspace we belong to, asked for once where the configuration does not say.
func (c *Client) team(ctx context.Context) (Identity, error) {
	c.status.mu.Lock()
	known := c.status.identity
	c.status.mu.Unlock()
	if known.Team != "" {
		return known, nil
	}
	return c.identify(ctx)
}
