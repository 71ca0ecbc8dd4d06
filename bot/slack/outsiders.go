package slack

import (
	"context"
	"errors"
	"fmt"

	slackgo "github.com/slack-go/slack"

	"dbbot/ops"
)

// Outsiders says whether people of another organisation read a channel, or will once they accept the invitation that
// they have: Slack Connect's is_ext_shared and is_pending_ext_shared of conversations.info. Errors are *ops.Error; after
// one, nothing is known about the channel's readers.
func (c *Client) Outsiders(ctx context.Context, channel string) (bool, error) {
	const method = "conversations.info"
	info, err := c.web.GetConversationInfoContext(ctx, &slackgo.GetConversationInfoInput{ChannelID: channel})
	if err == nil && info.ID != channel { // slack-go takes ok:false without a code for success
		err = fmt.Errorf("the answer is about %q", ops.Printable(info.ID, 40))
	}
	switch err = explain(method, err); {
	case err == nil:
		return info.IsExtShared || info.IsPendingExtShared, nil
	case hasAllScopes(err):
		return false, &failure{code: "missing_scope", said: &ops.Error{
			Message: "dbbot cannot see who reads this group's direct messages.", Hint: "Ask in a channel.", Cause: err,
		}}
	case code(err) == "":
		return false, &ops.Error{
			Message: "Slack did not say who reads this channel.",
			Hint:    "Try again in a moment; nothing is shared unless that is known.", Cause: err,
		}
	}
	return false, err
}

// hasAllScopes is true when Slack misses a scope although all that dbbot asks for are granted. The missing one is then
// for a conversation that is no channel, and into those dbbot does not ask to look.
func hasAllScopes(err error) bool {
	refused, ok := errors.AsType[slackgo.SlackErrorResponse](err)
	return ok && refused.Err == "missing_scope" && len(lacking(list(refused.Provided))) == 0
}
