package workspace

import (
	"fmt"
	"regexp"
	"slices"
	"unicode/utf8"
)

// manifestFile is Slack's app manifest, version 1. What this workspace does not model is decoded as anything, so
// that a manifest that Slack takes is taken here too.
type manifestFile struct {
	Metadata any `yaml:"_metadata"`
	Schema   any `yaml:"$schema"`
	Display  struct {
		Name            string `yaml:"name"`
		Description     string `yaml:"description"`
		LongDescription string `yaml:"long_description"`
		Background      string `yaml:"background_color"`
	} `yaml:"display_information"`
	Features manifestFeatures `yaml:"features"`
	OAuth    struct {
		Scopes struct {
			Bot  []string `yaml:"bot"`
			User any      `yaml:"user"`
			BotO any      `yaml:"bot_optional"`
			UseO any      `yaml:"user_optional"`
		} `yaml:"scopes"`
		Redirect any `yaml:"redirect_urls"`
		Tokens   any `yaml:"token_management_enabled"`
		PKCE     any `yaml:"pkce_enabled"`
	} `yaml:"oauth_config"`
	Settings manifestSettings `yaml:"settings"`

	Directory any `yaml:"app_directory"`
	Functions any `yaml:"functions"`
	Workflows any `yaml:"workflows"`
	Stores    any `yaml:"datastores"`
	Domains   any `yaml:"outgoing_domains"`
	Types     any `yaml:"types"`
	Providers any `yaml:"external_auth_providers"`
	MCP       any `yaml:"mcp_servers"`
}

type manifestFeatures struct {
	BotUser struct {
		Name   string `yaml:"display_name"`
		Online bool   `yaml:"always_online"`
	} `yaml:"bot_user"`
	Home struct {
		Tab      bool  `yaml:"home_tab_enabled"`
		Messages *bool `yaml:"messages_tab_enabled"` // Slack's default is true
		ReadOnly bool  `yaml:"messages_tab_read_only_enabled"`
	} `yaml:"app_home"`
	Commands []struct {
		Command     string `yaml:"command"`
		Description string `yaml:"description"`
		UsageHint   string `yaml:"usage_hint"`
		Escape      bool   `yaml:"should_escape"`
		URL         string `yaml:"url"`
	} `yaml:"slash_commands"`
	Shortcuts any `yaml:"shortcuts"`
	Unfurl    any `yaml:"unfurl_domains"`
	Agent     any `yaml:"agent_view"`
	Assistant any `yaml:"assistant_view"`
	Search    any `yaml:"search"`
	Previews  any `yaml:"rich_previews"`
	Steps     any `yaml:"workflow_steps"`
	Functions any `yaml:"functions"`
}

type manifestSettings struct {
	Events struct {
		URL      string   `yaml:"request_url"`
		Bot      []string `yaml:"bot_events"`
		User     any      `yaml:"user_events"`
		Metadata any      `yaml:"metadata_subscriptions"`
	} `yaml:"event_subscriptions"`
	Interactivity struct {
		Enabled bool   `yaml:"is_enabled"`
		URL     string `yaml:"request_url"`
		Options string `yaml:"message_menu_options_url"`
	} `yaml:"interactivity"`
	SocketMode    bool `yaml:"socket_mode_enabled"`
	OrgDeploy     any  `yaml:"org_deploy_enabled"`
	TokenRotation any  `yaml:"token_rotation_enabled"`
	Hosted        any  `yaml:"is_hosted"`
	MCP           any  `yaml:"is_mcp_enabled"`
	Webhooks      any  `yaml:"incoming_webhooks"`
	Addresses     any  `yaml:"allowed_ip_address_ranges"`
	Siws          any  `yaml:"siws_links"`
	Runtime       any  `yaml:"function_runtime"`
	Delayed       any  `yaml:"hermes_app_type"`
}

// readManifest decodes and checks the manifest.
func readManifest(d *yamlFile, text []byte) App {
	var in manifestFile
	if !d.decode(text, &in) {
		return App{}
	}
	d.checkManifest(&in)
	app := App{
		Name: in.Display.Name, Scopes: in.OAuth.Scopes.Bot, Events: in.Settings.Events.Bot,
		Interactivity: in.Settings.Interactivity.Enabled, HomeTab: in.Features.Home.Tab,
		MessagesTab:         in.Features.Home.Messages == nil || *in.Features.Home.Messages,
		MessagesTabReadOnly: in.Features.Home.ReadOnly,
	}
	if in.Features.BotUser.Name != "" {
		app.Name = in.Features.BotUser.Name
	}
	for _, c := range in.Features.Commands {
		app.Commands = append(app.Commands, Command{Command: c.Command, Description: c.Description, UsageHint: c.UsageHint, ShouldEscape: c.Escape})
	}
	return app
}

var (
	commandName = regexp.MustCompile(`^/[^\s/]{1,31}$`)
	colour      = regexp.MustCompile(`^#[0-9A-Fa-f]{3}([0-9A-Fa-f]{3})?$`)
)

// checkManifest applies what Slack's manifest reference says of the parts that are modelled here, and what Socket
// Mode needs.
func (d *yamlFile) checkManifest(in *manifestFile) {
	d.bounded("display_information.name", in.Display.Name, 1, 35)
	d.bounded("display_information.description", in.Display.Description, 0, 140)
	if in.Display.LongDescription != "" {
		d.bounded("display_information.long_description", in.Display.LongDescription, 175, 4000)
	}
	if c := in.Display.Background; c != "" && !colour.MatchString(c) {
		d.fault("display_information.background_color", `Write it as "#1d4ed8".`, "%q is not a colour", c)
	}
	d.bounded("features.bot_user.display_name", in.Features.BotUser.Name, 1, 80)
	if !in.Settings.SocketMode {
		d.fault("settings.socket_mode_enabled", "Write socket_mode_enabled: true; this workspace calls no request URLs.", "must be true")
	}
	scopes := in.OAuth.Scopes.Bot
	if len(scopes) == 0 {
		d.fault("oauth_config.scopes.bot", "List the scopes of the methods the app calls.", "is missing")
	}
	if len(in.Features.Commands) > 0 && !slices.Contains(scopes, "commands") {
		d.fault("oauth_config.scopes.bot", "Add commands to the bot scopes.", "lacks the scope of slash commands")
	}
	d.unique("oauth_config.scopes.bot", scopes)
	d.unique("settings.event_subscriptions.bot_events", in.Settings.Events.Bot)
	d.checkCommands(in)
	for i, event := range in.Settings.Events.Bot {
		if scope := eventScopes[event]; scope != "" && !slices.Contains(scopes, scope) {
			d.fault(fmt.Sprintf("settings.event_subscriptions.bot_events[%d]", i), "Add "+scope+" to the bot scopes.", "%s needs the scope %s", event, scope)
		}
	}
}

func (d *yamlFile) checkCommands(in *manifestFile) {
	var names []string
	for i, c := range in.Features.Commands {
		at := fmt.Sprintf("features.slash_commands[%d]", i)
		if !commandName.MatchString(c.Command) {
			d.fault(at+".command", "Write / and at most 31 characters without spaces.", "%q is not a slash command", c.Command)
		}
		d.bounded(at+".description", c.Description, 1, 2000)
		d.bounded(at+".usage_hint", c.UsageHint, 0, 1000)
		names = append(names, c.Command)
	}
	d.unique("features.slash_commands", names)
}

// eventScopes says which scope Slack asks for to subscribe to an event; "" means none. Its keys are the events that
// this workspace sends.
var eventScopes = map[string]string{
	"app_mention":     "app_mentions:read",
	"app_home_opened": "",

	"message.channels": "channels:history",
	"message.groups":   "groups:history",
	"message.im":       "im:history",

	"member_joined_channel": "channels:read",
	"member_left_channel":   "channels:read",

	"reaction_added":   "reactions:read",
	"reaction_removed": "reactions:read",

	"subteam_members_changed": "usergroups:read",
	"user_change":             "users:read",
}

func (d *yamlFile) bounded(path, value string, least, most int) {
	switch n := utf8.RuneCountInString(value); {
	case n == 0 && least > 0:
		d.fault(path, "Fill it in.", "is missing")
	case n < least || n > most:
		d.fault(path, fmt.Sprintf("Use %d to %d characters.", least, most), "has %d characters", n)
	}
}

func (d *yamlFile) unique(path string, values []string) {
	for i, v := range values {
		if slices.Contains(values[:i], v) {
			d.fault(fmt.Sprintf("%s[%d]", path, i), "Remove one of them.", "%q stands twice", v)
		}
	}
}
