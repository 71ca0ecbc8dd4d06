package slack

import (
	"errors"
	"fmt"
	"slices"
	"time"

	slackgo "github.com/slack-go/slack"

	"dbbot/bot"
)

// What Slack's codes mean for whoever wants to say something, from the documentation of chat.postMessage, chat.update,
// conversations.history and files.completeUploadExternal. All other codes are refusals: nothing was said.
var (
	// gone: not here, and not by waiting.
	gone = []string{
		"channel_not_found", "not_in_channel", "is_archived", "restricted_action", "restricted_action_read_only_channel",
		"restricted_action_thread_only_channel", "restricted_action_non_threadable_channel", "restricted_action_thread_locked",
		"thread_not_found", "cannot_reply_to_message", "message_not_found", "cant_update_message", "edit_window_closed", "is_inactive",
		"user_disabled", "user_not_found", "users_not_found", "user_not_visible", "messages_tab_disabled", "cannot_dm_bot",
		"posting_to_channel_denied", "invalid_channel", "channel_type_not_supported",
	}
	// unclear: Slack's own words are that "some aspect of the operation" may have succeeded.
	unclear = []string{"fatal_error", "internal_error"}
	// later: nothing was done, and it will be.
	later = []string{"ratelimited", "rate_limited", "message_limit_exceeded", "service_unavailable", "team_added_to_org"}
)

// Pauses where Slack names none.
const (
	pauseAway = 5 * time.Second // it cannot be reached
	// pauseFatal: the token was revoked, a scope is missing. Somebody has to mend that, and what was to be said is kept.
	pauseFatal = time.Minute
)

// prospect marks an error of Slack's with what can be done about it: bot.ErrGone, bot.ErrUnsure, *bot.Later, or nothing
// where Slack has refused for good. The error itself stays within.
func prospect(err error) error {
	if err == nil {
		return nil
	}
	limited, isLimited := errors.AsType[*slackgo.RateLimitedError](err)
	switch code := code(err); {
	case isLimited:
		return mark(&bot.Later{After: limited.RetryAfter}, err)
	case slices.Contains(later, code):
		return mark(&bot.Later{After: pauseUnsaid}, err)
	case slices.Contains(gone, code):
		return mark(bot.ErrGone, err)
	case fatal(err):
		return mark(&bot.Later{After: pauseFatal, One: code == "missing_scope"}, err)
	case nothingSent(err):
		return mark(&bot.Later{After: pauseAway}, err)
	case code == "", slices.Contains(unclear, code):
		return mark(bot.ErrUnsure, err)
	}
	return err
}

func mark(what, err error) error { return fmt.Errorf("%w: %w", what, err) }
