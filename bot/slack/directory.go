package slack

import (
	"context"
	"errors"
	"fmt"
	"slices"

	slackgo "github.com/slack-go/slack"

	"dbbot/ops"
)

// slackbot has an account that does not say it is a bot.
const slackbot = "USLACKBOT"

// maxName is as long as Slack lets a display name be.
const maxName = 80

// Person reads users.info. Somebody of another team is external whatever it says, and is not asked about. Somebody
// whom Slack does not know is Unknown; when Slack cannot be asked, the error is an *ops.Error.
func (c *Client) Person(ctx context.Context, id ops.PersonID) (ops.Person, error) {
	us, err := c.team(ctx)
	if err != nil {
		return ops.Person{}, unreadable(err)
	}
	if id.Team != "" && id.Team != us.Team && (us.Enterprise == "" || id.Team != us.Enterprise) {
		return ops.Person{ID: id, Standing: ops.External}, nil
	}
	user, err := c.web.GetUserInfoContext(ctx, id.User)
	err = explain("users.info", err)
	switch {
	case slices.Contains([]string{"user_not_found", "user_not_visible", "users_not_found"}, code(err)):
		return ops.Person{ID: id, Standing: ops.Unknown}, nil
	case err == nil && user.ID != id.User:
		err = explain("users.info", fmt.Errorf("the answer is about %q", ops.Printable(user.ID, 40)))
	}
	if err != nil {
		return ops.Person{}, unreadable(err)
	}
	return ops.Person{ID: id, Name: name(user), Standing: standing(user, us.Team)}, nil
}

// standing reads Slack's flags; the order matters, because a deleted guest is deleted and a single-channel guest is
// also a guest.
func standing(u *slackgo.User, team string) ops.Standing {
	switch {
	case u.Deleted:
		return ops.Deleted
	case u.IsBot, u.ID == slackbot, u.IsWorkflowBot, u.IsConnectorBot:
		return ops.Bot
	case u.IsStranger, u.TeamID != "" && u.TeamID != team && !slices.Contains(u.Enterprise.Teams, team):
		return ops.External
	case u.IsUltraRestricted:
		return ops.SingleGuest
	case u.IsRestricted:
		return ops.Guest
	}
	return ops.Member
}

func name(u *slackgo.User) string {
	return ops.Printable(firstOf(u.Profile.DisplayName, u.Profile.RealName, u.RealName, u.Name), maxName)
}

// unreadable says what it means for people that the directory did not answer, and keeps what Slack said.
func unreadable(err error) error {
	if marked, ok := errors.AsType[*ops.Error](err); ok && code(err) != "" {
		return marked
	}
	return &ops.Error{Message: "Slack's directory could not be read.", Hint: "Try again in a moment; nothing is allowed unless it can be checked.", Cause: err}
}

// Roster reads usergroups.users.list: the ids of a user group's members. Errors are *ops.Error.
func (c *Client) Roster(ctx context.Context, usergroup string) ([]string, error) {
	us, err := c.team(ctx)
	if err != nil {
		return nil, unreadable(err)
	}
	options := []slackgo.GetUserGroupMembersOption{}
	if us.Enterprise != "" {
		options = append(options, slackgo.GetUserGroupMembersOptionTeamID(us.Team)) // needed with an organisation's token
	}
	users, err := c.web.GetUserGroupMembersContext(ctx, usergroup, options...)
	if err = explain("usergroups.users.list", err); err != nil {
		return nil, unreadable(err)
	}
	return users, nil
}
