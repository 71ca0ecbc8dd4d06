package slack

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	slackgo "github.com/slack-go/slack"

	"dbbot/ops"
)

// remedy is what a person is told about one of Slack's error codes.
type remedy struct {
	message string
	hint    string
	fatal   bool // no repetition mends it
}

const reinstall = "Install the app again (api.slack.com/apps, Install App) and set the token that it shows."

// remedies covers the codes that the documentation of the methods used here lists and that mean something to whoever
// runs the program. slack-go takes only four of them for final and repeats the others for ever.
var remedies = map[string]remedy{
	"invalid_auth":              {"Slack does not accept the token.", "Copy it again from api.slack.com/apps; perhaps it belongs to another app.", true},
	"not_authed":                {"Slack received no token.", "Set the tokens as `dbbot example` shows.", true},
	"account_inactive":          {"The token's app was removed from the workspace, or its account deactivated.", reinstall, true},
	"token_revoked":             {"The token was revoked.", reinstall, true},
	"token_expired":             {"The token has expired.", "Turn token rotation off for this app, or set a new token.", true},
	"not_allowed_token_type":    {"The token is of the wrong kind.", "SLACK_APP_TOKEN begins with xapp-, SLACK_BOT_TOKEN with xoxb-.", true},
	"missing_scope":             {"The token lacks a scope.", "Add it to the app (manifest.yml has all that are needed), then install the app again.", true},
	"no_permission":             {"The token may not do this.", reinstall, true},
	"org_login_required":        {"The workspace is being moved into an organisation.", "Wait until that is done, then install the app again.", true},
	"ekm_access_denied":         {"The workspace's administrators have suspended access to its data.", "Ask them.", true},
	"enterprise_is_restricted":  {"The organisation does not allow this call.", "Ask the organisation's administrators.", true},
	"access_denied":             {"The workspace does not allow this call.", "Ask the workspace's administrators to approve the app.", true},
	"forbidden_team":            {"The app may not connect for this workspace.", reinstall, true},
	"team_access_not_granted":   {"The app was not granted access to this workspace.", "Ask the organisation's administrators to add it.", true},
	"team_access_revoked":       {"The app's access to this workspace was taken back.", reinstall, true},
	"invalid_app_id":            {"Slack does not know the app of this token.", "Copy the tokens again from api.slack.com/apps.", true},
	"two_factor_setup_required": {"Slack wants two-factor authentication set up first.", "Set it up for the account that installed the app.", true},
	"deprecated_endpoint":       {"Slack has withdrawn a method that dbbot uses.", "Install a newer dbbot.", true},
	"method_deprecated":         {"Slack has withdrawn a method that dbbot uses.", "Install a newer dbbot.", true},
	"unknown_method":            {"The Web API does not know a method that dbbot uses.", "Check SLACK_API_URL.", true},
	"socket_mode_not_enabled":   {"Socket Mode is turned off for this Slack app.", "Turn it on at api.slack.com/apps, under Socket Mode. dbbot goes on trying.", false},
	"not_in_channel":            {"dbbot is not in that channel.", "Invite it: /invite @dbbot", false},
	"channel_not_found":         {"dbbot cannot see that channel.", "Invite it: /invite @dbbot", false},
	"is_archived":               {"That channel is archived.", "Ask in another one.", false},
	"restricted_action":         {"The workspace does not let dbbot post in that channel.", "Ask in another one, or ask its administrators.", false},
	"messages_tab_disabled":     {"dbbot cannot write direct messages, because its messages tab is off.", "Turn it on: api.slack.com/apps, App Home.", false},
	"expired_trigger_id":        {"The form came too late: Slack opens it within three seconds only.", "Press the button again.", false},
	"trigger_expired":           {"The form came too late: Slack opens it within three seconds only.", "Press the button again.", false},
	"trigger_exchanged":         {"The form was opened already.", "If you do not see it, press the button again.", false},
	"exchanged_trigger_id":      {"The form was opened already.", "If you do not see it, press the button again.", false},
	"no_such_subteam":           {"There is no such user group in Slack.", "Correct its id under groups in the configuration.", false},
	"plan_upgrade_required":     {"This workspace's plan has no user groups.", "List people under users instead of usergroups in the configuration.", false},
}

// failure is an *ops.Error that knows Slack's code for what went wrong.
type failure struct {
	said  *ops.Error
	code  string
	fatal bool
}

func (f *failure) Error() string { return f.said.Message }

// Unwrap lets errors.As find the *ops.Error, and through it the cause.
func (f *failure) Unwrap() error { return f.said }

// explain says what a failed call means. Errors that are not Slack's own keep their cause, for the log.
func explain(method string, err error) error {
	if err == nil {
		return nil
	}
	var refused slackgo.SlackErrorResponse
	var limited *slackgo.RateLimitedError
	var status slackgo.StatusCodeError
	switch {
	case errors.As(err, &refused):
		return refusedBySlack(method, refused)
	case errors.As(err, &limited):
		return &failure{code: "ratelimited", said: &ops.Error{
			Message: "Slack asks for a pause.",
			Hint:    fmt.Sprintf("Try again in %v.", limited.RetryAfter), Cause: fmt.Errorf("%s: %w", method, err),
		}}
	case errors.As(err, &status) && status.Code == http.StatusNotFound:
		return &failure{code: "not_found", fatal: true, said: &ops.Error{
			Message: "There is no Slack Web API at the configured address.",
			Hint:    "Check SLACK_API_URL; Slack's own is https://slack.com/api/.", Cause: fmt.Errorf("%s: %w", method, err),
		}}
	}
	return &failure{said: &ops.Error{Message: "Slack could not be reached.", Hint: "Try again in a moment.", Cause: fmt.Errorf("%s: %w", method, err)}}
}

func refusedBySlack(method string, refused slackgo.SlackErrorResponse) error {
	cause := fmt.Errorf("%s: %w", method, refused)
	r, known := remedies[refused.Err]
	if !known {
		return &failure{code: refused.Err, said: &ops.Error{Message: "Slack refused " + method + ": " + ops.Printable(refused.Err, 60) + ".", Cause: cause}}
	}
	if refused.Err == "missing_scope" && refused.Needed != "" {
		r.message = "The token lacks the scope " + ops.Printable(refused.Needed, 80) + "."
	}
	return &failure{code: refused.Err, fatal: r.fatal, said: &ops.Error{Message: r.message, Hint: r.hint, Cause: cause}}
}

// fatal says whether an error ends Run.
func fatal(err error) bool {
	f, ok := errors.AsType[*failure](err)
	return ok && f.fatal
}

// code is Slack's word for the error; empty where Slack said none.
func code(err error) string {
	if f, ok := errors.AsType[*failure](err); ok {
		return strings.TrimSpace(f.code)
	}
	return ""
}
