package main

import (
	"io"
	"net/url"
	"os"
	"strings"

	"dbbot/ops"
)

// environment reads variables. Each may stand in a file instead: NAME_FILE is the path of a file that holds the
// value, which is how containers and service managers hand over secrets.
type environment func(name string) (value string, set bool)

// maxSecretFile bounds what is read from a NAME_FILE, in bytes: a token or a URL is far smaller.
const maxSecretFile = 64 << 10

// get reads NAME, or the file that NAME_FILE points to. The fault has no place yet: the caller knows where the
// name stood.
func (e environment) get(name string) (value string, set bool, fault *Fault) {
	value, set = e(name)
	value = strings.TrimSpace(value) // copied with a line break, or from a file: no value begins or ends with white space
	path, fromFile := e(name + "_FILE")
	switch {
	case !fromFile || path == "":
		return value, set, nil
	case set && value != "":
		return "", true, &Fault{
			Problem: "is set, and " + name + "_FILE is set too",
			Fix:     "Keep one of them, so that it is clear which one counts.",
		}
	}
	content, err := readBounded(path)
	switch {
	case err != nil:
		return "", true, &Fault{
			Problem: name + "_FILE names " + path + ", which cannot be read: " + reason(err),
			Fix:     "Check the path, and that the user who runs dbbot may read it.",
		}
	case len(content) > maxSecretFile:
		return "", true, &Fault{
			Problem: name + "_FILE names " + path + ", which is larger than 64 KiB",
			Fix:     "Point it at a file that holds the value alone.",
		}
	}
	return strings.TrimSpace(string(content)), true, nil
}

// readBounded reads one byte more than a secret may have: whatever the name points to, also to a device without end.
func readBounded(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxSecretFile+1))
}

// secrets fills in what comes from the environment alone.
func (c *Config) secrets(env environment, needs need, faults *Faults) {
	read := func(name string) string {
		value, _, fault := env.get(name)
		if fault != nil {
			faults.environment(name, fault.Problem, fault.Fix)
		}
		return value
	}
	before := len(*faults)
	bot, app := read("SLACK_BOT_TOKEN"), read("SLACK_APP_TOKEN")
	c.Slack.BotToken, c.Slack.AppToken, c.Slack.API = ops.Secret(bot), ops.Secret(app), read("SLACK_API_URL")
	if c.Audit.Key == "" {
		c.Audit.Key = ops.Secret(read("DBBOT_AUDIT_KEY"))
	}
	identity := ops.Secret(read("DBBOT_AGE_IDENTITY"))
	for _, d := range c.Databases {
		if d.Backup != nil && d.Backup.Identity == "" {
			d.Backup.Identity = identity
		}
	}
	if needs.slack && len(*faults) == before {
		tokens(bot, app, faults)
	}
	if problem := apiFault(c.Slack.API); problem != "" {
		faults.environment("SLACK_API_URL", problem, "Write https://…/api/, or leave it out to talk to Slack itself.")
	}
}

// fromEnvironment makes do without a file: one database, and questions for every full member.
func (c *Config) fromEnvironment(env environment, faults *Faults) {
	read := func(name string) ops.Secret {
		value, _, fault := env.get(name)
		if fault != nil {
			faults.environment(name, fault.Problem, fault.Fix)
		}
		return ops.Secret(value)
	}
	before := len(*faults)
	database := read("DATABASE_URL")
	if database == "" && len(*faults) == before {
		faults.environment("DATABASE_URL", "is not set, and there is no "+defaultFile+" here",
			"Set it to postgres://user:password@host:5432/database, or write a file: `dbbot example > dbbot.yml`.")
	}
	if database != "" {
		c.Databases = []Database{{Name: databaseName(database), Environment: "production", URL: database}}
	}
	c.Redis.URL, c.State.URL = read("REDIS_URL"), read("DBBOT_STATE_URL")
}

// apiFault says what is wrong with a Web API base. A token must not cross a network in the clear.
func apiFault(api string) string {
	if api == "" {
		return ""
	}
	u, err := url.Parse(api)
	switch {
	case err != nil || u.Host == "":
		return "is not a URL"
	case !strings.HasSuffix(u.Path, "/api/"):
		return "does not end in /api/, with the slash"
	case u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())):
		return "would send the tokens unencrypted"
	}
	return ""
}

// The kinds of token Slack gives out, by how they begin.
var tokenKinds = []struct{ prefix, kind string }{
	{"xoxb-", "a bot token"},
	{"xapp-", "an app-level token"},
	{"xoxp-", "a user's token"},
	{"xoxe", "a configuration or refresh token"},
	{"xoxc-", "a browser's token"},
	{"xoxs-", "a workspace token, which Slack has withdrawn"},
	{`"`, "a value in quotation marks, which do not belong to it"},
	{"'", "a value in quotation marks, which do not belong to it"},
}

// tokens checks that each token is there and of its kind, and names two that were swapped.
func tokens(bot, app string, faults *Faults) {
	if strings.HasPrefix(bot, "xapp-") && strings.HasPrefix(app, "xoxb-") {
		faults.environment("SLACK_BOT_TOKEN, SLACK_APP_TOKEN", "are swapped",
			"SLACK_BOT_TOKEN begins with xoxb-, SLACK_APP_TOKEN with xapp-.")
		return
	}
	oneToken("SLACK_BOT_TOKEN", bot, "xoxb-", "Copy the Bot User OAuth Token from OAuth & Permissions in the app's settings.", faults)
	oneToken("SLACK_APP_TOKEN", app, "xapp-", "Make one with the scope connections:write under Basic Information, App-Level Tokens.", faults)
}

func oneToken(name, value, prefix, fix string, faults *Faults) {
	switch {
	case value == "":
		faults.environment(name, "is not set", fix)
		return
	case strings.HasPrefix(value, prefix) && len(value) > len(prefix):
		return
	}
	kind := "something else"
	for _, k := range tokenKinds {
		if strings.HasPrefix(value, k.prefix) {
			kind = k.kind
		}
	}
	faults.environment(name, "must begin with "+prefix+", and this is "+kind, fix)
}
